"""The most memory of a run: of this run alone, and no part of its results."""

import sys

import numpy as np
import psutil
import pytest
import torch
from helpers import run, small_config
from running import bits

from narrows import memory, runs
from narrows.files import read_json
from narrows.memory import watch_memory
from narrows.training import train

linux = pytest.mark.skipif(sys.platform != "linux", reason="the mark is Linux's")
MB = 1_000_000
SHORT = ("encoder.hidden=[16]", "decoder.hidden=[16]", "encoder.code_size=8", "steps_per_epoch=2")


def resident():
    return psutil.Process().memory_info().rss / MB


def take(megabytes):
    """Have so much memory for a moment."""
    np.ones(megabytes * MB, np.uint8)


@linux
def test_what_was_given_back_before_does_not_count():
    start = resident()
    take(300)
    tell = watch_memory("cpu")
    assert tell() < start + 100
    take(200)
    assert start + 190 < tell() < start + 290


@linux
def test_each_of_several_runs_in_a_process_has_its_own(tmp_path, digits_folder):
    found = []
    for number, megabytes in enumerate((300, 0, 150)):
        start = resident()
        config = small_config(*SHORT, f"seed={number}")
        folder = tmp_path / str(number)
        train(config, digits_folder, folder, lambda *_, size=megabytes: take(size))
        found.append(read_json(folder / runs.ENVIRONMENT)["memory_mb"] - start)
    assert 290 < found[0] < 390
    assert found[1] < 100
    assert 140 < found[2] < 240


def test_results_are_the_same_where_it_is_not_known(tmp_path, digits_folder, monkeypatch):
    config = small_config(*SHORT)
    known = run(config, digits_folder, tmp_path / "known")
    monkeypatch.setattr(memory, "_CLEAR", tmp_path / "nowhere" / "clear_refs")
    unknown = run(config, digits_folder, tmp_path / "unknown")
    assert read_json(unknown / runs.ENVIRONMENT)["memory_mb"] is None
    assert bits(unknown) == bits(known)


def test_apples_gpus_are_not_watched():
    assert watch_memory("mps")() is None


@pytest.mark.parametrize(("tensors", "expected"), [((0, 512_345_678), 512.3), ((0, 0), None)])
def test_on_a_gpu_it_is_what_tensors_took(monkeypatch, tensors, expected):
    before = [7 * MB, 9 * MB]
    monkeypatch.setattr(torch.cuda, "is_initialized", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.cuda, "max_memory_allocated", lambda gpu: before[gpu])
    monkeypatch.setattr(
        torch.cuda, "reset_peak_memory_stats", lambda gpu: before.__setitem__(gpu, 0)
    )
    tell = watch_memory("NVIDIA H100")
    assert before == [0, 0]
    before[:] = tensors
    assert tell() == expected


def test_a_gpu_that_was_not_used_is_not_started():
    if torch.cuda.is_initialized():
        pytest.skip("another test has used the GPU")
    assert watch_memory("NVIDIA H100")() is None
    assert not torch.cuda.is_initialized()
