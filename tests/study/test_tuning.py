"""Tuning: every method tries the same choices on the same seeds, judged on validation alone."""

import math

import pytest

from narrows.study.plan import UNTUNED, Strategy
from narrows.study.tuning import choose, chosen_runs, tuning_runs

LABELS, SEEDS = [10, 100], [3, 4, 5]
CHOICES = {"lr=1": {"lr": 1}, "lr=2": {"lr": 2}}


def strategy(pretrain=None):
    base = {"tracker": {}, "dataset": {}}
    tuned = {name: base | config for name, config in CHOICES.items()}
    return Strategy("one", pretrain, {"finetune": tuned, "frozen": {UNTUNED: base}})


def test_all_choices_are_tried_on_the_same_seeds_and_budgets():
    runs = tuning_runs(strategy(), LABELS, SEEDS[:2])
    assert {r.transfer for r in runs} == {"finetune"}
    found = [(r.choice, r.config["labels"], r.config["seed"]) for r in runs]
    assert sorted(found) == sorted((c, n, s) for c in CHOICES for n in LABELS for s in SEEDS[:2])


def test_the_best_mean_over_seeds_is_chosen_for_each_budget():
    scores = {(1, 10): [0.1, 0.4], (2, 10): [0.3, 0.3], (1, 100): [0.9, 0.5], (2, 100): [0.6, 0.6]}

    def score(config):
        return scores[config["lr"], config["labels"]][config["seed"] - SEEDS[0]]

    chosen = choose(strategy(), LABELS, SEEDS[:2], score)
    assert chosen["finetune"][10] == {
        "choice": "lr=2",
        "validation": {"lr=1": pytest.approx(0.25), "lr=2": pytest.approx(0.3)},
    }
    assert chosen["finetune"][100]["choice"] == "lr=1"
    assert chosen["frozen"] == {n: {"choice": UNTUNED, "validation": {}} for n in LABELS}
    runs = chosen_runs(strategy(), LABELS, SEEDS, chosen)
    assert len(runs) == len(LABELS) * len(SEEDS) * 2
    rates = {(r.config["labels"], r.config["lr"]) for r in runs if r.transfer == "finetune"}
    assert rates == {(10, 2), (100, 1)}


def test_a_run_is_the_same_one_when_it_is_tried_and_when_it_is_compared():
    tried = [r.config for r in tuning_runs(strategy(), LABELS, SEEDS[:2])]
    chosen = choose(strategy(), LABELS, SEEDS[:2], lambda config: config["lr"])
    compared = [r.config for r in chosen_runs(strategy(), LABELS, SEEDS, chosen)]
    both = [c for c in compared if c in tried]
    assert len(both) == len(LABELS) * 2


def test_a_choice_that_diverged_is_taken_only_if_all_did():
    chosen = choose(strategy(), [10], SEEDS, lambda c: None if c["lr"] == 2 else 0.01)
    assert chosen["finetune"][10] == {
        "choice": "lr=1",
        "validation": {"lr=1": pytest.approx(0.01), "lr=2": None},
    }
    chosen = choose(strategy(), [10], SEEDS, lambda _: None)
    assert chosen["finetune"][10]["choice"] == "lr=1"
    assert chosen["finetune"][10]["validation"] == dict.fromkeys(CHOICES)


@pytest.mark.parametrize("nan", [1, 2])
def test_a_score_that_is_not_a_number_is_the_worst(nan):
    chosen = choose(strategy(), [10], SEEDS, lambda c: math.nan if c["lr"] == nan else -0.5)
    assert chosen["finetune"][10]["choice"] == f"lr={3 - nan}"
    assert chosen["finetune"][10]["validation"][f"lr={nan}"] is None
