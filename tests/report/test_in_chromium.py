"""The page of a study as a browser shows it."""

import pytest
from chromium import look, needs_chromium
from studies import CARD, declared, many_labels

from narrows.report.page import render_page
from narrows.report.tables import compare

pytestmark = [needs_chromium, pytest.mark.xdist_group("report")]

_WIDTH = "return page.documentElement.scrollWidth;"
_TEXT = """
const shown = svg => svg.getBoundingClientRect().width / svg.viewBox.baseVal.width;
return [...page.querySelectorAll("svg text")].map(
  text => parseFloat(getComputedStyle(text).fontSize) * shown(text.ownerSVGElement));
"""
_IMAGES = """return [...page.images].map(image => image.complete && image.naturalWidth > 0);"""
_SORT = """
const table = page.querySelector("table.sortable");
const rows = () => [...table.tBodies].map(body => [...body.rows].map(row => row.cells.length > 1
  ? [row.cells[0].textContent, row.cells[COLUMN].textContent] : []));
const buttons = table.tHead.querySelectorAll("button");
buttons[COLUMN].focus();
const found = {focused: page.activeElement === buttons[COLUMN],
  before: rows(), after: [], said: []};
for (let click = 0; click < 2; click++) {
  buttons[COLUMN].click();
  found.after.push(rows());
  found.said.push([...table.tHead.rows[0].cells].map(head => head.ariaSort).filter(Boolean));
}
return found;
"""


@pytest.fixture
def text(reported):
    return (reported / "index.html").read_text()


@pytest.mark.parametrize("width", [360, 1000])
def test_nothing_sticks_out(text, tmp_path, width):
    assert look(text, tmp_path, width, _WIDTH) <= width


def test_long_names_of_labels_do_not_stick_out(tmp_path):
    evaluation = many_labels()
    evaluation["labels"] = [f"{'a_long_name_' * 4}{n}" for n in range(40)]
    study = declared(evaluation)
    page = render_page(compare(evaluation, study), study, CARD, [])
    assert look(page, tmp_path, 360, _WIDTH) <= 360


def test_text_of_plots_is_read_on_a_phone(text, tmp_path):
    sizes = look(text, tmp_path, 360, _TEXT)
    assert len(sizes) > 100
    assert min(sizes) >= 8.99


def test_a_page_that_sticks_out_is_found(text, tmp_path):
    wide = text.replace("<main>", '<main><div style="width:500px">x</div>')
    assert look(wide, tmp_path, 360, _WIDTH) > 360


def test_an_error_is_found(text, tmp_path):
    with pytest.raises(AssertionError, match="nowhere"):
        look(text.replace("<script>", "<script>nowhere();"), tmp_path, 360, _WIDTH)


def test_all_pictures_are_shown(text, tmp_path):
    assert look(text, tmp_path, 1000, _IMAGES) == [True, True]


def number(cell):
    return float(cell.split()[0].replace("−", "-").replace(",", "").strip("<>×"))


@pytest.mark.parametrize("column", [1, 2, 5, 6])
def test_rows_are_sorted_within_each_budget(text, tmp_path, column):
    found = look(text, tmp_path, 1000, _SORT.replace("COLUMN", str(column)))
    assert found["focused"]
    assert found["said"] == [["descending"], ["ascending"]]
    most = 0
    for sign, bodies in zip((-1, 1), found["after"], strict=True):
        for before, after in zip(found["before"], bodies, strict=True):
            # The heading stays, and what is no number ends up last.
            assert after[0] == []
            assert sorted(after) == sorted(before)
            cells = [cell for _, cell in after[1:]]
            numbers = [number(cell) for cell in cells if cell[0] not in "–u"]
            most = max(most, len(numbers))
            assert numbers == sorted(numbers, key=lambda value: sign * value)
            assert all(cell[0] in "–u" for cell in cells[len(numbers) :])
    assert most > 1


def test_names_are_sorted_from_the_first(text, tmp_path):
    found = look(text, tmp_path, 1000, _SORT.replace("COLUMN", "0"))
    assert found["said"][0] == ["ascending"]
    names = [name.lower() for name, _ in found["after"][0][0][1:]]
    assert names == sorted(names)
