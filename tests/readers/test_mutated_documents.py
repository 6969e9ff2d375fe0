"""Files of documents with accidents: each is read whole, or told in one line."""

import gzip
import random

import pytest
from fuzzing import CASES, fuzz, mutated

from narrows.datasets import documents
from narrows.datasets.documents import Documents
from narrows.errors import UserError

LINES = [
    '{"text": "The cat, the dog", "labels": ["a", "b"], "part": "train"}',
    '{"text": "nothing\\nelse", "labels": [], "part": "val"}',
    '{"text": "Übel naïve", "labels": null, "part": "train"}',
    '{"text": "the cat", "labels": ["a"], "part": "test"}',
    '{"text": "the dog", "labels": ["c c"], "part": "train"}',
]
ROWS = [
    "text,labels,part",
    '"The cat, the dog",a;b,train',
    '"nothing\nelse",;,val',
    "Übel naïve,,train",
    '"the ""cat""",a,test',
    "the dog,c c,train",
]
FORMS = {
    "x.jsonl": "\n".join(LINES).encode(),
    "x.jsonl.gz": gzip.compress("\n".join(LINES).encode()),
    "x.csv": "\n".join(ROWS).encode(),
}


def everything(path, on_error="stop"):
    """Read a file whole, as `prepare` would."""
    documents._surveyed.clear()
    work = path.parent / "work"
    work.mkdir(exist_ok=True)
    for name in ("vocabulary.json", "lines"):
        (work / name).unlink(missing_ok=True)
    data = Documents(
        path=str(path), vocabulary=1, split_field="part", label_separator=";", on_error=on_error
    )
    for part in data.load(work).values():
        part.x.block(0, part.x.shape[0])


@pytest.mark.parametrize("name", FORMS)
def test_mutated_files_stop_with_a_line_that_names_them(name, tmp_path):
    fuzz([FORMS[name]], tmp_path / name, everything, CASES // 3)


@pytest.mark.parametrize("name", FORMS)
def test_bad_parts_of_mutated_files_are_left_out(name, tmp_path):
    rng, told = random.Random(5), []
    for _ in range(CASES // 3):
        (tmp_path / name).write_bytes(mutated(FORMS[name], rng))
        try:
            everything(tmp_path / name, "skip")
        except UserError as error:
            told.append(str(error))
    assert all(str(tmp_path / name) in text and "\n" not in text for text in told)
    assert 0 < len(told) < CASES // 3
