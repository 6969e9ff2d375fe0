"""Schedules against torch's own schedulers, and the rates that an optimizer gets in a run."""

import itertools

import pytest
import torch
from helpers import choices, node, run, small_config
from hypothesis import given
from hypothesis import strategies as st
from torch.optim.lr_scheduler import CosineAnnealingLR, LinearLR

from narrows.build import make, validate
from narrows.config import compose_config
from narrows.errors import UserError
from narrows.schedules.cosine import Cosine
from narrows.schedules.linear import Linear

STEPS = 40


def rates_of(scheduler_of, steps):
    """Return the rates that one of torch's schedulers gives an optimizer with a rate of 1."""
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    scheduler, rates = scheduler_of(optimizer), []
    for _ in range(steps):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return rates


def test_cosine_is_that_of_torch():
    theirs = rates_of(lambda o: CosineAnnealingLR(o, STEPS, eta_min=0.1), STEPS)
    ours = [Cosine(warmup=0, end=0.1)(step, STEPS) for step in range(STEPS)]
    assert ours == pytest.approx(theirs, abs=1e-12)


def test_linear_is_that_of_torch():
    theirs = rates_of(lambda o: LinearLR(o, 1, 0, total_iters=STEPS), STEPS)
    assert [Linear(0)(step, STEPS) for step in range(STEPS)] == pytest.approx(theirs, abs=1e-12)


@pytest.mark.parametrize("kind", [Cosine, Linear])
def test_warm_up_rises_evenly_to_1_and_the_rest_falls(kind):
    factors = [kind(0.25)(step, STEPS) for step in range(STEPS)]
    assert factors[:10] == pytest.approx([n / 10 for n in range(1, 11)])
    assert factors[10] == 1
    assert all(a > b for a, b in itertools.pairwise(factors[10:]))
    assert 0 < factors[-1] < 0.05


@pytest.mark.parametrize("choice", choices("schedule"))
@given(steps=st.integers(1, 10**6), place=st.floats(0, 1, exclude_max=True), warmup=st.floats(0, 1))
def test_factors_are_above_0_and_at_most_1(choice, steps, place, warmup):
    options = node("schedule", choice)
    schedule = make({**options, **({"warmup": warmup} if "warmup" in options else {})})
    assert 0 < schedule(int(place * steps), steps) <= 1


def test_the_optimizer_gets_the_rate_of_each_step(digits_folder, tmp_path, monkeypatch):
    seen = []

    class Watched(torch.optim.SGD):
        def step(self, closure=None):
            seen.append([group["lr"] for group in self.param_groups])
            return super().step(closure)

    # 70 steps: whole chunks and a rest, over two epochs.
    config = small_config("optimizer=sgd", "optimizer.lr=0.001", "schedule=linear", "epochs=2")
    config |= {"steps_per_epoch": 35, "schedule": {**config["schedule"], "warmup": 0.1}}
    monkeypatch.setattr("torch.optim.SGD", Watched)
    monkeypatch.setattr("narrows.build.safe_target", lambda *_: None)
    run(config, digits_folder, tmp_path / "run")
    rising = [0.001 * n / 7 for n in range(1, 8)]
    falling = [0.001 * (70 - step) / 63 for step in range(7, 70)]
    assert [rate for (rate,) in seen] == pytest.approx([*rising, *falling])


def test_bad_options_are_told():
    for option, said in {"warmup=1.5": "less than or equal to 1", "warmpu=1": "warmup"}.items():
        with pytest.raises(UserError, match=said):
            validate(compose_config(["schedule=cosine", f"schedule.{option}", "tracker=none"]))
