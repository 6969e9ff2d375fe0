"""Old and new examples in each batch."""

import numpy as np
import pytest
import torch
from scipy.sparse import random_array

from narrows.loading import PackedData, PackedDataset
from narrows.replay import Joined, ReplaySampler
from narrows.sparse import SparseRows


def epoch(sampler, number=0):
    sampler.set_epoch(number)
    return [batch for chunk in sampler for batch in chunk]


@pytest.mark.parametrize(
    ("replay", "old"), [(0.5, 32), (0.9, 58), (0.25, 16), (0.999, 63), (0.001, 1), (0.0, 0)]
)
def test_every_batch_has_the_ratio_exactly(replay, old):
    batches = epoch(ReplaySampler(1000, 13, 64, replay, seed=0))
    assert {int((batch < 1000).sum()) for batch in batches} == {old}
    assert {len(batch) for batch in batches} == {64}
    assert len(batches) == (-(-1000 // old) if old else 1)


def test_examples_are_taken_in_passes_over_all():
    batches = epoch(ReplaySampler(100, 7, 20, 0.5, seed=3))
    old = torch.cat([batch[batch < 100] for batch in batches])
    new = torch.cat([batch[batch >= 100] for batch in batches])
    assert sorted(old.tolist()) == list(range(100))
    counts = torch.bincount(new - 100, minlength=7)
    assert counts.max() - counts.min() <= 1
    for start in range(0, 98, 7):
        assert sorted(new[start : start + 7].tolist()) == list(range(100, 107))


def test_a_batch_of_one_is_either_old_or_new():
    with pytest.raises(ValueError, match="no room for an old and a new example"):
        ReplaySampler(10, 3, 1, 0.5, seed=0)
    assert len(epoch(ReplaySampler(10, 3, 1, 0.0, seed=0))) == 3


def test_the_order_is_a_function_of_seed_and_epoch():
    def flat(seed, number):
        return torch.cat(epoch(ReplaySampler(50, 5, 16, 0.5, seed), number)).tolist()

    assert flat(1, 2) == flat(1, 2)
    assert flat(1, 2) != flat(1, 3)
    assert flat(1, 2) != flat(2, 2)


def sparse(n, seed):
    rows = random_array((n, 9), density=0.3, format="csr", rng=np.random.default_rng(seed))
    parts = (rows.indptr.astype(np.int64), rows.indices, rows.data.astype(np.float32))
    return SparseRows(*map(torch.from_numpy, parts), columns=9)


@pytest.mark.parametrize("kind", ["dense", "sparse", "three"])
def test_joined_rows_are_those_of_one_array(kind):
    if kind == "sparse":
        parts = [sparse(6, 0), sparse(4, 1)]
    else:
        parts = [torch.rand(6, 2, 3), torch.rand(4, 2, 3)]
    dense = torch.cat([part[0 : len(part)] for part in parts])
    joined = Joined(*parts)
    if kind == "three":
        extra = torch.rand(3, 2, 3)
        joined, dense = Joined(joined, extra), torch.cat([dense, extra])
    rows = torch.tensor([9, 0, 5, 6, 0, len(dense) - 1])
    assert len(joined) == len(dense)
    assert torch.equal(joined.index_select(0, rows), dense[rows])


def test_a_loader_gives_these_batches():
    x, y = torch.arange(12.0)[:, None], torch.zeros(12, 1, dtype=torch.uint8)
    data = PackedDataset(Joined(x[:8], x[8:]), y)
    loader = PackedData(data, data, 4, None, 0, ReplaySampler(8, 4, 4, 0.5, 0))
    (chunk,) = loader.train_dataloader()
    for batch in chunk:
        assert (batch.x < 8).sum() == 2
