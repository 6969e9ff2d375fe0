"""How a report calls and draws each transfer."""

from typing import NamedTuple


class Look(NamedTuple):
    """What stands for a transfer in tables and plots.

    Attributes:
        words: behind the strategy's name, e.g. 'denoising, fine-tuned'.
        heading: of its panel of curves.
        marker: of its methods in plots of all.
    """

    words: str
    heading: str
    marker: str


_LOOKS = {
    "frozen": Look("frozen", "frozen encoder", "o"),
    "finetune": Look("fine-tuned", "fine-tuned encoder", "s"),
    "head_first": Look("head first", "head first, then all", "D"),
    "layer_rates": Look("layer-wise rates", "layer-wise rates", "^"),
    "layerwise": Look("layer-wise", "layer-wise", "v"),
    "propagate": Look("labels propagated", "labels propagated", "P"),
}
_OTHER_MARKER = "X"


def look(transfer: str) -> Look:
    """Return a transfer's look; one that has no pretrained encoder is called as it is named."""
    return _LOOKS.get(transfer, Look(transfer, transfer, _OTHER_MARKER))
