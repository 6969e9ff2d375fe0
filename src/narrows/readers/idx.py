"""IDX files, in which MNIST is published: a head with sizes, then the values."""

import gzip
import os
import zlib
from math import prod
from pathlib import Path
from typing import BinaryIO

import numpy as np

from narrows.errors import UserError

MAX_BYTES = 4 << 30
# Deflate makes nothing smaller than by this.
_MAX_RATIO = 1040
_TYPES = {8: ">u1", 9: ">i1", 11: ">i2", 12: ">i4", 13: ">f4", 14: ">f8"}


def read_idx(path: Path) -> np.ndarray:
    """Return the array in an IDX file, which may be compressed with gzip.

    Raises:
        UserError: if it is broken: the sizes in its head must fit what follows.
    """
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            if file.read(2) == b"\x1f\x8b":
                file.seek(0)
                with gzip.GzipFile(fileobj=file) as unzipped:
                    return _read(unzipped, size * _MAX_RATIO)
            file.seek(0)
            return _read(file, size)
    except PermissionError as error:
        raise UserError(f"{path} may not be read; change its permissions") from error
    except (zlib.error, EOFError, ValueError, OSError, MemoryError) as error:
        raise UserError(f"{path} is broken ({error}); remove it and run again") from error


def _read(file: BinaryIO | gzip.GzipFile, most: int) -> np.ndarray:
    """Read an array that takes at most `most` bytes, or raise ValueError."""
    head = file.read(4)
    if len(head) < 4 or head[:2] != b"\0\0" or head[2] not in _TYPES:
        raise ValueError("it does not begin as an IDX file")
    sizes = file.read(4 * head[3])
    if len(sizes) < 4 * head[3]:
        raise ValueError("it ends within its head")
    shape = [int(n) for n in np.frombuffer(sizes, ">u4")]
    dtype = np.dtype(_TYPES[head[2]])
    wanted = prod(shape) * dtype.itemsize
    if wanted > min(most, MAX_BYTES):
        raise ValueError(f"its head claims {wanted:,} bytes, more than there can be")
    content = file.read(wanted)
    if len(content) < wanted or file.read(1):
        raise ValueError(f"its head says {wanted:,} bytes, which it does not have")
    return np.frombuffer(content, dtype).astype(dtype.newbyteorder("=")).reshape(shape)
