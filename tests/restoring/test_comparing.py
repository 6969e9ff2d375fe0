"""Comparisons over pictures, against SciPy's paired tests."""

import numpy as np
import pytest
import torch
from scipy import stats

from narrows.restoring.comparing import compare
from narrows.restoring.measure import Pair, Protocol


@pytest.fixture(scope="module")
def pairs():
    torch.manual_seed(0)
    true = [torch.rand(1, 3, 24, 24) for _ in range(6)]
    return [Pair(0.3 + 0.4 * torch.rand_like(x), x) for x in true]


def test_a_difference_is_taken_picture_by_picture_to_the_best_other(pairs):
    others = {"grey": lambda x: torch.full_like(x, 0.5), "black": torch.zeros_like}
    rounded = Protocol(rounded=False)
    found = {it.measure: it for it in compare("ours", lambda x: x, others, pairs, rounded)}
    psnr = found["psnr_rgb"]
    assert list(psnr.methods) == ["ours", "grey", "black"]
    assert psnr.best == "grey"

    def of_each(restored):
        return np.array([-10 * np.log10(float(((restored(g) - t) ** 2).mean())) for g, t in pairs])

    ours, grey = of_each(lambda x: x), of_each(others["grey"])
    interval = stats.ttest_rel(ours, grey).confidence_interval(0.95)
    assert (psnr.difference.low, psnr.difference.high) == pytest.approx(tuple(interval), abs=1e-3)
    alone = stats.ttest_1samp(ours, 0).confidence_interval(0.95)
    assert (psnr.methods["ours"].low, psnr.methods["ours"].high) == pytest.approx(
        tuple(alone), abs=1e-3
    )
    # Less of ΔE is better; as colourful as the true picture is best.
    assert found["delta_e"].best == min(others, key=lambda n: found["delta_e"].methods[n].mean)
    assert found["colourfulness"].best is None
    assert found["colourfulness"].methods["grey"].mean == pytest.approx(0, abs=1e-6)
