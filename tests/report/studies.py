"""A made-up study, and what its stages would have written."""

import runpy
import subprocess
import sys
from contextlib import chdir, contextmanager
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from narrows.errors import exit_code
from narrows.files import write_json, write_yaml
from narrows.report.tables import compare

ROOT = Path(__file__).parents[2]
METHODS = {
    ("reconstruction", "frozen"): (0.06, 100_000),
    ("reconstruction", "finetune"): (0.08, 150_000),
    ("scratch", "scratch"): (0.0, 150_000),
    ("pca", "frozen"): (0.02, 1_290),
    ("denoising", "frozen"): (0.09, 100_000),
    ("denoising", "finetune"): (0.12, 150_000),
    ("independent", "scratch"): (-0.03, 400_000),
}
SCRATCH = {50: 0.30, 200: 0.42, 1000: 0.61}


CHOSEN = ("", "_tuned", "_tuned_per_label")


def made_up_details(first, strategy, labels, rng, k=10):
    """Results of each label: scratch is worse by a tenth of a point for each label's number."""
    gained = 0.0 if strategy == "scratch" else 0.01
    found = {
        "per_label": {
            "positives": [100 + number for number in range(k)],
            "average_precision": [0.5 + gained * number for number in range(k)],
        }
    }
    if first:
        matrices = {name: rng.uniform(0, 0.1, (k, k)) for name in ("observed", "predicted")}
        found["cooccurrence"] = {
            "labels": [str(n) for n in reversed(range(k))],
            **{name: (values + values.T).tolist() for name, values in matrices.items()},
            "shuffled": np.full((k, k), labels / 10_000).tolist(),
        }
    return found


def made_up(seeds=5):
    rng, others = np.random.default_rng(0), np.random.default_rng(1)
    runs = []
    for labels, base in SCRATCH.items():
        common = rng.normal(0, 0.015, seeds)
        for (strategy, transfer), (gain, weights) in METHODS.items():
            for seed in range(seeds):
                gained = gain * (1.1 - labels / 1000)
                score = base + gained + common[seed] + rng.normal(0, 0.006)
                runs.append(
                    {
                        "strategy": strategy,
                        "transfer": transfer,
                        "labels": labels,
                        "seed": seed,
                        "run": f"{strategy}-{transfer}-{labels}-seed{seed}",
                        "measures": {
                            "average_precision": score,
                            "micro_f1": score - 0.02,
                            "macro_f1": score - 0.04,
                            **{f"hamming_loss{ending}": 0.1 for ending in CHOSEN},
                            **{f"calibration_error{ending}": 0.05 for ending in CHOSEN},
                            "cooccurrence_lift_error": 0.2 - gained + seed / 1000,
                            "cooccurrence_lift_error_shuffled": 0.3 + seed / 1000,
                            "labels_without_positive": 0.0,
                        },
                        "details": made_up_details(seed == 0, strategy, labels, others),
                        "weights": weights,
                        "pretrained": None if transfer == "scratch" else f"{strategy}-seed{seed}",
                        "penalties": 13 if transfer == "frozen" else 0,
                        "seconds": 1.25,
                        "pretraining_seconds": 0.0 if transfer == "scratch" else 10.25,
                        "memory_mb": 400.0 + seed,
                        "pretraining_memory_mb": 500.0 if strategy == "denoising" else None,
                    }
                )
    return {
        "study": "digits",
        "question": "Does pretraining help on few labels?",
        "monitor": "average_precision",
        "labels": [str(n) for n in range(10)],
        "environment": {"python": "3.11.7", "torch": "2.13.0", "commit": "0123abc+"},
        "runs": runs,
        "failed": [],
        "pretraining": [
            {
                "strategy": strategy,
                "seed": seed,
                "run": f"{strategy}-seed{seed}",
                "measures": {"sse": sse + rng.normal(0, 0.05), "psnr": 19.1},
                "weights": 250_000,
                "seconds": 10.25,
                "memory_mb": 500.0,
            }
            for strategy, sse in {"pca": 6.0, "reconstruction": 4.5, "denoising": 4.9}.items()
            for seed in range(seeds)
        ],
        "pictures": {
            "denoising": ["input", "target", "output"],
            "reconstruction": ["target", "output"],
        },
    }


def declared(evaluation):
    keys = ("strategy", "transfer", "labels", "seed")
    runs = [
        {key: run[key] for key in keys} | {"runs": {"as it is": run["run"]}}
        for run in evaluation["runs"]
    ]
    return {
        "study": "digits",
        "question": "Does pretraining help on few labels?",
        "about": "Scenes of one to four handwritten digits; <labels> say which & where.",
        "labels": sorted({run["labels"] for run in runs}),
        "seeds": sorted({run["seed"] for run in runs}),
        "tune": evaluation.get("tune", {"seeds": 0, "transfers": [], "choices": []}),
        "overrides": overrides(evaluation),
        "runs": runs,
    }


def overrides(evaluation):
    """What each method's runs are composed from: words that tell which method it is."""
    found = {}
    for run in evaluation["runs"]:
        strategy, transfer = run["strategy"], run["transfer"]
        own = found.setdefault(strategy, {"pretrain": [f"first={strategy}"], "transfers": {}})
        choice = run.get("choice", "as it is")
        words = [f"then={strategy}", f"layers=[{transfer}]", f"chosen={choice!r}"]
        own["transfers"].setdefault(transfer, {})[choice] = words
    return found


CARD = {
    "dataset": {"_target_": "narrows.datasets.digit_scenes.DigitScenes", "train": 8000, "seed": 0},
    "spec": {"shape": [1, 20, 20], "labels": [str(n) for n in range(10)], "kind": "image"},
    "split_rule": "scenes composed with seed 0; the digits themselves are split first",
    "parts": {
        part: {"examples": n, "positives": {str(k): n // 4 + k for k in range(10)}}
        for part, n in {"train": 8000, "val": 1000, "test": 2000}.items()
    },
}


def build(folder, evaluation, study):
    build = folder / "build" / "digits"
    write_json(build / "evaluation.json", evaluation)
    write_yaml(build / "configs" / "study.yaml", study)
    write_json(build / "data" / "card.json", CARD)
    (build / "pictures").mkdir(exist_ok=True)
    noise = np.random.default_rng(0)
    for name, rows in evaluation["pictures"].items():
        size = (len(rows) * 22 - 2, 8 * 22 - 2)
        picture = Image.fromarray(noise.integers(0, 255, size, dtype=np.uint8))
        picture.resize((size[1] * 3, size[0] * 3)).save(build / "pictures" / f"{name}.png")


@contextmanager
def undrawn():
    """Have figures put together, but not drawn: a page's pictures are then empty.

    Drawing takes most of the time, and is for nothing where a test looks at words alone.
    """

    def savefig(figure, file, **options):
        file.write("<svg></svg>" if options["format"] == "svg" else b"")

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Figure, "savefig", savefig)
        yield


def run_compare(folder):
    return subprocess.run(
        [sys.executable, ROOT / "pipelines" / "compare.py", "digits"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def compare_here(folder):
    """Do what `run_compare` does in this process, without drawing; return the exit code."""
    stage = runpy.run_path(str(ROOT / "pipelines" / "compare.py"))
    with chdir(folder), undrawn(), pytest.MonkeyPatch.context() as patched:
        patched.setattr(sys, "argv", ["compare.py", "digits"])
        return exit_code(stage["main"])


def comparison(seeds=5):
    evaluation = made_up(seeds)
    return compare(evaluation, declared(evaluation))


def with_tuning(evaluation):
    """Have what is trained by steps try two choices, and baselines of scikit-learn two options."""
    tries = {"optimizer.lr=0.002": 0.3, "optimizer.lr=0.0005": 0.2}
    scratch = [run for run in evaluation["runs"] if run["strategy"] == "scratch"]
    fitted = {
        "strategy": "svm",
        "transfer": "scikit-learn",
        "tuning": [{"options": {"c": c}} for c in (1, 10)],
    }
    evaluation["runs"] += [{**run, **fitted, "run": f"svm-{run['run']}"} for run in scratch]
    for run in evaluation["runs"]:
        if run["transfer"] in ("scratch", "finetune"):
            run |= {"choice": "optimizer.lr=0.002", "validation": tries}
    choices = [[choice] for choice in tries]
    tune = {"seeds": 2, "transfers": ["scratch", "finetune"], "choices": choices}
    return evaluation | {"tune": tune}


def all_failed():
    """A study of which no run has finished."""
    evaluation = made_up()
    failed = [run | {"failed": "training diverged: the loss is nan"} for run in evaluation["runs"]]
    return evaluation | {
        "labels": [], "environment": {}, "runs": [], "failed": failed, "pretraining": [],
        "pictures": {},
    }  # fmt: skip


def many_labels(k=40):
    evaluation = made_up()
    evaluation["labels"] = [f"label {n}" for n in range(k)]
    for run in evaluation["runs"]:
        scores = [0.5] * k
        if run["strategy"] == "denoising" and run["transfer"] == "finetune":
            # All but ten are better, and the last one is far worse.
            scores = [0.5 + n / 1000 for n in range(k - 1)] + [0.1]
        run["details"] = {"per_label": {"positives": list(range(k)), "average_precision": scores}}
    return evaluation
