"""One file per loss: a pure function of output and target, one value per example."""
