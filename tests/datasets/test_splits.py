"""Stratified splits against the algorithm of Sechidis et al. (2011), one example at a time."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from narrows.datasets.splits import deal, one_hot, shuffled, stratified

SHARES = [[0.7, 0.1, 0.2], [0.5, 0.5], [0.8, 0.2, 0.0], [0.1] * 10]


def one_by_one(y, shares, seed):
    """Sechidis et al. 2011, algorithm 1, as it stands there."""
    random = np.random.default_rng(seed)
    y, part = y.astype(bool), np.full(len(y), -1)
    room, wanted = np.array(shares) * len(y), np.outer(shares, y.sum(0))
    while (left := y[part < 0].sum(0)).any():
        label = np.where(left > 0, left, len(y) + 1).argmin()
        for example in random.permutation(np.flatnonzero(y[:, label] & (part < 0))):
            most = np.flatnonzero(wanted[:, label] == wanted[:, label].max())
            most = most[room[most] == room[most].max()]
            part[example] = chosen = random.choice(most)
            wanted[chosen, y[example]] -= 1
            room[chosen] -= 1
    for example in random.permutation(np.flatnonzero(part < 0)):
        part[example] = chosen = room.argmax()
        room[chosen] -= 1
    return [np.flatnonzero(part == p) for p in range(len(shares))]


def label_distribution(y, parts):
    """LD of the paper: how far the odds of each label are from those in the whole, on average."""
    y = y[:, (y.sum(0) > 0) & (y.sum(0) < len(y))].astype(float)
    odds = y.sum(0) / (1 - y).sum(0)
    # A part in which all have a label has no odds: as if half of one had not.
    of_parts = [y[p].sum(0) / np.maximum((1 - y[p]).sum(0), 0.5) for p in parts]
    return np.mean([np.abs(found - odds) for found in of_parts])


def examples_distribution(y, parts, shares):
    """ED of the paper: how far the sizes are from the exact ones, on average."""
    return np.mean([abs(len(p) - s * len(y)) for p, s in zip(parts, shares, strict=True)])


def independent_labels():
    random = np.random.default_rng(0)
    return (random.random((1500, 20)) < random.random(20) * 0.3).astype(np.uint8)


def few_of_many():
    return one_hot(np.random.default_rng(0).integers(0, 200, 1000), 200)


def real(name, split="y_train"):
    def read(folder):
        with np.load(folder / name) as stored:
            return stored[split]

    return read


SETS = {
    "yeast": real("ml_yeast.npz"),
    "enron": real("ml_enron.npz"),
    "corel5k": lambda folder: real("corel5k_64.npz")(folder)[::2],
    "independent": lambda _: independent_labels(),
    "few of many": lambda _: few_of_many(),
}


@pytest.mark.parametrize("shares", [SHARES[0], SHARES[3]], ids=["three parts", "ten parts"])
@pytest.mark.parametrize("name", SETS)
def test_as_good_as_the_published_algorithm(name, shares, narrows_data):
    y, seeds = SETS[name](narrows_data), range(2)
    ours = [stratified(y, shares, seed) for seed in seeds]
    theirs = [one_by_one(y, shares, seed) for seed in seeds]
    ld, reference = (np.mean([label_distribution(y, p) for p in s]) for s in (ours, theirs))
    assert ld < 1.35 * reference
    ends = np.round(np.cumsum(shares)[:-1] * len(y)).astype(int)
    at_random = np.mean([label_distribution(y, np.split(shuffled(len(y), s), ends)) for s in seeds])
    assert ld < 0.8 * at_random
    ed, reference = (
        np.mean([examples_distribution(y, p, shares) for p in s]) for s in (ours, theirs)
    )
    assert ed < max(2 * reference, 0.01 * len(y) * min(shares))


def test_sizes_of_many_small_classes():
    sizes = [len(part) for part in stratified(few_of_many(), SHARES[0], 0)]
    assert np.abs(np.array(sizes) - [700, 100, 200]).max() <= 2


labels = arrays.arrays(
    np.uint8,
    st.tuples(st.integers(1, 60), st.integers(0, 8)),
    elements=st.integers(0, 1),
    fill=st.just(0),
)


@settings(max_examples=200, deadline=None)
@given(labels, st.sampled_from(SHARES), st.integers(0, 2**32 - 1))
def test_each_example_is_in_one_part_and_the_seed_decides(y, shares, seed):
    parts = stratified(y, shares, seed)
    assert len(parts) == len(shares)
    assert sorted(np.concatenate(parts)) == list(range(len(y)))
    for part, again in zip(parts, stratified(y.copy(), shares, seed), strict=True):
        assert np.array_equal(part, again)
        assert (np.diff(part) > 0).all()


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.integers(0, 6), min_size=1, max_size=80), st.sampled_from(SHARES), st.integers(0, 9)
)
def test_a_class_has_its_share_of_each_part_to_within_one(classes, shares, seed):
    y = one_hot(np.array(classes), 7)
    for part, share in zip(stratified(y, shares, seed), shares, strict=True):
        assert (np.abs(y[part].sum(0) - share * y.sum(0)) < 1 + 1e-6).all()


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.integers(0, 3), min_size=1, max_size=80),
    st.sampled_from(SHARES), st.integers(0, 9), st.integers(1, 30),
)  # fmt: skip
def test_in_several_goes_a_class_has_its_share_to_within_one_for_each(classes, shares, seed, go):
    y = one_hot(np.array(classes), 5)[:, :4]
    y[y[:, 3] > 0] = 0
    part = deal(y, shares, seed, at_once=go)
    assert ((part >= 0) & (part < len(shares))).all()
    goes = 1 + y.sum(0, dtype=int) // go
    for p, share in enumerate(shares):
        assert (np.abs(y[part == p].sum(0) - share * y.sum(0)) <= goes).all()
        assert abs((part == p).sum() - share * len(y)) <= goes.sum() + 1 + len(y) // go


def test_many_examples_of_a_label_keep_their_shares_over_all_goes():
    y = np.ones((100_000, 1), np.uint8)
    y[::5] = 0
    part = deal(y, SHARES[0], 0, at_once=700)
    for p, share in enumerate(SHARES[0]):
        assert abs((part == p).sum() - share * 100_000) <= 2
        assert abs(y[part == p].sum() - share * 80_000) <= 1
    # And each go has examples of all parts, mixed.
    assert len(np.unique(part[:50])) == 3


@settings(max_examples=100, deadline=None)
@given(labels, st.sampled_from(SHARES), st.integers(0, 9), st.data())
def test_some_examples_are_dealt_as_if_there_were_no_others(y, shares, seed, data):
    some = np.array(data.draw(st.lists(st.booleans(), min_size=len(y), max_size=len(y))), bool)
    part = deal(y, shares, seed, np.flatnonzero(some))
    assert (part[~some] == -1).all()
    assert np.array_equal(part[some], deal(y[some], shares, seed))


@settings(max_examples=100, deadline=None)
@given(st.integers(1, 200), st.integers(0, 3), st.sampled_from(SHARES), st.integers(0, 9))
def test_without_any_label_sizes_are_exact_to_within_one(n, k, shares, seed):
    parts = stratified(np.zeros((n, k), np.uint8), shares, seed)
    for part, share in zip(parts, shares, strict=True):
        assert abs(len(part) - share * n) < 1 + 1e-6


def test_one_example_goes_to_the_largest_part():
    for y in (np.zeros((1, 0)), np.ones((1, 3))):
        assert [len(p) for p in stratified(y.astype(np.uint8), SHARES[0], 3)] == [1, 0, 0]


def test_a_part_without_a_share_has_no_example():
    y = independent_labels()
    assert len(stratified(y, [0.8, 0.2, 0.0], 0)[2]) == 0


def test_another_seed_gives_another_split():
    y = independent_labels()
    first, second = (stratified(y, [0.5, 0.5], seed)[0] for seed in (0, 1))
    # Two random halves have about a half in common.
    assert 0.4 < len(np.intersect1d(first, second)) / len(first) < 0.6
