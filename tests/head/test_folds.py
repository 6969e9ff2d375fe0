"""Stratified folds."""

import pytest
import torch

from narrows.head.folds import stratified_folds


def labels(n, *counts):
    y = torch.zeros(len(counts), n)
    for row, count in enumerate(counts):
        y[row, torch.randperm(n, generator=torch.Generator().manual_seed(row))[:count]] = 1
    return y


@pytest.mark.parametrize(("n", "folds"), [(50, 5), (53, 4), (7, 3), (3, 5)])
def test_folds_have_as_many_positives_and_examples_as_can_be(n, folds):
    y = labels(n, 0, 1, 2, n // 2, n - 1, n)
    fold = stratified_folds(y, folds, 0)
    for label, held in zip(y, fold, strict=True):
        sizes = torch.stack([held == f for f in range(folds)])
        assert sizes.any(0).all()
        for counts in (sizes.sum(1), (sizes * label).sum(1), (sizes * (1 - label)).sum(1)):
            assert counts.max() - counts.min() <= 1


@pytest.mark.parametrize("folds", [2, 5, 10])
def test_two_of_both_kinds_are_enough_for_what_is_left_to_have_both(folds):
    y = labels(12, 2, 10, 6)
    for fold in range(folds):
        kept = stratified_folds(y, folds, 3) != fold
        assert ((y * kept).sum(1) > 0).all()
        assert (((1 - y) * kept).sum(1) > 0).all()


def test_folds_are_a_function_of_the_seed_and_of_the_label_alone():
    y = labels(40, 9, 20)
    one = stratified_folds(y, 5, 1)
    assert one.equal(stratified_folds(y, 5, 1))
    assert not one.equal(stratified_folds(y, 5, 2))
    assert one[1:].equal(stratified_folds(y[1:], 5, 1))
