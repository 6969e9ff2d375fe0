"""Terms of many documents, counted on all cores in memory that does not grow with them."""

import multiprocessing
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool

import numpy as np

from narrows.errors import UnfinishedError
from narrows.parallel import cores, end_with_parent, in_order, start_forkserver
from narrows.progress import Display
from narrows.text.terms import Analysis, Frequencies, count
from narrows.text.texts import Texts, in_chunks

_CHUNK = 2048
# Chunks that are counted before processes would have started.
_ALONE = 8
# With their counts about 300 MB.
_MOST_TERMS = 2_000_000


def document_frequencies(
    texts: Texts, rows: np.ndarray, analysis: Analysis, most: int = _MOST_TERMS, chunk: int = _CHUNK
) -> Frequencies:
    """Count in how many documents each term is.

    Beyond `most` terms the rarest are forgotten, so that the counts of those that come back are
    too low, by at most `missed`. Which ones does not depend on the number of processes.

    Args:
        texts: to read.
        rows: which of them.
        analysis: how they are cut into terms.
        most: terms to keep.
        chunk: documents to count at a time.

    Raises:
        UserError: if a process ends by itself.
    """
    chunks = in_chunks(rows, chunk)
    total, documents, missed = Counter[str](), 0, 0
    with Display("counting terms", len(rows), "documents") as display:
        for found in _counted(texts, chunks, analysis):
            total.update(found.terms)
            documents += found.documents
            if len(total) > most:
                total, lost = forget(total, most // 2)
                missed += lost
            display.show(min(documents, len(rows)))
    return Frequencies(total, documents, missed)


def forget(counts: Counter[str], most: int) -> tuple[Counter[str], int]:
    """Drop the rarest terms so that at most `most` are left; return how often they were at most."""
    numbers = np.sort(np.fromiter(counts.values(), np.int64, len(counts)))
    limit = int(numbers[-most - 1])
    return Counter({term: n for term, n in counts.items() if n > limit}), limit


def _counted(
    texts: Texts, chunks: list[np.ndarray], analysis: Analysis
) -> Iterator[Frequencies] | Iterable[Frequencies]:
    if len(chunks) <= _ALONE or cores() == 1:
        return (count(texts.read(rows.tolist()), analysis) for rows in chunks)
    return _in_processes(texts, chunks, analysis)


def _in_processes(
    texts: Texts, chunks: list[np.ndarray], analysis: Analysis
) -> Iterator[Frequencies]:
    start_forkserver([__name__, type(texts).__module__])
    context = multiprocessing.get_context("forkserver")
    with ProcessPoolExecutor(cores(), context, _begin_worker, (texts, analysis)) as pool:
        try:
            yield from in_order(pool, _work, chunks, 2 * cores())
        except BrokenProcessPool as error:
            raise UnfinishedError(
                "a process that counted terms ended by itself; memory may have run out; the same "
                "command goes on from here"
            ) from error
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


_given: tuple[Texts, Analysis] | None = None


def _begin_worker(texts: Texts, analysis: Analysis) -> None:
    global _given
    end_with_parent()
    _given = texts, analysis


def _work(rows: np.ndarray) -> Frequencies:
    assert _given is not None  # noqa: S101
    texts, analysis = _given
    return count(texts.read(rows.tolist()), analysis)
