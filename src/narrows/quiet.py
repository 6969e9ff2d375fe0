"""Lightning without its hints that do not apply here."""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def quiet() -> Iterator[None]:
    """Keep back Lightning's hints that do not apply here."""
    logging.getLogger("pytorch_lightning").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        # Batches are indexed, not loaded: workers would slow them down.
        warnings.filterwarnings("ignore", ".*does not have many workers.*")
        warnings.filterwarnings("ignore", ".*`srun` command is available.*")
        warnings.filterwarnings("ignore", ".*GPU available but not used.*")
        warnings.filterwarnings("ignore", ".*isinstance.treespec, LeafSpec.*")
        # Measures are synchronized by torchmetrics, the rest is the same in every process.
        warnings.filterwarnings("ignore", ".*It is recommended to use .self.log.*sync_dist.*")
        yield
