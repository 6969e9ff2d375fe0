"""What colours and sizes of text plots have."""

import re
from itertools import combinations

import numpy as np
import pytest
from matplotlib.figure import Figure

from narrows.report.svg import COLOURS, DARK, HUES, PANEL, SMALL, TEXT, ground, svg

# What people see without one kind of cone: Machado, Oliveira and Fernandes (2009), severity 1.
_VISIONS = {
    "usual": np.eye(3),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216],
         [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
         [-0.011820, 0.042940, 0.968881]]
    ),
    "tritanopia": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602],
         [0.004733, 0.691367, 0.303900]]
    ),
}  # fmt: skip
_XYZ = np.array(
    [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
)  # fmt: skip


def linear(colour):
    values = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def luminance(colour):
    return float(_XYZ[1] @ linear(colour))


def lab(rgb):
    """CIE Lab of linear values, the white being D65."""
    x, y, z = np.cbrt(_XYZ @ np.clip(rgb, 1e-3, 1) / np.array([0.9505, 1, 1.089]))
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("colour", HUES)
@pytest.mark.parametrize("page", ["#ffffff", "#14161a"])
def test_colours_are_seen_on_both_pages(colour, page):
    one, other = sorted((luminance(colour) + 0.05, luminance(page) + 0.05))
    assert other / one >= 3


@pytest.mark.parametrize("vision", _VISIONS)
def test_the_first_colours_are_told_apart(vision):
    seen = [lab(_VISIONS[vision] @ linear(colour)) for colour in COLOURS]
    # About 2 is the least difference that is seen at all.
    assert min(np.linalg.norm(a - b) for a, b in combinations(seen, 2)) > 10


def drawn(size, *texts):
    figure = Figure(figsize=size)
    for text, points in texts:
        figure.text(0.5, 0.5, text, fontsize=points, color=TEXT)
    return svg(figure, "test")


def test_small_text_has_room_to_be_read():
    # 6 of 331.2 units: at nine pixels, the whole is 331.2 · 9 / 6 wide.
    assert 'min-width: 497px"' in drawn(PANEL, ("large", 12), ("small", 6))
    assert 'min-width: 0px"' in drawn(PANEL)


def test_a_panel_fits_a_phone():
    width = int(re.search(r"min-width: (\d+)px", drawn(PANEL, ("small", SMALL)))[1])
    # 360 pixels less the margins of the page.
    assert width <= 360 - 2 * 16


def test_the_ground_is_the_pages():
    figure = Figure(figsize=PANEL)
    figure.text(0.5, 0.5, "x", bbox={"facecolor": ground(TEXT)})
    assert "fill: var(--back)" in svg(figure, "test")
    assert ground(DARK) == "white"
