"""Scenes, taken apart again into the digits of scikit-learn that they were made from."""

from itertools import product
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_digits

from narrows.datasets.digit_scenes import DigitScenes

SIZES = {"train": 600, "val": 100, "test": 300}


@pytest.fixture(scope="module")
def parts():
    return DigitScenes(**SIZES).load(Path())


@pytest.fixture(scope="module")
def known():
    """Number and class of each of scikit-learn's digits, by how it looks."""
    bunch = load_digits()
    images = np.rint(bunch.images / 16 * 255).astype(np.uint8)
    return {
        image.tobytes(): (number, digit)
        for number, (image, digit) in enumerate(zip(images, bunch.target, strict=True))
    }


def take_apart(scene, known):
    """Return (digit's number, its class, place) for each of the four quadrants that has one."""
    found = []
    for top, left in product((0, 10), (0, 10)):
        quadrant = scene[0, top : top + 10, left : left + 10]
        if not quadrant.any():
            continue
        hits = []
        for down, right in product(range(3), range(3)):
            patch = quadrant[down : down + 8, right : right + 8]
            if patch.sum() == quadrant.sum() and patch.tobytes() in known:
                hits.append((*known[patch.tobytes()], (top, left, down, right)))
        assert hits, "what stands here is none of scikit-learn's digits, or is cut"
        found.append(hits[0])
    return found


@pytest.fixture(scope="module")
def pieces(parts, known):
    return {name: [take_apart(x, known) for x in part.x] for name, part in parts.items()}


def test_shapes_and_sizes(parts):
    for name, n in SIZES.items():
        assert parts[name].x.shape == (n, 1, 20, 20)
        assert parts[name].y.shape == (n, 10)
        assert parts[name].x.dtype == parts[name].y.dtype == np.uint8
    assert DigitScenes().spec().shape == (1, 20, 20)


def test_labels_say_exactly_which_digits_are_present(parts, pieces):
    for name, part in parts.items():
        for y, scene in zip(part.y, pieces[name], strict=True):
            assert set(np.flatnonzero(y)) == {digit for _, digit, _ in scene}


def test_scenes_have_one_to_four_digits_equally_often(pieces):
    counts = np.bincount([len(scene) for scene in pieces["train"]], minlength=5)
    assert counts[0] == 0
    assert len(counts) == 5
    # Five standard deviations of a binomial count.
    assert np.abs(counts[1:] - 150).max() < 5 * (600 * 0.25 * 0.75) ** 0.5


def test_no_handwritten_digit_is_in_two_parts(pieces):
    used = {
        name: {number for scene in scenes for number, _, _ in scene}
        for name, scenes in pieces.items()
    }
    assert len(used["train"]) > 500
    assert not used["train"] & used["test"]
    assert not used["train"] & used["val"]
    assert not used["val"] & used["test"]


def test_digits_stand_in_all_places(pieces):
    places = {place for scene in pieces["train"] for _, _, place in scene}
    assert places == set(product((0, 10), (0, 10), range(3), range(3)))


def test_scenes_are_a_function_of_the_seed(parts):
    same, other = DigitScenes(**SIZES).load(Path()), DigitScenes(**SIZES, seed=1).load(Path())
    for name, part in parts.items():
        assert np.array_equal(part.x, same[name].x)
        assert np.array_equal(part.y, same[name].y)
        assert not np.array_equal(part.x, other[name].x)
    assert not np.array_equal(parts["train"].y[:100], parts["val"].y)


def test_more_scenes_of_one_part_do_not_change_another(parts):
    more = DigitScenes(**(SIZES | {"train": 700})).load(Path())
    assert np.array_equal(more["test"].x, parts["test"].x)
