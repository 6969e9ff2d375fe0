"""Which examples have labels: an order of which each beginning has all labels in proportion."""

from itertools import pairwise

import numpy as np


def labelled_order(y: np.ndarray, budget: int, seed: int) -> np.ndarray:
    """Return the first `budget` examples of an order that depends on y and the seed alone.

    Its aim is that of iterative stratification (Sechidis, Tsoumakas and Vlahavas 2011), for every
    beginning of the order at once: after b examples a label with a share p of all n was met about
    b p times. The next example is the one that brings Σ (counted + u − ½ − b p)² over labels
    lowest, where u, random in [0, 1) for each label, says when a label is due, as in systematic
    sampling: so a label with c positives comes first at a random place among about the first n / c.

    Examples with the same labels follow one another in random order. The time is that of sorting
    them by their labels and, for each example chosen, of looking at each of their different sets.

    Args:
        y: (n, k) 0 or 1.
        budget: at most n.
        seed: of the order.
    """
    random = np.random.Generator(np.random.PCG64(seed))
    shuffled, start = random.permutation(len(y)), random.random(y.shape[1]) - 0.5
    sets, members = _label_sets(y[shuffled])
    place = _deal(sets, np.diff(members.starts), y.mean(0), start, budget)
    # The j-th time that a set is dealt brings its j-th example.
    return shuffled[members.rows[members.starts[place] + _times_before(place)]]


class _Members:
    """Examples, set by set: those of set s are rows[starts[s]:starts[s + 1]]."""

    def __init__(self, member_of: np.ndarray) -> None:
        self.rows = np.argsort(member_of, kind="stable")
        self.starts = np.append(0, np.bincount(member_of).cumsum())


def _label_sets(y: np.ndarray) -> tuple[np.ndarray, _Members]:
    """Return the different rows of y, and the examples that have each."""
    packed = np.ascontiguousarray(np.packbits(y > 0, axis=1))
    # Of labels there may be none: a byte more makes a row of something.
    rows = np.pad(packed, ((0, 0), (0, 1)))
    whole = rows.view(np.dtype((np.void, rows.shape[1]))).ravel()
    _, first, member_of = np.unique(whole, return_index=True, return_inverse=True)
    return y[first] > 0, _Members(member_of.ravel())


def _deal(
    sets: np.ndarray, left: np.ndarray, shares: np.ndarray, start: np.ndarray, budget: int
) -> np.ndarray:
    """Return the set of labels that each of `budget` places in the order has.

    Args:
        sets: (s, k) different sets of labels.
        left: (s,) how many examples have each.
        shares: (k,) of the examples with each label.
        start: (k,) how much each label is counted before the first.
        budget: number of places.
    """
    left = left.copy()
    # (e + 1)² − e² summed over a set's labels, e being what a label is ahead; sums, not BLAS, whose
    # rounding depends on the machine.
    cost = np.where(sets, 1 + 2 * start, 0.0).sum(1)
    falling = np.where(sets, 2 * shares, 0.0).sum(1)
    rows, columns = np.nonzero(sets)
    ends = np.append(0, np.bincount(rows, minlength=len(sets)).cumsum())
    labels_of = [columns[a:b] for a, b in pairwise(ends)]
    sets_with = [np.flatnonzero(column) for column in sets.T]
    dealt = np.empty(budget, dtype=np.int64)
    for b in range(budget):
        cost -= falling
        dealt[b] = s = int(cost.argmin())
        for label in labels_of[s]:
            cost[sets_with[label]] += 2
        left[s] -= 1
        if not left[s]:
            cost[s] = np.inf
    return dealt


def _times_before(values: np.ndarray) -> np.ndarray:
    """Return how often each value stands before its place, e.g. 0 0 1 2 1 for a b a a b."""
    order = np.argsort(values, kind="stable")
    ordered = values[order]
    first = np.searchsorted(ordered, ordered)
    times = np.empty(len(values), dtype=np.int64)
    times[order] = np.arange(len(values)) - first
    return times
