"""What is drawn, and when a trial is stopped, by what is known of earlier ones."""

from dataclasses import replace
from statistics import median

import optuna
import pytest
from optuna.trial import TrialState
from sweeps import declared

from narrows.errors import PrunedError
from narrows.sweeping.drawing import draw
from narrows.sweeping.pruning import Reporter
from narrows.sweeping.storage import begin, open_storage, open_study, suggest

DECLARED = declared(startup=2, ahead=1)


def study_of(tmp_path, declaration, curves, params=()):
    """Return a study with trials that have ended, of which each has reported a curve."""
    study = open_study(declaration, "mine", open_storage(tmp_path / "journal.log"))
    for number, curve in enumerate(curves):
        given = params[number] if params else {"rate": 0.1 ** (number % 3 + 1), "size": 8}
        trial = begin(study, declaration.space, given)
        for epoch, found in enumerate(curve, 1):
            trial.report(found, epoch)
        study.tell(trial, curve[-1])
    return study


def test_at_random_it_draws_what_optuna_would():
    declaration = replace(DECLARED, sampler="random")
    found = [draw(declaration, "mine", [])]
    # Another seed, other values; the same one, the same.
    found += [draw(replace(declaration, sampler_seed=1), "mine", [])]
    assert found[0] != found[1]
    assert draw(declaration, "mine", []) == found[0]
    assert 1e-4 <= found[0]["rate"] <= 1
    assert float(f"{found[0]['rate']:.4g}") == found[0]["rate"]


def test_what_lies_less_than_ahead_before_is_not_known(tmp_path):
    curves = [[4.0], [3.0], [2.0], [1.0], [9.0], [5.0]]
    params = [{"rate": 10.0 ** -(i % 4), "size": (8, 16, 32)[i % 3]} for i in range(6)]
    one = study_of(tmp_path, DECLARED, curves, params)
    (tmp_path / "other").mkdir()
    other = study_of(tmp_path / "other", DECLARED, [*curves[:4], [0.0], [0.1]], params)
    trials, changed = one.get_trials(), other.get_trials()
    near, far = replace(DECLARED, ahead=1), replace(DECLARED, ahead=3)
    drawn = [[draw(d, "mine", t) for t in (trials, changed)] for d in (near, far)]
    assert drawn[0][0] != drawn[0][1]
    assert drawn[1][0] == drawn[1][1]


def test_conditions_are_followed():
    space = {
        "size": {"choices": [8, 16]},
        "rate": {"low": 1.0, "high": 2.0, "step": 0.5, "when": {"size": 16}},
    }
    declaration = declared(space=space, sampler="random")
    drawn = [draw(replace(declaration, sampler_seed=s), "mine", []) for s in range(20)]
    assert {(p["size"], "rate" in p) for p in drawn} == {(8, False), (16, True)}
    assert {p["rate"] for p in drawn if "rate" in p} <= {1.0, 1.5, 2.0}


def test_a_study_lists_the_values_that_were_drawn(tmp_path):
    study = study_of(tmp_path, DECLARED, [[1.0]], [{"rate": 0.25, "size": 32}])
    (trial,) = study.get_trials()
    assert trial.params == {"rate": 0.25, "size": 32}
    assert suggest(study.ask(), "rate", DECLARED.space) != 0.25


CURVES = [[9.0, 5.0, 4.0, 3.0], [8.0, 6.0, 5.0, 4.0], [7.0, 7.0, 6.0, 5.0]]


def reporter(study, declaration, number, place=0):
    return Reporter(declaration, "mine", study._storage, number, place, 4)


@pytest.mark.parametrize("last", [4.5, 5.0, 5.5, 6.5, 7.5])
@pytest.mark.parametrize("warmup", [0, 1, 2])
def test_a_trial_is_stopped_where_its_best_is_worse_than_the_median(tmp_path, last, warmup):
    declaration = replace(DECLARED, warmup=warmup)
    study = study_of(tmp_path, declaration, CURVES)
    begin(study, declaration.space, {"rate": 0.5, "size": 8})
    own, stopped = [8.5, last, last, last], None
    report = reporter(study, declaration, 3).report
    for epoch, found in enumerate(own, 1):
        try:
            report({"val/sse": found, "epoch": epoch, "step": epoch})
        except PrunedError as error:
            stopped = (epoch, str(error))
            break
    # Written out: not in the warm-up, nor when all is done.
    expected = next(
        (epoch for epoch in range(warmup + 1, 4)
         if min(own[:epoch]) > median(curve[epoch - 1] for curve in CURVES)),
        None,
    )  # fmt: skip
    assert stopped == (expected and (expected, f"after epoch {expected} of 4"))
    reported = study.get_trials()[3].intermediate_values
    assert list(reported) == list(range(1, (expected or 4) + 1))


def test_few_trials_stop_none(tmp_path):
    declaration = replace(DECLARED, startup=4)
    study = study_of(tmp_path, declaration, CURVES)
    begin(study, declaration.space, {"rate": 0.5, "size": 8})
    for epoch in (1, 2, 3, 4):
        reporter(study, declaration, 3).report({"val/sse": 99.0, "epoch": epoch})


def test_what_is_reported_again_changes_nothing(tmp_path):
    study = study_of(tmp_path, DECLARED, CURVES)
    begin(study, DECLARED.space, {"rate": 0.5, "size": 8})
    first = reporter(study, DECLARED, 3)
    for epoch in (1, 2):
        first.report({"val/sse": 1.0, "epoch": epoch})
    # Another process, after a kill: its earlier epochs are in the run's folder.
    second = reporter(study, DECLARED, 3)
    for epoch in (1, 2, 2, 3):
        second.report({"val/sse": 1.0, "epoch": epoch})
    found = study.get_trials()[3]
    assert found.intermediate_values == {1: 1.0, 2: 1.0, 3: 1.0}
    assert found.state == TrialState.RUNNING


def test_what_has_no_epochs_or_another_measure_is_not_reported(tmp_path):
    study = study_of(tmp_path, DECLARED, CURVES)
    begin(study, DECLARED.space, {"rate": 0.5, "size": 8})
    report = reporter(study, DECLARED, 3).report
    # As of an encoder in closed form.
    report({"val/sse": 99.0, "epoch": 0, "step": 0})
    report({"val/psnr": 99.0, "epoch": 1, "step": 1})
    assert not study.get_trials()[3].intermediate_values


def test_no_process_waits_for_the_lock_of_one_that_was_killed(tmp_path):
    path = tmp_path / "journal.log"
    open_study(DECLARED, "mine", open_storage(path))
    assert {p.name for p in tmp_path.iterdir()} == {"journal.log"}
    # What a full disk leaves of a line.
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"op_code": 4, "wor')
    study = open_study(DECLARED, "mine", open_storage(path))
    begin(study, DECLARED.space, {"rate": 0.5, "size": 8})
    again = optuna.load_study(study_name="mine", storage=open_storage(path))
    assert [trial.params for trial in again.get_trials()] == [{"rate": 0.5, "size": 8}]
    assert path.read_bytes().startswith(whole)
