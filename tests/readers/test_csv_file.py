"""CSV files of every kind, against the standard library's reader, and each way to be broken."""

import csv
import io
import os
import random

import pyarrow as pa
import pytest

from narrows.errors import UserError
from narrows.readers.csv_file import BLOCK, CsvFile

FUZZ = int(os.environ.get("NARROWS_FUZZ", "1000"))


@pytest.fixture
def write(tmp_path):
    def write(content, **options):
        path = tmp_path / "a.csv"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return CsvFile(path, **options)

    return write


def rows(file, **kinds):
    found = [[] for _ in file.names]
    for batch in file.batches(file.names, **kinds):
        for column, values in zip(found, batch.columns, strict=True):
            column += values.to_pylist()
    return list(zip(*found, strict=True))


NASTY = [
    ["a", "b, c", "d"],
    ["1", "x\ny", ""],
    ["two", 'he said "no"', "é ü 漢"],
    ["", "", "  blanks  "],
    ["-", "'", "tab\there"],
]


@pytest.mark.parametrize("separator", [",", ";", "|", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_what_the_standard_library_writes_is_read(write, separator, encoding, end):
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=separator, lineterminator=end).writerows(NASTY)
    read = "utf-8" if encoding == "utf-8-sig" else encoding
    file = write(text.getvalue().encode(encoding), separator=separator, encoding=read, missing=())
    assert file.names == tuple(NASTY[0])
    assert rows(file) == [tuple(row) for row in NASTY[1:]]


def test_missing_words_and_numbers(write):
    file = write('a,b\n1,NA\n,x\n" NA ",?\n 2.5 ,"nan"\n1e3,+.5\n', missing=("NA", "", "?", "nan"))
    assert rows(file, numbers=["a"]) == [
        (1.0, None),
        (None, "x"),
        (None, None),
        (2.5, None),
        (1000.0, "+.5"),
    ]


def test_a_column_without_a_name_is_called_by_its_place(write):
    file = write(",b\n0,x\n1,y\n")
    assert file.names == ("column_1", "b")
    assert rows(file) == [("0", "x"), ("1", "y")]


def test_columns_come_in_the_order_asked_for(write):
    batches = list(write("a,b,c\n1,2,3\n").batches(["c", "a"]))
    assert [b.to_pydict() for b in batches] == [{"c": ["3"], "a": ["1"]}]


def test_many_blocks_are_one_table(write):
    line = "x" * 1000
    n = 3 * BLOCK // 1000
    file = write("a,b\n" + f"{line},7\n" * n)
    sizes = [len(batch) for batch in file.batches(["b"])]
    assert sum(sizes) == n
    assert len(sizes) > 2


RAGGED = 'a,b\n"1\n1",2\n\n3\n4,5\n6,7,8\n9,10\n'


def test_a_ragged_row_is_told_by_its_line(write):
    with pytest.raises(UserError, match=r"a\.csv line 5: 1 value where the heading has 2.*skip"):
        rows(write(RAGGED))


def test_ragged_rows_are_left_out_and_lines_stay_right(write):
    file = write(RAGGED, on_error="skip")
    assert rows(file) == [("1\n1", "2"), ("4", "5"), ("9", "10")]
    lines = file.lines(file.ragged)
    assert {lines[row]: text for row, text in file.ragged.items()} == {
        5: "1 value where the heading has 2",
        7: "3 values where the heading has 2",
    }
    assert file.where([0, 1, 2]) == ["line 2", "line 6", "line 8"]


@pytest.mark.parametrize(
    ("content", "options", "told"),
    [
        (b"", {}, "a.csv is empty"),
        (b"\n\n", {}, "a.csv is empty"),
        (b"a,a\n1,2\n", {}, "two columns 'a'"),
        (b"a,b\n1,2\n\xe9,4\n", {}, r"line 3: byte 8 is not UTF-8.*dataset\.encoding=latin-1"),
        (b"a,b\n1,\xc3", {}, r"line 2: byte 6 is not UTF-8"),
        ("a,é\n1,2\n".encode("utf-16"), {}, r"line 1: byte 0.*dataset\.encoding=utf-16"),
        ("a,e\n1,2\n".encode("utf-16-le"), {}, r"line 1: a zero byte.*dataset\.encoding=utf-16"),
        (b"a,b\n1,2\n\xe9,4\n", {"encoding": "ascii"}, r"line 3: byte 8 is not ascii"),
        (b"a\n1\n", {"encoding": "klingon"}, r"dataset\.encoding=klingon is not known"),
        (b"a\n1\n", {"encoding": "base64"}, r"dataset\.encoding=base64 is not known"),
        (b"a\n1\n", {"separator": ",,"}, r"dataset\.separator=',,' is not one character"),
        (b"a\n1\n", {"separator": '"'}, r"dataset\.separator="),
        (b'a,b\n1,2\n"3,4\n5,6\n', {}, r"line 3: 1 value"),
    ],
)
def test_what_is_wrong_is_told_in_one_line(write, content, options, told):
    with pytest.raises(UserError, match=told) as error:
        rows(write(content, **options))
    assert "\n" not in str(error.value)


def test_a_bad_byte_far_into_the_file_is_found(write):
    content = b"a,b\n" + b"12345,789\n" * 2_000_000
    at = content.index(b"\n", 15_000_000) + 3
    content = content[:at] + b"\xff" + content[at + 1 :]
    line = content[:at].count(b"\n") + 1
    with pytest.raises(UserError, match=rf"line {line}: byte {at} is not UTF-8"):
        rows(write(content))


def test_a_quote_left_open_ends(write):
    with pytest.raises(UserError, match=r"line 2: 1 value|is a quote left open\?"):
        rows(write(b'a,b\n"' + b"1,2\n" * (BLOCK // 2)))


def test_a_latin_1_file_is_read_as_such(write):
    assert rows(write("a\né\n".encode("latin-1"), encoding="latin-1")) == [("é",)]


def test_a_huge_field_is_read(write):
    field = "x" * (BLOCK // 2)
    assert rows(write(f"a,b\n{field},1\n2,3\n")) == [(field, "1"), ("2", "3")]


def test_no_permission_is_told(write, monkeypatch):
    file = write("a\n1\n")
    file.path.chmod(0)
    if os.access(file.path, os.R_OK):
        # The superuser may read everything.
        monkeypatch.setattr(type(file.path), "open", refuse)
    with pytest.raises(UserError, match=r"a\.csv cannot be read \(Permission denied\)"):
        rows(file)


def refuse(*_, **__):
    raise PermissionError(13, "Permission denied")


def test_a_number_that_is_none_is_told(write):
    with pytest.raises(UserError, match=r"a\.csv cannot be read as CSV .*'x'"):
        rows(write("a\n1\nx\n"), numbers=["a"])


def mutated(content, draw):
    data = bytearray(content)
    for _ in range(draw.randint(1, 6)):
        at = draw.randrange(len(data) + 1)
        kind = draw.randrange(4)
        if kind == 0:
            data[at : at + 1] = bytes([draw.choice(b'",\n\r\t\0\xff\xef\xbb;\\ 0e-N')])
        elif kind == 1:
            del data[at : at + draw.randint(1, 20)]
        elif kind == 2:
            data[at:at] = data[: draw.randint(0, 30)]
        else:
            data[at:at] = draw.randbytes(draw.randint(1, 4))
    return bytes(data)


def test_mutated_files_are_read_or_told(write):
    draw = random.Random(0)
    seed = b'\xef\xbb\xbfa,b,"c\nd"\n1,NA,"x ""y"""\n2.5,,\xc3\xa9\n-inf,1e400,z\n' * 3
    told = []
    for _ in range(FUZZ):
        file = write(mutated(seed, draw), on_error=draw.choice(["stop", "skip"]))
        try:
            found = rows(file, numbers=draw.choice([(), file.names[:1]]))
            file.where(range(len(found)))
        except UserError as error:
            told.append(str(error))
    assert 0 < len(told) < FUZZ
    assert not any("\n" in text for text in told)


def test_reading_may_be_left_in_the_middle(write):
    for batch in write("a\n" + "123456\n" * 3_000_000).batches(["a"]):
        assert isinstance(batch, pa.RecordBatch)
        break
