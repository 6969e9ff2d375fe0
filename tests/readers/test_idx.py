"""IDX files of all types, and broken ones."""

import gzip

import numpy as np
import pytest
from fuzzing import fuzz

from narrows.errors import UserError
from narrows.readers.idx import read_idx

TYPES = {8: "u1", 9: "i1", 11: "i2", 12: "i4", 13: "f4", 14: "f8"}


def idx(array, kind=8):
    """The IDX format, as http://yann.lecun.com/exdb/mnist describes it."""
    sizes = b"".join(int(n).to_bytes(4, "big") for n in array.shape)
    return bytes([0, 0, kind, array.ndim]) + sizes + array.astype(">" + TYPES[kind]).tobytes()


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("zipped", [False, True])
def test_what_was_written_is_read(kind, zipped, tmp_path):
    array = np.random.default_rng(0).normal(0, 40, (5, 3, 2)).clip(0, 127).astype(TYPES[kind])
    content = idx(array, kind)
    path = tmp_path / "a-idx3"
    path.write_bytes(gzip.compress(content) if zipped else content)
    read = read_idx(path)
    assert read.dtype == array.dtype
    assert np.array_equal(read, array)


GOOD = idx(np.arange(24).reshape(4, 3, 2))
BROKEN = {
    "empty": b"",
    "no head": b"\0\0",
    "another type": b"\0\0\7" + GOOD[3:],
    "no IDX": b"\1" + GOOD[1:],
    "no sizes": GOOD[:9],
    "cut off": GOOD[:-1],
    "too long": GOOD + b"\0",
    "huge": b"\0\0\x08\3" + b"\xff" * 12 + bytes(24),
    "huge zipped": gzip.compress(b"\0\0\x08\3" + b"\xff" * 12 + bytes(24)),
    "zip cut off": gzip.compress(GOOD)[:-9],
    "zip damaged": gzip.compress(GOOD)[:12] + b"\xff" * 8 + gzip.compress(GOOD)[20:],
}


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN)
def test_a_broken_file_is_named(content, tmp_path):
    path = tmp_path / "broken"
    path.write_bytes(content)
    with pytest.raises(UserError, match=r"broken is broken \(.+\); remove it") as told:
        read_idx(path)
    assert str(path) in str(told.value)


def test_mutated_files(tmp_path):
    zipped = gzip.compress(GOOD)
    fuzz([GOOD, idx(np.arange(6.0), 14), zipped], tmp_path / "x", read_idx)
