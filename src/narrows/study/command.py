"""The command `narrows study`: DVC runs what is not up to date, then the table is shown."""

import os
import shlex
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

from narrows import runs
from narrows.errors import UserError
from narrows.launching.choice import WORDS, launcher_node
from narrows.report.tables import RESULTS
from narrows.report.terminal import show_study
from narrows.study.plan import BUILD, UnknownStudyError, studies_of

REPORTS = Path("reports")
_DOES = {"show": "shows it", "study": "runs it"}


def run_study(name: str, words: list[str] | None = None) -> None:
    """Run `dvc repro compare@NAME` and print the table; of several studies each one's.

    A file in conf/study with several studies has a stage of its name, which compares them.

    Args:
        name: of the study.
        words: which launcher trains its runs; that of params.yaml if there are none.

    Raises:
        UserError: if there is no such study or launcher, or a stage failed.
    """
    studies = studies_of(name)
    if words:
        launcher_node(words)
    if not Path("dvc.yaml").is_file():
        raise UserError("no dvc.yaml here; run narrows study in a clone of the project")
    # Stages say `python`: it must be the one that runs this.
    here = Path(sys.executable).parent
    environment = {**os.environ, "PATH": f"{here}{os.pathsep}{os.environ.get('PATH', '')}"}
    if words:
        environment[WORDS] = shlex.join(words)
    stage = f"compare@{name}" if studies == [name] else name
    command = [sys.executable, "-m", "dvc", "repro", stage]
    with ExitStack() as held:
        # DVC holds the locks too: where this process is killed, it goes on.
        locks = [held.enter_context(runs.locked(BUILD / study)) for study in sorted(studies)]
        _repro(command, environment, locks, name)
    _show(name, studies)


def _repro(command: list[str], environment: dict[str, str], locks: list[int], name: str) -> None:
    process = subprocess.Popen(command, env=environment, pass_fds=locks)  # noqa: S603
    try:
        code = process.wait()
    except KeyboardInterrupt:
        # Ctrl-C has reached DVC and its stage too: they end by themselves.
        process.wait()
        raise
    if code:
        raise UserError(
            f"a stage of study {name} failed; the lines above say why, and the same command goes "
            "on from there"
        )


def show_studies(name: str) -> None:
    """Print the table of a finished study; of several in one file each one's.

    Raises:
        UserError: if there is no such study, or it was not run.
    """
    # One whose file is gone or lies elsewhere can be shown still.
    studies = [name] if _is_finished(name) else _known(name)
    for study in studies:
        if not _is_finished(study):
            raise UserError(f"study {study} was not run here yet; run it: narrows study {name}")
    _show(name, studies)


def _is_finished(study: str) -> bool:
    return (REPORTS / study / RESULTS).is_file()


def _known(name: str) -> list[str]:
    """Return the studies that a name stands for; the error has the command for a near one."""
    try:
        return studies_of(name)
    except UnknownStudyError as error:
        if error.near is None:
            raise
        verb = "show" if _is_finished(error.near) else "study"
        raise UserError(f"{error} narrows {verb} {error.near} {_DOES[verb]}") from error


def _show(name: str, studies: list[str]) -> None:
    for study in studies:
        show_study(REPORTS / study)
    if studies != [name]:
        print(f"page: {REPORTS / name / 'index.html'}")  # noqa: T201
