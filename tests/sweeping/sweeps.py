"""Sweeps whose trials take no time: their values are a formula, their runs a few files."""

import math
from dataclasses import replace
from types import SimpleNamespace

from narrows import runs
from narrows.config import run_name
from narrows.errors import PrunedError, UserError
from narrows.files import write_json
from narrows.launching.job import Failed, Finished, Job
from narrows.recording import write_history
from narrows.sweeping import search as module
from narrows.sweeping.declaration import Declaration
from narrows.sweeping.search import Search
from narrows.sweeping.space import Dimension, read_space
from narrows.sweeping.storage import open_storage, open_study, storage_path
from narrows.sweeping.trial import KEY

EPOCHS = 4
SPACE = {"rate": {"low": 1e-4, "high": 1.0, "log": True}, "size": {"choices": [8, 16, 32]}}


def declared(**options):
    """Return a sweep of one objective, of which some options are given."""
    space = read_space(options.pop("space", SPACE))
    given = {"objectives": {"val/sse": "minimize"}, "trials": 8, "startup": 3} | options
    return Declaration("mine", space, **given)


def value(config, epoch=EPOCHS):
    """Return what a run of this config would have on the validation part after an epoch."""
    rate, size, seed = config["rate"], config["size"], config["seed"]
    return (math.log10(rate) + 2) ** 2 + 8 / size + 0.01 * seed + 3.0 / epoch


def row(config, epoch):
    return {"val/sse": value(config, epoch), "epoch": epoch, "step": epoch}


class Instant:
    """A launcher that has all runs ended at once, and tells so in the order of `choose`.

    Args:
        workers: the most runs at once.
        choose: of the runs that have begun, the place of the one that ends next.
        broken: how a run ends in place of its training, None for most.
    """

    def __init__(self, workers=1, choose=lambda running: 0, ends=lambda job: None):
        self.workers, self.choose, self.ends = workers, choose, ends
        self.running, self.begun, self.most = [], [], 0

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.running.clear()

    @property
    def has_room(self):
        return len(self.running) < self.workers

    def start(self, job):
        self.running.append(job)
        self.begun.append(job.folder.name)
        self.most = max(self.most, len(self.running))

    def wait(self):
        job = self.running.pop(self.choose(self.running))
        return [(job, self.ends(job) or train(job))]


def train(job):
    """Do what the module of a trial does, without a network."""
    seed, config = job.config[KEY], {k: v for k, v in job.config.items() if k != KEY}
    reporter = seed.reporter(EPOCHS)
    rows = []
    for epoch in range(1, EPOCHS + 1):
        rows.append(row(config, epoch))
        try:
            if reporter:
                reporter.report(rows[-1])
        except PrunedError as error:
            return Failed(str(error))
    write_history(job.folder / runs.HISTORY, rows)
    write_json(job.folder / runs.ENVIRONMENT, {"inputs": {}, "seconds": {"training": 1.0}})
    metrics = {"val/sse": value(config), "weights": 10 * config["size"]}
    write_json(job.folder / runs.METRICS, metrics)
    return Finished()


def searched(declaration, folder, monkeypatch, launcher=None):
    """Search in a folder; return the study and what came between trials and their ends."""
    monkeypatch.setattr(module, "prepare_run", lambda run, name: _job(run, folder, name))
    monkeypatch.setattr(module, "is_finished", lambda job: (job.folder / runs.METRICS).is_file())
    folder.mkdir(parents=True, exist_ok=True)
    path = storage_path(declaration, folder)
    plan = SimpleNamespace(
        declaration=declaration, study="mine", check_trial=lambda params: _runs(declaration, params)
    )
    study = open_study(declaration, plan.study, open_storage(path))
    search = Search(plan, study, path)  # pyright: ignore
    return study, search.run(lambda: launcher or Instant())


def _runs(declaration, params):
    if params["size"] == "wrong":
        raise UserError("size=wrong does not go with the others")
    return [{**params, "seed": seed, "epochs": EPOCHS} for seed in declaration.seeds]


def _job(config, folder, module_name):
    return Job(config, folder / "data", folder / "runs" / run_name(config), None, module_name)


def told(study):
    """Return of each trial its values, its state and what was measured."""
    return [
        (t.params, t.state.name, t.values, t.intermediate_values)
        for t in study.get_trials(deepcopy=False)
    ]


def with_wrong(declaration):
    """Return the sweep with a choice that goes with nothing."""
    space = dict(declaration.space)
    space["size"] = Dimension(replace(space["size"].values, values=(8, "wrong")), {})
    return replace(declaration, space=space)
