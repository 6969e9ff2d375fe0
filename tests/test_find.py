"""A run that is not there: what is near, or was made last, is named."""

import os

import pytest

from narrows import runs
from narrows.errors import UserError
from narrows.files import write_yaml


def finished(name, task, dataset, time):
    folder = runs.RUNS / name
    folder.mkdir(parents=True)
    nodes = {"task": {"_target_": f"narrows.tasks.{task}.X"}}
    nodes["dataset"] = {"_target_": f"narrows.datasets.{dataset}.X"}
    write_yaml(folder / runs.CONFIG, nodes)
    (folder / runs.WEIGHTS).touch()
    os.utime(folder / runs.WEIGHTS, (time, time))


def told(name):
    with pytest.raises(UserError) as raised:
        runs.find(name, "pretrained")
    return str(raised.value)


def test_the_latest_runs_are_named_with_what_they_are(workdir):
    assert told("mine") == (
        "pretrained=mine: no finished run there; runs/ has none yet, narrows train makes one"
    )
    for number in range(7):
        finished(f"{number}bcdef", "denoising" if number % 2 else "multi_label", "mnist", number)
    assert told("mine") == (
        "pretrained=mine: no finished run there; the latest in runs/: 6bcdef (multi_label, mnist), "
        "5bcdef (denoising, mnist), 4bcdef (multi_label, mnist), 3bcdef (denoising, mnist), "
        "2bcdef (multi_label, mnist)"
    )
    assert told("3bcdfe").endswith("did you mean '3bcdef'?")
    assert runs.find("3bcdef", "pretrained") == runs.RUNS / "3bcdef"
