"""A killed run goes on from its last state and ends with the bits of one that was not killed."""

import signal
import time
from itertools import pairwise

import pytest
import torch
from running import (
    SMALL,
    bits,
    fork,
    history,
    items,
    records,
    run_folder,
    train,
    wait_for,
    wandb_files,
)

from narrows import recording, runs
from narrows.files import read_json
from narrows.module import Module

EPOCHS = 24
LONG = [
    "experiment=denoise_digits",
    "trainer=cpu",
    "tracker=none",
    "encoder.dropout=0.2",
    "steps_per_epoch=100",
    f"epochs={EPOCHS}",
]

# The state is saved after each epoch, so that no clock decides how far a process comes.
OFTEN = "from narrows import recording\nrecording._SHARE_OF_TIME = float('inf')\n"
# Statements that make the process kill itself at a moment that no clock could find.
KILL = f"{OFTEN}import os, signal, torch\nkill = lambda: os.kill(os.getpid(), signal.SIGKILL)\n"
IN_A_STATE_FILE = (
    KILL
    + """
import io
real, saved = torch.save, []
def save(value, file):
    saved.append(1)
    if len(saved) < 3:
        return real(value, file)
    whole = io.BytesIO()
    real(value, whole)
    file.write(whole.getvalue()[: whole.tell() // 2])
    file.flush()
    kill()
torch.save = save
"""
)
IN_AN_EPOCH = (
    KILL
    + """
from narrows.module import Module
step, done = Module.training_step, []
def training_step(self, chunk, index):
    done.append(1)
    # Epochs have four chunks: this is the third of the fifth epoch from here.
    if len(done) == 4 * 4 + 3:
        kill()
    return step(self, chunk, index)
Module.training_step = training_step
"""
)
INTERRUPTED = IN_AN_EPOCH.replace("SIGKILL", "SIGINT")
IN_METRICS = (
    KILL
    + """
from narrows import runs
real = runs.write_json
def write_json(path, value):
    if path.name != "metrics.json":
        return real(path, value)
    (path.parent / ".metrics.json.half").write_text("{")
    kill()
runs.write_json = write_json
"""
)


@pytest.fixture(scope="module")
def straight(tmp_path_factory):
    """The folder of the run that is never killed."""
    return train(tmp_path_factory.mktemp("straight"), *LONG)


def saved_epochs(folder):
    """Return how many epochs the state to resume from holds."""
    if not (folder / runs.RESUME).is_file():
        return 0
    state = torch.load(folder / runs.RESUME, weights_only=True)
    (recorder,) = (s for s in state["callbacks"].values() if "rows" in s)
    return len(recorder["rows"])


def first_epoch(cwd):
    """Return the first epoch that the process trained, from what it told."""
    lines = (cwd / "stderr").read_text().splitlines()
    told = [int(line.split()[1].split("/")[0]) for line in lines if line.startswith("epoch ")]
    return told[0] if told else None


def test_killed_again_and_again(straight, tmp_path):
    folder = run_folder(tmp_path, *LONG)
    told = tmp_path / "stderr"

    def start(before=OFTEN):
        return fork(tmp_path, *LONG, before=before)

    def expect_killed(process):
        assert process.wait(60) == -signal.SIGKILL
        assert not (folder / runs.METRICS).exists()
        return saved_epochs(folder)

    def kill_when(condition, process):
        wait_for(condition, process)
        process.kill()
        return expect_killed(process)

    # Right at the start, and when the first state is there.
    kill_when((folder / runs.ENVIRONMENT).is_file, start())
    saved = kill_when((folder / runs.RESUME).is_file, start())
    assert saved >= 1
    reached = [saved]
    for moment in (IN_A_STATE_FILE, IN_AN_EPOCH, INTERRUPTED):
        if moment == INTERRUPTED:
            assert start(moment).wait(60) == 130
            assert told.read_text().splitlines()[-1].startswith("narrows: stopped; the same")
            saved = saved_epochs(folder)
        else:
            saved = expect_killed(start(moment))
        assert first_epoch(tmp_path) == reached[-1] + 1, "it did not go on from the state"
        if moment == IN_A_STATE_FILE:
            assert list(folder.glob(f".{runs.RESUME}.*")), "it was to be killed while writing"
        else:
            assert not list(folder.glob(f".{runs.RESUME}.*")), "what it left was to be swept"
        reached.append(saved)
    # The third state of a process is the half-written one; the others die in their fifth epoch.
    assert [b - a for a, b in pairwise(reached)] == [2, 4, 4]
    assert reached[-1] < EPOCHS

    # Between the weights and the metrics.
    expect_killed(start(IN_METRICS))
    assert first_epoch(tmp_path) == reached[-1] + 1
    assert (folder / runs.WEIGHTS).is_file()
    assert (folder / ".metrics.json.half").is_file()

    process = start()
    assert process.wait(60) == 0
    assert bits(folder) == bits(straight)
    assert not (folder / runs.RESUME).exists()
    assert {p.name for p in folder.iterdir()} == {p.name for p in straight.iterdir()}


class Stop(BaseException):
    """Stands for the end of a process: nothing may catch it."""


class StopAfter:
    """Stops training after an epoch."""

    def __init__(self, last):
        self.last, self.epochs = last, []

    def __call__(self, epoch, epochs, row):
        self.epochs.append(epoch)
        if epoch == self.last:
            raise Stop


BASE = [*SMALL, "tracker=none", "epochs=3"]
DENOISE = [*BASE, "task=denoising", "encoder.dropout=0.3"]
CASES = {
    "dropout": DENOISE,
    "masking": [*DENOISE, "corruption=masking"],
    "salt_and_pepper": [*DENOISE, "corruption=salt_and_pepper", "steps_per_epoch=40"],
    "sgd": [*DENOISE, "optimizer=sgd", "optimizer.lr=0.001"],
    "adamw": [*DENOISE, "optimizer=adamw"],
    "jitter": [*DENOISE, "augmentation=jitter"],
    "muon": [*DENOISE, "optimizer=muon"],
    "cosine": [*DENOISE, "schedule=cosine"],
    "conv": ["trainer=cpu", "tracker=none", "epochs=3", "encoder=conv", "decoder=conv"],
    "pca": ["trainer=cpu", "tracker=none", "epochs=3", "encoder=pca", "decoder.hidden=[16]"],
    "labels": [*BASE, "task=multi_label", "loss=logistic", "labels=100"],
    "views": [*BASE, "task=two_views", "corruption=crop", "loss=vicreg"],
    "layerwise": [*DENOISE, "transfer=layerwise", "transfer.epochs=1"],
}


@pytest.fixture
def often(monkeypatch):
    """Save the state after each epoch, however long that takes."""
    monkeypatch.setattr(recording, "_SHARE_OF_TIME", float("inf"))


def train_stopping(cwd, monkeypatch, overrides, moments=(1, 2, 3)):
    """Train, stopped after each of these epochs, and return the run's folder."""
    folder = run_folder(cwd, *overrides)
    for previous, moment in zip((0, *moments), moments, strict=False):
        stop = StopAfter(moment)
        with monkeypatch.context() as patched:
            patched.setattr("narrows.single.PlainProgress", lambda stop=stop: stop)
            with pytest.raises(Stop):
                train(cwd, *overrides)
        assert stop.epochs == list(range(previous + 1, moment + 1)), (
            "it did not go on from the state"
        )
        assert not (folder / runs.METRICS).exists()
    train(cwd, *overrides)
    return folder


@pytest.mark.parametrize("name", CASES)
def test_stopped_after_each_epoch(name, tmp_path, monkeypatch, often):
    whole = train(tmp_path / "whole", *CASES[name])
    parts = train_stopping(tmp_path / "parts", monkeypatch, CASES[name])
    assert bits(whole) == bits(parts)


@pytest.mark.parametrize("transfer", ["finetune", "propagate"])
def test_finetuning_goes_on_from_its_state_not_from_the_pretrained_encoder(
    transfer, tmp_path, monkeypatch, often
):
    results = []
    for cwd in (tmp_path / "whole", tmp_path / "parts"):
        pretrained = train(cwd, *DENOISE)
        options = [o for o in BASE if not o.startswith("decoder.")]
        options += ["task=multi_label", "loss=logistic", "decoder=linear", "encoder.dropout=0.3"]
        options += [f"transfer={transfer}", f"pretrained={pretrained.name}", "labels=50"]
        options += ["steps_per_epoch=10"]
        if cwd.name == "whole":
            results.append(bits(train(cwd, *options)))
        else:
            results.append(bits(train_stopping(cwd, monkeypatch, options)))
    assert results[0] == results[1]


def test_seconds_count_all_starts(tmp_path, monkeypatch, often):
    def slow(self, trainer, module):
        time.sleep(0.2)
        real(self, trainer, module)

    real = recording.Recorder.on_train_epoch_end
    monkeypatch.setattr(recording.Recorder, "on_train_epoch_end", slow)
    folder = train_stopping(tmp_path, monkeypatch, BASE, moments=(2,))
    assert 0.6 < read_json(folder / runs.ENVIRONMENT)["seconds"]["training"] < 30


def test_state_is_written_seldom_where_that_takes_long(tmp_path, monkeypatch):
    saves = []

    def slow(self, checkpoint, path, storage_options=None):
        saves.append(path)
        time.sleep(0.1)

    monkeypatch.setattr(recording.AtomicCheckpointIO, "save_checkpoint", slow)
    train(tmp_path, *BASE, "epochs=6")
    assert len(saves) == 1


def test_state_of_a_finished_run_is_swept(tmp_path):
    folder = train(tmp_path, *BASE)
    for name in (runs.RESUME, f".{runs.RESUME}.abc", f".{runs.WEIGHTS}.def"):
        (folder / name).write_text("left behind")
    before = bits(folder)
    train(tmp_path, *BASE)
    assert bits(folder) == before
    assert {p.name for p in folder.iterdir()} == {
        *runs.RESULTS, ".lock", "evaluation.json", "examples.png"
    }  # fmt: skip


def test_tracked_run_goes_on_in_the_same_wandb_run(tmp_path, monkeypatch, often):
    monkeypatch.setenv("WANDB_MODE", "offline")
    options = [*DENOISE, "tracker=wandb"]
    # W&B names folders by the second.
    folder = run_folder(tmp_path, *options)
    step = Module.training_step

    def training_step(self, chunk, index):
        if self.trainer.current_epoch == 2:
            raise Stop
        step(self, chunk, index)

    with monkeypatch.context() as patched:
        patched.setattr(Module, "training_step", training_step)
        with pytest.raises(Stop):
            train(tmp_path, *options)
    time.sleep(1.1)
    train(tmp_path, *options)
    files = wandb_files(folder)
    assert len(files) == 2
    epochs = []
    for path in files:
        held = list(records(path))
        assert {r.run.run_id for r in held if r.HasField("run")} == {folder.name}
        rows = [items(r.history.item) for r in held if r.HasField("history")]
        epochs += [int(row["epoch"]) for row in rows if "train/loss" in row]
        (end,) = (r.exit.exit_code for r in held if r.HasField("exit"))
        assert end == (1 if path == files[0] else 0)
    assert epochs == [1, 2, 3]
    assert len(history(folder)) == 3
