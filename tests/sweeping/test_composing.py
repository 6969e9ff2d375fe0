"""A trial's config is what Hydra composes, whichever way it comes about."""

import shutil
from contextlib import chdir

import pytest
from helpers import CONF

from narrows.config import compose_config
from narrows.errors import UserError
from narrows.sweeping import composing
from narrows.sweeping.composing import Composer
from narrows.sweeping.declaration import read_declaration
from narrows.sweeping.space import tried_params, words_of

WORDS = ["encoder=mlp,conv", "encoder.hidden=[8],[16,8]", "optimizer.lr=interval(0.1,1)"]
TRIAL = {"encoder": "conv", "encoder.hidden": "[16, 8]", "optimizer.lr": 0.25,
         "encoder.code_size": 16}  # fmt: skip


def composer_of(*words):
    declared = read_declaration([*words])
    composer = Composer(declared)
    for params in tried_params(declared.space):
        composer.try_out(params)
    return composer


def test_few_compositions_serve_all_trials(monkeypatch):
    composer = composer_of(*WORDS)
    assert composer.is_quick
    composed = composer.compose(TRIAL)
    monkeypatch.setattr(composing, "compose_config", lambda words: pytest.fail("composed"))
    other = composer.compose({**TRIAL, "encoder": "mlp", "optimizer.lr": 0.5})
    monkeypatch.undo()
    full = compose_config([*composer.declaration.overrides, *words_of(TRIAL)])
    # The runs of a sweep are one group in W&B.
    assert full["tracker"]["group"] is None
    full["tracker"] |= {"group": "digits", "job_type": "trial"}
    assert composed == full
    assert other["encoder"]["_target_"] == "narrows.encoders.mlp.Encoder"
    assert (other["encoder"]["hidden"], other["optimizer"]["lr"]) == ([16, 8], 0.5)
    # Nothing is shared between trials.
    other["encoder"]["hidden"].append(1)
    assert composer.compose(TRIAL) == full


def test_where_an_option_follows_another_trials_are_composed_in_full(tmp_path):
    shutil.copytree(CONF, tmp_path / "conf")
    path = tmp_path / "conf/decoder/mlp.yaml"
    path.write_text(path.read_text().replace("hidden: [256]", "hidden: ${encoder.hidden}"))
    with chdir(tmp_path):
        composer = composer_of("encoder.code_size=8", "optimizer.lr=1", "tracker=none")
        assert not composer.is_quick
        found = composer.compose({"encoder.hidden": "[7]"})
    assert (found["encoder"]["hidden"], found["decoder"]["hidden"]) == ([7], [7])


def test_an_option_that_a_choice_does_not_have():
    composer = composer_of("encoder=mlp,conv", "optimizer.lr=1", "encoder.hidden=[8]")
    with pytest.raises(UserError, match=r"encoder\.dropout is not an option"):
        composer.compose({"encoder": "conv", "encoder.dropout": 0.1})
