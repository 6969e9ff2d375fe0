"""Archives of named arrays (.npz)."""

import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from narrows.errors import UserError

MAX_BYTES = 8 << 30


def read_npz(path: Path, names: Sequence[str]) -> dict[str, np.ndarray]:
    """Return some arrays of an archive; pickled ones are refused.

    Raises:
        UserError: if it is broken, does not have them, or may not be read.
    """
    # Opened here, since numpy leaves a file open that it cannot read.
    try:
        with path.open("rb") as file:
            claimed = sum(entry.file_size for entry in zipfile.ZipFile(file).infolist())
            if claimed > MAX_BYTES:
                raise ValueError(f"it claims {claimed:,} bytes")
            file.seek(0)
            with np.load(file, allow_pickle=False) as stored:
                return {name: stored[name] for name in names}
    except PermissionError as error:
        raise UserError(f"{path} may not be read; change its permissions") from error
    except (
        zipfile.BadZipFile, zlib.error, EOFError, KeyError, ValueError, OSError, MemoryError,
        NotImplementedError, RuntimeError, SyntaxError, OverflowError, TypeError,
    ) as error:  # fmt: skip
        told = " ".join(str(error).split())[:200]
        raise UserError(f"{path} is broken ({told}); fetch it again") from error


def check_shapes(path: Path, arrays: dict[str, np.ndarray], shapes: dict[str, tuple]) -> None:
    """Check that arrays have the shapes that they should have.

    Raises:
        UserError: if one has not.
    """
    for name, shape in shapes.items():
        if arrays[name].shape != shape:
            found = arrays[name].shape
            raise UserError(
                f"{path}: {name} has the shape {found}, not {shape}, so this is not the published "
                "set; fetch it again"
            )
