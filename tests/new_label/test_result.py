"""What is said of old labels after an update is what happened to them."""

import io

import pytest
from rich.console import Console

from narrows.new_label.result import PAGE, Change, Result, print_result, write_result

ROSE = [Change("one", 0.5, 0.75), Change("two", 0.5, 0.625), Change("three", None, None)]
FELL = [Change("one", 0.5, 0.75), Change("two", 0.5, 0.25)]


def said(folder, changes):
    """Return what is printed, and the page."""
    result = Result(
        label="new", model="old", positives=3, negatives=9, background=False, gradient=1e-9,
        stored_gradient=None, cross_validated=None, replay=0.5, tested=20, unchanged=False,
        solved=None, precision=None, changes=changes,
    )  # fmt: skip
    write_result(result, folder)
    console = Console(file=io.StringIO(), width=100, highlight=False)
    print_result(folder, {}, console)
    return console.file.getvalue(), (folder / PAGE).read_text()


@pytest.mark.parametrize(
    ("changes", "fell", "means", "order"),
    [
        (ROSE, "none", "was 0.5000 and is 0.6875 (+0.1875)", "none fell, the smallest rise first"),
        (FELL, "1", "was 0.5000 and is 0.5000 (+0.0000)", "the largest fall first"),
    ],
)
def test_falls_are_told_where_labels_fell(tmp_path, changes, fell, means, order):
    printed, page = said(tmp_path, changes)
    assert f"{means}; {fell} of them fell." in printed
    assert f"average precision on the test part, {order}" in printed
    assert order in page
    words = [line.split() for line in printed.splitlines()]
    assert [row[0] for row in words if row and row[0] in ("one", "two")] == ["two", "one"]


def test_a_test_part_without_old_labels_is_told(tmp_path):
    printed, _ = said(tmp_path, ROSE[2:])
    assert "the test part has none of the old labels to measure them on" in printed
    assert "old label  " not in printed
