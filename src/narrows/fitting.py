"""Fit one baseline: a function of its config and its data, tuned on the validation part."""

import time
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from threadpoolctl import threadpool_limits
from torchmetrics import Metric

from narrows import runs
from narrows.baselines.base import Baseline, Matrix, Options, shape
from narrows.build import make
from narrows.config import Config
from narrows.errors import FailedRunError
from narrows.files import write_json, write_yaml
from narrows.inputs import make_inputs
from narrows.loading import PackedDataset, labelled_subset
from narrows.matrices import matrix, standardize
from narrows.memory import watch_memory
from narrows.packing import read_spec
from narrows.randomness import derive
from narrows.recording import Progress
from narrows.spec import Spec
from narrows.tasks.multi_label import MultiLabel


@dataclass(frozen=True)
class Fit:
    """One fitted baseline.

    Attributes:
        predictions: for validation and test part, (n, k) each.
        weights: how many numbers they are made with.
        seconds: of fitting.
    """

    predictions: tuple[np.ndarray, np.ndarray]
    weights: int
    seconds: float


def train(
    config: Config, data: Path, folder: Path, progress: Progress, pretrained: Path | None = None
) -> bool:
    """Fit a baseline and measure it; a finished one is kept. Nothing of the model is.

    Args:
        config: baseline, task, labels and seed.
        data: folder of the prepared data set.
        folder: of the run.
        progress: is told of each option that was tried.
        pretrained: not used; no baseline starts from an encoder.

    Returns:
        False if the run was finished before.

    Raises:
        FailedRunError: if scikit-learn cannot fit it.
    """
    inputs = make_inputs(config, data, pretrained)
    with runs.locked(folder):
        runs.sweep(folder)
        if runs.is_complete(folder, inputs):
            return False
        runs.clear_if_stale(folder, inputs)
        write_yaml(folder / runs.CONFIG, config)
        write_json(folder / runs.ENVIRONMENT, runs.environment("cpu", inputs))
        torch.set_num_threads(1)
        memory = watch_memory("cpu")
        with threadpool_limits(1):
            found, metrics, seconds = _fit(config, data, progress)
        write_json(folder / runs.EVALUATION, found)
        runs.finish(folder, metrics, runs.Cost(seconds, memory()))
    return True


def _fit(
    config: Config, folder: Path, progress: Progress
) -> tuple[dict[str, Any], dict[str, float], dict[str, float]]:
    """Return what to keep: the evaluation, the metrics and the seconds."""
    spec = read_spec(folder)
    task = make(config["task"], spec=spec)
    train, val, test = (
        PackedDataset.open(folder, part, labelled=True) for part in ("train", "val", "test")
    )
    train = labelled_subset(train, config["labels"], config["seed"])
    x, *others = _inputs([train, val, test], spec)
    y, val_y, test_y = (part.y[:, task.columns] for part in (train, val, test))
    kind = import_module(f"narrows.baselines.{config['baseline']}").Baseline
    seed = derive(config["seed"], "baseline") % 2**32
    best, tried, seconds = None, list[dict[str, Any]](), 0.0
    for number, options in enumerate(kind.grid, 1):
        fit = _tried(kind(**options, seed=seed), options, x, y.numpy(), (others[0], others[1]))
        score = _score(task, spec, fit.predictions[0], val_y.numpy())
        tried.append({"options": options, f"val/{task.monitor}": score})
        seconds += fit.seconds
        if best is None or score > best[1]:
            best = fit, score, options
        progress(number, len(kind.grid), {})
    assert best is not None  # noqa: S101
    fit, score, options = best
    validation, tested = map(torch.from_numpy, fit.predictions)
    decisions = task.decide(validation, val_y.long())
    assessed = task.assess(tested, test_y.long(), decisions)
    found = {
        "measures": assessed.measures,
        "details": {"per_label": assessed.details["per_label"]},
        "weights": fit.weights,
        "options": options,
        "tuning": tried,
    }
    metrics = {f"val/{task.monitor}": score, "weights": fit.weights}
    return found, metrics, {"training": round(fit.seconds, 3), "tuning": round(seconds, 3)}


def _tried(
    baseline: Baseline, options: Options, x: Matrix, y: np.ndarray, others: tuple[Matrix, Matrix]
) -> Fit:
    """Fit the baseline with one of its options.

    Raises:
        FailedRunError: if it cannot be fitted to these examples, nor could be another time.
    """
    try:
        return fit_mixed(baseline, x, y, others)
    except (OSError, MemoryError):
        # The machine's, not the baseline's: the same run may succeed another time.
        raise
    except Exception as error:
        told = ", ".join(f"{name} {value}" for name, value in options.items())
        reason = ": ".join([type(error).__name__, *str(error).splitlines()[:1]])
        raise FailedRunError(f"with {told}: {reason}") from error


def _score(task: MultiLabel, spec: Spec, prediction: np.ndarray, y: np.ndarray) -> float:
    """Return the task's main measure; without a positive there is none, and no option is better."""
    measure = cast("Metric", task.metrics(spec)[task.monitor])
    measure.update(torch.from_numpy(prediction), torch.from_numpy(y).long())
    return float(measure.compute())


def _inputs(parts: list[PackedDataset], spec: Spec) -> list[Matrix]:
    """Return x of each part, on the scale that the first one has."""
    x = [matrix(part) for part in parts]
    scale = standardize(x[0], spec.kind)
    return [scale(rows) for rows in x]


def fit_mixed(baseline: Baseline, x: Matrix, y: np.ndarray, others: tuple[Matrix, Matrix]) -> Fit:
    """Fit the labels of which there are positives and negatives, and predict.

    What all of the examples have, or none, is predicted so: 1 or 0.

    Args:
        baseline: to fit.
        x: (n, d).
        y: (n, k).
        others: validation and test part, (., d) each.
    """
    constant, mixed = y[0].astype(float), (y != y[0]).any(0)
    totals = [np.zeros((shape(rows)[0], int(mixed.sum()))) for rows in others]
    models = baseline.fit(x, y[:, mixed]) if mixed.any() else iter(())
    count, weights, seconds = 0, int((~mixed).sum()), 0.0
    while True:
        started = time.monotonic()
        model = next(models, None)
        seconds += time.monotonic() - started
        if model is None:
            break
        count, weights = count + 1, weights + int(model.weights)
        for total, rows in zip(totals, others, strict=True):
            total += model.predict(rows)
    predictions = [np.tile(constant, (len(total), 1)) for total in totals]
    for prediction, total in zip(predictions, totals, strict=True):
        prediction[:, mixed] = total / max(count, 1)
    return Fit((predictions[0], predictions[1]), weights, seconds)
