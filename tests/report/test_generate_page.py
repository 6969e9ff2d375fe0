"""The page of new examples: whole, and as a browser shows it."""

import re

import numpy as np
import pytest
import torch
from chromium import look, needs_chromium
from helpers import run, small_config
from pages import check_needs_no_other_file

from narrows.generating.answers import heading, nearest_of
from narrows.generating.generator import Generator
from narrows.generating.judge import Measures, Nearest
from narrows.generating.measuring import RECONSTRUCTED, TRAINING, Drawn, Found, Row
from narrows.generating.options import WAYS, Options
from narrows.generating.page import render_page

OPTIONS = Options(model="runs/<x>", number=20)


def row(name, frechet, spread=0.0):
    return Row(name, [Measures(frechet + spread * (-1) ** d, 0.9, 0.8, 0.1, 3.0) for d in range(5)])


def found(generator, distances, spread=0.0):
    """Measures as given, and samples whose nearest training examples are the first ones."""
    ways = WAYS[: len(distances)]
    nearest = Nearest(np.linspace(0.1, 5, 20), np.arange(20))
    rows = [row(TRAINING, 0.1), row(RECONSTRUCTED, 0.2)]
    codes = torch.zeros(20, generator.codes.shape[1] if generator else 2)
    return Found(
        model="runs/<x>",
        features="some <b>features",
        size=20,
        threshold=0.5,
        usual=np.linspace(0.4, 5, 50),
        reconstructed=np.linspace(0.4, 4, 50),
        rows=[*rows, *(row(w, f, spread) for w, f in zip(ways, distances, strict=True))],
        drawn={way: Drawn(codes, nearest) for way in ways},
        components=8,
        likelihoods={1: -3.0, 8: -2.0},
        kept=0.9,
    )


@pytest.fixture(scope="module")
def page(digits_folder, tmp_path_factory):
    folder = run(small_config(), digits_folder, tmp_path_factory.mktemp("run") / "run")
    generator = Generator(folder, digits_folder, ("normal",), 5, 0)
    return render_page(generator, found(generator, [2.0, 3.0, 2.5, 4.0, 9.0]), OPTIONS)


def test_it_needs_no_other_file(page):
    check_needs_no_other_file(page)


def test_the_best_way_and_the_best_density_are_told():
    told = heading(found(None, [2.0, 3.0, 2.5, 4.0, 9.0]))
    assert told.endswith(
        "real ones: interpolate (between neighbours); from a density, mixture (of 8 Gaussians)"
    )
    told = heading(found(None, [2.0, 3.0, 1.5, 4.0, 9.0]))
    assert told.endswith("real ones: mixture (of 8 Gaussians)")
    assert heading(found(None, [2.0])) == "New examples: interpolate (between neighbours)"


def test_ways_that_cannot_be_told_apart_are_told_together():
    near = found(None, [2.0, 3.0])
    assert nearest_of(near, near.drawn) == ["interpolate"]
    rows = [*near.rows[:3], Row("noise", [m._replace(frechet=2.1) for m in near.rows[3].draws])]
    rows[2] = row("interpolate", 2.0, spread=0.3)
    tied = Found(**{**vars(near), "rows": rows})
    assert nearest_of(tied, tied.drawn) == ["interpolate", "noise"]
    assert heading(tied).endswith("interpolate (between neighbours) or noise (around codes)")


_STATE = """
return {wide: page.documentElement.scrollWidth,
  titles: [...page.querySelectorAll("h2")].map(title => title.textContent),
  bold: page.querySelectorAll("b").length,
  copies: page.querySelectorAll(".copy").length,
  rows: page.querySelectorAll("tbody tr").length,
  shown: [...page.images].map(image => image.complete && image.naturalWidth)};
"""


@needs_chromium
@pytest.mark.parametrize("width", [360, 1280])
def test_each_sample_stands_beside_its_nearest_training_example(page, tmp_path, width):
    state = look(page, tmp_path, width, _STATE)
    assert state["wide"] <= width
    assert state["bold"] == 0
    assert state["titles"][:3] == [
        "interpolate (between neighbours)", "noise (around codes)", "mixture (of 8 Gaussians)",
    ]  # fmt: skip
    # Of each way two of the first eight, and of the nearest four, are below 0.5.
    assert state["copies"] == 5 * (2 + 2)
    assert state["shown"][:-1] == [8] * (5 * 2 * (8 + 4))
    assert state["shown"][-1] > 8
    assert state["rows"] == 2 + 2 + 5


def test_ways_are_called_as_their_folders_and_what_a_copy_is_stands_at_the_table(page):
    for way in WAYS:
        assert f"<h2>{way} " in page
        assert f"in <code>{way}</code>, beside this page" in page
    below = page.split("</table>")[1]
    assert "A likely copy is as near" in below[: below.index("</p>")]
    assert "at a distance of 0.5 or less" in below[: below.index("</p>")]


def test_pictures_are_called_by_what_they_show(page):
    assert re.findall(r'alt="(training example \d+)"', page)[:3] == [
        "training example 0", "training example 1", "training example 2",
    ]  # fmt: skip
