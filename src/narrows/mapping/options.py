"""The words of `narrows map`. Imports no torch."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from annotated_types import Ge
from pydantic import NonNegativeInt, PositiveInt

from narrows.option_words import Name

Near = Literal["euclidean", "cosine"]


@dataclass(frozen=True, kw_only=True)
class Options:
    """What is asked for.

    Attributes:
        model: the trained run, by its folder or name.
        points: examples of the training part, and of the others, at most.
        tsne: whether there is a map by t-SNE, of codes of more than two numbers.
        perplexity: of t-SNE, about how many neighbours each point has.
        umap: whether there is one by UMAP, of codes of more than two numbers.
        neighbours: of each point, for UMAP.
        near: what near codes of more than two numbers are where examples like one are retrieved;
            on maps it is distance.
        seed: of the choice of examples, and of t-SNE and UMAP.
    """

    model: Name
    points: Annotated[int, Ge(20)] = 4000
    tsne: bool = True
    perplexity: PositiveInt = 30
    umap: bool = True
    neighbours: Annotated[int, Ge(2)] = 15
    near: Near = "euclidean"
    seed: NonNegativeInt = 0


# Options that are for codes of more than two numbers.
OF_LARGER_CODES = frozenset(("tsne", "perplexity", "umap", "neighbours", "near"))


@dataclass(frozen=True)
class Job:
    """What is to be done.

    Attributes:
        options: of the maps.
        given: names of the options that were given.
        source: of the examples that the maps are not made from: train, val or test, or a path.
        out: folder of the results.
        overwrite: replace those that are there.
    """

    options: Options
    given: set[str]
    source: str
    out: Path
    overwrite: bool = False
