"""Which terms make the vocabulary: those in most documents of the train part."""

import heapq
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from math import log
from typing import Any, Literal, NamedTuple

from narrows.errors import UserError
from narrows.text.texts import Unreadable

StopWords = Literal["english"] | None


@dataclass(frozen=True)
class Analysis:
    """How a text is cut into terms: runs of two or more letters, digits or underscores.

    Attributes:
        lowercase: whether capitals become small.
        stop_words: leave out scikit-learn's list of common English words.
    """

    lowercase: bool = True
    stop_words: StopWords = None

    def counter(self, **options: Any) -> Any:
        """Return scikit-learn's CountVectorizer that cuts texts so."""
        from sklearn.feature_extraction.text import CountVectorizer

        return CountVectorizer(lowercase=self.lowercase, stop_words=self.stop_words, **options)

    @cached_property
    def terms(self) -> Callable[[str], list[str]]:
        """A function from a text to its terms, in order."""
        return self.counter().build_analyzer()

    def __getstate__(self) -> dict[str, Any]:
        # The function cannot be pickled.
        return {"lowercase": self.lowercase, "stop_words": self.stop_words}


class Frequencies(NamedTuple):
    """In how many documents each term is.

    Attributes:
        terms: the counts.
        documents: how many documents were counted.
        missed: by how much a count may be too low, because rare terms were forgotten.
    """

    terms: Counter[str]
    documents: int
    missed: int = 0


def count(texts: Iterable[str | Unreadable], analysis: Analysis) -> Frequencies:
    """Count in how many of the texts each term is; those that cannot be read do not count."""
    found, documents, terms = Counter[str](), 0, analysis.terms
    for text in texts:
        if not isinstance(text, Unreadable):
            found.update(set(terms(text)))
            documents += 1
    return Frequencies(found, documents)


class Vocabulary(NamedTuple):
    """The terms that are columns, the one in most documents first.

    Attributes:
        terms: the columns, in order.
        idf: of each: ln((1 + n) / (1 + f)) + 1, if f of n documents in train have it.
        documents: how many documents of train it was learned on.
        missed: see `Frequencies`.
    """

    terms: list[str]
    idf: list[float]
    documents: int
    missed: int = 0


def choose(found: Frequencies, size: int, min_documents: int, source: str) -> Vocabulary:
    """Return the terms in most documents; of two in as many, the first in the alphabet.

    Args:
        found: in the train part.
        size: how many terms at most.
        min_documents: that a term has to be in.
        source: to name in an error.

    Raises:
        UserError: if there is none.
    """
    common = ((n, term) for term, n in found.terms.items() if n >= min_documents)
    chosen = heapq.nsmallest(size, common, key=lambda pair: (-pair[0], pair[1]))
    if not chosen:
        raise UserError(
            f"{source}: no term is in {min_documents} or more of the {found.documents} documents "
            "of the train part; bring more text, or lower dataset.min_documents"
        )
    idf = [log((1 + found.documents) / (1 + n)) + 1 for n, _ in chosen]
    return Vocabulary([term for _, term in chosen], idf, found.documents, found.missed)
