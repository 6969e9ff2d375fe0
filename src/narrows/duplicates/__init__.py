"""Examples that are in two parts of a data set: the same, or nearly so."""

from narrows.duplicates.finding import Duplicates, find_duplicates
from narrows.duplicates.rows import Reader

__all__ = ["Duplicates", "Reader", "find_duplicates"]
