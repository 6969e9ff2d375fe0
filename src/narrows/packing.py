"""Prepare a data set: packed arrays to be mapped into memory, and a card that describes it."""

import hashlib
import shutil
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from narrows.datasets.base import Dataset, Part
from narrows.errors import UserError
from narrows.files import read_json, write_json
from narrows.runs import locked, sha256
from narrows.spec import Spec

CARD = "card.json"


def prepare(dataset: Dataset, options: dict[str, Any], folder: Path) -> None:
    """Write the data set's arrays and its card to `folder`, all or nothing.

    Args:
        dataset: to load.
        options: its config, for the card.
        folder: for PART.x.npy, PART.y.npy and card.json; replaced if it is there.

    Raises:
        UserError: if the arrays do not fit the dataset's spec or hold NaN.
    """
    spec = dataset.spec()
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".prepare-") as name:
        fresh = Path(name) / "data"
        fresh.mkdir()
        parts = {}
        for part, arrays in dataset.load().items():
            _check(part, arrays, spec)
            parts[part] = _pack(arrays, fresh, part, spec)
        card = {
            "dataset": options,
            "spec": asdict(spec),
            "split_rule": dataset.split_rule,
            "parts": parts,
        }
        write_json(fresh / CARD, card)
        shutil.rmtree(folder, ignore_errors=True)
        fresh.rename(folder)


def _check(part: str, arrays: Part, spec: Spec) -> None:
    x, y = arrays
    if x.shape[1:] != spec.shape or y.shape != (len(x), len(spec.labels)):
        raise UserError(
            f"the {part} part has x {x.shape} and y {y.shape}, which does not fit examples of "
            f"{spec.shape} with {len(spec.labels)} labels"
        )
    if x.dtype != np.uint8 and not np.isfinite(x).all():
        row = int(np.flatnonzero(~np.isfinite(x.reshape(len(x), -1)).all(1))[0])
        raise UserError(f"example {row} of the {part} part has NaN or infinite values; mend it")


def _pack(arrays: Part, folder: Path, part: str, spec: Spec) -> dict[str, Any]:
    entry: dict[str, Any] = {"examples": len(arrays.x)}
    for name, array in arrays._asdict().items():
        path = folder / f"{part}.{name}.npy"
        np.save(path, np.ascontiguousarray(array), allow_pickle=False)
        entry[name] = {
            "shape": list(array.shape),
            "dtype": str(array.dtype),
            "sha256": sha256(path),
        }
    counts = arrays.y.sum(0, dtype=np.int64).tolist()
    entry["positives"] = dict(zip(spec.labels, counts, strict=True))
    return entry


def prepared(dataset: Dataset, options: dict[str, Any], code: str, root: Path) -> Path:
    """Return the folder under `root` with this data set, preparing it if it is not there."""
    key = hashlib.sha256(repr((sorted(options.items()), code)).encode()).hexdigest()[:12]
    folder = root / key
    with locked(root / f".{key}"):
        if not (folder / CARD).is_file():
            prepare(dataset, options, folder)
    return folder


def read_card(folder: Path) -> dict[str, Any]:
    """Read the dataset card of a prepared data set."""
    path = folder / CARD
    if not path.is_file():
        raise UserError(f"{path} is missing; prepare the data set first")
    return read_json(path)


def data_identity(folder: Path) -> str:
    """Return a hash of a prepared data set: of its card, which has the arrays' checksums."""
    return sha256(folder / CARD)[:16]
