"""Decoded examples in files: PNG pictures, an array, or a table of numbers."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from PIL import Image
from torch import Tensor

from narrows.errors import UserError
from narrows.files import check_free, replacing, write_with
from narrows.parallel import cores
from narrows.pictures import to_bytes
from narrows.spec import Spec
from narrows.store import Stored

FILES = (".npy", ".csv")


def check_out(out: Path, spec: Spec, overwrite: bool) -> None:
    """Refuse an output that cannot be written, before anything is decoded.

    Raises:
        UserError: if examples have no such form, or something is there already.
    """
    if out.suffix.lower() not in FILES:
        if spec.kind != "image" or spec.shape[0] not in (1, 3):
            raise UserError(
                f"--out={out}: these examples are no grey or coloured pictures; name a .npy or "
                ".csv file"
            )
        if out.exists() and not out.is_dir():
            raise UserError(f"--out={out} is a file; name a folder, or a .npy or .csv file")
        if out.is_dir() and any(out.iterdir()) and not overwrite:
            raise UserError(f"{out} is not empty; --overwrite replaces what has the same names")
    else:
        check_free(out, overwrite)


def write_examples(out: Path, examples: Iterator[Tensor], n: int, spec: Spec) -> None:
    """Write decoded examples.

    Args:
        out: a .npy file, for (n, *spec.shape) float32 as the decoder gives them; a .csv file, for
            the same numbers, one example a line; or a folder, for PNG pictures 0.png, 1.png, ….
        examples: blocks of them.
        n: how many there are.
        spec: of the examples.
    """
    suffix = out.suffix.lower()
    if suffix == ".npy":
        with replacing(out) as temporary:
            _write_array(temporary, examples, (n, *spec.shape))
    elif suffix == ".csv":
        with replacing(out) as temporary:
            _write_lines(temporary, examples, spec)
    else:
        _write_pictures(out, examples, len(str(n - 1)))


def _write_array(path: Path, examples: Iterator[Tensor], shape: tuple[int, ...]) -> None:
    stored, done = Stored.create(path, shape, np.dtype(np.float32)), 0
    for block in examples:
        stored.write(done, block.numpy())
        done += len(block)


def _write_lines(path: Path, examples: Iterator[Tensor], spec: Spec) -> None:
    # pyarrow takes half a second to import.
    import pyarrow as pa
    from pyarrow import csv

    schema = pa.schema([(f"value_{j}", pa.float32()) for j in range(spec.size)])
    with csv.CSVWriter(path, schema) as writer:
        for block in examples:
            columns = [pa.array(column) for column in block.flatten(1).numpy().T]
            writer.write_table(pa.Table.from_arrays(columns, schema=schema))


def _write_pictures(folder: Path, examples: Iterator[Tensor], digits: int) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    done = 0
    with ThreadPoolExecutor(cores()) as pool:
        for block in examples:
            names = [f"{number:0{digits}}.png" for number in range(done, done + len(block))]
            list(pool.map(_write_picture, (folder / name for name in names), to_bytes(block)))
            done += len(block)


def _write_picture(path: Path, pixels: np.ndarray) -> None:
    write_with(path, lambda temporary: Image.fromarray(pixels).save(temporary, format="PNG"))
