"""Codes as features, in scikit-learn's form: `Autoencoder` and `Codes`."""

from narrows.features.autoencoder import Autoencoder
from narrows.features.codes import Codes

__all__ = ["Autoencoder", "Codes"]
