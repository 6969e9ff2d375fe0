"""Measures that all tasks with x as target share."""

from torchmetrics import MetricCollection
from torchmetrics.image import PeakSignalNoiseRatio

from narrows.metrics import SquaredErrorPerExample
from narrows.spec import Spec


def restoration_metrics(spec: Spec) -> MetricCollection:
    """Return SSE, and PSNR in dB over the whole split for images."""
    measures = MetricCollection({"sse": SquaredErrorPerExample()})
    if spec.kind == "image":
        measures.add_metrics({"psnr": PeakSignalNoiseRatio(data_range=1.0)})
    return measures
