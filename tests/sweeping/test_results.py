"""What came of a sweep: the best, the Pareto front, and which options mattered."""

import random

import pytest
from optuna.trial import TrialState, create_trial
from sweeps import declared

from narrows.errors import UserError
from narrows.sweeping.page import render_page
from narrows.sweeping.results import Results, Tried, read_results
from narrows.sweeping.storage import ENDING, RUNS, begin, open_storage, open_study, tell
from narrows.sweeping.words import ended_text, share_texts

BOTH = {"val/sse": "minimize", "val/psnr": "maximize"}


def study_of(declaration, tmp_path, trials):
    """Return a study with trials of (values of options, values of objectives)."""
    study = open_study(declaration, "mine", open_storage(tmp_path / "journal.log"))
    for params, values in trials:
        trial = begin(study, declaration.space, params)
        state = "finished" if values else "failed"
        ending = {"state": state, "values": list(values), "by_seed": [list(values)],
                  "seconds": 1.0, "reason": "" if values else "it failed"}  # fmt: skip
        trial.set_user_attr(ENDING, ending)
        trial.set_user_attr(RUNS, [f"run{trial.number}"])
        tell(study, trial.number, ending)
    return study


def dominated(one, other):
    """Whether `other` is at least as good in both, less of the first and more of the second."""
    return other[0] <= one[0] and other[1] >= one[1] and other != one


@pytest.mark.parametrize("seed", range(4))
def test_the_front_is_what_no_other_trial_dominates(seed, tmp_path):
    rng = random.Random(seed)
    declaration = declared(objectives=BOTH, trials=25)
    # Few different values, so that there are equal ones.
    values = [(float(rng.randrange(6)), float(rng.randrange(6))) for _ in range(25)]
    trials = [({"rate": 0.1, "size": 8}, v if i % 7 else ()) for i, v in enumerate(values)]
    results = read_results(declaration, study_of(declaration, tmp_path, trials))
    finished = {i: v for i, (_, v) in enumerate(trials) if v}
    expected = {
        i for i, v in finished.items() if not any(dominated(v, o) for o in finished.values())
    }
    assert set(results.front) == expected
    firsts = [finished[number][0] for number in results.front]
    assert firsts == sorted(firsts)
    if len(expected) > 1:
        with pytest.raises(UserError, match="choose one with --trial"):
            results.best()
    assert results.best(results.front[-1]).number == results.front[-1]
    with pytest.raises(UserError, match="--trial=0: there is no such trial"):
        results.best(0)


@pytest.mark.parametrize(("direction", "best"), [("minimize", 2), ("maximize", 1)])
def test_of_one_objective_the_first_of_the_best_is_the_best(direction, best, tmp_path):
    declaration = declared(objectives={"val/sse": direction}, trials=9)
    values = [3.0, 5.0, 1.0, 1.0, 5.0]
    trials = [({"rate": 0.1, "size": 8}, (v,)) for v in values]
    results = read_results(declaration, study_of(declaration, tmp_path, trials))
    assert results.front == [best]
    assert results.best().runs == (f"run{best}",)


def test_importance_is_of_the_options_that_make_the_difference(tmp_path):
    declaration = declared(trials=40)
    rng = random.Random(0)
    trials = []
    for _ in range(40):
        power, size = rng.uniform(-4, 0), rng.choice([8, 16, 32])
        # Even in the logarithm, and so over all of the range that is drawn from.
        trials.append(({"rate": 10**power, "size": size}, (power + 0.001 * size,)))
    results = read_results(declaration, study_of(declaration, tmp_path, trials))
    shares = results.importance["val/sse"]
    assert list(shares) == ["rate", "size"]
    assert sum(shares.values()) == pytest.approx(1)
    assert shares["rate"] > 0.95


def test_there_is_no_importance_without_differences(tmp_path):
    declaration = declared(trials=6)
    trials = [({"rate": 0.1 * i, "size": 8}, (1.0,)) for i in range(1, 7)]
    assert not read_results(declaration, study_of(declaration, tmp_path, trials)).importance
    few = declared(trials=2)
    (tmp_path / "few").mkdir()
    trials = [({"rate": 0.1 * i, "size": 8}, (float(i),)) for i in (1, 2)]
    assert not read_results(few, study_of(few, tmp_path / "few", trials)).importance


def test_a_trial_that_was_cut_off_is_shown_as_such(tmp_path):
    declaration = declared(trials=3)
    study = study_of(declaration, tmp_path, [({"rate": 0.1, "size": 8}, (1.0,))])
    study.add_trial(
        create_trial(state=TrialState.RUNNING, system_attrs={"fixed_params": {"size": 16}})
    )
    (finished, cut) = read_results(declaration, study).trials
    assert (finished.state, cut.state) == ("finished", "cut off")
    assert cut.params == {"size": 16}


def test_shares_that_people_read_add_up():
    shares = {"rate": 0.455, "size": 0.455, "depth": 0.085, "seed": 0.005}
    # Each rounded by itself they would be 46, 46, 8 and 0, or with halves up 46, 46, 9 and 1.
    found = [int(text.split()[0]) for text in share_texts(shares).values()]
    assert sum(found) == 100
    pairs = zip(found, shares.values(), strict=True)
    assert all(abs(whole - 100 * share) < 1 for whole, share in pairs)


def tried(number, state, values, reports, reason=""):
    params = {"rate": 0.01 * (number + 1), "size": 8}
    return Tried(number, state, params, values, (), reports, 1.0, reason, (f"run{number}",))


def test_one_word_says_that_a_trial_was_stopped():
    trials = [
        tried(0, "finished", (1.0,), {1: 2.0, 2: 1.0}),
        tried(1, "pruned", (), {1: 5.0}, "after epoch 1 of 2"),
        tried(2, "failed", (), {}, "training diverged"),
    ]
    assert [ended_text(trial) for trial in trials] == [
        "finished",
        "stopped early after epoch 1 of 2",
        "failed: training diverged",
    ]
    page = render_page(Results(declared(trials=3), trials, [0], {}), ["digits"])
    assert "stopped early" in page
    assert "pruned" not in page
