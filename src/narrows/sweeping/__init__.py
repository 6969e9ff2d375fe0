"""`narrows sweep`: options searched for, each trial an ordinary run."""
