"""Where runs are trained: in processes here, or by the scheduler of a cluster. Imports no torch."""
