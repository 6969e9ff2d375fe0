"""Two processes train as one does: the same batches, noise and measures, one run folder."""

import subprocess
import sys

import pytest
from running import history, train

WORDS = ("task=denoising", "epochs=2", "batch_size=60", "encoder.dropout=0.0")
TWO = ("trainer=ddp", "trainer.accelerator=cpu", "trainer.devices=2")


def run_of_two(folder, *words):
    """Train with two processes in a new folder; return the run's folder."""
    folder.mkdir()
    command = [sys.executable, "-m", "narrows", "train", *words, *TWO]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stderr
    (run,) = (folder / "runs").glob("*-seed0")
    return run


def test_two_processes_end_as_one_does(tmp_path):
    one = history(train(tmp_path / "one", *WORDS, "trainer=cpu", "tracker=none"))
    run = run_of_two(tmp_path / "two", *WORDS)
    for row, other in zip(one, history(run), strict=True):
        # The same number of optimizer steps: each example is seen once per epoch, by one of them.
        assert row["step"] == other["step"]
        for name in ("train/loss", "val/sse", "val/psnr"):
            assert other[name] == pytest.approx(row[name], rel=1e-4)
    assert len(list((run / "wandb").glob("offline-run-*"))) == 1


def test_both_views_of_an_example_go_to_one_process(tmp_path):
    """The loss is of single examples here: other negatives in each process do not matter."""
    words = ["task=two_views", "corruption=crop", "loss=vicreg", "tracker=none", "epochs=1"]
    words += ["loss.variance=0", "loss.covariance=0", "batch_size=60", "steps_per_epoch=5"]
    (one,) = history(train(tmp_path / "one", *words, "trainer=cpu"))
    (two,) = history(run_of_two(tmp_path / "two", *words))
    for name in ("train/loss", "val/alignment", "val/uniformity"):
        assert two[name] == pytest.approx(one[name], rel=1e-3)
