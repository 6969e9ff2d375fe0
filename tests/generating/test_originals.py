"""Rows of a table in its own units again: against the file that they were read from."""

from contextlib import chdir

import numpy as np
import pytest
from pyarrow import csv
from trained import source

from narrows.cli import main
from narrows.generating.originals import fields_of, rows_of, terms_of
from narrows.loading import PackedDataset
from narrows.packing import read_spec


def test_rows_of_a_table_are_those_of_its_file(tmp_path):
    with chdir(tmp_path):
        words = source("table", tmp_path)
        assert main(["data", *words]) == 0
    (data,) = (p for p in (tmp_path / "data").iterdir() if not p.name.startswith("."))
    fields = fields_of(read_spec(data), data)
    assert [field.name for field in fields] == ["size", "weight", "colour"]
    file = csv.read_csv(tmp_path / "data.csv").select(["size", "weight", "colour"]).to_pylist()
    wanted = sorted((row["size"], row["weight"] or 0.0, row["colour"]) for row in file)
    rows = []
    for part in ("train", "val", "test"):
        rows += rows_of(fields, PackedDataset.open(data, part).x.numpy())
    assert sum(row[1] is None for row in rows) == sum(row["weight"] is None for row in file) > 0
    found = sorted((size, weight or 0.0, colour) for size, weight, colour in rows)
    for ours, theirs in zip(found, wanted, strict=True):
        assert ours[:2] == pytest.approx(theirs[:2], rel=1e-5)
        assert ours[2] == theirs[2]


def test_a_documents_terms_are_the_heaviest_first_and_above_zero():
    x = np.array([[0.1, 0.0, 0.7, -0.5], [0.0, 0.0, 0.0, -1.0]], np.float32)
    first, second = terms_of(["a", "b", "c", "d"], x)
    assert list(first) == ["c", "a"]
    assert first == pytest.approx({"c": 0.7, "a": 0.1})
    assert second == {}
