"""A finished run's measures, and what is chosen on the validation part."""

from typing import Any

from narrows.loading import PackedDataset
from narrows.module import Module
from narrows.tasks.base import Assessed, Assessment, Compared


def assess(
    module: Module, data: PackedDataset, decisions: dict[str, Any] | None = None
) -> Assessment:
    """Return what the task measures at the end of a run, over the whole of a split.

    Args:
        module: with its final weights.
        data: the split.
        decisions: chosen on the validation part, by `conclude`.
    """
    task = module.task
    if not isinstance(task, Assessed):
        return Assessment(module.evaluate(data))
    return task.assess(*module.predictions(data), decisions)


def measure_without(module: Module, data: PackedDataset) -> dict[str, float]:
    """Return the measures of the task's answer without a network; none if it has no such answer."""
    task = module.task
    return module.measured(data, task.answer_without) if isinstance(task, Compared) else {}


def conclude(
    module: Module, validation: PackedDataset
) -> tuple[dict[str, float], dict[str, Any] | None]:
    """Return the validation part's measures, and the decisions made on it; None without any.

    The measures do not use the decisions, which have seen these examples.
    """
    task = module.task
    if not isinstance(task, Assessed):
        return module.evaluate(validation), None
    prediction, target = module.predictions(validation)
    return task.assess(prediction, target, None).measures, task.decide(prediction, target)
