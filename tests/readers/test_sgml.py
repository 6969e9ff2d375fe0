"""Reuters' SGML: stories written in its form, and files that are broken."""

import io
import tarfile

import pytest
from fuzzing import CASES, fuzz

from narrows.errors import UserError
from narrows.readers.sgml import Story, read_sgml, stories

HEAD = '<!DOCTYPE lewis SYSTEM "lewis.dtd">\n'
FORM = """<REUTERS TOPICS="{yes}" LEWISSPLIT="{split}" CGISPLIT="TRAINING-SET" OLDID="1" NEWID="2">
<DATE>26-FEB-1987 15:01:01.79</DATE>
<TOPICS>{topics}</TOPICS>
<PLACES><D>usa</D></PLACES>
<COMPANIES></COMPANIES>
<UNKNOWN> \n&#5;&#5;&#5;C T\n&#22;&#22;&#1;f0704&#31;reute</UNKNOWN>
<TEXT{kind}>&#2;\n{text}&#3;{end}</TEXT>
</REUTERS>
"""
NORMAL = """<TITLE>PRICES &lt;AB> UP</TITLE>
<AUTHOR>    by Someone, Reuters</AUTHOR>
<DATELINE>    GENEVA, March 1 - </DATELINE><BODY>Prices rose &amp; fell,
said Reuter.
    Then they \x05stood &lt;C>.
 Reuter
"""


def story(split="TRAIN", yes="YES", topics=(), kind="", text=NORMAL):
    marks = "".join(f"<D>{topic}</D>" for topic in topics)
    end = "</BODY>" if "<BODY>" in text else ""
    return FORM.format(split=split, yes=yes, topics=marks, kind=kind, text=text, end=end)


BODY = "PRICES <AB> UP\nPrices rose & fell,\nsaid Reuter.\n    Then they stood <C>."
BRIEF = "******<TITLE>UP &lt;AB> 3 PCT\n</TITLE>\nBlah.\n"


def test_stories_of_each_kind():
    text = HEAD + "".join(
        [
            story(topics=("wheat", "corn", "wheat")),
            story("TEST", text=BRIEF, kind=' TYPE="BRIEF"'),
            story("TEST", yes="NO", topics=("corn",)),
            story("NOT-USED"),
            story(text="M\xfcnchen 1 2  3\n REUTER\n", kind=' TYPE="UNPROC"'),
        ]
    )
    assert list(stories(text.encode("latin-1"), "x")) == [
        Story("train", ("corn", "wheat"), BODY),
        Story("test", (), "UP <AB> 3 PCT\n******\nBlah."),
        Story("unused", ("corn",), BODY),
        Story("unused", (), BODY),
        Story("train", (), "\nMünchen 1 2  3"),
    ]


FILES = {f"reut2-00{i}.sgm": (HEAD + story(topics=[f"t{i}"]) * (i + 1)).encode() for i in range(3)}


def as_folder(path):
    path.mkdir()
    for name, content in reversed(FILES.items()):
        (path / name).write_bytes(content)
    (path / "README.txt").write_text("no story")
    (path / "lewis.dtd").write_text("<!ELEMENT REUTERS")


def as_archive(path):
    with tarfile.open(path, "w:gz") as archive:
        for name, content in reversed(FILES.items()):
            member = tarfile.TarInfo(f"../../{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
        link = tarfile.TarInfo("reut2-009.sgm")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)


@pytest.mark.parametrize("write", [as_folder, as_archive])
def test_files_are_read_in_order_and_nothing_is_unpacked(write, tmp_path):
    (tmp_path / "in").mkdir()
    write(tmp_path / "in" / "x")
    before = sorted(tmp_path.rglob("*"))
    found = list(read_sgml(tmp_path / "in" / "x"))
    assert [s.topics for s in found] == [("t0",)] + [("t1",)] * 2 + [("t2",)] * 3
    assert sorted(tmp_path.rglob("*")) == before


BROKEN = {
    "cut": (HEAD + story() + story()[:300], "is cut off"),
    "empty": ("", "is cut off"),
    "other": ("<html></html>", "is cut off"),
    "no start": (HEAD + story() + "</REUTERS>", "at story 2"),
    "no end": (HEAD + story().replace("</REUTERS>", "") + story(), "at story 1"),
}


@pytest.mark.parametrize(("content", "told"), BROKEN.values(), ids=BROKEN)
def test_a_broken_file_is_told(content, told, tmp_path):
    (tmp_path / "reut2-000.sgm").write_text(content)
    with pytest.raises(UserError, match=rf"reut2-000\.sgm .*{told}"):
        list(read_sgml(tmp_path))


def test_a_broken_archive_is_told(tmp_path):
    as_archive(tmp_path / "x.tar.gz")
    content = (tmp_path / "x.tar.gz").read_bytes()
    for broken in (b"", b"no archive", content[: len(content) // 2]):
        (tmp_path / "x.tar.gz").write_bytes(broken)
        with pytest.raises(UserError, match=r"x\.tar\.gz is broken"):
            list(read_sgml(tmp_path / "x.tar.gz"))


def test_many_starts_without_an_end_take_no_time():
    with pytest.raises(UserError, match="cut off"):
        list(stories(b"<REUTERS " * 1_000_000, "x"))
    assert len(list(stories(b"<REUTERS><BODY></REUTERS>" * 100_000, "x"))) == 100_000


def test_mutated_stories(tmp_path):
    text = (HEAD + story(topics=("a", "b")) + story("TEST", text=BRIEF)).encode()
    marks = text.replace(b"<DATE>26-FEB-1987 15:01:01.79</DATE>", b"<REUTERS")
    short = [b"<REUTERS a></REUTERS>", text, text, marks]
    fuzz(short, tmp_path / "x", lambda path: list(stories(path.read_bytes(), str(path))), CASES)


def test_mutated_archives(tmp_path):
    as_archive(tmp_path / "x")
    content = (tmp_path / "x").read_bytes()
    fuzz([content], tmp_path / "x", lambda path: list(read_sgml(path)), CASES)
