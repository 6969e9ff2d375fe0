"""A run's config becomes an experiment that composes to it."""

import shutil
from contextlib import chdir

import pytest
from helpers import CONF

from narrows import config as composing
from narrows.build import prune
from narrows.config import compose_config, run_name
from narrows.errors import UserError
from narrows.files import read_yaml
from narrows.sweeping.experiment import write_experiment

WORDS = {
    "groups": ["encoder=conv", "decoder=conv", "schedule=cosine", "optimizer.lr=0.0012", "seed=3"],
    "an experiment": [
        "experiment=denoise_mnist",
        "corruption.fraction=0.2",
        "encoder.hidden=[8,4]",
    ],
    # Two files of one class; an experiment's choice that is replaced.
    "replaced": ["experiment=denoise_digits", "corruption=masking", "trainer=gpu"],
}


@pytest.fixture
def conf(tmp_path):
    """A folder with a copy of conf/, which is the one that is read there."""
    shutil.copytree(CONF, tmp_path / "conf")
    with chdir(tmp_path):
        yield tmp_path / "conf"


@pytest.mark.parametrize("words", WORDS.values(), ids=WORDS)
def test_it_composes_to_exactly_the_config(words, conf):
    config = prune(compose_config(words))
    path = write_experiment("mine", config, "Trial 3.", overwrite=False)
    assert path == conf / "experiment/mine.yaml"
    composed = prune(compose_config(["experiment=mine"]))
    assert composed == {**config, "tracker": composed["tracker"]}
    assert run_name(composed) == run_name(config)
    lines = path.read_text().splitlines()
    assert lines[:3] == ["# @package _global_", "# narrows train experiment=mine", "# Trial 3."]


def test_only_what_differs_is_written(conf):
    config = prune(compose_config(["encoder=conv", "encoder.code_size=7", "epochs=3"]))
    written = read_yaml(write_experiment("mine", config, "", overwrite=False))
    assert written == {
        "defaults": [{"override /encoder": "conv"}],
        "encoder": {"code_size": 7},
        "epochs": 3,
    }


def test_nothing_is_replaced_unless_it_is_said(conf):
    config = prune(compose_config(["tracker.group=sweep"]))
    # The group in W&B is the sweep's, not the experiment's.
    assert not read_yaml(write_experiment("mine", config, "", overwrite=False))
    with pytest.raises(UserError, match=r"mine.yaml is there already; --overwrite replaces it"):
        write_experiment("mine", config, "", overwrite=False)
    write_experiment("mine", config, "", overwrite=True)
    with pytest.raises(UserError, match="letters, digits"):
        write_experiment("../mine", config, "", overwrite=False)


def test_what_no_file_can_say_is_told_and_leaves_none(conf):
    config = prune(compose_config(["~encoder.dropout"]))
    with pytest.raises(UserError, match="no experiment has encoder="):
        write_experiment("mine", config, "", overwrite=False)
    path = conf / "experiment/mine.yaml"
    assert not path.exists()
    write_experiment("mine", prune(compose_config(["epochs=3"])), "", overwrite=False)
    before = path.read_text()
    with pytest.raises(UserError, match="no experiment has encoder="):
        write_experiment("mine", config, "", overwrite=True)
    assert path.read_text() == before
    path.unlink()
    config["encoder"] = {"_target_": "narrows.encoders.unknown.Encoder"}
    with pytest.raises(UserError, match="no file in conf/encoder makes"):
        write_experiment("mine", config, "", overwrite=False)
    assert composing.conf_dir() == conf
