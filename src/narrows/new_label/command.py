"""`narrows new-label`: add a label to a trained run, as a run of its own."""

import hashlib
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console

from narrows import runs
from narrows.code import fingerprint
from narrows.config import Config, run_name
from narrows.errors import UserError
from narrows.files import read_json, write_json, write_yaml
from narrows.inputs import code_of, make_inputs
from narrows.loading import PackedDataset
from narrows.new_examples import data_of, read_examples
from narrows.new_label.job import Job
from narrows.new_label.making import make_run
from narrows.new_label.model import check_run, grown_config, load_trained
from narrows.new_label.options import Options
from narrows.new_label.result import print_result
from narrows.new_label.updating import NewExamples, Rows, same
from narrows.packing import read_spec
from narrows.report.text import counted
from narrows.sparse import SparseRows
from narrows.training import device_of


def add_label(options: Options) -> Path:
    """Add a label, print what came of it, and return the new run's folder.

    Raises:
        UserError: for a mistake in the options or the files; nothing is written then.
    """
    started = time.monotonic()
    job = _read(options)
    folder = runs.RUNS / run_name(job.config)
    inputs = _inputs(job)
    console = Console(highlight=False)
    with runs.locked(_work(folder).parent):
        if runs.is_complete(folder, inputs):
            console.print("this label was added before; its run is kept")
        else:
            with _begun(folder, inputs, job.config) as work:
                make_run(job, work, started)
            shutil.rmtree(folder, ignore_errors=True)
            work.rename(folder)
    print_result(folder, read_json(folder / runs.ENVIRONMENT)["seconds"], console)
    return folder


def _read(options: Options) -> Job:
    """Find the run, its data and the new examples, and check that they fit."""
    folder = runs.find(options.model, "model")
    check_run(folder, options.label)
    data = data_of(folder)
    new, described = _read_examples(options, folder)
    _check_untested(options, new, data)
    old = load_trained(folder)
    config = grown_config(old.config, folder.resolve().name, options, described)
    return Job(options, old, data, read_spec(data).labels, new, config)


def _check_untested(options: Options, new: NewExamples, data: Path) -> None:
    """Refuse to learn from examples that the new label is then measured on."""
    test = PackedDataset.open(data, "test").x
    files = ((options.positives, new.positives), (options.negatives, new.negatives))
    for file, x in files:
        count = 0 if x is None else int(same(x, test).sum())
        if count:
            raise UserError(
                f"{file} has {counted(count, 'example')} of the test part, which the new label is "
                "measured on; leave them out"
            )


def _read_examples(options: Options, folder: Path) -> tuple[NewExamples, dict[str, dict[str, str]]]:
    """Return the new examples, and what identifies them: names of files and hashes."""
    given = {"positives": options.positives, "negatives": options.negatives}
    paths = {name: Path(path).expanduser() for name, path in given.items() if path}
    read = {name: read_examples(path, folder).x for name, path in paths.items()}
    new = NewExamples(read["positives"], read.get("negatives"))
    if new.negatives is not None and same(new.negatives, new.positives).any():
        raise UserError(
            f"{options.negatives} has an example that is in {options.positives} too; remove it "
            "from one of them"
        )
    described = {name: {"file": paths[name].name, "sha256": _sha256(x)} for name, x in read.items()}
    return new, described


def _sha256(x: Rows) -> str:
    """Return a hash of examples' values."""
    digest = hashlib.sha256(str(tuple(x.shape)).encode())
    arrays = (x.indptr, x.indices, x.data) if isinstance(x, SparseRows) else (x,)
    for array in arrays:
        digest.update(array.contiguous().numpy().tobytes())
    return digest.hexdigest()[:16]


def _inputs(job: Job) -> dict[str, Any]:
    """Return what the grown run depends on beside its config, which has the new examples' hash."""
    code = f"{code_of(job.config)}-{fingerprint([__name__])}"
    return {**make_inputs(job.config, job.data, job.old.folder), "code": code}


def _work(folder: Path) -> Path:
    """Return the folder to work in: the run's own is whole or not there."""
    return folder.parent / f".{folder.name}" / "run"


@contextmanager
def _begun(folder: Path, inputs: dict[str, Any], config: Config) -> Iterator[Path]:
    """Give a folder with what a run begins with, and with what a stopped process had trained.

    After a mistake it is removed.
    """
    work = _work(folder)
    work.mkdir(exist_ok=True)
    runs.sweep(work)
    runs.clear_if_stale(work, inputs)
    write_yaml(work / runs.CONFIG, config)
    write_json(work / runs.ENVIRONMENT, runs.environment(device_of(config), inputs))
    try:
        yield work
    except KeyboardInterrupt:
        raise
    except BaseException:
        shutil.rmtree(work, ignore_errors=True)
        raise
