"""ARFF, against a writer of it and scipy's reader."""

import io

import numpy as np
import pytest
from fuzzing import CASES, fuzz
from scipy.io import arff as scipy_arff

from narrows.errors import UserError
from narrows.readers.arff import divide, read_arff, read_label_names

DENSE = """% A comment.
@RELATION 'some music'
@attribute tempo NUMERIC
@attribute 'beat''s' real
@attribute "two words" integer
@ATTRIBUTE mood {calm, 'very angry', sad}
@attribute label {0,1}

@data
1.5, -2e-3, 7, calm, 0
% Another.
?, 4,8,'very angry',1
3,4,9, sad ,?
""".replace("''", "\\'")
SPARSE = """@relation words
@attribute a {0,1}
@attribute b {0,1}
@attribute c numeric
@attribute d {1,0}
@attribute 'e f' {x,y}
@data
{0 1,2 0.5}
{ 1 1 , 3 0, 4 y}
{}
"""


def write(tmp_path, text, name="t.arff"):
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_dense(tmp_path):
    table = read_arff(write(tmp_path, DENSE))
    assert table.names == ("tempo", "beat's", "two words", "mood", "label")
    nan = np.nan
    wanted = [[1.5, -2e-3, 7, 0, 0], [nan, 4, 8, 1, 1], [3, 4, 9, 2, nan]]
    np.testing.assert_array_equal(table.values, wanted)


def test_sparse(tmp_path):
    table = read_arff(write(tmp_path, SPARSE))
    assert table.names == ("a", "b", "c", "d", "e f")
    # What a row does not say is 0, and of a nominal attribute its first value.
    wanted = [[1, 0, 0.5, 1, 0], [0, 1, 0, 0, 1], [0, 0, 0, 1, 0]]
    np.testing.assert_array_equal(table.values, wanted)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_encodings_and_ends_of_lines(encoding, end, tmp_path):
    text = "@relation r\n@attribute é numeric\n@data\n1\n2".replace("\n", end)
    table = read_arff(write(tmp_path, text.encode(encoding)))
    assert table.names == ("é",)
    assert table.values.tolist() == [[1], [2]]


def test_numbers_as_scipy_reads_them(tmp_path):
    rng = np.random.default_rng(0)
    values = rng.normal(size=(50, 4)) * 10.0 ** rng.integers(-9, 9, (50, 4))
    text = "@relation r\n" + "".join(f"@attribute a{i} numeric\n" for i in range(4)) + "@data\n"
    text += "\n".join(",".join(map(repr, row)) for row in values.tolist())
    ours = read_arff(write(tmp_path, text)).values
    theirs, _ = scipy_arff.loadarff(io.StringIO(text))
    np.testing.assert_array_equal(ours, np.array(theirs.tolist()))
    np.testing.assert_array_equal(ours, values)


@pytest.mark.parametrize("sparse", [False, True])
def test_what_was_written_is_read(sparse, tmp_path):
    rng = np.random.default_rng(0)
    values = (rng.random((200, 30)) < 0.2).astype(int)
    text = "@relation r\n" + "".join(f"@attribute w{i} {{0,1}}\n" for i in range(30)) + "@data\n"
    for row in values:
        if sparse:
            text += "{" + ",".join(f"{i} 1" for i in np.flatnonzero(row)) + "}\n"
        else:
            text += ",".join(map(str, row)) + "\n"
    table = read_arff(write(tmp_path, text))
    assert np.array_equal(table.values, values)
    x, y = divide(table, ["w29", "w3"])
    assert np.array_equal(y, values[:, [29, 3]])
    assert np.array_equal(x, np.delete(values, [3, 29], 1))


BROKEN = {
    "empty": ("", "no line @data"),
    "cut off": (DENSE[:60], "is no attribute|no line @data"),
    "no attributes": ("@relation r\n@data\n1\n", "no attributes"),
    "html": ("<html>sign in</html>", "line 1: '<html>"),
    "binary": (bytes(range(256)) * 9, "line 1"),
    "too few": (DENSE + "1,2,3\n", "line 14 has 3 values, not 5"),
    "too many": (DENSE + "1,2,3,calm,1,7\n", "line 14 has 6 values, not 5"),
    "no number": (DENSE + "1,x,3,calm,1\n", "value 'x' for attribute \"beat's\""),
    "no such value": (DENSE + "1,2,3,happy,1\n", "value 'happy' for attribute 'mood'"),
    "text": ("@relation r\n@attribute a string\n@data\n'x'\n", "neither numeric nor nominal"),
    "doubled": ("@relation r\n@attribute a real\n@attribute a real\n@data\n", "line 3: .*'a'"),
    "mixed": (SPARSE + "1,1,0,1,x\n", "line 11: this row is not sparse"),
    "no such place": (SPARSE + "{5 1}\n", "line 11: '5 1' names none of 5"),
    "negative place": (SPARSE + "{-1 1}\n", "line 11"),
    "open brace": (SPARSE + "{1 1\n", "line 11 has no closing brace"),
    "sparse value": (SPARSE + "{1 2}\n", "value '2' for attribute 'b'"),
}


@pytest.mark.parametrize(("text", "told"), BROKEN.values(), ids=BROKEN)
def test_a_broken_file_is_named(text, told, tmp_path):
    path = write(tmp_path, text)
    with pytest.raises(UserError, match=told) as error:
        read_arff(path)
    assert str(error.value).startswith(f"{path} ")
    assert str(error.value).endswith("; fetch it again")


def test_a_table_larger_than_memory_is_refused(tmp_path):
    text = "@relation r\n" + "".join(f"@attribute a{i} real\n" for i in range(20_000)) + "@data\n"
    with pytest.raises(UserError, match="20000 x 20000 values, too many"):
        read_arff(write(tmp_path, text + "{}\n" * 20_000))


XML = """<?xml version="1.0" encoding="utf-8"?>
<labels xmlns="http://mulan.sourceforge.net/labels">
<label name="A"><label name="A.1"/></label>
<label name="B &amp; b"></label>
</labels>
"""


def test_label_names(tmp_path):
    assert read_label_names(write(tmp_path, XML)) == ["A", "A.1", "B & b"]


BOMB = """<!DOCTYPE l [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]><labels>&b;</labels>"""


@pytest.mark.parametrize("text", ["", "<labels>", XML[:-20], "<labels><label/></labels>", BOMB])
def test_a_broken_list_of_labels_is_named(text, tmp_path):
    path = write(tmp_path, text, "labels.xml")
    with pytest.raises(UserError, match=r"labels\.xml .+; fetch it again") as told:
        read_label_names(path)
    assert "\n" not in str(told.value)


def test_mutated_files(tmp_path):
    contents = [DENSE.encode(), SPARSE.encode()]
    fuzz(contents, tmp_path / "x.arff", read_arff)


def test_mutated_lists_of_labels(tmp_path):
    fuzz([XML.encode()], tmp_path / "x.xml", read_label_names, max(200, CASES // 5))
