"""New examples for a trained run, read as the run's own data were."""

import sys
import tempfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, BinaryIO, Literal, NamedTuple

import numpy as np
import torch
from scipy.sparse import csr_array
from torch import Tensor

from narrows import runs
from narrows.datasets.arrays import ArrayRows, Arrays
from narrows.datasets.base import Block
from narrows.datasets.documents import Documents, vocabulary_of
from narrows.datasets.image_folder import ImageFiles
from narrows.errors import UserError, nearest
from narrows.files import read_yaml
from narrows.loading import PackedDataset
from narrows.packing import CARD, data_identity, read_card
from narrows.preparing import DATA, prepare_node
from narrows.readers.folders import Folder
from narrows.readers.image_list import read_image_files, read_list
from narrows.readers.images import SUFFIXES, size_of
from narrows.readers.npy import StoredArray, find_arrays
from narrows.report.text import counted
from narrows.sparse import SparseRows
from narrows.spec import Spec
from narrows.text.files import FileTexts
from narrows.text.weighting import BagRows, Bags

_ARRAYS, _LISTS = (".npy", ".npz"), (".txt", ".rows")
_TABLES, _RECORDS = (".csv", ".tsv", ".txt", ".parquet", ".pq"), (".jsonl", ".json", ".csv", ".tsv")
_WHAT = {
    "image": "a folder or .zip of images, an image, a .txt list of images",
    "table": "a .csv, .tsv or .parquet table",
    "text": "a .jsonl or .csv file or a folder or .zip of .txt files",
}


class Examples(NamedTuple):
    """New examples, and what tells them apart.

    Attributes:
        x: (n, *spec.shape), n > 0.
        kind: what a name is of.
        names: (n,) of the files that they are read from, below the folder that was named; else
            numbers from 0 in the order of the source, headings not counted, or those that name
            rows of the training part.
    """

    x: Tensor | SparseRows
    kind: Literal["file", "row", "document"]
    names: Sequence[str | int]


class _Source(NamedTuple):
    """What is read, and for what.

    Attributes:
        path: of the new examples.
        spec: of the run's examples.
        options: of the run's dataset.
        run: its folder.
    """

    path: Path
    spec: Spec
    options: dict[str, Any]
    run: Path

    def prepared(self) -> Path:
        """Return the folder of the run's prepared data."""
        return data_of(self.run)


def data_of(run: Path) -> Path:
    """Return the folder of the prepared data that a run was trained on.

    They are prepared anew if they are not there.

    Args:
        run: its folder.

    Raises:
        UserError: if their source is not there, or has changed.
    """
    wanted = (runs.inputs_of(run) or {}).get("data")
    for card in sorted(DATA.glob(f"[!.]*/{CARD}")):
        if data_identity(card.parent) == wanted:
            return card.parent
    data = prepare_node(read_yaml(run / runs.CONFIG)["dataset"])
    if data_identity(data) != wanted:
        raise UserError(
            f"model={run} was trained on other data than are there now; bring those back, or "
            "train it again"
        )
    return data


def read_examples(path: Path, run: Path) -> Examples:
    """Return examples as the packed data have them: uint8 images, float32, or sparse rows.

    Images get the size of the model's, tables its columns, means and categories, documents its
    vocabulary and weights. Arrays are taken as they stand, for dataset=arrays, or as packed for
    others. For any data, numbers in a .rows or .txt file, one a line, name rows of the training
    part, from 0.

    Args:
        path: of a file or folder.
        run: folder of the trained run.

    Raises:
        UserError: if it cannot be read, or does not fit.
    """
    if not path.exists():
        raise UserError(f"{path} is not there; name a file or a folder")
    options = read_yaml(run / runs.CONFIG)["dataset"]
    source = _Source(path, runs.read_spec(run), options, run)
    try:
        examples = _reader(source)(source)
    except UserError as error:
        raise UserError(_without_options(str(error))) from error
    if len(examples.x) == 0:
        raise UserError(f"{path} holds no example; bring some")
    return examples


def _numbered(x: Tensor | SparseRows, kind: Literal["row", "document"]) -> Examples:
    """Return examples that have no names."""
    return Examples(x, kind, range(len(x)))


def _without_options(text: str) -> str:
    """Drop a remedy that is an option of the data set: here it is the run's."""
    told, _, remedy = text.partition("; ")
    told = told.replace("dataset.path=", "")
    return f"{told}; mend it" if "dataset." in remedy else text.replace("dataset.path=", "")


def _reader(source: _Source) -> Callable[[_Source], Examples]:
    """Return what reads the source, by the end of its name and by what the model's data are."""
    path, spec = source.path, source.spec
    ending = path.with_suffix("").suffix if path.suffix == ".gz" else path.suffix
    ending = ending.lower()
    if path.is_file() and ending in _LISTS and (ending == ".rows" or _holds_numbers(path)):
        return _training_rows
    if ending in _ARRAYS:
        return _arrays
    packed = path.is_dir() or ending == ".zip"
    if spec.kind == "image":
        if packed:
            return _folder
        if ending in SUFFIXES or ending == ".txt":
            return _images
    elif spec.kind == "text":
        if packed or ending in (*_RECORDS, ".ndjson"):
            return _documents
    elif _is_of_table(source) and ending in _TABLES:
        return _table
    what = "" if spec.kind == "table" and not _is_of_table(source) else f"{_WHAT[spec.kind]}, "
    raise UserError(
        f"{path} does not fit this model's data; give {what}an .npy or .npz array, or a .rows file "
        "of row numbers of the training part"
    )


def _is_of_table(source: _Source) -> bool:
    return source.options["_target_"] == "narrows.datasets.table.Table"


def _holds_numbers(path: Path) -> bool:
    """Tell whether a text file holds whole numbers alone."""
    words = path.read_bytes().removeprefix(b"\xef\xbb\xbf").split()
    return bool(words) and all(word.isdigit() for word in words)


def _training_rows(source: _Source) -> Examples:
    train = PackedDataset.open(source.prepared(), "train")
    words = source.path.read_bytes().removeprefix(b"\xef\xbb\xbf").split()
    for word in words:
        if not word.isdigit() or len(word) > 18 or int(word) >= len(train):
            raise UserError(
                f"{source.path}: {word.decode(errors='replace')!r} is no row of the training part; "
                f"give numbers from 0 to {len(train) - 1}"
            )
    rows = [int(word) for word in words]
    return Examples(train.subset(torch.tensor(rows, dtype=torch.int64)).x, "row", rows)


def _folder(source: _Source) -> Examples:
    folder = Folder(source.path)
    names = [name for name in folder.names() if Path(name).suffix.lower() in SUFFIXES]
    size, channels = _size(source)
    images = ImageFiles(folder, names, size, channels, source.options.get("fit", "crop"))
    x = _dense(images.block(0, len(names)))
    _tell_other_sizes(source, (folder.open(name) for name in names))
    return Examples(x, "file", names)


def _images(source: _Source) -> Examples:
    listed = source.path.suffix.lower() == ".txt"
    paths = read_list(source.path) if listed else [source.path]
    fit = source.options.get("fit", "crop")
    x = torch.from_numpy(read_image_files(paths, *_size(source), fit))
    _tell_other_sizes(source, (path.open("rb") for path in paths))
    return Examples(x, "file", list(map(str, paths)))


def _tell_other_sizes(source: _Source, files: Iterable[BinaryIO]) -> None:
    """Say how many images were of another size than all of the model's own."""
    if "fit" in source.options:
        # Its own are of any size too.
        return
    size, _ = _size(source)
    sizes = []
    for file in files:
        with file:
            sizes.append(size_of(file))
    other = sum(found != size for found in sizes)
    if other:
        print(  # noqa: T201
            f"{other} of {counted(len(sizes), 'image')} in {source.path} of another size than the "
            f"model's; cut to its proportions and brought to {size[1]} × {size[0]} pixels",
            file=sys.stderr,
        )


def _size(source: _Source) -> tuple[tuple[int, int], int]:
    channels, height, width = source.spec.shape
    if channels not in (1, 3):
        raise UserError(
            f"{source.path}: the model's images have {channels} channels, and files 1 or 3; give "
            "an .npy array"
        )
    return (height, width), channels


def _table(source: _Source) -> Examples:
    # pyarrow takes half a second to import.
    from narrows.tables.files import open_table
    from narrows.tables.new_rows import read_new_rows

    options, missing = source.options, tuple(source.options["missing"])
    file = open_table(source.path, options["separator"], options["encoding"], missing, "stop")
    columns = read_card(source.prepared())["facts"]["columns"]
    return _numbered(torch.from_numpy(read_new_rows(file, columns, missing)), "row")


def _documents(source: _Source) -> Examples:
    names = ("text", "weighting", "lowercase", "stop_words", "encoding", "separator")
    options = {name: source.options[name] for name in names if name in source.options}
    documents = Documents(path=str(source.path), labels=None, **options)
    vocabulary = vocabulary_of(read_card(source.prepared())["facts"])
    bags = Bags(documents.analysis, vocabulary, documents.weighting)
    with tempfile.TemporaryDirectory() as work:
        texts = documents.texts(Path(work))
        block = BagRows(texts, np.arange(len(texts)), bags).block(0, len(texts))
    _check(block)
    bag = csr_array(block.values)
    indptr, indices = bag.indptr.astype(np.int64), bag.indices.astype(np.int32)
    arrays = (torch.from_numpy(a) for a in (indptr, indices, bag.data))
    x = SparseRows(*arrays, columns=len(vocabulary.terms))
    if isinstance(texts, FileTexts):
        return Examples(x, "file", texts.names)
    return _numbered(x, "document")


def _arrays(source: _Source) -> Examples:
    kind = source.spec.kind
    array = _array(find_arrays(source.path), source)
    like = Arrays(
        path=str(source.path),
        kind="image" if kind == "image" else "table",
        channels=source.options["channels"] if _is_of_arrays(source) else "auto",
    )
    if not array.shape or array.dtype.kind not in "biuf":
        raise UserError(
            f"{array.place} is {array.dtype} {array.shape}; examples are rows of numbers"
        )
    view = like.view(array)
    if view.shape != source.spec.shape:
        raise UserError(
            f"{array.place} has examples of shape {view.shape}, but the model's have "
            f"{source.spec.shape}; bring the same"
        )
    with tempfile.TemporaryDirectory() as work:
        stored = array.on_disk(Path(work) / "x.npy")
        rows = np.arange(array.shape[0])
        x = _dense(ArrayRows((stored,), (array.place,), view, rows).block(0, len(rows)))
        return _numbered(x, "row")


def _is_of_arrays(source: _Source) -> bool:
    return source.options["_target_"] == "narrows.datasets.arrays.Arrays"


def _array(found: dict[str, StoredArray], source: _Source) -> StoredArray:
    """Return the array of examples: the one that is called so, or the only one."""
    name = source.options["x"] if _is_of_arrays(source) else "x"
    if name in found:
        return found[name]
    if len(found) == 1:
        return next(iter(found.values()))
    raise UserError(
        f"{source.path} has no array {name!r}; call the examples so{nearest(name, found)}"
    )


def _dense(block: Block) -> Tensor:
    _check(block)
    return torch.from_numpy(np.asarray(block.values))


def _check(block: Block) -> None:
    if block.problems:
        first = block.problems[min(block.problems)]
        raise UserError(f"{first}; mend it, or leave it out")
