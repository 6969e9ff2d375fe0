"""The command `narrows study`: DVC runs what is not up to date, then the table is shown."""

import os
import subprocess
import sys
from pathlib import Path

from narrows.errors import UserError
from narrows.report.terminal import show_study
from narrows.study.plan import read_study, studies_of


def run_study(name: str) -> None:
    """Run `dvc repro compare@NAME` and print the table; of several studies each one's.

    A file in conf/study with several studies has a stage of its name, which compares them.

    Raises:
        UserError: if there is no such study, or a stage failed.
    """
    studies = studies_of(name)
    for study in studies:
        read_study(study)
    if not Path("dvc.yaml").is_file():
        raise UserError("no dvc.yaml here; run narrows study in a clone of the project")
    # Stages say `python`: it must be the one that runs this.
    here = Path(sys.executable).parent
    environment = {**os.environ, "PATH": f"{here}{os.pathsep}{os.environ.get('PATH', '')}"}
    stage = f"compare@{name}" if studies == [name] else name
    command = [sys.executable, "-m", "dvc", "repro", stage]
    process = subprocess.Popen(command, env=environment)  # noqa: S603
    try:
        code = process.wait()
    except KeyboardInterrupt:
        # Ctrl-C has reached DVC and its stage too: they end by themselves.
        process.wait()
        raise
    if code:
        raise UserError(f"a stage of study {name} failed; the lines above say why")
    for study in studies:
        show_study(Path("reports") / study)
    if studies != [name]:
        print(f"page: reports/{name}/index.html")  # noqa: T201
