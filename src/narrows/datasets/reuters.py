"""Reuters-21578 (Lewis 1997): news stories of 1987 with topics, split as ModApte says."""

import gzip
import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
from pydantic import PositiveInt

from narrows.datasets.base import Part, Parts
from narrows.datasets.documents import vocabulary_facts
from narrows.datasets.labels import from_lists
from narrows.datasets.published import Published, Share, split, watched
from narrows.errors import UserError
from narrows.readers.download import fetch
from narrows.readers.places import downloads, find
from narrows.readers.sgml import Story, read_sgml
from narrows.runs import sha256
from narrows.spec import Spec
from narrows.text.counting import document_frequencies
from narrows.text.terms import Analysis, StopWords, choose
from narrows.text.texts import TextList
from narrows.text.weighting import Bags, Weighting

_NAME, _PACKED, _ARCHIVE = "reuters", "reuters21578.jsonl.gz", "reuters21578.tar.gz"
_FOLDERS = ("reuters21578", "reut2-000.sgm")
_URL = f"https://archive.ics.uci.edu/ml/machine-learning-databases/reuters21578-mld/{_ARCHIVE}"
_SUMS = {
    _PACKED: "eb25d172902ddb7d621f42fdc8c4d74846a37194acea13eb60739dd32293bee2",
    _ARCHIVE: "3bae43c9b14e387f76a61b6d82bf98a4fb5d3ef99ef7e7075ff2ccbcf59f9d30",
}

# The topics with the most stories in train, those with one in train and in test, those in train.
_TOP = """
acq corn crude earn grain interest money-fx ship trade wheat
"""
_BOTH = """
acq alum barley bop carcass castor-oil cocoa coconut coconut-oil coffee copper copra-cake corn
cotton cotton-oil cpi cpu crude dfl dlr dmk earn fuel gas gnp gold grain groundnut groundnut-oil
heat hog housing income instal-debt interest ipi iron-steel jet jobs l-cattle lead lei lin-oil
livestock lumber meal-feed money-fx money-supply naphtha nat-gas nickel nkr nzdlr oat oilseed
orange palladium palm-oil palmkernel pet-chem platinum potato propane rand rape-oil rapeseed
reserves retail rice rubber rye ship silver sorghum soy-meal soy-oil soybean strategic-metal sugar
sun-meal sun-oil sunseed tea tin trade veg-oil wheat wpi yen zinc
"""
_TRAIN_ALONE = """
austdlr can castorseed citruspulp corn-oil cornglutenfeed cruzado dkr fishmeal inventories
lin-meal linseed lit peseta plywood pork-belly rape-meal red-bean ringgit rupiah saudriyal skr stg
tapioca wool
"""
TOPICS = {
    10: tuple(_TOP.split()),
    90: tuple(_BOTH.split()),
    115: tuple(sorted((_BOTH + _TRAIN_ALONE).split())),
}


@dataclass(frozen=True, kw_only=True)
class Reuters(Published):
    """Titles and bodies as bags of words, labelled with topics.

    Looked for in the folder that NARROWS_DATA names: reuters21578.jsonl.gz, or as it was
    published, reuters21578.tar.gz or a folder reuters21578 with the files reut2-….sgm; else
    downloaded. ModApte is 9,603 stories for training and 3,299 for the test, and 8,676 unused.

    Attributes:
        topics: the labels: 90, those with a story in both parts; 115, all of the training part;
            10, those with most stories there.
        with_topic_only: leave out stories without any of these, 1,833 and 280 of R90's parts.
        unused: add the unused stories to the training part, without labels.
        val: share of the training stories for validation.
        vocabulary: number of terms: those in most documents of the training part.
        weighting: counts; binary, 1 for a term that is there; or tfidf, rows of length 1.
        min_documents: of the training part that a term has to be in.
        stop_words: leave out scikit-learn's list of common English words, or null.
    """

    sizes: ClassVar[dict[str, int]] = {"train": 9603, "test": 3299, "unused": 8676}

    topics: Literal[10, 90, 115] = 90
    with_topic_only: bool = True
    unused: bool = False
    val: Share = 0.1
    vocabulary: PositiveInt = 5000
    weighting: Weighting = "tfidf"
    min_documents: PositiveInt = 1
    stop_words: StopWords = None
    _facts: dict[str, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    def spec(self) -> Spec:
        """Return the shape, (vocabulary,) unless the stories have fewer terms, and the topics."""
        terms = len(self._facts.get("vocabulary", range(self.vocabulary)))
        return Spec((terms,), TOPICS[self.topics], "text")

    @property
    def split_rule(self) -> str:
        """Return how the parts were made."""
        which = " with one of the topics" if self.with_topic_only else ""
        return (
            f"ModApte's test stories{which}; {self.val:g} of its training stories{which} for "
            f"validation, random with seed {self.split_seed}, stratified over topics"
            + ("; the unused stories are for training, without labels" if self.unused else "")
        )

    def sources(self) -> list[Path]:
        """Return the file or folder, unless its checksum is known."""
        return [] if self._place.name in _SUMS else watched(self._place)

    @cached_property
    def _place(self) -> Path:
        """Where the stories are; they are downloaded if they are not here."""
        place = find(_NAME, _PACKED, _ARCHIVE, *_FOLDERS)
        if place is None:
            place = downloads(_NAME) / _ARCHIVE
            fetch(_URL, place, f"sha256:{_SUMS[_ARCHIVE]}")
        return place.parent if place.suffix == ".sgm" else place

    def load(self, work: Path) -> Parts:
        """Return the parts, in memory: some 10 MB."""
        stories = self._stories()
        chosen = self._cut(*(self._chosen(stories[part]) for part in ("train", "test")))
        rest = stories["unused"] if self.unused else []
        texts = {part: [story.text for story in some] for part, some in chosen.items()}
        texts["train"] += [story.text for story in rest]
        y = {part: self._labels(some) for part, some in chosen.items()}
        y["train"] = np.pad(y["train"], ((0, len(rest)), (0, 0)))
        bags = self._bags(texts["train"])
        parts = {part: Part(bags(texts[part]), y[part], len(chosen[part])) for part in texts}
        self._facts["documents_without_terms"] = {
            part: int((np.diff(some.x.indptr) == 0).sum())  # pyright: ignore
            for part, some in parts.items()
        }
        return parts

    def _chosen(self, stories: list[Story]) -> list[Story]:
        topics = set(TOPICS[self.topics])
        return [s for s in stories if not self.with_topic_only or topics.intersection(s.topics)]

    def _labels(self, stories: list[Story]) -> np.ndarray:
        """Return (n, k) 0 or 1; topics that are not asked for do not count."""
        topics = TOPICS[self.topics]
        return from_lists([set(topics).intersection(story.topics) for story in stories], topics).y

    def _cut(self, train: list[Story], test: list[Story]) -> dict[str, list[Story]]:
        """Split validation off train."""
        cut = split(self._labels(train), self.val, 0, self.split_seed)
        return {**{part: [train[row] for row in rows] for part, rows in cut.items()}, "test": test}

    def _bags(self, train: list[str]) -> Bags:
        """Learn the vocabulary."""
        analysis = Analysis(stop_words=self.stop_words)
        counted = document_frequencies(TextList(train), np.arange(len(train)), analysis)
        learned = choose(counted, self.vocabulary, self.min_documents, "dataset=reuters")
        self._facts.update(vocabulary_facts(learned))
        return Bags(analysis, learned, self.weighting)

    def facts(self) -> dict[str, Any]:
        """Return the vocabulary, what its terms weigh, and how many stories have none."""
        return dict(self._facts)

    def _stories(self) -> dict[str, list[Story]]:
        """Return all stories by their part in ModApte.

        Raises:
            UserError: if they are not the published ones.
        """
        place = self._place
        wanted = _SUMS.get(place.name)
        if wanted is not None and sha256(place) != wanted:
            raise UserError(f"{place} is not the published file; remove it, or fetch it again")
        parts: dict[str, list[Story]] = {part: [] for part in self.sizes}
        for story in read_packed(place) if place.name == _PACKED else read_sgml(place):
            parts.setdefault(story.split, []).append(story)
        sizes = {part: len(some) for part, some in parts.items()}
        if sizes != self.sizes:
            raise UserError(
                f"{place} holds {_told(sizes)} stories, but Reuters-21578 has "
                f"{_told(self.sizes)}; fetch it again"
            )
        return parts


def _told(sizes: dict[str, int]) -> str:
    return ", ".join(f"{n:,} {part}" for part, n in sizes.items())


def read_packed(path: Path) -> Iterator[Story]:
    """Yield the stories of a .jsonl.gz file.

    Raises:
        UserError: if it is broken.
    """
    try:
        with gzip.open(path, "rt", encoding="utf-8") as file:
            for line in file:
                story = json.loads(line)
                text = f"{story['title']}\n{story['body']}"
                yield Story(str(story["split"]), tuple(map(str, story["topics"])), text)
    except PermissionError as error:
        raise UserError(f"{path} may not be read; change its permissions") from error
    except (OSError, EOFError, zlib.error, ValueError, TypeError, KeyError) as error:
        raise UserError(f"{path} is broken ({type(error).__name__}); fetch it again") from error
