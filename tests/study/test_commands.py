"""The commands that a page shows compose to the runs of the study, to the letter."""

import shlex

import pytest

from narrows.build import prune
from narrows.config import compose_config, run_name
from narrows.study.commands import commands_for, shortened, words_of
from narrows.study.plan import compose_strategy, read_study

pytestmark = pytest.mark.xdist_group("study")

STUDIES = {
    "digits": "epochs=3 '+optimizer.betas=[0.8,0.9]' corruption.sigma=0.2 encoder.code_size=16",
    "mulan_yeast": "",
}


@pytest.fixture(scope="module", params=STUDIES)
def planned(request):
    study = read_study(request.param, STUDIES[request.param])
    return study, [compose_strategy(study, s, prune) for s in study.strategies]


def words(command):
    program, verb, *overrides = shlex.split(command)
    assert (program, verb) == ("narrows", "train")
    return overrides


def composed(command):
    return prune(compose_config(words(command)))


def but_tracker(config):
    return {key: value for key, value in config.items() if key != "tracker"}


def runs_of(study, strategy):
    """Yield a run of each transfer and choice, as an evaluation names it, with its config."""
    seed = study.options["seeds"][-1]
    for run in strategy.finetune_runs(study.options["labels"][1:2], [seed]):
        yield (
            {
                "strategy": strategy.name,
                "transfer": run.transfer,
                "choice": run.choice,
                **{key: run.config[key] for key in ("labels", "seed", "pretrained")},
            },
            run.config,
        )


def test_each_command_makes_the_run_of_the_study(planned):
    study, strategies = planned
    given = words_of(study, strategies)
    for strategy in strategies:
        pretraining = {run_name(c): c for c in strategy.pretrain_runs(study.options["seeds"])}
        first = {}
        for run, config in runs_of(study, strategy):
            *before, command = commands_for(run, given)
            found = composed(command)
            assert run_name(found) == run_name(config)
            assert but_tracker(found) == but_tracker(config)
            assert len(before) == (run["pretrained"] is not None)
            first |= dict.fromkeys(before, run["pretrained"])
        # One encoder of a seed serves all transfers and choices.
        assert len(first) == (strategy.pretrain is not None)
        for line, name in first.items():
            found = composed(line)
            assert run_name(found) == name
            assert but_tracker(found) == but_tracker(pretraining[name])


def test_an_option_stands_once_and_none_is_without_effect(planned):
    study, strategies = planned
    given = words_of(study, strategies)
    for strategy in strategies:
        for run, config in runs_of(study, strategy):
            *before, command = commands_for(run, given)
            for line, made in [(command, config), *((line, strategy.pretrain) for line in before)]:
                names = [word.partition("=")[0] for word in words(line)]
                assert len(set(names)) == len(names)
                # `narrows train` refuses such a one.
                assert "corruption" in made or not any(n.startswith("corruption") for n in names)


def test_what_a_shell_would_take_apart_is_quoted():
    run = {"strategy": "a", "transfer": "b", "choice": "c", "labels": 5, "seed": 2}
    path = "dataset.path=two words.csv"
    given = {"a": {"pretrain": [path], "transfers": {"b": {"c": [path, "encoder.hidden=[8,4]"]}}}}
    assert commands_for(run | {"pretrained": "x-seed2"}, given) == [
        "narrows train 'dataset.path=two words.csv' seed=2",
        "narrows train 'dataset.path=two words.csv' 'encoder.hidden=[8,4]' labels=5 seed=2 "
        "pretrained=x-seed2",
    ]


def test_the_last_of_an_option_counts():
    given = ["a.x=1", "b={c:1}", "a=big", "a.x=2", "b={d:2}", "corruption.sigma=1", "~e"]
    assert shortened(given, {"corruption": {}}) == [
        "b={c:1}", "a=big", "a.x=2", "b={d:2}", "corruption.sigma=1", "~e",
    ]  # fmt: skip
    assert "corruption.sigma=1" not in shortened(given, {})
