"""The page of outliers: whole, and as a browser shows it."""

import numpy as np
import pytest
from chromium import look, needs_chromium
from helpers import run, small_config
from pages import check_needs_no_other_file

from narrows.loading import PackedDataset
from narrows.new_examples import Examples
from narrows.outliers.detector import Detector
from narrows.outliers.options import Options
from narrows.outliers.page import Found, Shown, Wrong, render_page, shown

OPTIONS = Options(model="runs/<x>")


def found(scores):
    return Found("new & odd.csv", OPTIONS, scores, np.linspace(0.5, 2, 40), 1.9, "row")


@pytest.fixture(scope="module")
def of_images(digits_folder, tmp_path_factory):
    """The page of five images, in one of which a corner is wrong."""
    folder = tmp_path_factory.mktemp("run") / "run"
    detector = Detector(run(small_config(), digits_folder, folder), digits_folder, "reconstruction")
    x = PackedDataset.open(digits_folder, "test").x[:5].clone()
    x[3, 0, :3, :3] = 255
    scores = detector.score(PackedDataset.unlabelled(x))
    examples = Examples(x, "row", range(5))
    return scores, render_page(found(scores), shown(detector, examples, scores))


def of_table():
    wrong = [Wrong("a very long name " * 9, 1234567.0, -0.001, 0.97), Wrong("<b>", 0, 1, 0.03)]
    examples = [Shown("row 7", 1e9, wrong, {}), Shown("row 2", 0.6, wrong, {})]
    return render_page(found(np.array([0.6, 1e9])), examples)


_STATE = """
const path = [...page.querySelectorAll("svg path")];
return {wide: page.documentElement.scrollWidth, drawn: path.length,
  rows: [...page.querySelectorAll(".found h4")].map(title => title.textContent),
  groups: [...page.querySelectorAll("h3")].map(title => title.textContent),
  bold: page.querySelectorAll("b").length,
  shown: [...page.images].map(image => image.complete && image.naturalWidth)};
"""


def test_pages_need_no_other_file(of_images):
    check_needs_no_other_file(of_images[1])
    check_needs_no_other_file(of_table())


@needs_chromium
def test_images_and_where_they_are_wrong(of_images, tmp_path):
    scores, page = of_images
    state = look(page, tmp_path, 360, _STATE)
    assert state["wide"] <= 360
    assert state["shown"] == [8] * 15
    assert state["drawn"] > 5
    assert scores.argmax() == 3
    assert state["rows"][0].startswith("row 3 ")


@needs_chromium
def test_a_table_and_its_worst_columns(tmp_path):
    state = look(of_table(), tmp_path, 360, _STATE)
    assert state["wide"] <= 360
    assert state["bold"] == 0
    assert state["groups"] == ["Above the threshold", "Nearest below it"]
    assert state["rows"] == ["row 7 score 1.000e+09", "row 2 score 0.6"]
    assert "Rows are counted from 0" in of_table()
