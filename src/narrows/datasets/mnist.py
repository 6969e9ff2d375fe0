"""MNIST (LeCun, Cortes and Burges 1998): 70,000 handwritten digits of 28 x 28 pixels."""

from dataclasses import dataclass
from typing import ClassVar

from narrows.datasets.idx_images import IdxImages, Sums


@dataclass(frozen=True, kw_only=True)
class Mnist(IdxImages):
    """Each image has one of 10 labels, the digit that it shows.

    Looked for in the folder that NARROWS_DATA names, as mnist.npz or as the four IDX files, with
    or without .gz; else downloaded. Its checksum is verified in each case.
    """

    title: ClassVar[str] = "MNIST"
    folder: ClassVar[str] = "mnist"
    at_top: ClassVar[bool] = True
    url: ClassVar[str] = "https://ossci-datasets.s3.amazonaws.com/mnist/"
    sums: ClassVar[dict[str, Sums]] = {
        "x_train": Sums("6bbc9ace898e44ae57da46a324031adb", "f68b3c2dcbeaaa9fbdd348bbdeb94873"),
        "y_train": Sums("a25bea736e30d166cdddb491f175f624", "d53e105ee54ea40749a09fcbcd1e9432"),
        "x_test": Sums("2646ac647ad5339dbf082846283269ea", "9fb629c4189551a2d022fa330f9573f3"),
        "y_test": Sums("27ae3e4e09519cfbb04c329615203637", "ec29112dd5afa0611ce80d1b7f02629c"),
    }
    classes: ClassVar[tuple[str, ...]] = tuple(map(str, range(10)))
