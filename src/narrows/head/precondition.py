"""Preconditioners of the conjugate gradients: approximate inverses of each column's Hessian."""

from dataclasses import dataclass
from typing import ClassVar, Protocol

import torch
from torch import Tensor

# Both are estimates: as many rows give them well enough.
_ROWS = 4096
_TINY = 1e-12


class Preconditioner(Protocol):
    """Makes something of each column's Hessian, `parts`, that solves with it roughly.

    Attributes:
        patience: iterations of one solution that are put up with before parts are made anew.
    """

    patience: ClassVar[int]

    def parts(self, curvature: Tensor, ridge: Tensor) -> Tensor:
        """Return what `solve` needs of each column, (c, …); curvature is (c, n)."""
        ...

    def solve(self, r: Tensor, parts: Tensor) -> Tensor:
        """Return about H⁻¹ r for each column, r being (c, m + 1)."""
        ...


@dataclass(frozen=True)
class Axes:
    """The diagonal of the Hessian in the codes' principal axes, which all columns share.

    Correlated codes make conjugate gradients slow. In these axes ZᵀZ is diagonal, and ZᵀDZ nearly.

    Attributes:
        q: orthogonal, (m + 1, m + 1); the last row and column, of the ones, stay as they are.
        squares: of the sampled codes in these axes, (rows, m + 1).
        stride: every how many-th example is in the sample.
    """

    q: Tensor
    squares: Tensor
    stride: int
    patience: ClassVar[int] = 0

    @classmethod
    def of(cls, codes: Tensor) -> "Axes":
        """Find the axes of codes, (n, m + 1), whose last column is ones."""
        stride = -(-len(codes) // _ROWS)
        sample = codes[::stride]
        z = sample[:, :-1]
        q = torch.block_diag(torch.linalg.eigh(z.T @ z)[1], codes.new_ones(1, 1))
        return cls(q, (sample @ q).square(), stride)

    def parts(self, curvature: Tensor, ridge: Tensor) -> Tensor:
        """Return each column's diagonal, (c, m + 1)."""
        return curvature[:, :: self.stride] @ self.squares * self.stride + ridge + _TINY

    def solve(self, r: Tensor, parts: Tensor) -> Tensor:
        """Return Q diag(parts)⁻¹ Qᵀ r."""
        return ((r @ self.q) / parts) @ self.q.T


class Dense:
    """The inverse of each column's Hessian on a sample, in float32; for few columns."""

    patience: ClassVar[int] = 10

    def __init__(self, codes: Tensor) -> None:
        self.stride = -(-len(codes) // _ROWS)
        self.sample = codes[:: self.stride].float()

    @staticmethod
    def work(columns: int, codes: Tensor) -> int:
        """Return how many multiplications `parts` takes."""
        return columns * min(len(codes), _ROWS) * codes.shape[1] ** 2

    def parts(self, curvature: Tensor, ridge: Tensor) -> Tensor:
        """Return each column's inverse, (c, m + 1, m + 1)."""
        weight = (curvature[:, None, :: self.stride] * self.stride).float()
        hessian = (self.sample.T * weight) @ self.sample
        diagonal = hessian.diagonal(dim1=1, dim2=2)
        diagonal.add_(ridge + 1e-6 * diagonal + _TINY)
        factor, failed = torch.linalg.cholesky_ex(hessian)
        plain = torch.diag_embed(diagonal.sqrt())
        return torch.cholesky_inverse(torch.where(failed[:, None, None] > 0, plain, factor))

    def solve(self, r: Tensor, parts: Tensor) -> Tensor:
        """Return the inverse times r."""
        return (parts @ r.float()[:, :, None])[:, :, 0].to(r.dtype)
