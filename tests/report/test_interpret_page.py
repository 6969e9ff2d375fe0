"""The page of what a run has learned: whole, and as a browser shows it."""

import pytest
from chromium import QUICK, look, needs_chromium
from coded import narrows, train
from helpers import built, small_config
from pages import check_needs_no_other_file
from trained import table

from narrows.interpreting.traversals import why_not

LONG = "a_very_long_name_of_a_column_" * 4


def page_of(folder, name, *words):
    assert narrows(folder, "interpret", f"model={name}", *words, "-o", "page.html") == 0
    return (folder / "page.html").read_text()


@pytest.fixture(scope="module")
def of_images(tmp_path_factory):
    folder = tmp_path_factory.mktemp("images")
    words = ["loss=logistic", "encoder=conv", "encoder.channels=[3]"]
    return page_of(folder, train(folder, "digits", *words), "examples=200")


@pytest.fixture(scope="module")
def of_table(tmp_path_factory):
    folder = tmp_path_factory.mktemp("table")
    table(folder / "own.csv", 60, names=(LONG, "<b>weight", "colour"))
    return page_of(folder, train(folder, "table", "dataset.path=own.csv", "dataset.test=0.3"))


def test_pages_need_no_other_file(of_images, of_table):
    check_needs_no_other_file(of_images, scripts=1)
    check_needs_no_other_file(of_table, scripts=1)


_STATE = """
const colour = getComputedStyle(page.body).backgroundColor;
return {wide: page.documentElement.scrollWidth, colour,
  units: [...page.querySelectorAll(".traversal")].map(row => row.children.length),
  shown: [...page.images].map(image => image.complete && image.naturalWidth),
  bars: [...page.querySelectorAll(".bar i")].map(bar => bar.getBoundingClientRect().width
    / bar.parentElement.getBoundingClientRect().width),
  markup: page.querySelectorAll("th b, h3 b").length,
  rows: page.querySelectorAll(".sortable tbody tr").length};
"""


@needs_chromium
@pytest.mark.parametrize("width", [360, 1280])
def test_images_of_units_filters_and_attributions(of_images, tmp_path, width):
    state = look(of_images, tmp_path, width, _STATE)
    assert state["wide"] <= width
    assert state["units"] == [7] * 4
    # Of each unit a traversal and two rows of examples, all patches of the first layer, and of each
    # output four examples, as many maps and their mean.
    assert state["shown"] == [8] * 4 * (7 + 6 + 6) + [3] * 3 + [8] * 4 * (4 + 4 + 1)
    assert state["rows"] == 4


@needs_chromium
def test_a_table_with_awkward_names_on_a_dark_screen(of_table, tmp_path):
    dark = "--blink-settings=preferredColorScheme=0"
    state = look(of_table, tmp_path, 360, _STATE, QUICK, dark)
    assert state["wide"] <= 360
    assert state["colour"] == "rgb(20, 22, 26)"
    assert state["markup"] == 0
    assert state["shown"] == []
    assert max(state["bars"]) == pytest.approx(1, abs=0.02)
    assert min(state["bars"]) > 0


def test_why_there_are_no_traversals_is_told():
    words = ["decoder=linear", "encoder.hidden=[8]"]
    labels = built(small_config("task=multi_label", "loss=logistic", *words))
    assert "The decoder makes labels of a code" in why_not(labels)
    views = built(small_config("task=two_views", "loss=nt_xent", *words))
    assert "The decoder makes something else of a code" in why_not(views)
    assert why_not(built(small_config())) == ""
