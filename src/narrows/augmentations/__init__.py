"""One file per augmentation: other examples of the same kind, made anew at each training step."""
