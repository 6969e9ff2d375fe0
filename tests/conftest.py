"""Fixtures that tests share."""

import os
from copy import deepcopy
from pathlib import Path

import pytest
import torch
from helpers import CONF, prepare_digits

from narrows import config
from narrows.parallel import start_forkserver


@pytest.fixture(scope="session", autouse=True)
def imported_once():
    """Start the server of worker processes with all that any needs: a test that came first would
    have it import less, and each later worker import torch for itself, which takes seconds.
    """
    modules = ["narrows.training", "narrows.fitting", "narrows.sweeping.trial", "wandb"]
    start_forkserver(modules)


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)


@pytest.fixture(scope="session", autouse=True)
def composed_once():
    """Have Hydra compose each config of the project's own files once: it takes its time."""
    compose, found = config._composed, {}

    def composed(overrides, parsed):
        if config.conf_dir() != CONF:
            return compose(overrides, parsed)
        words = tuple(overrides)
        if words not in found:
            found[words] = compose(overrides, parsed)
        return deepcopy(found[words])

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(config, "_composed", composed)
        yield


@pytest.fixture
def workdir(tmp_path, monkeypatch):
    """An empty working folder; configs are then those that lie beside the package."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="session")
def digits_folder(tmp_path_factory):
    """The prepared digits."""
    return prepare_digits(tmp_path_factory.mktemp("digits") / "data")


@pytest.fixture(scope="session")
def narrows_data():
    """The folder with data sets that are too large for the repository."""
    folder = os.environ.get("NARROWS_DATA")
    if not folder:
        pytest.skip("NARROWS_DATA is not set: it names the folder with mnist.npz")
    return Path(folder)
