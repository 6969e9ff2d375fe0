"""The most memory that a run has at once, in MB (10⁶ bytes).

On the processor it is the most that was resident of the run's process, with Python, its libraries
and what was read of mapped data; on a GPU the most that tensors took there.
"""

from collections.abc import Callable
from pathlib import Path

import torch

_CLEAR, _STATUS = Path("/proc/self/clear_refs"), Path("/proc/self/status")


def watch_memory(device: str) -> Callable[[], float | None]:
    """Begin to watch; what is returned tells the most memory since, None where that is not known.

    Args:
        device: that the run computes on: cpu, mps, or the name of a GPU.
    """
    if device == "cpu":
        return _resident if _lowered() else _unknown
    if device == "mps":
        return _unknown
    for gpu in _gpus():
        torch.cuda.reset_peak_memory_stats(gpu)
    return _allocated


def _lowered() -> bool:
    """Lower the mark of the most resident memory to what is resident now; False if it cannot be.

    getrusage's maximum never falls: in a process that trains several runs one after another, each
    would have at least what the largest one before it had. Linux alone lets its mark be lowered.
    """
    try:
        _CLEAR.write_text("5")
    except OSError:
        return False
    return True


def _resident() -> float:
    mark = next(line for line in _STATUS.read_text().splitlines() if line.startswith("VmHWM"))
    return round(int(mark.split()[1]) * 1024 / 1e6, 1)


def _allocated() -> float | None:
    """Return the most that one GPU had; None for a run that was solved without it."""
    most = max((torch.cuda.max_memory_allocated(gpu) for gpu in _gpus()), default=0)
    return round(most / 1e6, 1) or None


def _gpus() -> range:
    # Asking would start CUDA in a process that does not use it, and that takes memory.
    return range(torch.cuda.device_count() if torch.cuda.is_initialized() else 0)


def _unknown() -> None:
    """Tell that the system does not say."""
