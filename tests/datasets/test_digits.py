"""The digits against scikit-learn's own copy."""

from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits

from narrows.datasets.digits import Digits


def rows(part):
    return [image.tobytes() for image in part.x]


def test_every_digit_is_in_one_part_with_its_label():
    parts = Digits().load(Path())
    assert {name: len(part.x) for name, part in parts.items()} == {
        "train": 1000,
        "val": 297,
        "test": 500,
    }
    bunch = load_digits()
    known = {
        np.rint(image / 16 * 255).astype(np.uint8).tobytes(): digit
        for image, digit in zip(bunch.images, bunch.target, strict=True)
    }
    assert len(known) == 1797, "no two digits look the same, so that images tell them apart"
    found = [row for part in parts.values() for row in rows(part)]
    assert sorted(found) == sorted(known)
    for part in parts.values():
        assert part.x.shape[1:] == (1, 8, 8)
        assert part.x.dtype == part.y.dtype == np.uint8
        assert (part.y.sum(1) == 1).all()
        assert part.y.argmax(1).tolist() == [known[row] for row in rows(part)]


def test_the_split_is_a_function_of_its_seed():
    one, same, other = (Digits(seed).load(Path())["test"] for seed in (0, 0, 1))
    assert rows(one) == rows(same)
    assert sorted(rows(one)) != sorted(rows(other))
