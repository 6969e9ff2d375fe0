"""Parquet files of every type, and each way to be broken."""

import datetime
import decimal
import os
import random

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from narrows.errors import UserError
from narrows.readers.parquet import ParquetFile

FUZZ = int(os.environ.get("NARROWS_FUZZ", "1000"))
TABLE = {
    "whole": pa.array([1, None, -3], pa.int16()),
    "real": pa.array([0.5, float("nan"), float("-inf")]),
    "flag": pa.array([True, False, None]),
    "money": pa.array([decimal.Decimal("1.25"), None, decimal.Decimal("-2.50")]),
    "word": pa.array(["x", None, "é, 'y'"]),
    "coded": pa.array(["a", "b", "a"]).dictionary_encode(),
    "nothing": pa.nulls(3),
}


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "a.parquet"
    parquet.write_table(pa.table(TABLE), path)
    return path


def read(file, columns, numbers=()):
    batches = list(file.batches(columns, numbers))
    return pa.Table.from_batches(batches).to_pydict()


def test_every_type_is_a_number_or_a_word(path):
    file = ParquetFile(path)
    assert file.names == tuple(TABLE)
    assert file.numbers == {"whole", "real", "flag", "money"}
    found = read(file, file.names, file.numbers)
    assert found["whole"] == [1.0, None, -3.0]
    assert np.array_equal(found["real"], [0.5, np.nan, -np.inf], equal_nan=True)
    assert found["flag"] == [1.0, 0.0, None]
    assert found["money"] == [1.25, None, -2.5]
    assert found["word"] == ["x", None, "é, 'y'"]
    assert found["coded"] == ["a", "b", "a"]
    assert found["nothing"] == [None, None, None]


def test_numbers_are_words_where_that_is_asked_for(path):
    assert read(ParquetFile(path), ["flag", "whole"]) == {
        "flag": ["1", "0", None],
        "whole": ["1", None, "-3"],
    }


@pytest.mark.parametrize(
    "column", [[datetime.date(2020, 1, 1)], [[1, 2]], [{"x": 1}], [b"bytes"]], ids=str
)
def test_what_is_neither_is_told(tmp_path, column):
    parquet.write_table(pa.table({"odd": column, "a": [1]}), tmp_path / "a.parquet")
    file = ParquetFile(tmp_path / "a.parquet")
    assert read(file, ["a"]) == {"a": ["1"]}
    with pytest.raises(UserError, match=r"a\.parquet: column 'odd' holds .*dataset\.ignore"):
        read(file, ["odd"])


def test_one_row_group_is_read_in_blocks(tmp_path):
    n = 3_000_000
    parquet.write_table(
        pa.table({"a": np.arange(n), "b": np.zeros(n)}), tmp_path / "a.parquet", row_group_size=n
    )
    sizes, total = [], 0.0
    for batch in ParquetFile(tmp_path / "a.parquet").batches(["a"], ["a"]):
        sizes.append(len(batch))
        total += np.asarray(batch.column("a")).sum()
    assert sum(sizes) == n
    assert max(sizes) <= 1 << 20
    assert total == n * (n - 1) / 2


@pytest.mark.parametrize(
    "content", [b"", b"PAR1", b"a,b\n1,2\n", b"PAR1" + b"\xff" * 50 + b"PAR1"], ids=str
)
def test_what_is_not_parquet_is_told(tmp_path, content):
    (tmp_path / "a.parquet").write_bytes(content)
    with pytest.raises(UserError, match=r"a\.parquet cannot be read as Parquet") as told:
        list(ParquetFile(tmp_path / "a.parquet").names)
    assert "\n" not in str(told.value)


def test_two_columns_of_one_name_are_told(tmp_path):
    table = pa.table([pa.array([1]), pa.array([2])], names=["a", "a"])
    parquet.write_table(table, tmp_path / "a.parquet")
    with pytest.raises(UserError, match="two columns 'a'"):
        list(ParquetFile(tmp_path / "a.parquet").names)


def test_mutated_files_are_read_or_told(path):
    draw = random.Random(0)
    whole, told = path.read_bytes(), []
    for _ in range(FUZZ):
        data = bytearray(whole)
        for _ in range(draw.randint(1, 3)):
            data[draw.randrange(len(data))] = draw.randrange(256)
        if draw.random() < 0.2:
            del data[draw.randrange(len(data)) :]
        path.write_bytes(data)
        file = ParquetFile(path)
        try:
            for _ in file.batches(file.names, file.numbers):
                pass
        except UserError as error:
            told.append(str(error))
    assert 0 < len(told) < FUZZ
    assert not any("\n" in text for text in told)
