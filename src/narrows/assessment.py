"""A finished run's measures, and what is chosen on the validation part."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from narrows.loading import PackedDataset
from narrows.module import Module
from narrows.tasks.base import Assessed, Assessment, Compared
from narrows.tasks.reconstruction import Reconstruction

MEAN = "training mean"
# So many examples tell their mean.
_ENOUGH = 10_000


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


def measure_without(
    module: Module, data: PackedDataset, train: Callable[[], PackedDataset]
) -> tuple[str, dict[str, float]]:
    """Return what the task's answer without a network is called, and its measures; none without.

    A reconstruction's is the mean of the training examples.

    Args:
        module: whose task it is.
        data: the split to measure.
        train: opens the training part.
    """
    task = module.task
    if isinstance(task, Compared):
        return task.without_network, module.measured(data, task.answer_without)
    if not isinstance(task, Reconstruction):
        return "", {}
    mean = _mean(train().spread(_ENOUGH))
    return MEAN, module.measured(data, lambda inputs: mean.to(inputs).expand_as(inputs))


def _mean(data: PackedDataset) -> Tensor:
    """Return the mean of all examples, in the units of a network's input."""
    sums = [batch.x.double().sum(0) for batch in data.batches()]
    return (torch.stack(sums).sum(0) / len(data)).float()


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
