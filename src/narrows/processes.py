"""The processes of a distributed run."""

from pytorch_lightning.utilities import rank_zero_only


def is_first_process() -> bool:
    """Tell whether this is the process that owns the run's folder; true if there is only one."""
    return getattr(rank_zero_only, "rank", 0) == 0
