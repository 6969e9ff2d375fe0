"""Maps: examples as points in the plane, where a run's codes have them."""
