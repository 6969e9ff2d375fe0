"""Copies of the project with a small study, in which DVC runs."""

import csv
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import yaml
from helpers import ROOT

STUDY = "compare@digits"
SMALL = (
    "labels=[50] epochs=1 steps_per_epoch=4 dataset.train=256 dataset.val=64 dataset.test=64"
    " tracker=none trainer=cpu"
)
# What a strategy adds to the graph is the same for each: one with pretraining, one without.
STRATEGIES = ("digits-scratch", "digits-denoising")


class Clone:
    """A copy of the project in which DVC runs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        here = Path(sys.executable).parent
        person = {"NAME": "narrows", "EMAIL": "narrows@example.org"}
        self.environment = {
            **os.environ,
            "PATH": f"{here}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(folder / "src"),
            **{f"GIT_{who}_{k}": v for who in ("AUTHOR", "COMMITTER") for k, v in person.items()},
        }

    @classmethod
    def of_project(cls, folder: Path) -> "Clone":
        """Copy the project, with fewer strategies, runs and examples, into a new repository."""
        for name in ("src", "conf", "pipelines", ".dvc/config", ".dvc/plots"):
            source = ROOT / name
            if source.is_dir():
                shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(source, folder / name)
        for name in (".dvc/.gitignore", ".dvcignore", ".gitignore", "dvc.yaml", "params.yaml"):
            shutil.copy(ROOT / name, folder / name)
        made = cls(folder)
        made.set_overrides(f"seeds=[0,1] {SMALL}")
        study = folder / "conf/study/digits.yaml"
        content = yaml.safe_load(study.read_text())
        content["strategies"] = {name: content["strategies"][name] for name in STRATEGIES}
        study.write_text(yaml.safe_dump(content))
        made.run("git", "init", "-q")
        made.commit("start")
        return made

    @classmethod
    def of_git(cls, source: Path, folder: Path) -> "Clone":
        """Clone a repository, as somebody else would."""
        folder.mkdir(parents=True)
        made = cls(folder)
        made.run("git", "clone", "-q", str(source), ".")
        return made

    def commit(self, message: str) -> None:
        self.run("git", "add", "-A")
        self.run("git", "commit", "-q", "-m", message)

    def set_overrides(self, overrides: str, name: str = "overrides") -> None:
        path = self.folder / "params.yaml"
        text = re.sub(rf"(?m)^{name}:.*$", f'{name}: "{overrides}"', path.read_text())
        path.write_text(text)

    def run(self, *words: str) -> str:
        done = subprocess.run(
            words, cwd=self.folder, env=self.environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def dvc(self, *words: str) -> str:
        return self.run(sys.executable, "-m", "dvc", *words)

    def attempt(self, *words: str) -> str:
        """Run a command of DVC that may fail; return what it says of that."""
        command = [sys.executable, "-m", "dvc", *words]
        return subprocess.run(
            command, cwd=self.folder, env=self.environment, capture_output=True, text=True
        ).stderr

    def repro(self, *words: str) -> set[str]:
        """Run `dvc repro` and return the stages that ran."""
        return set(re.findall(r"Running stage '(\S+)'", self.dvc("repro", *(words or [STUDY]))))

    def waiting(self) -> set[str]:
        """Return the stages of the study that have a changed dependency, without running any."""
        changed = json.loads(self.dvc("status", "--json"))
        return {name for name in changed if "@digits" in name}

    def report(self, name: str) -> str:
        return (self.folder / "reports/digits" / name).read_text()

    @contextmanager
    def edited(self, *edits: tuple[str, str, str]) -> Iterator[None]:
        """Replace texts in files; put them back at the block's end, and with them the outputs.

        Args:
            edits: each a file, the old text and the new one.
        """
        before = {name: (self.folder / name).read_text() for name, _, _ in edits}
        for name, old, new in edits:
            assert old in before[name]
            (self.folder / name).write_text(before[name].replace(old, new))
        try:
            yield
        finally:
            for name, text in before.items():
                (self.folder / name).write_text(text)
        assert self.repro() == set(), "not restored from DVC's cache"

    def work_off_the_queue(self, jobs: int) -> dict[str, str]:
        """Have DVC run the experiments of its queue to the end; return the state of each."""
        # Workers hold the output open: what reads it comes back when they have ended.
        self.dvc("queue", "start", "-j", str(jobs))
        lines = [line.split() for line in self.dvc("queue", "status").splitlines()]
        return {line[1]: line[-1] for line in lines[1:] if len(line) > 3 and line[0] != "Worker"}

    def shown(self) -> dict[str, dict[str, str]]:
        """Return what `dvc exp show` says of each experiment, by the README's command."""
        keep = "Experiment|State|overrides$|.*validation"
        text = self.dvc("exp", "show", "--csv", "--drop", ".*", "--keep", keep)
        return {row["Experiment"]: row for row in csv.DictReader(text.splitlines())}
