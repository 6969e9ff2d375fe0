"""`narrows sweep` from the words to the report, with real runs, killed for real."""

import csv
import json
import multiprocessing
import os
import shutil
import signal
import sys
from contextlib import chdir
from pathlib import Path

import psutil
import pytest
import wandb
from helpers import CONF
from jobs import has_ended, wait_until
from running import bits, items, records, wait_for, wandb_files

from narrows import recording, runs
from narrows.build import prune
from narrows.cli import main
from narrows.config import compose_config
from narrows.files import read_json, read_yaml
from narrows.launching.local import Local
from narrows.parallel import start_forkserver
from narrows.sweeping import command

SMALL = ["trainer=cpu", "tracker=none", "encoder.hidden=[8]", "decoder.hidden=[8]",
         "steps_per_epoch=4"]  # fmt: skip
# Some go well, some are stopped and some go to infinity.
WORDS = [*SMALL, "epochs=3", "encoder.code_size=2,4", "optimizer.lr=0.01,1e-7,1e30",
         "sweep.trials=9", "sweep.startup=2", "sweep.ahead=3", "sweep.sampler=random"]  # fmt: skip
REPORT = Path("reports/sweeps/digits")


def swept_in(folder, *words):
    folder.mkdir(parents=True, exist_ok=True)
    with chdir(folder):
        return main(["sweep", *words])


@pytest.fixture(scope="module")
def swept(tmp_path_factory):
    """The folder of a sweep that two workers have trained."""
    folder = tmp_path_factory.mktemp("swept")
    assert swept_in(folder, *WORDS, "launcher.workers=2") == 0
    return folder


def beside(swept, folder):
    """Return a folder with the same prepared data."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "data").symlink_to(swept / "data")
    return folder


def run_folders(folder):
    return sorted(p for p in (folder / runs.RUNS).iterdir() if (p / runs.CONFIG).is_file())


def test_the_best_is_the_least_of_what_run_folders_have(swept):
    found = read_json(swept / REPORT / "results.json")
    (best,) = found["best"]
    measured = {
        path.parent.name: json.loads(path.read_text())["val/sse"]
        for path in (swept / runs.RUNS).glob(f"*/{runs.METRICS}")
    }
    assert best["values"] == [min(measured.values())]
    assert measured[best["runs"][0]] == min(measured.values())
    assert (swept / REPORT / "index.html").is_file()


def test_each_trial_is_an_ordinary_run_with_the_values_that_it_was_given(swept):
    found = read_json(swept / REPORT / "results.json")["trials"]
    assert [trial["trial"] for trial in found] == list(range(9))
    assert {trial["state"] for trial in found} == {"finished", "pruned", "failed"}
    # The same values may be drawn twice, and be stopped the second time.
    finished = {trial["runs"][0] for trial in found if trial["state"] == "finished"}
    for trial in found:
        (name,) = trial["runs"]
        folder = swept / runs.RUNS / name
        config = read_yaml(folder / runs.CONFIG)
        assert config["encoder"]["code_size"] == trial["params"]["encoder.code_size"]
        assert config["optimizer"]["lr"] == trial["params"]["optimizer.lr"]
        assert "sweep" not in config
        assert (folder / runs.METRICS).is_file() == (name in finished)
    reasons = {trial["state"]: trial["reason"] for trial in found}
    assert "diverged" in reasons["failed"]
    assert "lower optimizer.lr" in reasons["failed"]
    assert reasons["pruned"].startswith("after epoch ")
    assert {t["params"]["optimizer.lr"] for t in found if t["state"] == "failed"} == {1e30}


def test_the_table_has_a_line_for_each_trial(swept):
    with (swept / REPORT / "trials.csv").open(newline="") as file:
        lines = list(csv.DictReader(file))
    assert len(lines) == 9
    for line in lines:
        if line["state"] == "finished":
            metrics = read_json(swept / runs.RUNS / line["runs"] / runs.METRICS)
            assert float(line["val/sse"]) == metrics["val/sse"]
        else:
            assert line["val/sse"] == ""


def test_one_worker_finds_the_same_to_the_bit(swept, tmp_path, capsys):
    one = beside(swept, tmp_path)
    assert swept_in(one, *WORDS, "launcher.workers=1") == 0
    results = [read_json(folder / REPORT / "results.json") for folder in (swept, one)]
    assert results[0] == results[1]
    names = [[path.name for path in run_folders(folder)] for folder in (swept, one)]
    assert names[0] == names[1]
    for first, second in zip(run_folders(swept), run_folders(one), strict=True):
        if (first / runs.METRICS).is_file():
            assert bits(first) == bits(second)
    printed = capsys.readouterr().out.splitlines()
    assert printed[0].startswith(f"Trial {results[0]['best'][0]['trial']} is the best of 9: SSE ")
    assert printed[-1] == f"page: {REPORT}/index.html"


def test_the_same_command_computes_nothing_again(swept):
    paths = [path for folder in run_folders(swept) for path in folder.iterdir()]
    paths.append(swept / runs.RUNS / "sweeps/digits/journal.log")
    before = {path: path.stat().st_mtime_ns for path in paths}
    assert swept_in(swept, *WORDS, "launcher.workers=2") == 0
    assert {path: path.stat().st_mtime_ns for path in paths} == before


def test_the_best_trial_becomes_an_experiment(swept, tmp_path, capsys):
    folder = beside(swept, tmp_path)
    shutil.copytree(CONF, folder / "conf")
    (folder / runs.RUNS).symlink_to(swept / runs.RUNS)
    assert swept_in(folder, *WORDS, "--save-best", "mine") == 0
    (best,) = read_json(swept / REPORT / "results.json")["best"]
    run = read_yaml(swept / runs.RUNS / best["runs"][0] / runs.CONFIG)
    with chdir(folder):
        composed = prune(compose_config(["experiment=mine"]))
    assert {**composed, "tracker": run["tracker"]} == run
    assert "narrows train experiment=mine" in capsys.readouterr().out
    # Words that make another sweep, of which there is none.
    assert swept_in(folder, *WORDS, "batch_size=7", "--save-best", "other") == 2
    assert "was not run with these options, code and data yet" in capsys.readouterr().err


def test_trials_are_one_group_in_wandb(swept, tmp_path, monkeypatch):
    for name in ("WANDB_DATA_DIR", "WANDB_SERVICE", "WANDB_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("WANDB_MODE", "offline")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("WANDB_ERROR_REPORTING", "false")
    folder = beside(swept, tmp_path / "work")
    words = [word for word in WORDS if word != "tracker=none"]
    assert swept_in(folder, *words, "sweep.trials=4", "launcher.workers=1") == 0
    wandb.teardown()
    trials = read_json(folder / REPORT / "results.json")["trials"]
    names = {name for trial in trials for name in trial["runs"]}
    assert {path.name for path in run_folders(folder)} == names
    codes = {}
    for path in run_folders(folder):
        (file,) = wandb_files(path)
        held = list(records(file))
        run = next(r.run for r in held if r.HasField("run"))
        assert (run.run_id, run.run_group, run.job_type) == (path.name, "digits", "trial")
        codes[path.name] = next(r.exit.exit_code for r in held if r.HasField("exit"))
    # To have been stopped is no failure.
    assert codes == {n: int(t["state"] == "failed") for t in trials for n in t["runs"]}
    (file,) = wandb_files(folder / REPORT)
    held = list(records(file))
    run = next(r.run for r in held if r.HasField("run"))
    assert (run.run_group, run.job_type, run.project) == ("digits", "sweep", "narrows")
    logged = {key for r in held if r.HasField("history") for key in items(r.history.item)}
    shown = {key.split("/")[0] for key in logged}
    assert shown >= {"index_html", "trials_csv", "parallel_png", "history_png"}


class Forking(Local):
    """Forks its workers from this process, which has imported all."""

    method = "fork"


def drive(cwd, words):
    """Do `narrows sweep` in this process, which is for nothing else."""
    os.chdir(cwd)
    os.setsid()
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    with Path("stderr").open("w") as file:
        os.dup2(file.fileno(), 2)
    # A state after each epoch, so that no clock decides how far a process comes.
    recording._SHARE_OF_TIME = float("inf")
    command.make_launcher = lambda words: Forking(2)
    sys.exit(main(["sweep", *words]))


class Driver:
    """A process that does `narrows sweep`."""

    def __init__(self, cwd, words):
        start_forkserver(["narrows.training"])
        context = multiprocessing.get_context("forkserver")
        self.process = context.Process(target=drive, args=(cwd, words))
        self.process.start()

    def poll(self):
        return self.process.exitcode

    def wait(self):
        self.process.join(60)
        return self.process.exitcode


def kill_one_in_the_middle_of_a_run(driver):
    """Kill a worker whose run, known by the lock it holds, has been saved and has not ended."""
    for worker in psutil.Process(driver.process.pid).children():
        worker.suspend()
        held = [Path(file.path).parent for file in worker.open_files() if "/.lock" in file.path]
        if any((f / runs.RESUME).is_file() and not (f / runs.METRICS).is_file() for f in held):
            worker.kill()
            return True
        worker.resume()
    return False


def test_killed_workers_and_drivers(swept, tmp_path):
    words = [*SMALL, "steps_per_epoch=8", "epochs=14", "encoder.code_size=2,3,4,5,6",
             "optimizer.lr=0.01", "sweep.trials=5", "sweep.startup=1", "sweep.ahead=2",
             "sweep.sampler=random"]  # fmt: skip
    folder = beside(swept, tmp_path / "killed")
    # First a worker: another one goes on to its end, and the command says what came between.
    driver = Driver(folder, words)
    wait_for(lambda: kill_one_in_the_middle_of_a_run(driver), driver)
    assert driver.wait() == 2
    told = (folder / "stderr").read_text().splitlines()[-1]
    assert "1 of 5 trials were cut off" in told
    assert "its process was killed; the same command goes on" in told
    assert "cut off" in (folder / REPORT / "index.html").read_text()
    # Then the driver, with its workers at work.
    before = {path: path.stat().st_mtime_ns for path in (folder / runs.RUNS).rglob(runs.METRICS)}
    driver = Driver(folder, words)
    wait_for(lambda: len(psutil.Process(driver.process.pid).children()) >= 1, driver)
    children = psutil.Process(driver.process.pid).children()
    driver.process.kill()
    assert driver.wait() == -signal.SIGKILL
    wait_until(lambda: all(map(has_ended, children)), 30)
    assert Driver(folder, words).wait() == 0
    # Nothing was computed again, lost or doubled.
    assert {path: path.stat().st_mtime_ns for path in before} == before
    straight = beside(swept, tmp_path / "straight")
    assert swept_in(straight, *words, "launcher.workers=2") == 0
    results = [read_json(f / REPORT / "results.json") for f in (folder, straight)]
    assert results[0] == results[1]
    assert len(results[0]["trials"]) == 5
    for first, second in zip(run_folders(folder), run_folders(straight), strict=True):
        assert first.name == second.name
        if (first / runs.METRICS).is_file():
            assert bits(first) == bits(second)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["encoder.hiden=[8]"], ["encoder.hiden is not an option", "did you mean 'hidden'?"]),
        (["encoder.hiden=[8],[4]"], ["encoder.hiden is not an option", "did you mean 'hidden'?"]),
        (["encoder=mlp,cnv"], ["encoder=cnv", "did you mean"]),
        (["encoder.code_size=2.5,4"], ["encoder.code_size=2.5"]),
        (["sweep.objectives={val/ssee:minimize}"], ["val/ssee", "did you mean 'val/sse'?"]),
        (["launcher.worker=2"], ["launcher.worker", "did you mean 'workers'?"]),
        (["launcher.workers=0"], ["launcher.workers=0"]),
        (["trainer.devices=2"], ["side by side"]),
        (["--trial", "2"], ["--save-best"]),
        (["hydra/sweeper=optuna"], ["hydra/sweeper has no effect", "narrows sweep"]),
        (["--save-best", "mine"], ["was not run here yet"]),
    ],
)
def test_a_mistake_is_told_in_one_line_before_anything_is_written(workdir, capfd, words, told):
    assert main(["sweep", "trainer=cpu", "tracker=none", *words]) == 2
    lines = capfd.readouterr().err.splitlines()
    assert len(lines) == 1
    for text in told:
        assert text in lines[0]
    # The prepared data is what any command may make.
    assert {path.name for path in workdir.iterdir()} <= {"data"}


def test_the_package_is_named_where_it_is_missing(workdir, monkeypatch, capsys):
    monkeypatch.setattr("narrows.sweeping.plan.find_spec", lambda name: None)
    assert main(["sweep"]) == 2
    assert "pip install 'narrows[sweep]'" in capsys.readouterr().err
