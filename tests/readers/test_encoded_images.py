"""Encoded images in Arrow files: what is read, and what is wrong with it."""

import io
import pickle

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image

from narrows.errors import UserError
from narrows.readers.encoded_images import EncodedImages, read_table


def encoded(shade):
    file = io.BytesIO()
    Image.new("L", (6, 4), shade).save(file, "PNG")
    return file.getvalue()


def write(path, cells, batch=3):
    """Write cells as the package datasets does: a stream with a few rows a batch."""
    kind = pa.struct({"bytes": pa.binary(), "path": pa.string()})
    table = pa.table({"image": pa.array(cells, kind), "n": pa.array(range(len(cells)))})
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_stream(file, table.schema) as writer:
        writer.write_table(table, max_chunksize=batch)
    return path


def images(tables, rows, folders=()):
    return EncodedImages(tables, "image", np.array(rows), (4, 4), 1, "crop", folders)


@pytest.fixture
def tables(tmp_path):
    """Shades 0..9 in two files, 100..104 in a third."""
    cells = [{"bytes": encoded(i), "path": f"{i}.png"} for i in [*range(10), *range(100, 105)]]
    names = [tmp_path / f"{i}.arrow" for i in range(4)]
    for path, some in zip(names, (cells[:4], [], cells[4:10], cells[10:]), strict=True):
        write(path, some)
    return {"photos, train": names[:3], "photos, test": names[3:]}


def test_rows_are_read_in_any_order_over_all_files(tables):
    order = np.random.default_rng(0).permutation(15)
    rows = images(tables, order)
    shades = [*range(10), *range(100, 105)]
    assert rows.shape == (15, 1, 4, 4)
    for x in (rows, pickle.loads(pickle.dumps(rows))):
        found = np.concatenate([x.block(i, min(i + 4, 15)).values for i in range(0, 15, 4)])
        assert found[:, 0, 2, 2].tolist() == [shades[i] for i in order]
        assert (found == found[:, :, :1, :1]).all()


def test_a_process_is_not_sent_the_images(tables):
    rows = images(tables, range(15))
    before = len(pickle.dumps(rows))
    rows.block(0, 15)
    assert len(pickle.dumps(rows)) == before


def test_what_is_wrong_is_told_with_split_and_row(tables, tmp_path):
    outside, inside = tmp_path / "secret.png", tmp_path / "cache/kept.png"
    inside.parent.mkdir()
    for path in (outside, inside):
        path.write_bytes(encoded(77))
    (tmp_path / "cache/link.png").symlink_to(outside)
    cells = [
        None,
        {"bytes": b"", "path": None},
        {"bytes": encoded(5)[:50], "path": None},
        {"bytes": None, "path": None},
        {"bytes": None, "path": str(outside)},
        {"bytes": None, "path": str(tmp_path / "cache/../secret.png")},
        {"bytes": None, "path": str(tmp_path / "cache/link.png")},
        {"bytes": None, "path": str(tmp_path / "cache/gone.png")},
        {"bytes": None, "path": str(inside)},
    ]
    tables["photos, val"] = [write(tmp_path / "wrong.arrow", cells)]
    block = images(tables, range(14, 24), [tmp_path / "cache"]).block(0, 10)
    told = ["is missing", "is no image", "is broken", "is missing", *["was not fetched"] * 3,
            "cannot be opened"]  # fmt: skip
    assert list(block.problems) == list(range(1, 9))
    for row, (text, problem) in enumerate(zip(told, block.problems.values(), strict=True), 1):
        assert problem.startswith(f"photos, val: the image in row {row} "), problem
        assert text in problem
        assert "\n" not in problem
    assert block.values[[0, 9], 0, 0, 0].tolist() == [104, 77]


def test_a_table_that_is_broken_is_told(tmp_path):
    path = tmp_path / "x.arrow"
    for content in (b"", b"no table", None):
        if content is None:
            path.unlink()
        else:
            path.write_bytes(content)
        with pytest.raises(UserError, match=r"x\.arrow cannot be read.*delete its folder"):
            read_table(path)
