"""W&B's sweeps: their files ask for real options, and what an agent starts is the agent's run."""

import pytest
import wandb
import yaml
from helpers import CONF
from running import SMALL, history, items, records, train, wandb_files
from wandb.sdk.launch.sweeps.utils import create_sweep_command_args

from narrows import wandb_service
from narrows.build import prune, validate
from narrows.config import compose_config, groups
from narrows.files import read_json

pytestmark = pytest.mark.xdist_group("tracking")

FILES = sorted((CONF / "sweep/wandb").glob("*.yaml"))
QUICK = [*SMALL, "task=denoising", "epochs=2"]
# Fewer scenes and steps than a sweep's runs have.
FEW = {
    "label_scenes": ["dataset.train=200", "dataset.val=40", "dataset.test=40", "trainer=cpu"],
    "denoise_digits": ["trainer=cpu"],
}


def points(sweep):
    """Return points of the search space that have each value, or end, of each parameter."""
    values = {
        name: p.get("values") or ([p["value"]] if "value" in p else [p["min"], p["max"]])
        for name, p in sweep["parameters"].items()
    }
    number = max(map(len, values.values()))
    return [{k: found[i % len(found)] for k, found in values.items()} for i in range(number)]


def words(sweep, point):
    """Return what W&B's agent would have narrows train, by W&B's own code."""
    args = {"args": {name: {"value": value} for name, value in point.items()}}
    program, verb, *rest = sweep["command"]
    assert (program, sweep["program"], verb) == ("${program}", "narrows", "train")
    assert rest.pop() == "${args_no_hyphens}"
    return [*rest, *create_sweep_command_args(args)["args_no_hyphens"]]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_choices_of_a_sweep_are_real_and_its_metric_is_logged(path, tmp_path):
    sweep = yaml.safe_load(path.read_text())
    for point in points(sweep):
        validate(prune(compose_config(words(sweep, point))))
    few = [*FEW[path.stem], "epochs=1", "steps_per_epoch=2", "tracker=none"]
    folder = train(tmp_path, *words(sweep, points(sweep)[0]), *few)
    name = sweep["metric"]["name"]
    assert name.startswith("val/")
    assert name in read_json(folder / "metrics.json")
    assert name in history(folder)[0]


def test_no_folder_of_sweeps_is_a_group_of_choices():
    assert "sweep" not in groups()


@pytest.fixture
def agent(monkeypatch):
    """Return a function that sets what an agent tells a process; W&B is offline."""
    monkeypatch.setenv("WANDB_MODE", "offline")
    monkeypatch.setenv("WANDB_SWEEP_ID", "sweep1")
    for name in ("WANDB_SERVICE", "WANDB_SWEEP_PARAM_PATH"):
        monkeypatch.delenv(name, raising=False)

    def start(run):
        # W&B reads the environment once in a process.
        wandb.teardown()
        monkeypatch.setenv("WANDB_RUN_ID", run)

    yield start
    wandb.teardown()


def logged(folder):
    """Return the identity and name of each W&B run in a folder, and the rows it has."""
    wandb.teardown()
    found = []
    for path in wandb_files(folder):
        held = list(records(path))
        run = next(r.run for r in held if r.HasField("run"))
        rows = [items(r.history.item) for r in held if r.HasField("history")]
        assert [r.exit.exit_code for r in held if r.HasField("exit")] == [0]
        found.append((run.run_id, run.display_name, rows))
    return found


def measured(rows):
    """Return the values of each epoch, and the last ones."""
    epochs, last = {}, {}
    for row in rows:
        numbers = {
            k: v for k, v in row.items() if k.startswith(("train/", "val/")) or k == "weights"
        }
        last |= numbers
        if "epoch" in row:
            epochs.setdefault(row["epoch"], {}).update(numbers)
    return epochs, last


def test_a_run_is_the_agents_and_a_finished_one_tells_the_next_agent_too(agent, tmp_path):
    agent("made0")
    folder = train(tmp_path, *QUICK)
    agent("made1")
    assert train(tmp_path, *QUICK) == folder
    (first, second) = logged(folder)
    assert [first[:2], second[:2]] == [("made0", folder.name), ("made1", folder.name)]
    for _, _, rows in (first, second):
        epochs, last = measured(rows)
        assert sorted(epochs) == [1, 2]
        for row in history(folder):
            its = {k: v for k, v in row.items() if "/" in k}
            assert epochs[row["epoch"]] == pytest.approx(its, rel=1e-6)
        last.pop("train/loss")
        assert last == pytest.approx(read_json(folder / "metrics.json"), rel=1e-6)


def test_many_runs_are_not_the_agents(agent, monkeypatch):
    agent("made0")
    assert wandb_service.agents_run() == "made0"
    monkeypatch.setattr(wandb, "setup", lambda settings: None)
    wandb_service.share_service()
    assert wandb_service.agents_run() is None
