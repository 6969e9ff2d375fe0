"""Prepare a data set: packed arrays, read and written in blocks, and a card that describes it."""

import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from narrows.blocks import InMemory, Problems, forget_blocks, write_parts
from narrows.datasets.base import Dataset, Part, Rows
from narrows.duplicates import find_duplicates
from narrows.errors import UnfinishedError, UserError
from narrows.files import read_json, write_json
from narrows.runs import locked, sha256
from narrows.spec import Shape, Spec
from narrows.store import CSR, Stored, StoredCsr, keep_rows, keep_sparse_rows, open_part, save

CARD, _PLAN = "card.json", "plan.json"
_EXAMPLES_OF_DUPLICATES = 20
_LISTED = 1000


def prepare(dataset: Dataset, options: dict[str, Any], folder: Path, code: str = "") -> None:
    """Write the data set's arrays and its card to `folder`, all or nothing.

    Memory stays the same whatever the size of the source, but for what `dataset.load` keeps. What
    a killed process had written is used by the next one.

    Args:
        dataset: to load.
        options: its config, for the card.
        folder: for PART.x.npy, PART.y.npy and card.json; replaced if it is there.
        code: fingerprint of the code that this is made with.

    Raises:
        UserError: if the source is broken, or the arrays do not fit the dataset's spec.
    """
    # A mistake that is seen without reading all is told before anything is written.
    dataset.spec()
    partial = _begin(folder, {"options": _plain(options), "code": code, **_state(dataset)})
    fresh, work = partial / "data", partial / "work"
    try:
        card = _pack(dataset, fresh, work)
    except UnfinishedError:
        raise
    except UserError:
        _discard(partial)
        raise
    write_json(fresh / CARD, {"dataset": _plain(options), **card})
    shutil.rmtree(folder, ignore_errors=True)
    fresh.rename(folder)
    _discard(partial)


def _discard(partial: Path) -> None:
    """Remove what was begun: the plan first, without which nothing is gone on with."""
    (partial / _PLAN).unlink(missing_ok=True)
    shutil.rmtree(partial, ignore_errors=True)


def _plain(options: dict[str, Any]) -> dict[str, Any]:
    """Leave out where the files lie: the card says what is in them."""
    return {key: value for key, value in options.items() if key != "path"}


def _begin(folder: Path, plan: dict[str, Any]) -> Path:
    """Return the folder to work in, with what a killed process of the same plan left there."""
    partial = folder.parent / f".{folder.name}.partial"
    path = partial / _PLAN
    fresh = not path.is_file() or read_json(path) != json.loads(json.dumps(plan))
    if fresh:
        _discard(partial)
    for name in ("data", "work"):
        (partial / name).mkdir(parents=True, exist_ok=True)
    if fresh:
        write_json(path, plan)
    return partial


def _pack(dataset: Dataset, fresh: Path, work: Path) -> dict[str, Any]:
    """Write all arrays; return the card without its head."""
    parts = dataset.load(work)
    # Documents may have turned out to have fewer terms than were asked for.
    spec = dataset.spec()
    rows = {name: _rows(part) for name, part in parts.items()}
    for name, part in parts.items():
        _check(name, rows[name].shape, part.y.shape, spec)
    _check_room(rows, fresh)
    problems = write_parts(rows, fresh, stop_at_problem=dataset.on_error == "stop")
    labelled = {}
    for name, part in parts.items():
        save(fresh / f"{name}.y.npy", part.y)
        labelled[name] = len(part.y) if part.labelled is None else part.labelled
    # From here on the files change: what was noted of them no longer holds.
    forget_blocks(fresh)
    for name, wrong in problems.items():
        if wrong:
            labelled[name] = _drop(fresh, name, np.fromiter(wrong, int), labelled[name])
    duplicates = _duplicates(dataset, spec, fresh, labelled)
    return {
        "spec": asdict(spec),
        "split_rule": dataset.split_rule,
        "parts": {name: _entry(fresh, name, spec, n) for name, n in labelled.items()},
        "skipped": _listed(problems),
        "skipped_in_all": sum(map(len, problems.values())),
        "duplicates": duplicates,
        "facts": dataset.facts(),
    }


def _rows(part: Part) -> Rows:
    """Return a part's examples as rows to read; arrays are in memory already."""
    return part.x if hasattr(part.x, "block") else InMemory(part.x)  # pyright: ignore


def _check(name: str, x: Shape, y: Shape, spec: Spec) -> None:
    if x[1:] != spec.shape or y != (x[0], len(spec.labels)):
        raise UserError(
            f"the {name} part has x {x} and y {y}, which does not fit examples "
            f"of {spec.shape} with {len(spec.labels)} labels"
        )


def _check_room(parts: dict[str, Rows], folder: Path) -> None:
    """Tell before anything is read that the packed arrays will not fit on the disk."""
    needed = sum(
        int(np.prod(rows.shape)) * rows.dtype.itemsize for rows in parts.values() if not rows.sparse
    )
    there = sum(path.stat().st_blocks * 512 for path in folder.iterdir())
    free = shutil.disk_usage(folder).free
    if needed - there > free:
        raise UserError(
            f"{folder.parents[1]}: the packed data set takes {needed / 1e6:,.0f} MB, but "
            f"{free / 1e6:,.0f} MB are free; free some, or work in a folder on a larger disk"
        )


def _drop(folder: Path, part: str, gone: np.ndarray, labelled: int) -> int:
    """Drop rows of a part; return how many of those that are left have labels.

    Raises:
        UserError: if none is left.
    """
    stored = open_part(folder, part)
    keep = np.ones(len(stored), bool)
    keep[gone] = False
    if not keep.any():
        raise UserError(f"no example of the {part} part is left: none can be used; see the source")
    if isinstance(stored, Stored):
        keep_rows(stored.path, keep)
    else:
        keep_sparse_rows(folder, part, keep)
    keep_rows(folder / f"{part}.y.npy", keep)
    return int(keep[:labelled].sum())


def _duplicates(
    dataset: Dataset, spec: Spec, folder: Path, labelled: dict[str, int]
) -> dict[str, Any]:
    """Find examples that are in two parts, and remove them where that is asked for."""
    if dataset.duplicates == "ignore":
        return {}
    found = find_duplicates({part: open_part(folder, part) for part in labelled}, spec.kind)
    removed = {}
    if dataset.duplicates == "remove":
        for part, gone in found.to_remove().items():
            if len(gone):
                labelled[part] = _drop(folder, part, gone, labelled[part])
                removed[part] = len(gone)
    return {**found.summary(_EXAMPLES_OF_DUPLICATES), "removed": removed}


def _listed(problems: Problems) -> list[dict[str, str]]:
    """Return what was left out, for the card, the first thousand of each part."""
    return [
        {"part": part, "problem": wrong[row]}
        for part, wrong in problems.items()
        for row in sorted(wrong)[:_LISTED]
    ]


def _entry(folder: Path, part: str, spec: Spec, labelled: int) -> dict[str, Any]:
    """Return what the card says of a part."""
    x, y = open_part(folder, part), Stored.open(folder / f"{part}.y.npy")
    counts = sum((block.sum(0, dtype=np.int64) for block in y.blocks()), np.zeros(y.shape[1], int))
    return {
        "examples": len(y),
        "labelled": labelled,
        "x": _describe(x) if isinstance(x, Stored) else _describe_csr(x),
        "y": _describe(y),
        "positives": dict(zip(spec.labels, counts.tolist(), strict=True)),
    }


def _describe(x: Stored) -> dict[str, Any]:
    return {"shape": list(x.shape), "dtype": str(x.dtype), "sha256": sha256(x.path)}


def _describe_csr(x: StoredCsr) -> dict[str, Any]:
    return {
        "shape": list(x.shape),
        "dtype": str(x.data.dtype),
        "format": "csr",
        "nonzero": len(x.data),
        "sha256": {name: sha256(getattr(x, name).path) for name in CSR},
    }


def _state(dataset: Dataset) -> dict[str, str]:
    """Return a hash of which files there are, how large and when changed: cheap to compare."""
    digest = hashlib.sha256()
    for source in dataset.sources():
        try:
            for path, size, time in _files(str(source), source.stat()):
                digest.update(f"{path}\0{size}\0{time}\n".encode(errors="surrogateescape"))
        except PermissionError as error:
            raise UserError(f"{error.filename} may not be read; change its permissions") from error
        except FileNotFoundError as error:
            raise UserError(f"{error.filename} is not there; name a file that is") from error
    return {"source": digest.hexdigest()}


def _files(path: str, stat: os.stat_result) -> Iterator[tuple[str, int, int]]:
    """Yield the path, size and time of change of every file at or below a path, in order."""
    yield path, stat.st_size, stat.st_mtime_ns
    if os.path.isdir(path):  # noqa: PTH112
        with os.scandir(path) as found:
            entries = sorted(found, key=lambda entry: entry.name)
        for entry in entries:
            # A link is what it is, whatever it points to.
            inner = entry.stat(follow_symlinks=False)
            if entry.is_dir(follow_symlinks=False):
                yield from _files(entry.path, inner)
            else:
                yield entry.path, inner.st_size, inner.st_mtime_ns


def prepared(dataset: Dataset, options: dict[str, Any], code: str, root: Path) -> Path:
    """Return the folder under `root` with this data set, preparing it if it is not there.

    It is prepared anew where its options, the code or the source have changed.
    """
    known = repr((sorted(options.items()), code, _state(dataset)))
    key = hashlib.sha256(known.encode()).hexdigest()[:12]
    folder = root / key
    with locked(root / f".{key}"):
        if not (folder / CARD).is_file():
            prepare(dataset, options, folder, code)
    return folder


def read_card(folder: Path) -> dict[str, Any]:
    """Read the dataset card of a prepared data set."""
    path = folder / CARD
    if not path.is_file():
        raise UserError(f"{path} is missing; prepare the data set first")
    return read_json(path)


def read_spec(folder: Path) -> Spec:
    """Return the spec of a prepared data set."""
    return Spec.from_json(read_card(folder)["spec"])


def data_identity(folder: Path) -> str:
    """Return a hash of a prepared data set: of its card, which has the arrays' checksums."""
    return sha256(folder / CARD)[:16]
