"""The graph of stages: an edit runs what depends on it and nothing else."""

import csv
import json
import shlex
import subprocess
import sys

import pytest
import yaml
from clones import SMALL, STRATEGIES, STUDY, Clone

# In one process: the study that they all start from takes a minute.
pytestmark = pytest.mark.xdist_group("graph")

ALL = {
    "compose@digits",
    "prepare@digits",
    "baselines@digits",
    *(f"{stage}@{strategy}" for stage in ("pretrain", "finetune") for strategy in STRATEGIES),
    "evaluate@digits",
    STUDY,
}


BASELINES = 2
STAGES = ("compose", "train", "measure")


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    """A copy of the project in which the study has run."""
    made = Clone.of_project(tmp_path_factory.mktemp("clone") / "narrows")
    made.first = made.repro()
    return made


def test_every_stage_runs_once(clone):
    assert clone.first == ALL
    assert clone.repro() == set()


def test_the_report_is_there(clone):
    names = {path.name for path in (clone.folder / "reports/digits").iterdir()}
    assert names >= {"index.html", "report.md", "results.json", "metrics.json"}
    assert names >= {"curves.csv", "curves.png", "differences.png"}


def test_the_evaluation_has_what_a_report_says_of_labels(clone):
    evaluated = json.loads((clone.folder / "build/digits/evaluation.json").read_text())
    assert evaluated["monitor"] == "average_precision"
    # As many as there are in narrows.head.GRID, where a head was cross-validated.
    tried = {run["transfer"]: run.get("penalties") for run in evaluated["runs"]}
    assert tried == {"scratch": 0, "frozen": 13, "finetune": 0, "scikit-learn": None}
    assert evaluated["labels"] == list("0123456789")
    assert evaluated["environment"].keys() >= {"python", "torch", "commit", "scikit-learn"}
    for run in evaluated["runs"]:
        details = run["details"]
        assert len(details["per_label"]["average_precision"]) == 10
        assert "micro_f1_tuned_per_label" in run["measures"]
        assert sys.platform != "linux" or 50 < run["memory_mb"] < 5000
        # A heat map is of the first seed of an encoder.
        drawn = run["seed"] == 0 and run["transfer"] != "scikit-learn"
        assert ("cooccurrence" in details) == drawn
    assert all("details" not in run for run in evaluated["pretraining"])


def test_the_commands_of_the_page_find_the_runs_of_the_study(clone):
    before = written(clone)
    again = {it["method"]: it for it in json.loads(clone.report("results.json"))["again"]}
    assert set(again) == {"scratch", "denoising, frozen", "denoising, fine-tuned"}
    it = again["denoising, fine-tuned"]
    for command in it["commands"]:
        words = [sys.executable, "-m", *shlex.split(command)]
        done = subprocess.run(
            words, cwd=clone.folder, env=clone.environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        assert "this run was finished before; its results are kept" in done.stderr
    assert f"runs/{it['run']}" in done.stdout
    assert written(clone) == before


def test_only_the_lock_file_is_new_to_git(clone):
    assert clone.run("git", "status", "--porcelain") == "?? dvc.lock\n"
    ignored = [p for p in clone.folder.rglob(".gitignore") if ".git" not in p.parts]
    assert {p.relative_to(clone.folder).as_posix() for p in ignored} == {
        ".gitignore",
        ".dvc/.gitignore",
    }


def test_an_edit_of_a_strategys_config_runs_that_strategy(clone):
    pretraining = [name for name in sorted(ALL) if name.startswith("pretrain")]
    with clone.edited(("conf/corruption/gaussian.yaml", "sigma: 0.3", "sigma: 0.2")):
        assert clone.repro(*pretraining) == {"compose@digits", "pretrain@digits-denoising"}
        # Each of these has what pretraining wrote among its dependencies, or the config.
        assert clone.waiting() == {"finetune@digits-denoising", "evaluate@digits", STUDY}


def test_an_edit_of_a_strategys_code_runs_that_strategy(clone):
    path = "src/narrows/corruptions/gaussian.py"
    with clone.edited((path, "import torch\n", "import torch\n\nSOMETHING = 1\n")):
        assert clone.repro("compose@digits") == {"compose@digits"}
        # What pretraining feeds waits once it has run, as in the test above.
        assert clone.waiting() == {"pretrain@digits-denoising"}


def written(clone):
    """Return when each run was finished."""
    return {p.parent.name: p.stat().st_mtime_ns for p in clone.folder.glob("runs/*/metrics.json")}


def test_an_edit_of_a_baselines_code_fits_that_baseline(clone):
    path = "src/narrows/baselines/linear.py"
    before = written(clone)
    with clone.edited((path, "STEPS = 2000", "STEPS = 2001")):
        assert clone.repro("baselines@digits") == {"compose@digits", "baselines@digits"}
        assert clone.waiting() == {"evaluate@digits"}
        after = written(clone)
        # Of two seeds.
        assert sum(after[name] != before[name] for name in before) == 2


def test_a_baseline_that_fails_is_reported_and_the_study_goes_on(clone):
    broken = "def fit(self, x: Matrix, y: np.ndarray) -> Iterator[Model]:\n"
    path = "src/narrows/baselines/linear.py"
    with clone.edited((path, broken, f"{broken}        raise ValueError('never fits')\n")):
        assert clone.repro() >= {"baselines@digits", "evaluate@digits", STUDY}
        found = json.loads(clone.report("results.json"))
        assert found["failed"] == [
            f"logistic regression, 50 labels, seed {seed}: with c 0.001: ValueError: never fits"
            for seed in (0, 1)
        ]
        assert {row["strategy"] for row in found["rows"]} == {"scratch", "denoising", "svm"}
        assert found["failed"][0] in clone.report("index.html")


def test_a_comment_and_an_edit_of_the_report_train_and_measure_nothing(clone):
    comment = ("conf/encoder/mlp.yaml", "_target_", "# A comment.\n_target_")
    with clone.edited(
        comment, ("src/narrows/report/base.html.j2", "</body>", "<p>seen</p></body>")
    ):
        assert clone.repro() == {"compose@digits", STUDY}
        assert "<p>seen</p>" in clone.report("index.html")
    assert "<p>seen</p>" not in clone.report("index.html")


def test_metrics_are_shown_though_the_other_study_never_ran(clone):
    shown = json.loads(clone.dvc("metrics", "show", "--json"))[""]["data"]
    values = shown["reports/digits/metrics.json"]["data"]
    assert values == json.loads(clone.report("metrics.json"))
    assert 0 < values["denoising-finetune"]["50"]["average_precision"] < 1


def test_plots_hold_the_curves_though_the_other_study_never_ran(clone):
    clone.dvc("plots", "show")
    page = (clone.folder / "dvc_plots/index.html").read_text()
    rows = list(csv.DictReader(clone.report("curves.csv").splitlines()))
    assert {row["method"] for row in rows} >= {"scratch", "logistic regression", "SVM"}
    assert len(rows) == 3 + BASELINES
    for row in rows:
        assert row["method"] in page
        assert row["average_precision"] in page
    assert '"color": {"field": "method"' in page


def test_experiments_and_changed_params_are_shown(clone):
    assert json.loads(clone.dvc("exp", "show", "--json"))
    changed = json.loads(clone.dvc("params", "diff", "--json"))
    assert "build/digits/configs/study.yaml" in changed


def test_a_restoration_is_connected_and_no_part_of_a_study(clone):
    # That a study has none is in ALL.
    composed, *others = (f"{name}_restoration@denoiser" for name in STAGES)
    clone.set_overrides("epochs=1 seed=3", "restoration_overrides")
    assert clone.repro(composed) == {composed}
    plan = yaml.safe_load((clone.folder / "build/restorations/denoiser/plan.yaml").read_text())
    config = plan["training"]["config"]
    assert (config["epochs"], config["seed"]) == (1, 3)
    assert config["tracker"]["group"] == "denoiser"
    waiting = json.loads(clone.dvc("status", "--json", "--with-deps", others[-1]))
    assert set(waiting) == set(others)


def test_an_experiment_with_fewer_seeds_counts_declared_runs_only(clone):
    # Experiments change params.yaml: this test is the last.
    overrides = f"seeds=[0] {SMALL}"
    clone.dvc("exp", "run", "-S", f"overrides='{overrides}'", STUDY)
    build = clone.folder / "build/digits"
    config = yaml.safe_load((build / "configs/pretrain/denoising.yaml").read_text())
    assert config["seeds"] == [0]
    rows = json.loads(clone.report("results.json"))["rows"]
    assert len(rows) == 3 + BASELINES
    assert {m["seeds"] for row in rows for m in row["measures"].values()} == {1}
    evaluated = json.loads((build / "evaluation.json").read_text())["runs"]
    assert {run["seed"] for run in evaluated} == {0}
    assert {p.name[-5:] for p in (clone.folder / "runs").iterdir()} == {"seed0", "seed1"}
