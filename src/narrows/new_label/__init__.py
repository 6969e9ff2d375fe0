"""`narrows new-label`: one more label for a trained model, from a few examples of it."""
