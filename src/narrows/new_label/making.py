"""Learn the new label, measure what became of all labels, and write the run."""

import sys
import time
from dataclasses import asdict
from pathlib import Path

import torch
from torch import Tensor

from narrows import runs
from narrows.errors import UserError
from narrows.files import write_json
from narrows.loading import PackedDataset
from narrows.memory import watch_memory
from narrows.module import Module
from narrows.new_label.job import Job
from narrows.new_label.known import (
    average_precisions,
    measures_of,
    outputs_of,
    outputs_of_both,
    targets,
)
from narrows.new_label.model import grow
from narrows.new_label.result import Change, Result, write_result
from narrows.new_label.solving import Solution, codes_of, cross_validated, solve
from narrows.new_label.updating import Rows, numbered, same, update
from narrows.randomness import derive, permutation
from narrows.recording import Recorder, write_history
from narrows.single import PlainProgress
from narrows.training import device_of, save_weights


def make_run(job: Job, work: Path, started: float) -> None:
    """Write the run with one label more into the folder `work`, which has its config.

    Args:
        job: to do.
        work: the folder.
        started: when, by the monotonic clock; for the time that it took.
    """
    memory = watch_memory(device_of(job.config))
    z, y, numbers = _codes(job)
    solution = solve(z, y, job.options.penalty)
    module = grow(job.old, job.config, job.spec, solution.v, solution.b)
    seconds = {"solving": time.monotonic() - started}
    test = PackedDataset.open(job.data, "test", labelled=True)
    outputs = [*outputs_of_both(job.old.module, module, test)]
    rows = list[dict[str, float]]()
    if job.options.update:
        recorder = Recorder(work / runs.RESUME, PlainProgress())
        update(job.config, module, job.new, job.names, job.data, recorder, sys.stderr.isatty())
        seconds["training"], rows = recorder.elapsed, recorder.rows
        outputs.append(outputs_of(module, test))
    precision = cross_validated(z, y, numbers, job.options.penalty, job.config["seed"])
    write_json(work / runs.SPEC, asdict(job.spec))
    write_result(_result(job, solution, precision, y, test, outputs), work)
    save_weights(module, work)
    write_json(work / runs.EVALUATION, _measures(job, module, test, outputs[-1]))
    metrics = _metrics(job, module, solution)
    write_history(work / runs.HISTORY, rows or [{"epoch": 0, "step": 0, **metrics}])
    seconds["all"] = time.monotonic() - started
    spent = {name: round(value, 3) for name, value in seconds.items()}
    runs.finish(work, metrics, runs.Cost(spent, memory()))


def _codes(job: Job) -> tuple[Tensor, Tensor, Tensor]:
    """Return codes of positives and negatives, (n, m), which are which, (n,), and their numbers."""
    module, positives = job.old.module, job.new.positives
    negatives = job.new.negatives
    if negatives is None:
        negatives = _background(job)
    z = [codes_of(module, positives), codes_of(module, negatives)]
    y = [torch.ones(len(positives)), torch.zeros(len(negatives))]
    return torch.cat(z), torch.cat(y), numbered(positives, negatives)


def _background(job: Job) -> Rows:
    """Draw training examples that stand for negatives: all but the positives themselves."""
    train = PackedDataset.open(job.data, "train")
    order = permutation(len(train), derive(job.config["seed"], "background"))
    drawn = train.subset(order[: job.options.background])
    others = (~same(drawn.x, job.new.positives)).nonzero().flatten()
    if len(others) == 0:
        raise UserError("no training example is left to stand for a negative; give negatives=FILE")
    return drawn.subset(others).x


def _result(
    job: Job,
    solution: Solution,
    precision: float | None,
    y: Tensor,
    test: PackedDataset,
    outputs: list[Tensor],
) -> Result:
    """Return what came of it.

    Args:
        job: that was done.
        solution: of the convex problem.
        precision: cross-validated.
        y: which examples are positives, (n,).
        test: the test part.
        outputs: on it, of the old, the solved and the updated model.
    """
    old, options = job.old.spec.labels, job.options
    wanted = targets(test.y, job.names, job.labels)
    k, unchanged = len(old), torch.equal(outputs[0], outputs[-1][:, : len(old)])
    after = average_precisions(outputs[-1], wanted)
    before = after[:k] if unchanged else average_precisions(outputs[0], wanted[:, :k])
    changes = zip(old, before, after[:k], strict=True)
    return Result(
        label=options.label,
        model=job.config["pretrained"],
        positives=int(y.sum()),
        negatives=int((1 - y).sum()),
        background=job.new.negatives is None,
        gradient=solution.gradient,
        stored_gradient=None if options.update else solution.stored_gradient,
        cross_validated=precision,
        replay=options.replay if options.update else None,
        tested=len(test),
        unchanged=unchanged,
        solved=average_precisions(outputs[1][:, k:], wanted[:, k:])[0],
        precision=after[-1],
        changes=[Change(*change) for change in changes],
    )


def _measures(job: Job, module: Module, data: PackedDataset, outputs: Tensor) -> dict[str, float]:
    wanted = targets(data.y, job.names, job.labels)
    return measures_of(module, outputs, wanted, job.names)


def _metrics(job: Job, module: Module, solution: Solution) -> dict[str, float]:
    """Return what a finished run's metrics say."""
    val = PackedDataset.open(job.data, "val", labelled=True)
    found = _measures(job, module, val, outputs_of(module, val))
    weights = sum(p.numel() for p in module.parameters())
    metrics = {**{f"val/{name}": value for name, value in found.items()}, "weights": weights}
    # After an update they would say nothing of the head that the run keeps.
    if not job.options.update:
        metrics["head_gradient"] = solution.gradient
        metrics["head_stored_gradient"] = solution.stored_gradient
    return metrics
