"""Arrays that grow, against joining their blocks."""

import numpy as np
import pytest

from narrows.tables.growing import Growing


@pytest.mark.parametrize("row", [(), (3,), (0,)])
def test_a_grown_array_is_its_blocks_joined(row):
    random = np.random.default_rng(0)
    blocks = [random.integers(0, 9, (n, *row)) for n in (0, 5, 1, 70_000, 0, 3)]
    grown = Growing(np.int16, row)
    for block in blocks:
        grown.add(block)
    assert np.array_equal(grown.values, np.concatenate(blocks))
    assert grown.values.dtype == np.int16
    assert len(grown) == 70_009
