"""Every random number is a function of (seed, purpose, epoch, step), so nothing is ever restored.

A run that is killed and resumed draws the same numbers as one that was not, and all strategies of
a comparison see the same batches.
"""

import hashlib

import torch
from torch import Tensor


def derive(seed: int, *purpose: str | int) -> int:
    """Return a 63-bit seed for one purpose, e.g. `derive(3, "noise", epoch, step)`."""
    text = "/".join(map(str, (seed, *purpose))).encode()
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "big") >> 1


def set_seed(seed: int, device: torch.device) -> None:
    """Seed torch's generator of the CPU and of `device`.

    torch.manual_seed does the same for every kind of device and takes 80 times as long, which
    shows when it is called at each step.
    """
    torch.default_generator.manual_seed(seed)
    if device.type == "cuda":
        torch.cuda.manual_seed(seed)
    elif device.type == "mps":
        torch.mps.manual_seed(seed)


def permutation(n: int, seed: int) -> Tensor:
    """Return a random order of 0..n-1, the same on every machine and device."""
    return torch.randperm(n, generator=torch.Generator().manual_seed(seed))
