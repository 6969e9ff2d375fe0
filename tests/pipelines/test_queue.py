"""DVC's experiments: queued with other options, run two at once, compared, taken over, passed on.

`pytest -m engine tests/pipelines/test_queue.py`
"""

import pytest
import yaml
from clones import SMALL, STUDY, Clone

from narrows.files import read_json

pytestmark = [pytest.mark.engine, pytest.mark.xdist_group("sharing")]

CODE = "src/narrows/corruptions/gaussian.py"
# Lists and Hydra's dotted names in them; the grid makes two experiments of one command.
QUEUED = {
    "both-seeds": "seeds=[0,1] optimizer.lr=0.004",
    "narrow": "seeds=[1] encoder.code_size=16 encoder.channels=[4,8]",
}
GRID = ["seeds=[0] optimizer.lr=0.01", "seeds=[0] optimizer.lr=0.03"]
MISSPELT = "seeds=[0] optimizer.lrr=0.01"


def given(overrides):
    return f"overrides='{overrides} {SMALL}'"


@pytest.fixture(scope="module")
def queued(studied):
    """The clone after its queue was worked off, with code that was edited before that began.

    It has the state of each experiment.
    """
    for name, overrides in {**QUEUED, "misspelt": MISSPELT}.items():
        studied.dvc("exp", "run", "--queue", "-n", name, "-S", given(overrides), STUDY)
    grid = ",".join(f"'{overrides} {SMALL}'" for overrides in GRID)
    studied.dvc("exp", "run", "--queue", "-S", f"overrides={grid}", STUDY)
    assert studied.run("git", "status", "--porcelain") == ""
    path = studied.folder / CODE
    before = path.read_text()
    path.write_text(before.replace("import torch\n", "import torch\n\nSOMETHING = 1\n"))
    studied.states = studied.work_off_the_queue(2)
    path.write_text(before)
    return studied


def locked(clone, revision):
    """Return the configs of pretraining, with the code's fingerprint, that an experiment locked."""
    lock = yaml.safe_load(clone.run("git", "show", f"{revision}:dvc.lock"))
    params = lock["stages"]["pretrain@digits-denoising"]["params"]
    return params["build/digits/configs/pretrain/denoising.yaml"]


def revision_of(clone, name):
    refs = clone.run("git", "for-each-ref", "--format=%(refname)", "refs/exps").split()
    (found,) = (ref for ref in refs if ref.endswith(f"/{name}"))
    return found


def test_what_is_queued_runs_and_what_fails_says_why(queued):
    states, logs = (
        queued.states,
        {name: queued.dvc("queue", "logs", name) for name in queued.states},
    )
    assert len(states) == len(QUEUED) + len(GRID) + 1
    assert "optimizer.lrr is not an option; did you mean 'lr'?" in logs["misspelt"]
    failed = {name for name, state in states.items() if state != "Success"}
    assert failed == {"misspelt"}, [logs[name] for name in failed]


def test_an_experiment_runs_the_code_that_it_was_queued_with(queued):
    code = locked(queued, "HEAD")["code"]
    for name in QUEUED:
        assert locked(queued, revision_of(queued, name))["code"] == code


def test_experiments_are_compared_by_the_validation_part(queued):
    shown = queued.shown()
    for name, overrides in QUEUED.items():
        row = shown[name]
        assert (row["State"], row["overrides"]) == ("Success", f"{overrides} {SMALL}")
        assert 0 < float(row["validation.denoising-finetune.50"]) < 1
    # What DVC shows of it beside that are the results that it started from.
    assert shown["misspelt"]["State"] == "Failed"


def test_the_best_one_is_taken_over_and_nothing_has_to_run(queued):
    # Its exit code says that outputs of studies that never ran are not there.
    queued.attempt("exp", "apply", "narrow")
    changed = queued.run("git", "diff", "--name-only").split()
    assert sorted(changed) == ["dvc.lock", "params.yaml"]
    assert queued.repro() == set()
    config = yaml.safe_load(
        (queued.folder / "build/digits/configs/pretrain/denoising.yaml").read_text()
    )
    assert config["pretrain"]["encoder"]["channels"] == [4, 8]
    assert {
        run["seed"] for run in read_json(queued.folder / "build/digits/evaluation.json")["runs"]
    } == {1}
    queued.run("git", "checkout", "-q", ".")
    assert queued.repro() == set()


def test_an_experiment_is_passed_on(queued, tmp_path):
    queued.dvc("remote", "add", "--local", "-d", "exps", str(tmp_path / "storage"))
    queued.run("git", "push", "-q", "origin", "HEAD")
    queued.dvc("exp", "push", "origin", "narrow")
    second = Clone.of_git(queued.folder.parent / "hub.git", tmp_path / "second")
    second.dvc("remote", "add", "--local", "-d", "exps", str(tmp_path / "storage"))
    second.dvc("exp", "pull", "origin", "narrow")
    second.attempt("exp", "apply", "narrow")
    assert second.repro() == set()
    first = queued.run("git", "show", f"{revision_of(queued, 'narrow')}:dvc.lock")
    assert (second.folder / "dvc.lock").read_text() == first
    # Other tests have remotes of their own.
    queued.dvc("remote", "remove", "--local", "exps")
