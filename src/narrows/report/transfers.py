"""How a report calls and draws each transfer."""

from typing import Literal, NamedTuple


class Look(NamedTuple):
    """What stands for a transfer in tables and plots.

    Attributes:
        words: behind the strategy's name, e.g. 'denoising, fine-tuned'.
        heading: of its panel of curves.
        filling: of its methods' markers in plots of all.
    """

    words: str
    heading: str
    filling: Literal["none", "full", "left", "right", "bottom", "top"]


_LOOKS = {
    "frozen": Look("frozen", "frozen encoder", "none"),
    "finetune": Look("fine-tuned", "fine-tuned encoder", "full"),
    "head_first": Look("head first", "head first, then all", "left"),
    "layer_rates": Look("layer-wise rates", "layer-wise rates", "right"),
    "layerwise": Look("layer-wise", "layer-wise", "bottom"),
    "propagate": Look("labels propagated", "labels propagated", "top"),
}


def look(transfer: str) -> Look:
    """Return a transfer's look; one that has no pretrained encoder is called as it is named."""
    return _LOOKS.get(transfer, Look(transfer, transfer, "full"))
