"""Arrays on disk that are read and written by blocks."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_array, random_array

from narrows.store import CsrWriter, Stored, StoredCsr, keep_rows, keep_sparse_rows, rows_in

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("dtype", ["uint8", "float32", "int64"])
@pytest.mark.parametrize("shape", [(7,), (7, 3), (5, 1, 2, 2), (4, 0), (0, 3)])
def test_what_numpy_writes_is_read_and_the_other_way_round(tmp_path, dtype, shape):
    values = RNG.integers(0, 200, shape).astype(dtype)
    np.save(tmp_path / "numpy.npy", values)
    stored = Stored.open(tmp_path / "numpy.npy")
    assert (len(stored), stored.shape, stored.dtype) == (len(values), values.shape, values.dtype)
    assert np.array_equal(stored[0 : len(stored)], values)
    ours = Stored.create(tmp_path / "ours.npy", values.shape, values.dtype)
    ours.write(0, values)
    assert (tmp_path / "ours.npy").read_bytes() == (tmp_path / "numpy.npy").read_bytes()


@given(st.integers(-3, 12), st.integers(-3, 12))
def test_slices_are_numpys(tmp_path_factory, start, stop):
    values = np.arange(20, dtype=np.float32).reshape(10, 2)
    path = tmp_path_factory.mktemp("slices") / "x.npy"
    np.save(path, values)
    assert np.array_equal(Stored.open(path)[start:stop], values[start:stop])


def test_blocks_written_in_any_order_make_the_array(tmp_path):
    values = RNG.normal(size=(100, 3)).astype(np.float32)
    for start in (60, 0, 20, 80, 40):
        # As after a kill: the file that is there is gone on with.
        stored = Stored.create(tmp_path / "x.npy", values.shape, values.dtype)
        stored.write(start, values[start : start + 20])
    assert np.array_equal(np.load(tmp_path / "x.npy"), values)
    assert np.array_equal(np.concatenate(list(stored.blocks(7))), values)


def test_a_full_disk_names_the_file(tmp_path, monkeypatch):
    stored = Stored.create(tmp_path / "x.npy", (3, 2), np.dtype(np.uint8))

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.pwrite", full)
    with pytest.raises(OSError, match=r"No space left on device: '.*x\.npy'"):
        stored.write(0, np.zeros((3, 2), np.uint8))


def test_rows_can_be_dropped(tmp_path):
    values, keep = RNG.integers(0, 9, (50, 4)), RNG.random(50) < 0.5
    np.save(tmp_path / "train.x.npy", values)
    keep_rows(tmp_path / "train.x.npy", keep)
    assert np.array_equal(np.load(tmp_path / "train.x.npy"), values[keep])
    assert [p.name for p in tmp_path.iterdir()] == ["train.x.npy"]


def sparse(n, seed=1):
    matrix = random_array((n, 30), density=0.1, format="csr", rng=np.random.default_rng(seed))
    return csr_array(matrix.astype(np.float32))


def test_sparse_rows_are_scipys(tmp_path):
    matrix = sparse(9000)
    writer = CsrWriter(tmp_path, "train", 30)
    for start in range(0, 9000, 700):
        writer.append(matrix[start : start + 700])
    writer.close()
    stored = StoredCsr.open(tmp_path, "train")
    assert stored.shape == (9000, 30)
    for rows in (slice(0, 9000), slice(3, 4), slice(5, 5), slice(8990, 10000)):
        assert np.array_equal(stored[rows].toarray(), matrix[rows].toarray())
    assert sum(block.nnz for block in stored.blocks()) == matrix.nnz
    keep = RNG.random(9000) < 0.3
    keep_sparse_rows(tmp_path, "train", keep)
    left = StoredCsr.open(tmp_path, "train")
    assert np.array_equal(left[0 : len(left)].toarray(), matrix[keep].toarray())
    assert len(list(tmp_path.iterdir())) == 4


@pytest.mark.parametrize(("shape", "rows"), [((9, 100), 10), ((9, 5000), 1), ((9,), 1000)])
def test_a_block_holds_at_least_one_row(shape, rows):
    assert rows_in(1000, shape, np.dtype(np.uint8)) == rows
