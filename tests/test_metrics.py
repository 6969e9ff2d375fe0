"""Measures against scikit-learn, over a split that comes in uneven batches."""

import numpy as np
import pytest
import torch
from sklearn.metrics import average_precision_score, f1_score

from narrows.metrics import LabelsWithoutPositive, MacroAveragePrecision, SquaredErrorPerExample
from narrows.spec import Spec
from narrows.tasks.multi_label import MultiLabel
from narrows.tasks.reconstruction import Reconstruction

SIZES = [1, 30, 2, 67]
rng = np.random.default_rng(0)
SCORES = rng.uniform(size=(100, 4)).round(2).astype(np.float32)
LABELS = (rng.uniform(size=(100, 4)) < [0.5, 0.03, 0.0, 1.0]).astype(int)
LABELS[:, 1] = 0
LABELS[[40, 90], 1] = 1


def fed(metric, *arrays):
    parts = [torch.from_numpy(array).split(SIZES) for array in arrays]
    for batch in zip(*parts, strict=True):
        metric.update(*batch)
    return metric.compute()


def test_average_precision_is_the_mean_over_labels_with_positives():
    expected = np.mean(
        [average_precision_score(LABELS[:, k], SCORES[:, k]) for k in range(4) if k != 2]
    )
    assert float(fed(MacroAveragePrecision(), SCORES, LABELS)) == pytest.approx(expected, abs=1e-6)
    assert float(fed(LabelsWithoutPositive(4), SCORES, LABELS)) == 1


def test_average_precision_is_not_that_of_batches():
    means = []
    cuts = np.cumsum(SIZES)[:-1]
    for scores, labels in zip(np.split(SCORES, cuts), np.split(LABELS, cuts), strict=True):
        have = [k for k in range(4) if labels[:, k].any()]
        means.append(np.mean([average_precision_score(labels[:, k], scores[:, k]) for k in have]))
    whole = float(fed(MacroAveragePrecision(), SCORES, LABELS))
    assert abs(np.average(means, weights=SIZES) - whole) > 0.01


def test_no_label_has_a_positive():
    assert fed(MacroAveragePrecision(), SCORES, np.zeros_like(LABELS)).isnan()
    assert float(fed(LabelsWithoutPositive(4), SCORES, np.zeros_like(LABELS))) == 4


def test_only_one_label_has_a_positive():
    labels = LABELS * [1, 0, 0, 0]
    expected = average_precision_score(labels[:, 0], SCORES[:, 0])
    assert float(fed(MacroAveragePrecision(), SCORES, labels)) == pytest.approx(expected, abs=1e-6)


def test_average_precision_over_several_processes():
    metric = MacroAveragePrecision()
    metric.update(torch.from_numpy(SCORES), torch.from_numpy(LABELS))
    expected = metric.compute()
    metric._computed = None
    # After a sync the states are tensors, no longer lists.
    metric.preds, metric.target = torch.cat(list(metric.preds)), torch.cat(list(metric.target))
    assert float(metric.compute()) == pytest.approx(float(expected), abs=1e-6)


def test_a_metric_starts_anew_after_reset():
    metric = MacroAveragePrecision()
    first = fed(metric, SCORES, LABELS)
    metric.reset()
    assert fed(metric, SCORES, LABELS).equal(first)


def test_the_multi_label_measures():
    spec = Spec((4,), tuple("abcd"), "table")
    measured = fed(MultiLabel(spec).metrics(spec), SCORES, LABELS)
    assert float(measured["micro_f1"]) == pytest.approx(
        f1_score(LABELS, SCORES > 0.5, average="micro"), abs=1e-6
    )
    macro = f1_score(LABELS, SCORES > 0.5, average="macro", zero_division=0)
    assert float(measured["macro_f1"]) == pytest.approx(macro, abs=1e-6)
    assert float(measured["labels_without_positive"]) == 1
    assert MultiLabel.monitor in measured


def test_squared_error_and_psnr_are_over_the_whole_split():
    prediction, target = rng.uniform(size=(2, 100, 1, 5, 6)).astype(np.float32)
    prediction[:31] *= 0.1
    each = ((prediction - target).astype(np.float64) ** 2).sum((1, 2, 3))
    sse = fed(SquaredErrorPerExample(), prediction, target)
    assert float(sse) == pytest.approx(each.mean(), rel=1e-5)
    measured = fed(Reconstruction().metrics(Spec((1, 5, 6), (), "image")), prediction, target)
    assert float(measured["sse"]) == pytest.approx(each.mean(), rel=1e-5)
    assert float(measured["psnr"]) == pytest.approx(-10 * np.log10(each.mean() / 30), rel=1e-5)
    assert set(Reconstruction().metrics(Spec((5,), (), "table"))) == {"sse"}
