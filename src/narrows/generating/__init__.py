"""New examples, decoded from codes near those of training examples or drawn from a density."""
