"""One file per transfer: where weights start and which are trained."""
