"""Records at their places, against json and csv of the standard library."""

import csv
import gzip
import io
import json
import random
import re

import pytest

from narrows.errors import UserError
from narrows.readers.lines import LineFile
from narrows.readers.records import CsvRows, JsonLines
from narrows.text.texts import TextError

HARD = [
    "plain",
    "",
    'a "quoted" word',
    "two\nlines",
    "comma, here",
    "Zürich €",
    "\r\nx",
    " sp ",
    "x" * 300,
]


def records(path, encoding="utf-8", separator=","):
    """All records, each as it was found and as it is read again at its place."""
    file = LineFile(path, encoding)
    form = JsonLines(file.encoding)
    if "csv" in path.name:
        form = CsvRows.open(path, file.lines(), file.encoding, separator)
    work = path.parent / "work"
    work.mkdir(exist_ok=True)
    content = file.plain(work).read_bytes()
    for record in form.records(file.lines()):
        if not record.problem:
            data = content[record.start : record.start + record.size]
            assert form.values(data) == record.values
        yield record


def table(n):
    rng = random.Random(0)
    return [{"text": rng.choice(HARD) + str(i), "b": rng.choice(HARD)} for i in range(n)]


def as_csv(rows, **options):
    file = io.StringIO(newline="")
    writer = csv.DictWriter(file, list(rows[0]), **options)
    writer.writeheader()
    writer.writerows(rows)
    return file.getvalue()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "cp1252"])
@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_what_was_written_is_read(form, encoding, zipped, tmp_path):
    rows = table(40)
    text = as_csv(rows) if form == "csv" else ""
    for row in rows if form == "jsonl" else ():
        text += json.dumps(row, ensure_ascii=False) + ("\n \n" if row["b"] else "\n")
    data = text.encode(encoding)
    path = tmp_path / (f"x.{form}.gz" if zipped else f"x.{form}")
    path.write_bytes(gzip.compress(data) if zipped else data)
    assert [r.values for r in records(path, encoding)] == rows


def test_lines_are_those_of_the_file(tmp_path):
    path = tmp_path / "x.csv"
    path.write_bytes(b'text,b\r\n"one\r\ntwo",1\r\n\r\nthree,2\r\nfour\r\nfive,5')
    found = list(records(path))
    assert [r.line for r in found] == [2, 5, 6, 7]
    assert found[0].values == {"text": "one\r\ntwo", "b": "1"}
    assert [bool(r.problem) for r in found] == [False, False, True, False]


def test_a_mark_at_the_beginning_is_no_part_of_the_first_name(tmp_path):
    path = tmp_path / "x.csv"
    path.write_bytes(b"\xef\xbb\xbftext\tb\nx\ty\n")
    assert [r.values for r in records(path, separator="tab")] == [{"text": "x", "b": "y"}]


WRONG_ROWS = {
    "ragged": (b"one\n", "1 value where the heading has 2"),
    "too many": (b"a,b,c\n", "3 values where the heading has 2"),
    "encoding": (b"Z\xfcrich,b\n", "not utf-8 at its byte 2.*latin-1"),
    "zero byte": (b"a\0b,c\n", "zero byte"),
    "text after quote": (b'"a"b,c\n', "no row of a CSV file"),
    "return": (b"a\rb,c\n", "carriage return"),
    "long": (b"a," + b"x" * (17 << 20) + b"\n", "more than 16 MiB"),
}


@pytest.mark.parametrize(("row", "told"), WRONG_ROWS.values(), ids=WRONG_ROWS)
def test_a_wrong_row_is_told_and_the_others_are_read(row, told, tmp_path):
    path = tmp_path / "x.csv"
    path.write_bytes(b"text,b\nfirst,1\n" + row + b"last,2\n")
    first, wrong, last = records(path)
    assert (first.values["text"], last.values["text"]) == ("first", "last")
    assert wrong.line == 3
    assert re.search(told, wrong.problem), wrong.problem


def test_a_quote_left_open_is_told(tmp_path, monkeypatch):
    path = tmp_path / "x.csv"
    path.write_bytes(b'text,b\nfirst,1\n"open,2\nlast,3\n')
    _, wrong = records(path)
    assert wrong.line == 3
    assert "never closed" in wrong.problem
    # A million bytes is as far as it goes here.
    monkeypatch.setattr("narrows.readers.records.MAX_BYTES", 1 << 20)
    path.write_bytes(b'text,b\nfirst,1\n"open,2\n' + b"last,3\n" * 150_000)
    _, wrong, *others = records(path)
    assert "1 MiB; is a quote left open?" in wrong.problem
    assert len(others) < 100_000


HEADINGS = {
    "empty": (b"", "is empty"),
    "twice": (b"a,b,a\n", "two columns 'a'"),
    "encoding": (b"a,\xff\n", "line 1, its heading, is not utf-8"),
}


@pytest.mark.parametrize(("head", "told"), HEADINGS.values(), ids=HEADINGS)
def test_a_wrong_heading_is_told(head, told, tmp_path):
    path = tmp_path / "x.csv"
    path.write_bytes(head)
    with pytest.raises(UserError, match=told):
        list(records(path))


WRONG_OBJECTS = {
    "broken": (b'{"text": "a"', "is no JSON .*at character 13"),
    "list": (b'["a"]', "is no JSON object"),
    "encoding": (b'{"text": "Z\xfcrich"}', "is not utf-8 at its byte 12"),
    "deep": (b"[" * 200_000, "nested too deep"),
    "number": (b'{"text": ' + b"9" * 5000 + b"}", "number that is too long"),
    "long": (b'{"text": "' + b"x" * (17 << 20) + b'"}', "more than 16 MiB"),
    "utf-16": ('{"text": "a"}'.encode("utf-16"), "dataset.encoding=utf-16"),
}


@pytest.mark.parametrize(("line", "told"), WRONG_OBJECTS.values(), ids=WRONG_OBJECTS)
def test_a_wrong_object_is_told_and_the_others_are_read(line, told, tmp_path):
    path = tmp_path / "x.jsonl"
    path.write_bytes(b'{"text": "first"}\n' + line + b'\n{"text": "last"}')
    first, wrong, last = records(path)
    assert (first.values["text"], last.values["text"]) == ("first", "last")
    assert wrong.line == 2
    assert re.search(told, wrong.problem), wrong.problem


WHOLE = {
    "no gzip": ("x.jsonl.gz", b"{}", "utf-8", "is broken"),
    "cut": ("x.jsonl.gz", gzip.compress(b'{"a": 1}\n' * 500)[:-9], "utf-8", "is broken"),
    "odd": ("x.jsonl", b"\xff\xfea", "utf-16", "is not utf-16"),
    "unknown": ("x.jsonl", b"{}", "utf-99", "encoding=utf-99 is not known"),
    "no text": ("x.jsonl", b"{}", "rot13", "encoding=rot13 is not known"),
}


@pytest.mark.parametrize(("name", "content", "encoding", "told"), WHOLE.values(), ids=WHOLE)
def test_a_file_that_cannot_be_read_is_told(name, content, encoding, told, tmp_path):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(UserError, match=told):
        list(records(path, encoding))


def test_a_row_that_is_not_there_any_more():
    with pytest.raises(TextError, match="no row"):
        CsvRows("utf-8", ",", ["a"]).values(b"")
    with pytest.raises(TextError, match="2 values"):
        CsvRows("utf-8", ",", ["a"]).values(b"a,b")


def test_the_limit_of_the_csv_module_is_as_it_was(tmp_path):
    before = csv.field_size_limit()
    path = tmp_path / "x.csv"
    path.write_text("text\n" + "y" * 200_000 + "\n")
    assert len(next(records(path)).values["text"]) == 200_000
    assert csv.field_size_limit() == before
