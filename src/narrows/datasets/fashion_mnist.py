"""Fashion-MNIST (Xiao, Rasul and Vollgraf 2017): 70,000 pieces of clothing, 28 x 28 pixels."""

from dataclasses import dataclass
from typing import ClassVar

from narrows.datasets.idx_images import IdxImages, Sums


@dataclass(frozen=True, kw_only=True)
class FashionMnist(IdxImages):
    """Each image has one of 10 labels, the kind of clothing.

    Looked for as four IDX files, with or without .gz, in the folder fashion-mnist below the one
    that NARROWS_DATA names, or where Debian's package dataset-fashion-mnist has them; else
    downloaded. Its checksum is verified in each case.
    """

    title: ClassVar[str] = "Fashion-MNIST"
    folder: ClassVar[str] = "fashion-mnist"
    # MNIST's files have the same names.
    at_top: ClassVar[bool] = False
    url: ClassVar[str] = "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/"
    sums: ClassVar[dict[str, Sums]] = {
        "x_train": Sums("f4a8712d7a061bf5bd6d2ca38dc4d50a", "8d4fb7e6c68d591d4c3dfef9ec88bf0d"),
        "y_train": Sums("9018921c3c673c538a1fc5bad174d6f9", "25c81989df183df01b3e8a0aad5dffbe"),
        "x_test": Sums("8181f5470baa50b63fa0f6fddb340f0a", "bef4ecab320f06d8554ea6380940ec79"),
        "y_test": Sums("15d484375f8d13e6eb1aabb0c3f46965", "bb300cfdad3c16e7a12a480ee83cd310"),
    }
    classes: ClassVar[tuple[str, ...]] = (
        "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
        "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
    )  # fmt: skip
