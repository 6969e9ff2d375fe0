"""What is told of predictions of labels: of classes, and of thresholds that are at chance."""

import pytest
import torch

from narrows.measuring.cautions import cautions
from narrows.measuring.decisions import is_exclusive
from narrows.spec import Spec
from narrows.tasks.multi_label import MultiLabel

N, K = 40, 4
CLASSES = torch.arange(N) % K
TARGET = torch.nn.functional.one_hot(CLASSES, K)


def told(prediction, target, decided=True):
    task = MultiLabel(Spec((3,), ("a", "b", "c", "d"), "table"))
    decisions = task.decide(prediction, target) if decided else None
    return cautions(task.assess(prediction, target, decisions), target)


def test_accuracy_is_named_where_each_example_has_one_label():
    guess = CLASSES.clone()
    guess[:3] = 3
    prediction = 0.1 + 0.8 * torch.nn.functional.one_hot(guess, K)
    (line,) = told(prediction, TARGET)
    assert "precision at 1, 0.925, is the accuracy" in line


def test_nothing_is_told_where_labels_come_together_and_are_found():
    target = TARGET | TARGET.roll(1, 1)
    assert told(0.1 + 0.8 * target, target) == []


@pytest.mark.parametrize("decided", [True, False])
def test_labels_whose_threshold_says_yes_of_all_are_named(decided):
    target = TARGET | TARGET.roll(1, 1)
    prediction = 0.1 + 0.8 * target
    prediction[:, 1] = 0.3
    lines = told(prediction, target, decided)
    if not decided:
        assert lines == []
        return
    (line,) = lines
    assert line.startswith("thresholds at chance, for 1 of 4 labels (b): ")


def test_labels_that_all_or_no_examples_have_cannot_be_at_chance():
    target = TARGET | TARGET.roll(1, 1)
    target[:, 0], target[:, 1] = 0, 1
    assert told(torch.full((N, K), 0.1) + 0.8 * target, target) == []


def test_labels_are_exclusive_if_each_example_has_one_of_several():
    assert is_exclusive(TARGET)
    assert is_exclusive(TARGET.float())
    assert not is_exclusive(TARGET[:, :3])
    assert not is_exclusive(TARGET | TARGET.roll(1, 1))
    assert not is_exclusive(torch.ones(N, 1))
    assert not is_exclusive(TARGET[:0])
