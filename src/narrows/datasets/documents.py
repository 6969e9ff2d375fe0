"""Documents of one's own: bags of words that stay sparse until the batch."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import PositiveInt

from narrows.datasets.base import Part, Parts
from narrows.datasets.labels import Labels, from_classes
from narrows.datasets.own import OwnData
from narrows.errors import UserError
from narrows.files import read_json, write_json
from narrows.part_names import class_of, parts_of
from narrows.readers.folders import Folder
from narrows.readers.lines import LineFile, check_encoding
from narrows.readers.records import CsvRows, Format, JsonLines
from narrows.spec import Spec
from narrows.text.counting import document_frequencies
from narrows.text.fields import Fields
from narrows.text.files import FileTexts
from narrows.text.survey import RecordTexts, Survey, survey
from narrows.text.terms import Analysis, StopWords, Vocabulary, choose
from narrows.text.texts import MAX_BYTES, Texts
from narrows.text.weighting import BagRows, Bags, Weighting, empty_documents

_JSON, _CSV, _TEXT = (".jsonl", ".ndjson", ".json"), (".csv", ".tsv"), (".txt",)

# The last file alone: spec() and load() of one process ask for the same.
_surveyed: dict[str, Survey] = {}


@dataclass(frozen=True, kw_only=True)
class Documents(OwnData):
    """Texts in a JSONL or CSV file, .gz or not, or a folder or .zip archive of .txt files.

    Terms are those of scikit-learn's CountVectorizer. The vocabulary, the terms that are in most
    documents, and their inverse document frequencies are learned on the train part alone.

    In a folder, subfolders train, val, test or unlabelled at the top are parts; below them, or at
    the top, the name of a file's folder is its label.

    Attributes:
        text: the field with the text, or several whose texts are put one below the other.
        labels: the field with a list of labels, or a text; null for documents without labels. A
            document whose field is not there, null or an empty text is one of the unlabelled.
        label_separator: between labels in a text; without it the text is the only label.
        split_field: that says train, val or test; what it does not name is split off train.
        vocabulary: number of terms, fewer if the train part has fewer.
        weighting: counts; binary, 1 for a term that is there; or tfidf, rows of length 1.
        min_documents: of the train part that a term has to be in.
        lowercase: whether capitals become small.
        stop_words: leave out scikit-learn's list of common English words, or null.
        encoding: of the text.
        separator: between values in a CSV file; "tab" for a tab.
    """

    text: str | Sequence[str] = "text"
    labels: str | None = "labels"
    label_separator: str | None = None
    split_field: str | None = None
    vocabulary: PositiveInt = 2000
    weighting: Weighting = "tfidf"
    min_documents: PositiveInt = 1
    lowercase: bool = True
    stop_words: StopWords = None
    encoding: str = "utf-8"
    separator: str = ","
    _learned: dict[str, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    def spec(self) -> Spec:
        """Return the shape and the labels, for which a file is read.

        The shape is (vocabulary,), or the number of terms once they are known to be fewer.
        """
        learned: Vocabulary | None = self._learned.get("vocabulary")
        terms = self.vocabulary if learned is None else len(learned.terms)
        return Spec((terms,), self._found.labels.names, "text")

    @property
    def split_rule(self) -> str:
        """Return how the parts were made."""
        rule, said = super().split_rule, self.split_field
        if self.source.is_file() and said is not None:
            return f"as the field {said!r} says; what it leaves open is {rule}"
        if isinstance(self._found, _Files) and self._found.given is not None:
            return f"as the folders say; what they leave open is {rule}"
        return rule

    def load(self, work: Path) -> Parts:
        """Return the parts, whose documents are read block by block."""
        found, texts = self._found, self.texts(work)
        divided = self.divide(found.labels, found.given)
        bags = Bags(self.analysis, self._learn(texts, divided["train"].rows, work), self.weighting)
        notes = work / "empty"
        notes.mkdir(exist_ok=True)
        self._learned["notes"] = notes
        return {
            part: Part(
                BagRows(texts, division.rows, bags, notes, part),
                found.labels.y[division.rows],
                division.labelled,
            )
            for part, division in divided.items()
        }

    def facts(self) -> dict[str, Any]:
        """Return the vocabulary, what its terms weigh, and how many documents have none."""
        learned: Vocabulary = self._learned["vocabulary"]
        others = {"other_files": found.others} if isinstance(found := self._found, _Files) else {}
        return {
            **vocabulary_facts(learned),
            "documents_without_terms": empty_documents(
                self._learned["notes"], ("train", "val", "test")
            ),
            **others,
        }

    def _learn(self, texts: Texts, train: np.ndarray, work: Path) -> Vocabulary:
        """Return the vocabulary; what a killed process had learned is used."""
        kept = work / "vocabulary.json"
        if not kept.is_file():
            counted = document_frequencies(texts, train, self.analysis)
            chosen = choose(counted, self.vocabulary, self.min_documents, self.path)
            write_json(kept, chosen)
        self._learned["vocabulary"] = Vocabulary(*read_json(kept))
        return self._learned["vocabulary"]

    @property
    def analysis(self) -> Analysis:
        """Return how a text is cut into terms."""
        return Analysis(self.lowercase, self.stop_words)

    @property
    def _fields(self) -> Fields:
        text = (self.text,) if isinstance(self.text, str) else tuple(self.text)
        if not text:
            raise UserError("dataset.text names no field; give one or more")
        return Fields(text, self.labels, self.label_separator, self.split_field)

    def texts(self, work: Path) -> Texts:
        """Return the documents, to be read when they are asked for; `work` is for a copy."""
        found = self._found
        if isinstance(found, _Files):
            return FileTexts(Folder(self.source, MAX_BYTES), found.names, self.encoding)
        return RecordTexts(self.source, self._file.plain(work), found, self._format, self._fields)

    @cached_property
    def _file(self) -> LineFile:
        return LineFile(self.source, self.encoding)

    @cached_property
    def _format(self) -> Format:
        suffix = _suffix(self.source)
        if suffix in _JSON:
            return JsonLines(self._file.encoding)
        if suffix in _CSV:
            return CsvRows.open(
                self.source, self._file.lines(), self._file.encoding, self.separator
            )
        raise UserError(
            f"dataset.path={self.path} is neither a folder or .zip archive of .txt files nor a "
            f"file that ends in {', '.join(_JSON + _CSV)} or one of these with .gz"
        )

    @cached_property
    def _found(self) -> "Survey | _Files":
        if self.source.is_dir() or _suffix(self.source) == ".zip":
            check_encoding(self.encoding)
            return _find(self)
        state = self.source.stat()
        key = repr((self, self.source.resolve(), state.st_size, state.st_mtime_ns))
        if key not in _surveyed:
            _surveyed.clear()
            records = self._format.records(self._file.lines())
            _surveyed[key] = survey(self.source, records, self._fields, self.on_error)
        return _surveyed[key]


def _suffix(path: Path) -> str:
    return (path.with_suffix("") if path.suffix == ".gz" else path).suffix.lower()


def vocabulary_facts(learned: Vocabulary) -> dict[str, Any]:
    """Return what is needed to turn new documents into the same columns."""
    missed = {"frequencies_too_low_by_at_most": learned.missed} if learned.missed else {}
    return {
        "vocabulary": learned.terms,
        "idf": learned.idf,
        "train_documents": learned.documents,
        **missed,
    }


def vocabulary_of(facts: dict[str, Any]) -> Vocabulary:
    """Return the vocabulary that `vocabulary_facts` has written down."""
    return Vocabulary(facts["vocabulary"], facts["idf"], facts["train_documents"])


@dataclass(frozen=True)
class _Files:
    """What lies in a folder.

    Attributes:
        names: of the .txt files.
        labels: of these.
        given: the part of each, or None if folders do not say.
        others: number of other files.
    """

    names: list[str]
    labels: Labels
    given: list[str] | None
    others: int


def _find(data: Documents) -> _Files:
    everything = Folder(data.source).names()
    names = [name for name in everything if name.lower().endswith(_TEXT)]
    if not names:
        raise UserError(f"dataset.path={data.path} holds no file that ends in .txt")
    given = parts_of(names)
    classes = [class_of(name, given is not None) if data.labels else None for name in names]
    return _Files(names, from_classes(classes), given, len(everything) - len(names))
