"""Experiment pipeline for encoder-decoder learning."""

__version__ = "0.1.0"
