"""What is told of a new label before any test part is looked at."""

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score

from narrows.head.folds import stratified_folds
from narrows.new_label.solving import FOLDS, cross_validated
from narrows.new_label.updating import numbered
from narrows.randomness import derive


def noise(n=40, m=60):
    """Codes that say nothing of the label."""
    z = torch.randn(n, m, generator=torch.Generator().manual_seed(0))
    return z, (torch.arange(n) % 2).float()


def test_cross_validation_by_scikit_learn():
    z, y = noise()
    fold = stratified_folds(y[None], FOLDS, derive(3, "folds"))[0].numpy()
    x, t, precisions = z.double().numpy(), y.numpy(), []
    for number in range(FOLDS):
        kept, away = fold != number, fold == number
        mean, deviation = x[kept].mean(0), x[kept].std(0)
        model = LogisticRegression(C=0.5, tol=1e-10, max_iter=1000)
        model.fit((x[kept] - mean) / deviation, t[kept])
        scores = model.decision_function((x[away] - mean) / deviation)
        precisions.append(average_precision_score(t[away], scores))
    found = cross_validated(z, y, torch.arange(len(z)), 2.0, 3)
    assert found == pytest.approx(np.mean(precisions), abs=1e-5)


def test_copies_of_examples_do_not_look_like_success():
    z, y = noise()
    once = cross_validated(z, y, numbered(z, z[:0]), 1.0, 0)
    copies, labels = z.repeat(4, 1), y.repeat(4)
    told = cross_validated(copies, labels, numbered(copies, z[:0]), 1.0, 0)
    # The penalty weighs less among more examples: that much may change.
    assert told == pytest.approx(once, abs=0.1)
    # Copies on both sides of a fold would be all but known.
    assert cross_validated(copies, labels, torch.arange(len(copies)), 1.0, 0) > 0.95


def test_examples_that_differ_are_too_few():
    z, y = noise(4)
    rows = torch.tensor([0, 1, 1, 1, 2])
    assert cross_validated(z[rows], y[rows], rows, 1.0, 0) is None


def test_equal_examples_have_one_number():
    x = torch.tensor([[1, 2], [3, 4], [1, 2]], dtype=torch.uint8)
    assert numbered(x, torch.tensor([[5, 6], [3, 4]], dtype=torch.uint8)).tolist() == [
        0,
        1,
        0,
        2,
        1,
    ]
