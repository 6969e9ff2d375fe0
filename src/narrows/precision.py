"""Whether a processor has the precision that a run asks for."""

import torch

from narrows.config import Config


def slow_precision(config: Config) -> str | None:
    """Return what to tell of a precision that the processor only imitates; None if there is none.

    The precision itself stays as the config has it: results must not depend on the machine.

    Args:
        config: of a run that is trained on the processor.
    """
    if not str(config["trainer"].get("precision")).startswith("bf16") or _has_bfloat16():
        return None
    return (
        "this processor has no bfloat16 in hardware: with trainer.precision=32-true training would "
        "take a part of the time"
    )


def _has_bfloat16() -> bool:
    mkldnn = torch.backends.mkldnn.is_available()
    return not mkldnn or torch.ops.mkldnn._is_mkldnn_bf16_supported()
