"""Retrieval by nearness of codes: of what is found first, how much is about the same."""

import numpy as np

from narrows.mapping.neighbours import Cloud

# As many as Hinton and Salakhutdinov (2006) draw in figure 4.
COUNTS = (1, 3, 7, 15, 31, 63, 127, 255, 511, 1023)


def retrieval_precision(
    codes: np.ndarray, labels: np.ndarray, near: str = "euclidean"
) -> dict[int, float]:
    """Return which share of the first 1, 3, 7, … examples found is relevant.

    Each example with a label is a query among all other ones with a label, which are put in the
    order of their distance to it; of equally near ones the first is taken. An example is relevant
    if it has at least one label of the query. The precision at c is the share of relevant ones
    among the first c, and the mean of that over all queries is returned: the measure of Hinton and
    Salakhutdinov (2006, figure 4), whose queries and candidates are documents of the test set too.

    Args:
        codes: (n, m).
        labels: (n, l) of 0 and 1.
        near: euclidean, or cosine, for 1 less the cosine of the angle between two codes.

    Returns:
        Precision by c, for each c of `COUNTS` that is less than the number of examples.
    """
    with_label = labels.any(1)
    cloud, y = Cloud(codes[with_label]), labels[with_label].astype(np.float32)
    counts = [count for count in COUNTS if count < len(y)]
    total, start = np.zeros(len(counts)), 0
    for block in cloud.distances(near):
        order = np.argsort(block, axis=1, kind="stable")[:, : max(counts, default=0)]
        relevant = np.take_along_axis(y[start : start + len(block)] @ y.T > 0, order, 1)
        found = relevant.cumsum(1)
        total += [(found[:, count - 1] / count).sum() for count in counts]
        start += len(block)
    means = total / max(1, len(y))
    return dict(zip(counts, means.tolist(), strict=True))
