"""What columns and cells of a study's table say, in the terminal, in Markdown and on the page."""

from narrows.report.figures import saved, saved_point
from narrows.report.rows import Row

DIFFERENCE, P, BEATS, SAVED = "difference to scratch", "p (Holm)", "beats scratch", "labels saved"
WEIGHTS, TRAINING, PRETRAINING = "weights", "s of training", "s of pretraining"
MEMORY = "memory, MB"
UNCLEAR = "unclear"


def labels_saved(row: Row, brief: bool = False) -> str:
    """Write how many times fewer labels than scratch a method needs.

    It is a dash where no difference was tested, and “unclear” where none is shown.

    Args:
        row: of the table.
        brief: leave out the interval.
    """
    if row.against is None or row.against.p_holm is None:
        return "–"
    if not row.clear:
        return UNCLEAR
    return (saved_point if brief else saved)(row.against.saving)
