"""Labels in one column of words, block by block, against a plain loop."""

import numpy as np
import pyarrow as pa
import pytest

from narrows.tables import labels as module
from narrows.tables.labels import label_scan


def by_loop(cells, separator, left_out):
    """The set of labels of each row that is not left out; None where they are not known."""
    found = []
    for row, cell in enumerate(cells):
        words = [cell] if separator is None else (cell or "").split(separator)
        good = {word.strip() for word in words if word and word.strip()}
        found.append(None if cell is None else set() if row in left_out else good)
    return found


@pytest.mark.parametrize("separator", [None, ";"])
@pytest.mark.parametrize("left_out", [(), (0, 7, 33, 99)])
def test_labels_of_many_blocks(separator, left_out, monkeypatch):
    monkeypatch.setattr(module, "_ROWS", 7)
    random = np.random.default_rng(0)
    words = ["b", "a", "10", "9", " c "]
    cells = [
        None if random.random() < 0.2 else (separator or "-").join(
            random.choice(words, random.integers(1, 4) if separator else 1)
        )
        for _ in range(100)
    ]  # fmt: skip
    cells[33] = "only here"
    scan = label_scan(("labels",), separator, ())
    for start, stop in ((0, 1), (1, 40), (40, 100)):
        scan.look(pa.record_batch({"labels": pa.array(cells[start:stop], pa.string())}), start)
    found = scan.result(np.array(left_out, np.int64))
    expected = by_loop(cells, separator, left_out)
    assert set(found.names) == set().union(*(e for e in expected if e))
    assert ("only here" in found.names) == (33 not in left_out)
    assert found.names[:2] == ("9", "10")
    for row, labels in enumerate(expected):
        assert found.known[row] == (labels is not None)
        assert {n for n, y in zip(found.names, found.y[row], strict=True) if y} == (labels or set())
