"""The command `narrows restore`: pictures in, restored ones out, and a page before and after."""

from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from narrows.errors import UserError
from narrows.files import write_text
from narrows.parallel import cores
from narrows.progress import Display
from narrows.readers.images import ImageError
from narrows.restoring.page import Shown, render_page, shown
from narrows.restoring.photos import (
    KEPT_SUFFIXES,
    is_picture,
    read_photo,
    suffix_of,
    write_photo,
)
from narrows.restoring.restorer import Restorer
from narrows.restoring.tiles import Map

# A page with more would not open on a phone.
_SHOWN = 24
_MB = 1 << 20


@dataclass(frozen=True)
class Options:
    """What is asked for.

    Attributes:
        model: the run, by its folder or name.
        sources: files, and folders with pictures in them, at any depth.
        out: folder of the results.
        overwrite: replace results that are there.
        memory: MB that the network may take for all tiles at once.
        workers: how many pictures, or tiles of a single one, are worked on at once.
    """

    model: str
    sources: list[Path]
    out: Path
    overwrite: bool = False
    memory: int = 1024
    workers: int | None = None


@dataclass(frozen=True)
class _Job:
    source: Path
    # Without suffix, which the file's contents may change.
    target: Path


def restore_files(options: Options) -> None:
    """Restore all pictures; what cannot be is named, and the others are done.

    Raises:
        UserError: if there is nothing to do, or a picture could not be restored.
    """
    jobs = list(_jobs(options))
    _check_names(jobs)
    if not jobs:
        told = ", ".join(map(str, options.sources))
        raise UserError(f"no pictures in {told}; name files or folders with some")
    if options.out.exists() and not options.out.is_dir():
        raise UserError(f"--out={options.out} is a file; name a folder")
    results = _restore_all(jobs, options)
    problems = [result for result in results if isinstance(result, str)]
    examples = [result for result in results if isinstance(result, Shown)]
    done = len(results) - len(problems)
    for problem in problems:
        print(f"skipped: {problem}")  # noqa: T201
    if examples:
        page = _unused(options.out, options.overwrite)
        write_text(page, render_page(examples, options.model, done))
        print(f"restored: {done} in {options.out}, page: {page}")  # noqa: T201
    elif done:
        print(f"restored: {done} in {options.out}")  # noqa: T201
    if problems:
        raise UserError(f"{len(problems)} of {len(jobs)} pictures skipped; see the lines above")


def _unused(out: Path, overwrite: bool) -> Path:
    """Return where the page goes: earlier ones, of other pictures, are kept."""
    names = (f"before-and-after{'' if n == 1 else f'-{n}'}.html" for n in count(1))
    return next(out / name for name in names if overwrite or not (out / name).exists())


def _restore_all(jobs: list[_Job], options: Options) -> list[Shown | str | None]:
    """Return what a page shows of the first pictures, None for others, or why one was skipped."""
    workers = options.workers or cores()
    restorer = Restorer.of(options.model)
    memory = options.memory * _MB // workers
    results: list[Shown | str | None] = []
    with ThreadPoolExecutor(workers) as pool, Display("restoring", len(jobs), "pictures") as bar:
        # Of several pictures each is one thread's; a single one is shared out by its tiles, and
        # waited for outside of the pool, which it would else keep from working.
        over_jobs, over_tiles = (map, pool.map) if len(jobs) == 1 else (pool.map, map)

        def work(job: _Job, show: bool) -> Shown | str | None:
            try:
                return _restore(job, restorer, options, memory, over_tiles, show)
            except ImageError as error:
                return f"{job.source} {error}"
            except OSError as error:
                return f"{job.source}: {error.strerror or error}"

        for result in over_jobs(work, jobs, [number < _SHOWN for number in range(len(jobs))]):
            results.append(result)
            bar.show(len(results))
    return results


def _check_names(jobs: list[_Job]) -> None:
    """Refuse pictures whose results would have one name: one of them would be lost.

    Which suffix a result gets is known only from the file's contents, so that names have to differ
    without it, unless both suffixes are of formats that are written as they are.
    """
    by_name = defaultdict(list)
    for job in jobs:
        kept = job.source.suffix.lower() in KEPT_SUFFIXES
        by_name[str(job.target) + (job.source.suffix.lower() if kept else ".png")].append(job)
    for same in by_name.values():
        if len({job.source.resolve() for job in same}) > 1:
            raise UserError(
                f"{same[0].source} and {same[1].source} would have one result; rename one, or "
                "restore it into another folder"
            )


def _jobs(options: Options) -> Iterator[_Job]:
    """Yield every picture and where its result goes; a folder's order is kept below `out`."""
    for source in options.sources:
        if source.is_dir():
            out = options.out.resolve()
            for path in sorted(source.rglob("*")):
                if path.is_file() and is_picture(path) and out not in path.resolve().parents:
                    yield _Job(path, (options.out / path.relative_to(source)).with_suffix(""))
        elif source.is_file():
            yield _Job(source, options.out / source.stem)
        else:
            raise UserError(f"{source} is neither a file nor a folder; check the name")


def _restore(
    job: _Job, restorer: Restorer, options: Options, memory: int, over_tiles: Map, show: bool
) -> Shown | None:
    """Restore one picture; return what the page shows of it, if it does."""
    photo = read_photo(job.source)
    target = job.target.with_name(job.target.name + suffix_of(photo, job.source))
    if target.resolve() == job.source.resolve():
        raise ImageError("would be replaced by its result; choose another folder for --out")
    if target.exists() and not options.overwrite:
        raise ImageError(f"has its result already, {target}; --overwrite replaces it")
    restored = restorer.restore(photo, memory, over_tiles)
    write_photo(restored, target)
    return shown(target.relative_to(options.out), photo, restored) if show else None
