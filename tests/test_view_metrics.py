"""Measures of two views against scipy and loops, fed in batches of several sizes."""

import numpy as np
import pytest
import torch
from scipy.spatial.distance import cdist, pdist

from narrows import view_metrics
from narrows.view_metrics import Alignment, Matched, Uniformity

rng = np.random.default_rng(0)
FIRST = rng.normal(size=(60, 6))
OUTPUT = np.stack([FIRST, FIRST * rng.uniform(1, 3, (60, 1)) + rng.normal(size=(60, 6))], 1)
DIRECTIONS = OUTPUT / np.linalg.norm(OUTPUT, axis=2, keepdims=True)


def fed(metric):
    for batch in torch.from_numpy(OUTPUT).split([25, 1, 34]):
        metric.update(batch, torch.zeros_like(batch))
    return float(metric.compute())


def test_alignment():
    expected = np.mean([np.linalg.norm(a - b) ** 2 for a, b in DIRECTIONS])
    assert fed(Alignment()) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("block", [7, 1024])
def test_uniformity(block, monkeypatch):
    monkeypatch.setattr(view_metrics, "_BLOCK", block)
    expected = np.log(np.mean(np.exp(-2 * pdist(DIRECTIONS[:, 0]) ** 2)))
    assert fed(Uniformity()) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("block", [7, 1024])
def test_matched(block, monkeypatch):
    monkeypatch.setattr(view_metrics, "_BLOCK", block)
    nearest = cdist(DIRECTIONS[:, 0], DIRECTIONS[:, 1]).argmin(1)
    expected = (nearest == np.arange(60)).mean()
    assert 0.2 < expected < 0.9
    assert fed(Matched()) == pytest.approx(expected)


def test_outputs_that_are_all_one():
    same = torch.ones(50, 2, 4)
    measured = []
    for metric in (Alignment(), Uniformity(), Matched()):
        metric.update(same, same)
        measured.append(float(metric.compute()))
    assert measured == pytest.approx([0, 0, 1 / 50], abs=1e-5)
