"""Bags of words: what each term of a document weighs."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Literal

import numpy as np
from scipy.sparse import csr_array

from narrows.datasets.base import Block
from narrows.text.terms import Analysis, Vocabulary
from narrows.text.texts import Texts, Unreadable

Weighting = Literal["counts", "binary", "tfidf"]


def weigh(counts: csr_array, weighting: Weighting, idf: np.ndarray) -> csr_array:
    """Return bags of words with weights, as float32.

    Args:
        counts: (n, d) how often each term is in each document.
        weighting: counts as they are, 1 for a term that is there, or term frequency times inverse
            document frequency with rows of length 1.
        idf: (d,) inverse document frequency of each term.
    """
    n = len(counts.indptr) - 1
    data = np.asarray(counts.data, np.float64)
    if weighting == "binary":
        data = np.ones_like(data)
    elif weighting == "tfidf":
        data = data * idf[counts.indices]
        row = np.repeat(np.arange(n), np.diff(counts.indptr))
        # Each of these rows has a term, so that its length is not 0.
        data /= np.sqrt(np.bincount(row, data**2, n))[row]
    return csr_array((data.astype(np.float32), counts.indices, counts.indptr), shape=(n, len(idf)))


class Bags:
    """Turns texts into weighted bags of words; picklable."""

    def __init__(self, analysis: Analysis, vocabulary: Vocabulary, weighting: Weighting) -> None:
        self.weighting: Weighting = weighting
        self.idf = np.array(vocabulary.idf)
        self.counter = analysis.counter(vocabulary=vocabulary.terms)

    def __call__(self, texts: Iterable[str]) -> csr_array:
        """Return (n, d) float32; zeros for a text without any known term."""
        return weigh(csr_array(self.counter.transform(texts)), self.weighting, self.idf)


class BagRows:
    """Documents that become bags of words when they are asked for.

    Args:
        texts: to read.
        rows: which of them.
        bags: how they become numbers.
        notes: a folder for how many documents of each block have no known term, or None; see
            `empty_documents`.
        part: its name in these notes.
    """

    sparse = True
    dtype = np.dtype(np.float32)

    def __init__(
        self, texts: Texts, rows: np.ndarray, bags: Bags, notes: Path | None = None, part: str = ""
    ) -> None:
        self.texts, self.rows, self.bags = texts, rows, bags
        self.notes, self.part = notes, part
        self.shape = (len(rows), len(bags.idf))

    def block(self, start: int, stop: int) -> Block:
        """Read the documents from `start` to before `stop`."""
        problems = dict[int, str]()
        values = self.bags(self._readable(self.rows[start:stop].tolist(), problems))
        if self.notes is not None:
            empty = int((np.diff(values.indptr) == 0).sum()) - len(problems)
            (self.notes / f"{self.part}.{start}").write_text(str(empty), encoding="utf-8")
        return Block(values, problems)

    def _readable(self, rows: list[int], problems: dict[int, str]) -> Iterator[str]:
        """Yield texts, an empty one in place of one that cannot be read, which is noted."""
        for place, text in enumerate(self.texts.read(rows)):
            if isinstance(text, Unreadable):
                problems[place] = text.problem
                yield ""
            else:
                yield text


def empty_documents(notes: Path, parts: Iterable[str]) -> dict[str, int]:
    """Return how many documents of each part have no known term, once all were read."""
    return {
        part: sum(int(p.read_text(encoding="utf-8")) for p in notes.glob(f"{part}.*"))
        for part in parts
    }
