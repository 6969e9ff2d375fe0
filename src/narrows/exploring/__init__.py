"""A page on which the two-number codes of a trained run are explored."""
