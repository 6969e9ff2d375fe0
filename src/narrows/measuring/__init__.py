"""How good predictions of labels are, beyond what is watched in each epoch."""
