"""Orders, batches and chunks."""

from itertools import chain, pairwise

import numpy as np
import pytest
import torch

from narrows.errors import UserError
from narrows.loading import (
    CHUNK,
    ChunkSampler,
    PackedData,
    PackedDataset,
    labelled_subset,
    to_floats,
)
from narrows.tasks.base import Batch


def numbered(n):
    """Examples that can be told apart by their x, and a label that goes with it."""
    x = torch.arange(n, dtype=torch.float32)[:, None]
    return PackedDataset(x, (torch.arange(n) % 2).to(torch.uint8)[:, None])


def epoch_of(sampler, epoch):
    sampler.set_epoch(epoch)
    return [batch.tolist() for chunk in sampler for batch in chunk]


def joined(batches):
    return list(chain.from_iterable(batches))


@pytest.mark.parametrize(("n", "size"), [(1000, 64), (10, 3), (7, 7), (5, 9), (4000, 1)])
def test_each_example_comes_once_in_an_epoch(n, size):
    batches = epoch_of(ChunkSampler(n, size, None, seed=0), 0)
    assert sorted(joined(batches)) == list(range(n))
    assert all(len(batch) == size for batch in batches[:-1])
    assert joined(batches) != list(range(n))


def test_the_order_depends_on_seed_and_epoch_alone():
    sampler = ChunkSampler(50, 8, None, seed=3)
    first = [epoch_of(sampler, epoch) for epoch in range(3)]
    torch.manual_seed(99)
    fresh = ChunkSampler(50, 8, None, seed=3)
    assert [epoch_of(fresh, epoch) for epoch in (2, 1, 0)] == first[::-1]
    other = [epoch_of(ChunkSampler(50, 8, None, seed=4), epoch) for epoch in range(3)]
    orders = [tuple(map(tuple, batches)) for batches in first + other]
    assert len(set(orders)) == 6


def test_an_epoch_may_be_several_passes_or_a_part_of_one():
    # A pass over 10 examples is 4 batches: 3, 3, 3 and 1.
    batches = epoch_of(ChunkSampler(10, 3, 9, seed=0), 0)
    assert [len(batch) for batch in batches] == [3, 3, 3, 1, 3, 3, 3, 1, 3]
    passes = [joined(batches[:4]), joined(batches[4:8])]
    assert [sorted(order) for order in passes] == [list(range(10))] * 2
    assert passes[0] != passes[1]
    part = epoch_of(ChunkSampler(10, 3, 2, seed=0), 0)
    assert part == batches[:2]


@pytest.mark.parametrize("steps", [1, CHUNK - 1, CHUNK, CHUNK + 1, 5 * CHUNK + 3])
def test_chunks_hold_all_steps(steps):
    sampler = ChunkSampler(100, 8, steps, seed=0)
    chunks = list(sampler)
    assert len(chunks) == len(sampler)
    assert sum(map(len, chunks)) == steps
    assert all(len(chunk) == CHUNK for chunk in chunks[:-1])


def test_loaders_give_whole_examples():
    module = PackedData(numbered(100), numbered(70), 8, None, seed=0)
    train = [batch for chunk in module.train_dataloader() for batch in chunk]
    assert sorted(torch.cat([b.x for b in train]).flatten().tolist()) == list(range(100))
    for batch in train:
        assert batch.y.equal((batch.x % 2).to(torch.uint8))
    val = [batch for chunk in module.val_dataloader() for batch in chunk]
    assert torch.cat([b.x for b in val]).flatten().tolist() == list(range(70))


def test_evaluation_goes_over_all_examples_in_order():
    data = numbered(2500)
    sizes = [len(batch.x) for batch in data.batches()]
    assert sizes == [1024, 1024, 452]
    assert torch.cat([b.x for b in data.batches()]).flatten().tolist() == list(range(2500))


def test_some_examples_are_spread_over_all():
    data = numbered(13)
    assert data.spread(4).x.flatten().tolist() == [0, 4, 8, 12]
    assert data.spread(13) is data


def test_bytes_become_numbers_from_0_to_1_and_floats_stay():
    stored = torch.tensor([[0, 51, 255]], dtype=torch.uint8)
    batch = to_floats(Batch(stored, torch.tensor([[1]], dtype=torch.uint8)))
    assert batch.x.tolist() == [[0.0, pytest.approx(0.2), 1.0]]
    assert batch.y.tolist() == [[1.0]]
    assert stored.tolist() == [[0, 51, 255]]
    x = torch.tensor([[-3.5, 300.0]])
    assert to_floats(Batch(x, torch.zeros(1, 1))).x.equal(x)


def test_larger_budgets_hold_smaller_ones():
    data = numbered(200)
    subsets = [labelled_subset(data, budget, 5).x.flatten().tolist() for budget in (1, 10, 50, 200)]
    for small, large in pairwise(subsets):
        assert large[: len(small)] == small
    assert sorted(subsets[-1]) == list(range(200))
    assert labelled_subset(data, 10, 6).x.flatten().tolist() != subsets[1]
    subset = labelled_subset(data, 50, 5)
    assert subset.y.equal((subset.x % 2).to(torch.uint8))
    assert labelled_subset(data, None, 5) is data


def test_more_labels_than_examples_are_told():
    with pytest.raises(UserError, match="labels=11, but the training part has 10"):
        labelled_subset(numbered(10), 11, 0)


def test_open_maps_the_files_and_names_a_missing_one(tmp_path):
    x = np.arange(12, dtype=np.uint8).reshape(4, 3)
    np.save(tmp_path / "val.x.npy", x)
    with pytest.raises(UserError, match=r"val\.y\.npy is missing"):
        PackedDataset.open(tmp_path, "val")
    np.save(tmp_path / "val.y.npy", np.ones((4, 1), np.uint8))
    data = PackedDataset.open(tmp_path, "val")
    assert data.x.tolist() == x.tolist()
    data.x.zero_()
    assert np.array_equal(np.load(tmp_path / "val.x.npy"), x)


def test_examples_without_labels_are_left_out_where_labels_are_needed(tmp_path):
    np.save(tmp_path / "train.x.npy", np.arange(10, dtype=np.float32)[:, None])
    np.save(tmp_path / "train.y.npy", np.ones((10, 1), np.uint8))
    (tmp_path / "card.json").write_text('{"parts": {"train": {"labelled": 4}}}')
    assert len(PackedDataset.open(tmp_path, "train")) == 10
    data = PackedDataset.open(tmp_path, "train", labelled=True)
    assert data.x.flatten().tolist() == [0, 1, 2, 3]
    assert len(data.y) == 4


@pytest.mark.parametrize(
    ("values", "unit"), [([0, 0.5, 1], True), ([0, -1e-6], False), ([1.5], False), ([], True)]
)
def test_whether_all_values_are_from_0_to_1(values, unit):
    x = torch.tensor(values)[:, None]
    assert PackedDataset(x, torch.zeros(len(x), 1)).is_unit() == unit
    assert PackedDataset(x.to(torch.uint8), torch.zeros(len(x), 1)).is_unit()
