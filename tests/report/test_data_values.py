"""What values are like, against numpy on the whole array at once."""

import numpy as np
import pytest
from packed import pack
from scipy.sparse import csr_array, random_array

from narrows.report import data_values
from narrows.report.data_values import Moments, Values, lengths, spread, values_of
from narrows.store import Stored, StoredCsr


def stored(folder, x):
    pack(folder, {"train": (x, np.zeros((len(x), 1)))}, ["a"], "table")
    return Stored.open(folder / "train.x.npy")


def check(found, x):
    assert found.low == x.min()
    assert found.high == x.max()
    assert found.mean == pytest.approx(x.mean(dtype=np.float64), rel=1e-6, abs=1e-9)
    assert found.deviation == pytest.approx(x.std(dtype=np.float64), rel=1e-6)
    assert found.zeros == pytest.approx((x == 0).mean())


def in_small_blocks(monkeypatch):
    """Let a few rows be a block, so that what is tested is how blocks are put together."""
    monkeypatch.setattr("narrows.store._BLOCK_BYTES", 200)
    monkeypatch.setattr(data_values, "_PIECE", 37)


@pytest.mark.parametrize("low", [0, 3])
def test_images(tmp_path, monkeypatch, low):
    in_small_blocks(monkeypatch)
    x = np.random.default_rng(0).integers(low, 200, (50, 3, 5, 4), dtype=np.uint8)
    values, columns, histogram = values_of(stored(tmp_path, x))
    check(values, x)
    assert columns is None
    expected, _ = np.histogram(x, histogram.edges)
    assert histogram.counts == expected.tolist()
    assert sum(histogram.counts) == x.size


def test_tables(tmp_path, monkeypatch):
    in_small_blocks(monkeypatch)
    rng = np.random.default_rng(0)
    x = rng.normal([0, 5, 1e6], [1, 3, 2], (201, 3)).astype(np.float32)
    x[rng.random(x.shape) < 0.1] = 0
    values, columns, histogram = values_of(stored(tmp_path, x))
    check(values, x)
    assert columns is not None
    for column, found in zip(x.T, columns, strict=True):
        check(found, column)
    assert sum(histogram.counts) + histogram.outside == x.size
    assert histogram.note == ""


def test_sparse(tmp_path, monkeypatch):
    in_small_blocks(monkeypatch)
    x = csr_array(random_array((80, 30), density=0.2, rng=np.random.default_rng(0)), dtype="f4")
    pack(tmp_path, {"train": (x, np.zeros((80, 1)))}, ["a"], "text")
    values, columns, histogram = values_of(StoredCsr.open(tmp_path, "train"))
    check(values, x.toarray())
    assert columns is None
    terms = (x.toarray() != 0).sum(1)
    assert sum(histogram.counts) + histogram.outside == 80
    assert histogram.counts[0] == (terms < histogram.edges[1]).sum()


def test_documents_without_terms(tmp_path):
    pack(tmp_path, {"train": (csr_array((3, 5), dtype="f4"), np.zeros((3, 1)))}, ["a"], "text")
    values, _, histogram = values_of(StoredCsr.open(tmp_path, "train"))
    assert (values.low, values.high, values.mean, values.zeros) == (0, 0, 0, 1)
    assert histogram.counts[0] == 3


def test_lengths_leave_out_a_few_long_documents(tmp_path):
    dense = np.zeros((1000, 2000), np.float32)
    dense[:, :10] = 1
    dense[0] = 1
    pack(tmp_path, {"train": (csr_array(dense), np.zeros((1000, 1)))}, ["a"], "text")
    histogram = lengths(StoredCsr.open(tmp_path, "train"))
    assert histogram.outside == 1
    assert sum(histogram.counts) == 999


def test_a_sample_of_a_large_table_is_evenly_spaced(tmp_path, monkeypatch):
    in_small_blocks(monkeypatch)
    monkeypatch.setattr(data_values, "_SAMPLED", 50)
    x = np.arange(200, dtype=np.float32)[:, None]
    values, _, histogram = values_of(stored(tmp_path, x))
    check(values, x)
    expected, _ = np.histogram(x[::4], histogram.edges)
    assert histogram.counts == expected.tolist()
    assert histogram.note == "from one example in 4, evenly spaced"


def test_a_value_far_out_does_not_squeeze_the_histogram(tmp_path):
    x = np.random.default_rng(0).normal(size=(1000, 1)).astype(np.float32)
    x[7] = 1e6
    _, _, histogram = values_of(stored(tmp_path, x))
    assert histogram.edges[-1] < 10
    assert sum(histogram.counts) + histogram.outside == 1000
    assert histogram.outside >= 1


def test_constant_values(tmp_path):
    values, _, histogram = values_of(stored(tmp_path, np.full((4, 2), 7, np.float32)))
    assert (values.mean, values.deviation) == (7, 0)
    assert sum(histogram.counts) == 8


def test_moments_of_nothing():
    moments = Moments(1)
    moments.add(np.empty((0, 1)))
    moments.add_zeros(0)
    assert moments.n == 0


@pytest.mark.parametrize(("n", "most"), [(1, 5), (5, 5), (100, 7), (3, 1), (0, 4)])
def test_spread(n, most):
    rows = spread(n, most)
    assert len(rows) == min(n, most)
    assert sorted(set(rows)) == rows
    if len(rows) > 1:
        assert (rows[0], rows[-1]) == (0, n - 1)
        gaps = np.diff(rows)
        assert gaps.max() - gaps.min() <= 1


def test_a_mean_that_is_rounding_alone_is_shown_as_0():
    assert Values(-2.0, 2.0, 1.9e-9, 1.0, 0.0).centre == 0
    assert Values(-2.0, 2.0, -0.001, 1.0, 0.0).centre == -0.001
    assert Values(0.0, 0.0, 0.0, 0.0, 1.0).centre == 0
