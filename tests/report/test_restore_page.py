"""The page of restored pictures as a browser shows it."""

from pathlib import Path

import numpy as np
import pytest
from chromium import look, needs_chromium

from narrows.restoring.page import render_page, shown
from narrows.restoring.photos import Photo

pytestmark = needs_chromium

_STATE = """
const pairs = [...page.querySelectorAll(".pair")];
const at = () => pairs.map(pair => pair.style.getPropertyValue("--at"));
const input = page.querySelectorAll("input")[1];
const before = at();
input.focus();
input.value = 80;
input.dispatchEvent(new Event("input", {bubbles: true}));
return {before, after: at(), focused: page.activeElement === input,
  wide: page.documentElement.scrollWidth,
  shown: [...page.images].map(image => image.complete && image.naturalWidth),
  links: [...page.querySelectorAll("a")].map(link => link.getAttribute("href"))};
"""


@pytest.fixture(scope="module")
def page():
    rng = np.random.default_rng(0)
    small = Photo(rng.integers(0, 256, (3, 20, 30), dtype=np.uint8))
    large = Photo(rng.integers(0, 256, (3, 40, 60), dtype=np.uint8))
    wide = Photo(rng.integers(0, 65536, (1, 10, 1500), dtype=np.uint16))
    names = (Path("a b/<1>.png"), Path("wide.png"))
    pairs = ((small, large), (wide, wide))
    examples = [shown(name, *pair) for name, pair in zip(names, pairs, strict=True)]
    return render_page(examples, "runs/x", 2)


@pytest.mark.parametrize("width", [360, 1000])
def test_a_slider_moves_its_own_pair_alone(page, tmp_path, width):
    found = look(page, tmp_path, width, _STATE)
    assert found["before"] == ["50%", "50%"]
    assert found["after"] == ["50%", "80%"]
    assert found["focused"]
    assert found["wide"] <= width
    # Before and after have one size, and no picture is larger than a page needs.
    assert found["shown"] == [60, 60, 1000, 1000]
    assert found["links"] == ["a%20b/%3C1%3E.png", "wide.png"]
