"""Which trials a sweep has: the same whatever ends first, however often it is cut off."""

import random
import sqlite3
from contextlib import closing
from dataclasses import replace
from itertools import groupby

import numpy as np
import optuna
import pytest
from jobs import SHORT, job
from sweeps import EPOCHS, Instant, declared, searched, told, value, with_wrong

from narrows import runs
from narrows.errors import UnfinishedError, UserError
from narrows.launching.job import Broken, Failed, Finished, do
from narrows.sweeping import storage
from narrows.sweeping.results import read_results
from narrows.sweeping.storage import ENDING, open_storage
from narrows.sweeping.trial import KEY, Seed

MANY = declared(trials=14, startup=4)


@pytest.fixture(scope="module")
def straight(tmp_path_factory):
    """What one worker finds."""
    with pytest.MonkeyPatch.context() as patched:
        study, _ = searched(MANY, tmp_path_factory.mktemp("straight"), patched)
        return told(study)


def test_it_searches(straight):
    values = [found[0] for _, state, found, _ in straight if state == "COMPLETE"]
    states = {state for _, state, _, _ in straight}
    assert states == {"COMPLETE", "PRUNED"}
    assert len(straight) == MANY.trials
    # Estimators come nearer than the random start; the formula's minimum is 1.0.
    assert min(values[4:]) < min(values[:4])
    assert len({tuple(params.items()) for params, *_ in straight}) > 10


@pytest.mark.parametrize("workers", [2, 4, 9])
def test_trials_do_not_depend_on_workers_nor_on_what_ends_first(
    straight, workers, tmp_path, monkeypatch
):
    rng = random.Random(workers)
    launcher = Instant(workers, lambda running: rng.randrange(len(running)))
    study, _ = searched(MANY, tmp_path, monkeypatch, launcher)
    assert told(study) == straight
    assert launcher.most == min(workers, MANY.ahead)


def test_more_trials_are_those_that_there_would_have_been(straight, tmp_path, monkeypatch):
    for trials in (5, 6, MANY.trials, 3):
        study, _ = searched(replace(MANY, trials=trials), tmp_path, monkeypatch)
    assert told(study) == straight
    assert len(read_results(replace(MANY, trials=3), study).trials) == 3


def test_sqlite_keeps_the_same(straight, tmp_path, monkeypatch):
    study, _ = searched(replace(MANY, storage="sqlite", trials=3), tmp_path, monkeypatch)
    assert told(study) == straight[:3]
    assert not (tmp_path / "journal.log").exists()


def test_a_locked_sqlite_is_told_in_one_line(tmp_path, digits_folder, monkeypatch, capfd):
    monkeypatch.setattr(storage, "LOCK_SECONDS", 0.2)
    declaration, path = declared(storage="sqlite"), tmp_path / storage.SQLITE
    study = storage.open_study(declaration, "mine", open_storage(path))
    storage.begin(study, declaration.space, {"rate": 0.1, "size": 8})
    asked = job(tmp_path, digits_folder, *SHORT)
    config = {**asked.config, KEY: Seed(declaration, "mine", path, 0, 0)}
    asked = replace(asked, config=config, module="narrows.sweeping.trial")
    reason = (
        f"{path}: database is locked by another process for more than 0.2 seconds; wait for it or "
        "end it"
    )
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        assert do(asked) == Broken(reason)
        with pytest.raises(UnfinishedError) as told_by_driver, storage.naming(path):
            study.get_trials()
        assert str(told_by_driver.value) == reason
    assert "Traceback" not in capfd.readouterr().err
    assert do(asked) == Finished()
    assert [t.intermediate_values.keys() for t in study.get_trials()] == [{1}]


def test_hyperband_stops_the_same_trials_whatever_ends_first(tmp_path, monkeypatch):
    declaration = replace(MANY, pruner="hyperband")
    one, _ = searched(declaration, tmp_path / "one", monkeypatch)
    rng = random.Random(1)
    launcher = Instant(4, lambda running: rng.randrange(len(running)))
    four, _ = searched(declaration, tmp_path / "four", monkeypatch, launcher)
    assert told(four) == told(one)
    assert "PRUNED" in {state for _, state, _, _ in told(one)}


def test_cut_off_after_each_line_of_the_journal(straight, tmp_path, monkeypatch):
    """A process may be killed between any two of its writes, and in one of them."""
    whole = tmp_path / "whole"
    searched(MANY, whole, monkeypatch)
    lines = (whole / "journal.log").read_bytes().splitlines(keepends=True)
    assert len(lines) > 100
    for kept in (1, 2, 3, *range(4, len(lines), 31)):
        folder = tmp_path / str(kept)
        folder.mkdir()
        (whole / "runs").rename(folder / "runs")
        (folder / "journal.log").write_bytes(b"".join(lines[:kept]) + lines[kept][:9])
        launcher = Instant()
        study, _ = searched(MANY, folder, monkeypatch, launcher)
        assert told(study) == straight
        # Runs that were finished are not trained again; pruned ones were not.
        pruned = sum(state == "PRUNED" for _, state, _, _ in straight)
        assert len(launcher.begun) <= pruned
        (folder / "runs").rename(whole / "runs")


def test_a_broken_run_stops_the_search_and_is_taken_up_again(straight, tmp_path, monkeypatch):
    ends = {4: Broken("its process was killed")}
    launcher = Instant(2, ends=lambda job: ends.get(job.config["sweep"].number))
    study, cut_off = searched(MANY, tmp_path, monkeypatch, launcher)
    assert cut_off == {4: "its process was killed"}
    assert study.get_trials()[4].state == optuna.trial.TrialState.RUNNING
    # Nothing else is begun than what was under way.
    assert 5 <= len(study.get_trials()) <= 7
    found = read_results(MANY, study)
    assert [trial.state for trial in found.trials if trial.number == 4] == ["cut off"]
    launcher = Instant(2)
    study, cut_off = searched(MANY, tmp_path, monkeypatch, launcher)
    assert not cut_off
    assert told(study) == straight
    assert len(launcher.begun) == len(set(launcher.begun))


def test_the_best_is_found_among_those_that_finished_after_one_that_was_cut_off(
    tmp_path, monkeypatch
):
    ends = {0: Broken("its process was killed")}
    launcher = Instant(2, ends=lambda job: ends.get(job.config["sweep"].number))
    study, _ = searched(MANY, tmp_path, monkeypatch, launcher)
    found = read_results(MANY, study)
    assert [trial.state for trial in found.trials] == ["cut off", "finished"]
    assert found.best().number == 1


def test_what_fails_is_shown_with_its_reason_and_the_others_go_on(tmp_path, monkeypatch):
    ends = {1: Failed("training diverged: the loss is nan")}
    launcher = Instant(ends=lambda job: ends.get(job.config["sweep"].number))
    study, cut_off = searched(declared(), tmp_path, monkeypatch, launcher)
    assert not cut_off
    found = read_results(declared(), study).trials
    assert (found[1].state, found[1].reason) == ("failed", "training diverged: the loss is nan")
    assert len(found) == 8
    assert study.get_trials()[1].state == optuna.trial.TrialState.FAIL


def test_values_that_do_not_go_together_fail_alone(tmp_path, monkeypatch):
    declaration = with_wrong(declared())
    study, _ = searched(declaration, tmp_path, monkeypatch)
    found = read_results(declaration, study).trials
    failed = [trial for trial in found if trial.params["size"] == "wrong"]
    assert 0 < len(failed) < 8
    assert {trial.reason for trial in failed} == {"size=wrong does not go with the others"}
    assert all(trial.values for trial in found if trial not in failed and trial.state != "pruned")


def test_a_value_that_is_no_number_is_a_failure(tmp_path, monkeypatch):
    monkeypatch.setattr("sweeps.value", lambda config, epoch=EPOCHS: float("nan"))
    declaration = declared(trials=2, pruner="none")
    study, _ = searched(declaration, tmp_path, monkeypatch)
    found = read_results(declaration, study)
    assert [trial.reason for trial in found.trials] == ["val/sse is (nan,)"] * 2
    with pytest.raises(UserError, match="no trial finished"):
        found.best()


def test_seeds_are_averaged(tmp_path, monkeypatch):
    declaration = declared(seeds=[0, 3, 7], pruner="none", trials=5)
    study, _ = searched(declaration, tmp_path, monkeypatch, Instant(2))
    for trial in read_results(declaration, study).trials:
        each = [value({**trial.params, "seed": seed}) for seed in (0, 3, 7)]
        assert trial.values == pytest.approx((np.mean(each),), rel=1e-12)
        assert trial.deviations == pytest.approx((np.std(each, ddof=1),), rel=1e-9)
        assert len(trial.runs) == 3
        # All seeds in a row.
        assert list(trial.reports) == list(range(1, 3 * EPOCHS + 1))
        assert trial.seconds == 3.0


def test_a_trial_is_stopped_before_its_other_seeds_are_trained(tmp_path, monkeypatch):
    declaration = declared(seeds=[0, 1], trials=14)
    launcher = Instant()
    study, _ = searched(declaration, tmp_path, monkeypatch, launcher)
    found = read_results(declaration, study).trials
    stopped = [trial for trial in found if trial.state == "pruned"]
    assert stopped
    folders = [tmp_path / "runs" / name for trial in stopped for name in trial.runs]
    assert not all((folder / runs.METRICS).is_file() for folder in folders)
    for trial in stopped:
        assert trial.reason == f"after epoch {max(trial.reports)} of {2 * EPOCHS}"


def test_values_that_were_drawn_twice_are_trained_once(tmp_path, monkeypatch):
    space = {"rate": {"choices": [0.1]}, "size": {"choices": [8, 16]}}
    declaration = declared(space=space, trials=6, sampler="random", pruner="none")
    launcher = Instant(3)
    study, _ = searched(declaration, tmp_path, monkeypatch, launcher)
    assert len(launcher.begun) == 2
    found = sorted((trial.params["size"], trial.values) for trial in study.get_trials())
    assert len(found) == 6
    for _, same in groupby(found, key=lambda pair: pair[0]):
        assert len({tuple(values) for _, values in same}) == 1


def test_two_objectives_are_kept_and_nothing_is_stopped(tmp_path, monkeypatch):
    both = {"val/sse": "minimize", "weights": "minimize"}
    declaration = declared(objectives=both, trials=6)
    study, _ = searched(declaration, tmp_path, monkeypatch)
    for trial in study.get_trials():
        expected = value({**trial.params, "seed": 0})
        assert trial.values == [expected, 10 * trial.params["size"]]
        assert not trial.intermediate_values


def test_a_finished_sweep_needs_no_launcher(tmp_path, monkeypatch):
    searched(declared(), tmp_path, monkeypatch)

    class No:
        def __enter__(self):
            pytest.fail("nothing is to be trained")

    searched(declared(), tmp_path, monkeypatch, No())


def test_how_a_trial_ended_is_in_the_storage_for_other_programs(tmp_path, monkeypatch):
    searched(declared(), tmp_path, monkeypatch)
    storage = open_storage(tmp_path / "journal.log")
    study = optuna.load_study(study_name="mine", storage=storage)
    for trial in study.get_trials():
        assert trial.state.is_finished()
        assert trial.user_attrs[ENDING]["values"] == (
            trial.values if trial.state == optuna.trial.TrialState.COMPLETE else []
        )
