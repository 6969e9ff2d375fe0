"""The config of a run with one label more."""

import pytest
import torch
from helpers import choices, node, small_config

from narrows.build import build
from narrows.new_label.model import grown_config, labels_of
from narrows.new_label.options import Options
from narrows.spec import Spec

SPEC = Spec((1, 8, 8), tuple("0123456789"), "image")
FILE = {"positives": {"file": "p.rows", "sha256": "0"}}


def options(**more):
    return Options(model="m", label="dog", positives="p.rows", **more)


def config(**task):
    found = small_config("task=multi_label", "decoder=linear", "loss=logistic", "optimizer.lr=0.01")
    found["task"] |= task
    return found


def test_labels_are_those_that_the_task_has_outputs_for():
    assert labels_of(config(), SPEC) == SPEC.labels
    assert labels_of(config(without=["3", "5"]), SPEC) == tuple("01246789")
    assert labels_of(config(only=["7", "2"], without=[]), SPEC) == ("2", "7")
    grown = grown_config(config(without=["3"]), "m", options(), FILE)
    assert labels_of(grown, SPEC) == SPEC.labels


def test_a_fixed_encoder_leaves_how_it_was_trained():
    grown = grown_config(config(), "m", options(penalty=2.0), FILE)
    assert grown["decoder"]["added"] == [1]
    assert grown["transfer"]["penalty"] == 2.0
    assert grown["pretrained"] == "m"
    assert grown["new_label"] == {"label": "dog", **FILE, "background": 1000}
    assert all(grown[name] == config()[name] for name in ("epochs", "optimizer", "dataset", "seed"))
    assert grown_config(grown, "n", options(), FILE)["decoder"]["added"] == [1, 1]


def test_an_update_is_a_run_with_options_of_its_own():
    grown = grown_config(config(), "m", options(update=True, epochs=7, replay=0.25), FILE)
    assert grown["optimizer"]["lr"] == 0.001
    assert (grown["epochs"], grown["new_label"]["replay"]) == (7, 0.25)
    assert grown_config(config(), "m", options(update=True, lr=0.5), FILE)["optimizer"]["lr"] == 0.5


@pytest.mark.parametrize(("before", "replay", "after"), [(1, 0.5, 2), (1, 0.0, 1), (64, 0.5, 64)])
def test_a_batch_has_room_for_an_old_and_a_new_example(before, replay, after):
    old = config() | {"batch_size": before}
    assert grown_config(old, "m", options(update=True, replay=replay), FILE)["batch_size"] == after
    assert grown_config(old, "m", options(), FILE)["batch_size"] == before


def test_an_update_is_on_one_device():
    for choice in choices("trainer"):
        old = config() | {"trainer": node("trainer", choice)}
        trainer = grown_config(old, "m", options(update=True), FILE)["trainer"]
        assert trainer["devices"] == 1
        assert "strategy" not in trainer
        assert trainer["precision"] == old["trainer"]["precision"]


def test_the_grown_config_builds_a_model_with_one_output_more():
    grown = grown_config(config(without=["3"]), "m", options(), FILE)
    module = build(grown, Spec((1, 8, 8), (*"012456789", "dog"), "image")).module
    assert module(torch.rand(2, 1, 8, 8)).shape == (2, 10)
    assert module.decoder.map.weight.shape[0] == 9
