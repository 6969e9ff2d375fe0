"""Codes on disk: quantized, entropy coded, and decoded by the run that made them."""
