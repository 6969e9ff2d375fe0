"""Optimizers that torch does not have, or has for part of the weights only."""
