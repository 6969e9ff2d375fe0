"""Codes of examples: what a trained run's encoder makes of them, for other programs."""
