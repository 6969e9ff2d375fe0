"""Examples, read block by block in worker processes and written where they belong.

A journal notes the blocks that are on disk: after a kill the same command goes on from there.
"""

import json
import multiprocessing
import os
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_array

from narrows.datasets.base import Block, Rows
from narrows.errors import UnfinishedError, UserError
from narrows.files import naming, write_text
from narrows.parallel import cores, end_with_parent, start_forkserver
from narrows.progress import Display
from narrows.spec import Shape
from narrows.store import CsrWriter, Stored, rows_in, save

# Small enough for a journal that is worth having, large enough that a block's own cost is nothing.
_BLOCK_BYTES, _IMAGES, _SPARSE_ROWS = 8 << 20, 256, 2048
_JOURNAL_SECONDS = 1.0

# A file's name may hold bytes that are no text.
_ESCAPED = "backslashreplace"
_JOURNAL = "journal.jsonl"

# By part and row: one line that names the file.
Problems = dict[str, dict[int, str]]


class Place(NamedTuple):
    """A block of one part: rows from `start` to before `stop`."""

    part: str
    start: int
    stop: int


class InMemory:
    """Rows that are in memory, or mapped into it, already."""

    def __init__(self, values: np.ndarray | csr_array) -> None:
        self.values = values
        self.shape: Shape = tuple(values.shape or ())
        self.dtype, self.sparse = np.dtype(values.dtype), not isinstance(values, np.ndarray)

    def block(self, start: int, stop: int) -> Block:
        """Return the rows from `start` to before `stop`."""
        return Block(self.values[start:stop], {})


class _Writer:
    """Reads blocks and writes them; there is one in each worker process."""

    def __init__(self, parts: dict[str, Rows], folder: Path) -> None:
        self.parts, self.folder = parts, folder

    def __call__(self, place: Place) -> dict[int, str]:
        """Read and write a block; return its problems by row."""
        part, start, stop = place
        block = self.parts[part].block(start, stop)
        problems = {start + row: text for row, text in block.problems.items()}
        problems = _not_finite(place, block) | problems
        if isinstance(block.values, np.ndarray):
            Stored.open(self.folder / f"{part}.x.npy").write(start, block.values)
        else:
            rows = csr_array(block.values)
            save(_sparse_path(self.folder, place), rows.indptr, rows.indices, rows.data)
        return problems


def _not_finite(place: Place, block: Block) -> dict[int, str]:
    values = block.values
    data = values if isinstance(values, np.ndarray) else values.data
    if data.dtype.kind != "f" or np.isfinite(data).all():
        return {}
    dense = values if isinstance(values, np.ndarray) else values.toarray()
    wrong = np.flatnonzero(~np.isfinite(dense.reshape(len(dense), -1)).all(1))
    return {
        place.start + int(row): f"example {place.start + int(row)} of the {place.part} part has "
        "NaN or infinite values"
        for row in wrong
    }


def _sparse_path(folder: Path, place: Place) -> Path:
    return folder / f"{place.part}.x.{place.start}.block"


def _read_sparse(path: Path, columns: int) -> csr_array:
    with path.open("rb") as file:
        indptr, indices, data = (np.load(file, allow_pickle=False) for _ in range(3))
    return csr_array((data, indices, indptr), shape=(len(indptr) - 1, columns))


def write_parts(parts: dict[str, Rows], folder: Path, stop_at_problem: bool) -> Problems:
    """Write the rows of all parts into `folder`, on all cores, and return those with a problem.

    Args:
        parts: to read; their shapes and order are those of an earlier, killed call if there was.
        folder: for PART.x.npy, or PART.x.NAME.npy where rows are sparse.
        stop_at_problem: raise for the first problem in the order of rows of the blocks read.

    Raises:
        UserError: for a problem.
    """
    places = [place for part, rows in parts.items() for place in _places(part, rows)]
    for part, rows in parts.items():
        if not rows.sparse:
            Stored.create(folder / f"{part}.x.npy", rows.shape, rows.dtype)
    journal = _Journal(folder)
    # In the order of parts, not in that in which blocks were read: the card lists them.
    problems: Problems = {part: journal.problems.get(part, {}) for part in parts}
    todo = [place for place in places if place not in journal.done]
    display = Display("preparing", sum(rows.shape[0] for rows in parts.values()), "examples")
    done = sum(p.stop - p.start for p in journal.done)
    # Closed before anybody removes the folder, so that no worker still writes into it.
    with display, journal, closing(_written(parts, folder, todo)) as written:
        for place, found in written:
            if found and stop_at_problem:
                raise UserError(
                    f"{found[min(found)]}; mend it, or leave such examples out with "
                    "dataset.on_error=skip"
                )
            problems[place.part].update(found)
            if not isinstance(parts[place.part], InMemory):
                journal.note(place, found)
            done += place.stop - place.start
            display.show(done)
    for part, rows in parts.items():
        if rows.sparse:
            _join(folder, part, rows.shape[1], [p for p in places if p.part == part])
    return problems


def forget_blocks(folder: Path) -> None:
    """Remove the journal and the blocks of sparse parts, once all are joined."""
    (folder / _JOURNAL).unlink(missing_ok=True)
    for path in folder.glob("*.block"):
        path.unlink()


def _places(part: str, rows: Rows) -> Iterator[Place]:
    n, step = rows.shape[0], rows_in(_BLOCK_BYTES, rows.shape, rows.dtype)
    if rows.sparse:
        step = _SPARSE_ROWS
    elif len(rows.shape) > 2 and not isinstance(rows, InMemory):
        step = min(step, _IMAGES)
    for start in range(0, n, step):
        yield Place(part, start, min(start + step, n))


def _join(folder: Path, part: str, columns: int, places: list[Place]) -> None:
    """Append the blocks of a sparse part to one another."""
    writer = CsrWriter(folder, part, columns)
    for place in places:
        writer.append(_read_sparse(_sparse_path(folder, place), columns))
    writer.close()


def _written(
    parts: dict[str, Rows], folder: Path, todo: list[Place]
) -> Generator[tuple[Place, dict[int, str]]]:
    """Write blocks, each with what came of it: in processes where reading them is work."""
    lazy = [p for p in todo if not isinstance(parts[p.part], InMemory)]
    writer = _Writer(parts, folder)
    if len(lazy) <= cores():
        yield from ((place, writer(place)) for place in todo)
        return
    here = [p for p in todo if isinstance(parts[p.part], InMemory)]
    yield from ((place, writer(place)) for place in here)
    start_forkserver({__name__, *(type(rows).__module__ for rows in parts.values())})
    context = multiprocessing.get_context("forkserver")
    with ProcessPoolExecutor(cores(), context, _begin_worker, (parts, folder)) as pool:
        futures = {pool.submit(_work, place): place for place in lazy}
        try:
            for future in as_completed(futures):
                yield futures[future], future.result()
        except BrokenProcessPool as error:
            raise UnfinishedError(
                "a process that read the data ended by itself; a file may have crashed its reader, "
                "or memory ran out; the same command goes on from here"
            ) from error
        finally:
            pool.shutdown(cancel_futures=True)


_writer: Callable[[Place], dict[int, str]] | None = None


def _begin_worker(parts: dict[str, Rows], folder: Path) -> None:
    global _writer
    end_with_parent()
    _writer = _Writer(parts, folder)


def _work(place: Place) -> dict[int, str]:
    assert _writer is not None  # noqa: S101
    return _writer(place)


class _Journal:
    """Which blocks are on disk, and what problems they had.

    A block is noted once its bytes have reached the disk, so that neither a kill nor a loss of
    power leaves a block noted that is not there.
    """

    def __init__(self, folder: Path) -> None:
        self.folder, self.path = folder, folder / _JOURNAL
        self.done: set[Place] = set()
        self.problems: Problems = {}
        self._noted: list[tuple[Place, dict[int, str]]] = []
        self._flushed = time.monotonic()
        for place, found in self._read():
            self.done.add(place)
            self.problems.setdefault(place.part, {}).update(found)

    def _read(self) -> Iterator[tuple[Place, dict[int, str]]]:
        if not self.path.is_file():
            return
        lines = self.path.read_text(encoding="utf-8").split("\n")
        # The last line of a killed process may be cut: what follows must not be joined to it.
        write_text(self.path, "".join(f"{line}\n" for line in lines[:-1]))
        for line in lines[:-1]:
            place, found = json.loads(line)
            yield Place(*place), {int(row): text for row, text in found.items()}

    def __enter__(self) -> "_Journal":
        return self

    def __exit__(self, *_: object) -> None:
        self._flush()

    def note(self, place: Place, found: dict[int, str]) -> None:
        """Note a block."""
        self._noted.append((place, found))
        if time.monotonic() - self._flushed > _JOURNAL_SECONDS:
            self._flush()

    def _flush(self) -> None:
        if not self._noted:
            return
        _sync(self._files())
        with naming(self.path), self.path.open("a", encoding="utf-8", errors=_ESCAPED) as file:
            file.writelines(json.dumps(entry, ensure_ascii=False) + "\n" for entry in self._noted)
            file.flush()
            os.fsync(file.fileno())
        self._noted, self._flushed = [], time.monotonic()

    def _files(self) -> Iterable[Path]:
        dense = {self.folder / f"{place.part}.x.npy" for place, _ in self._noted}
        sparse = {_sparse_path(self.folder, place) for place, _ in self._noted}
        return (path for path in sorted(dense | sparse) if path.is_file())


def _sync(paths: Iterable[Path]) -> None:
    for path in paths:
        with path.open("rb") as file:
            os.fsync(file.fileno())
