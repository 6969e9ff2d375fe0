"""Every measure against scikit-learn, with ties, labels of no example, examples of no label."""

import warnings

import numpy as np
import pytest
import torch
from sklearn import metrics as sk
from sklearn.exceptions import UndefinedMetricWarning
from splits import some

from narrows.measuring.calibration import calibration_error
from narrows.measuring.decisions import decide
from narrows.measuring.measures import heat_map, label_precision, measure, per_label
from narrows.spec import Spec
from narrows.tasks.multi_label import MultiLabel


def measured(prediction, target, decisions=None):
    precision = label_precision(prediction, target)
    return measure(prediction, target, precision, decisions)


def reference(prediction, target):
    """What scikit-learn says."""
    p, y = prediction.numpy(), target.numpy().astype(int)
    decided = (p > 0.5).astype(int)
    present = y.any(0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UndefinedMetricWarning)
        return {
            "average_precision": sk.average_precision_score(y[:, present], p[:, present]),
            "micro_average_precision": sk.average_precision_score(y, p, average="micro"),
            "micro_f1": sk.f1_score(y, decided, average="micro"),
            "macro_f1": sk.f1_score(y, decided, average="macro"),
            "example_f1": sk.f1_score(y, decided, average="samples"),
            "hamming_loss": sk.hamming_loss(y, decided),
            "subset_accuracy": sk.accuracy_score(y, decided),
            "ranking_loss": sk.label_ranking_loss(y, p),
            "label_ranking_average_precision": sk.label_ranking_average_precision_score(y, p),
            "coverage": sk.coverage_error(y, p),
        }


SPLITS = {
    "ties": some(),
    "few ties": some(digits=5),
    "all ties": (torch.full((20, 6), 0.5), some(20)[1]),
    "two labels": some(k=2, seed=3),
    "some examples have no label": some(k=5, seed=1),
    "no example has a label but one": (some(30, 5)[0], torch.eye(30)[:, :5] * torch.eye(5)[0]),
    "beyond 0 and 1": (some()[0] * 4 - 2, some()[1]),
    "one example": some(1, 5, seed=2),
}


@pytest.mark.parametrize("name", SPLITS)
def test_measures_are_those_of_scikit_learn(name):
    found, expected = measured(*SPLITS[name]), reference(*SPLITS[name])
    assert {name: found[name] for name in expected} == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("seed", range(20))
def test_measures_are_those_of_scikit_learn_on_random_splits(seed):
    n, k = 1 + seed * 7, 2 + seed % 9
    split = some(n, k, seed, digits=1 + seed % 3)
    expected = reference(*split)
    found = measured(*split)
    assert {name: found[name] for name in expected} == pytest.approx(expected, abs=1e-6)


def test_the_cases_are_hard():
    prediction, target = SPLITS["ties"]
    assert target[:, 0].sum() == 0
    assert len(prediction.unique()) < prediction.numel() / 10
    assert (SPLITS["some examples have no label"][1].sum(1) == 0).sum() > 2


def test_conventions_where_there_is_nothing():
    prediction = torch.tensor([[0.1, 0.2], [0.9, 0.3]])
    found = measured(prediction, torch.tensor([[0.0, 0.0], [1.0, 0.0]]))
    assert found["example_f1"] == 0.5
    assert found["macro_f1"] == 0.5
    assert found["average_precision"] == 1
    assert found["ranking_loss"] == 0
    assert found["label_ranking_average_precision"] == 1
    assert found["coverage"] == 0.5
    assert found["labels_without_positive"] == 1
    assert found["examples_without_label"] == 1


def test_a_split_without_any_positive():
    found = measured(some()[0], torch.zeros(80, 6))
    assert np.isnan(found["average_precision"])
    assert np.isnan(found["micro_average_precision"])
    assert found["micro_f1"] == found["coverage"] == 0
    assert found["labels_without_positive"] == 6


def test_one_label_is_a_classification_of_two():
    prediction, target = some(50, 1, seed=4)
    found = measured(prediction, target)
    p, y = prediction.numpy()[:, 0], target.numpy()[:, 0]
    assert found["average_precision"] == pytest.approx(sk.average_precision_score(y, p), abs=1e-6)
    assert found["average_precision"] == pytest.approx(found["micro_average_precision"])
    assert found["micro_f1"] == pytest.approx(sk.f1_score(y, p > 0.5), abs=1e-6)
    assert found["subset_accuracy"] == pytest.approx(sk.accuracy_score(y, p > 0.5), abs=1e-6)
    assert found["ranking_loss"] == 0
    assert "cooccurrence_correlation" not in found


def test_precision_of_the_first_labels():
    prediction = torch.tensor([[0.9, 0.8, 0.1, 0.7], [0.2, 0.6, 0.5, 0.1], [0.3, 0.2, 0.1, 0.0]])
    target = torch.tensor([[1.0, 0, 1, 1], [0, 0, 1, 0], [0, 0, 0, 0]])
    found = measured(prediction, target)
    assert found["precision_at_1"] == pytest.approx(1 / 3)
    assert found["precision_at_3"] == pytest.approx((2 / 3 + 1 / 3 + 0) / 3)
    # There are four labels.
    assert "precision_at_5" not in found


def test_of_equal_scores_the_earlier_label_is_first():
    prediction = torch.full((1, 40), 0.5)
    first, last = torch.zeros(2, 1, 40)
    first[0, 0], last[0, -1] = 1, 1
    assert measured(prediction, first)["precision_at_1"] == 1
    assert measured(prediction, last)["precision_at_1"] == 0


def test_calibration_error_by_hand_and_by_a_plain_loop():
    # Two bins: 0.15 said and 0.5 found in four pairs, 0.95 said and 1 found in two.
    prediction = torch.tensor([[0.15, 0.15, 0.95], [0.15, 0.15, 0.95]])
    target = torch.tensor([[1.0, 0, 1], [0, 1, 1]])
    assert calibration_error(prediction, target) == pytest.approx(4 / 6 * 0.35 + 2 / 6 * 0.05)
    prediction, target = some(500, 7, digits=4)
    p, y = prediction.double().flatten(), target.double().flatten()
    which = (p * 15).long().clamp_max(14)
    gaps = [abs(float((p - y)[which == b].sum())) for b in range(15)]
    expected = sum(gaps) / p.numel()
    assert calibration_error(prediction, target) == pytest.approx(expected, abs=1e-6)


def test_tuned_measures_use_the_thresholds_chosen_elsewhere():
    prediction, target = some(300, 8, seed=1, digits=3)
    decisions = decide(*some(300, 8, seed=2, digits=3))
    found = measured(prediction, target, decisions)
    y = target.numpy().astype(int)
    for suffix, thresholds in (
        ("tuned", decisions.threshold),
        ("tuned_per_label", np.array(decisions.thresholds)),
    ):
        decided = (prediction.numpy() > thresholds).astype(int)
        assert found[f"micro_f1_{suffix}"] == pytest.approx(
            sk.f1_score(y, decided, average="micro"), abs=1e-6
        )
        assert found[f"hamming_loss_{suffix}"] == pytest.approx(
            sk.hamming_loss(y, decided), abs=1e-6
        )
        assert found[f"subset_accuracy_{suffix}"] == pytest.approx(
            sk.accuracy_score(y, decided), abs=1e-6
        )
    assert found["micro_f1_tuned"] > found["micro_f1"]


def test_each_label_has_its_line():
    prediction, target = some(100, 6, digits=3)
    decisions = decide(prediction, target)
    found = per_label(prediction, target, label_precision(prediction, target), decisions)
    assert found["positives"] == target.sum(0).int().tolist()
    assert found["average_precision"][0] is None
    p, y = prediction.numpy(), target.numpy().astype(int)
    for label in range(1, 6):
        expected = sk.average_precision_score(y[:, label], p[:, label])
        assert found["average_precision"][label] == pytest.approx(expected, abs=6e-5)
    for name, thresholds in (("f1", 0.5), ("f1_tuned_per_label", np.array(decisions.thresholds))):
        expected = sk.f1_score(y, p > thresholds, average=None, zero_division=0)
        assert found[name] == pytest.approx(expected.tolist(), abs=6e-5)


def test_the_heat_map_has_the_most_frequent_labels():
    prediction, target = some(60, 40)
    names = tuple(f"label {i}" for i in range(40))
    found = heat_map(prediction, target, names)
    counts = target.sum(0)
    assert len(found["labels"]) == 30
    assert found["labels"][0] == names[39]
    shown = [names.index(name) for name in found["labels"]]
    assert counts[shown].min() >= max(
        count for i, count in enumerate(counts.tolist()) if i not in shown
    )
    a, b = shown[3], shown[7]
    expected = float((target[:, a] * target[:, b]).mean())
    assert found["observed"][3][7] == pytest.approx(expected, abs=6e-5)
    assert found["predicted"][3][7] == pytest.approx(
        float((prediction[:, a] * prediction[:, b]).mean()), abs=6e-5
    )


def test_the_end_of_a_run_and_its_epochs_measure_the_same():
    prediction, target = some(300, 8, digits=2)
    task = MultiLabel(Spec((3,), tuple("abcdefgh"), "table"))
    watched = task.metrics(Spec((3,), tuple("abcdefgh"), "table"))
    for start in range(0, 300, 70):
        watched.update(prediction[start : start + 70], target[start : start + 70].long())
    expected = {name: float(value) for name, value in watched.compute().items()}
    found = task.assess(prediction, target, None).measures
    assert {name: found[name] for name in expected} == pytest.approx(expected, abs=1e-6)
