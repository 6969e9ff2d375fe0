"""Sparse rows give the batches that dense ones would."""

import numpy as np
import pytest
import torch
from scipy.sparse import csr_array, random_array

from narrows.loading import PackedData, PackedDataset
from narrows.sparse import SparseRows, mapped
from narrows.store import CsrWriter


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    """The same rows, sparse and dense; some have no value at all."""
    folder = tmp_path_factory.mktemp("sparse")
    matrix = random_array((300, 40), density=0.05, rng=np.random.default_rng(0))
    matrix = csr_array(matrix.astype(np.float32))
    writer = CsrWriter(folder, "train", 40)
    writer.append(matrix)
    writer.close()
    assert (np.diff(matrix.indptr) == 0).any()
    return SparseRows.open(folder, "train"), torch.from_numpy(matrix.toarray())


@pytest.mark.parametrize("rows", [[0], [5, 5, 299], list(range(300)), []])
def test_rows_that_are_taken_are_those_of_the_dense_matrix(both, rows):
    sparse, dense = both
    index = torch.tensor(rows, dtype=torch.long)
    assert sparse.index_select(0, index).equal(dense[index])
    taken = sparse.take_rows(index)
    assert taken.shape == (len(rows), 40)
    assert taken.index_select(0, torch.arange(len(rows))).equal(dense[index])


def test_slices_and_first_rows(both):
    sparse, dense = both
    assert sparse[17:60].equal(dense[17:60])
    assert sparse[290:500].equal(dense[290:500])
    first = sparse.narrow(0, 20, 100)
    assert first.shape == (100, 40)
    assert first[0:100].equal(dense[20:120])
    assert sparse.to(torch.device("cpu"))[0:300].equal(dense)


def test_training_sees_the_same_batches(both):
    sparse, dense = both
    y = torch.arange(300)[:, None].to(torch.uint8) % 2
    batches = [
        [
            (batch.x, batch.y)
            for chunk in PackedData(data.first(250), data, 16, None, 3).train_dataloader()
            for batch in chunk
        ]
        for data in (PackedDataset(sparse, y), PackedDataset(dense, y))
    ]
    assert len(batches[0]) == 16
    for (x, labels), (same_x, same_labels) in zip(*batches, strict=True):
        assert x.equal(same_x)
        assert labels.equal(same_labels)
    subset = PackedDataset(sparse, y).subset(torch.tensor([7, 3]))
    assert next(subset.batches()).x.equal(dense[[7, 3]])


def test_what_is_written_to_a_mapped_file_stays_in_memory(tmp_path):
    values = np.arange(6, dtype=np.float32).reshape(3, 2)
    np.save(tmp_path / "x.npy", values)
    mapped(tmp_path / "x.npy").zero_()
    assert np.array_equal(np.load(tmp_path / "x.npy"), values)
    np.save(tmp_path / "empty.npy", values[:0])
    assert mapped(tmp_path / "empty.npy").shape == (0, 2)
