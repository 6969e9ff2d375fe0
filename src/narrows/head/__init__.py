"""The exact head: k ridge logistic regressions on one set of codes, all solved at once."""

from narrows.head.codes import StandardizedHead, fit_standardized
from narrows.head.fit import ClassWeight, Head, fit_head
from narrows.head.penalty import GRID, CrossValidation

__all__ = [
    "GRID",
    "ClassWeight",
    "CrossValidation",
    "Head",
    "StandardizedHead",
    "fit_head",
    "fit_standardized",
]
