"""What a trained run's codes, filters and outputs mean, on one page."""
