"""Counts of terms, against a plain loop."""

import random
import re
from collections import Counter

import numpy as np
import pytest

from narrows.errors import UserError
from narrows.text import counting
from narrows.text.counting import document_frequencies, forget
from narrows.text.terms import Analysis, Frequencies, choose
from narrows.text.texts import TextList, Unreadable


def corpus(n, words=300):
    rng = random.Random(0)
    return [" ".join(f"w{int(words * rng.random() ** 3)}" for _ in range(20)) for _ in range(n)]


def plain(texts):
    return Counter(term for text in texts for term in {*re.findall(r"\w\w+", text.lower())})


def test_each_document_counts_once_for_a_term_and_only_those_asked_for():
    texts = ["The cat, the CAT and a dog", "Übel übel x", "dog_1 dog"]
    found = document_frequencies(TextList(texts), np.array([2, 0]), Analysis())
    assert found.terms == {"the": 1, "cat": 1, "and": 1, "dog": 2, "dog_1": 1}
    assert found.documents == 2
    assert Analysis().terms(texts[1]) == ["übel", "übel"]
    assert Analysis(lowercase=False).terms(texts[1]) == ["Übel", "übel"]
    assert Analysis(stop_words="english").terms(texts[0]) == ["cat", "cat", "dog"]


def test_a_document_that_cannot_be_read_does_not_count():
    class Broken(TextList):
        def read(self, rows):
            return (Unreadable("x") if row == 1 else self.texts[row] for row in rows)

    found = document_frequencies(Broken(["ab cd", "ab", "ab"]), np.arange(3), Analysis())
    assert found == Frequencies(Counter({"ab": 2, "cd": 1}), 2, 0)


def test_processes_count_what_one_counts(monkeypatch):
    texts = corpus(500)
    options = (TextList(texts), np.arange(500), Analysis(), 120, 50)
    found = document_frequencies(*options)
    monkeypatch.setattr(counting, "_in_processes", None)
    monkeypatch.setattr(counting, "cores", lambda: 1)
    assert document_frequencies(*options) == found
    assert 0 < len(found.terms) <= 120
    whole = document_frequencies(TextList(texts), np.arange(500), Analysis())
    assert whole == Frequencies(plain(texts), 500, 0)


def test_what_is_forgotten_is_rare_and_the_error_is_known():
    texts = corpus(2000, words=1000)
    found = document_frequencies(TextList(texts), np.arange(2000), Analysis(), 400, 500)
    truth = plain(texts)
    assert found.missed > 0
    assert len(found.terms) <= 1000
    for term, n in truth.items():
        assert n - found.missed <= found.terms[term] <= n


def test_forget_keeps_the_commonest():
    kept, limit = forget(Counter(a=5, b=1, c=2, d=2, e=9), 3)
    assert kept == {"a": 5, "e": 9}
    assert limit == 2


def test_vocabulary_is_by_documents_then_by_alphabet():
    found = Frequencies(Counter(b=3, a=3, d=7, c=1), 9)
    chosen = choose(found, 3, 1, "x")
    assert chosen.terms == ["d", "a", "b"]
    assert chosen.idf == pytest.approx([np.log(10 / 8) + 1, *[np.log(10 / 4) + 1] * 2])
    assert choose(found, 4, 2, "x") == chosen
    with pytest.raises(UserError, match=r"no term is in 8 or more .*min_documents"):
        choose(found, 4, 8, "x")
