"""Two processes train as one does: the same batches, noise and measures, one run folder."""

import csv
import subprocess
import sys

import pytest

WORDS = ("task=denoising", "epochs=2", "batch_size=60", "encoder.dropout=0.0")
TWO = ("trainer=ddp", "trainer.accelerator=cpu", "trainer.devices=2")


def rows_of_one_run(folder, *words):
    command = [sys.executable, "-m", "narrows", "train", *words]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stderr
    (run,) = (folder / "runs").glob("*-seed0")
    with (run / "history.csv").open() as handle:
        return list(csv.DictReader(handle)), run


def test_two_processes_end_as_one_does(tmp_path):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    one, _ = rows_of_one_run(tmp_path / "one", *WORDS, "trainer=cpu", "tracker=none")
    two, run = rows_of_one_run(tmp_path / "two", *WORDS, *TWO)
    for row, other in zip(one, two, strict=True):
        # The same number of optimizer steps: each example is seen once per epoch, by one of them.
        assert row["step"] == other["step"]
        for name in ("train/loss", "val/sse", "val/psnr"):
            assert float(other[name]) == pytest.approx(float(row[name]), rel=1e-4)
    assert len(list((run / "wandb").glob("offline-run-*"))) == 1


def test_both_views_of_an_example_go_to_one_process(tmp_path):
    """The loss is of single examples here: other negatives in each process do not matter."""
    words = ["task=two_views", "corruption=crop", "loss=vicreg", "tracker=none", "epochs=1"]
    words += ["loss.variance=0", "loss.covariance=0", "batch_size=60", "steps_per_epoch=5"]
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    (one,), _ = rows_of_one_run(tmp_path / "one", *words, "trainer=cpu")
    (two,), _ = rows_of_one_run(tmp_path / "two", *words, *TWO)
    for name in ("train/loss", "val/alignment", "val/uniformity"):
        assert float(two[name]) == pytest.approx(float(one[name]), rel=1e-3)
