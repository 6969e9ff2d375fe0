"""Whole pictures through trained networks, and what the results are worth."""
