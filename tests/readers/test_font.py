"""Font files, sound, mutated and hostile, through the reader."""

import os
import shutil
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
from fontTools.ttLib import TTFont

from narrows.readers import font
from narrows.readers.font import Face, examine
from narrows.readers.glyphs import CHARACTERS, pictures
from narrows.readers.typefaces import family_of, kin_of, most_regular, typefaces

SHIPPED = Path(mpl.get_data_path(), "fonts", "ttf")
CASES = int(os.environ.get("NARROWS_FUZZ") or 1000)


def mutated(content, random):
    """Change some bytes, cut, double or zero a piece; often in the head, which rules all."""
    content = bytearray(content)
    for _ in range(random.integers(1, 8)):
        end = len(content) if random.random() < 0.5 else 600
        at, size = random.integers(0, end), int(random.integers(1, 40))
        kind = random.integers(0, 6)
        if kind == 0:
            content[at : at + size] = random.bytes(size)
        elif kind == 1:
            content[at] ^= 1 << random.integers(0, 8)
        elif kind == 2:
            content[at : at + 4] = b"\xff" * 4
        elif kind == 3:
            content[at : at + size] = bytes(size)
        elif kind == 4:
            del content[at : at + size]
        else:
            content[at:at] = content[at : at + size]
    return bytes(content[: random.integers(0, len(content))] if random.random() < 0.05 else content)


def test_mutated_files_are_read_or_told(tmp_path):
    random = np.random.default_rng(0)
    sound = [(SHIPPED / f"{name}.ttf").read_bytes() for name in ("cmr10", "cmtt10", "cmss10")]
    files = [tmp_path / f"{i}.ttf" for i in range(CASES)]
    for i, file in enumerate(files):
        file.write_bytes(mutated(sound[i % len(sound)], random))
    found = examine(files, 32, workers=2)
    assert list(map(str, sorted(found))) == sorted(map(str, files))
    usable = 0
    for file in files:
        faces, unfit, broken = found[file]
        assert len(faces) + len(unfit) + (broken is not None) == 1
        assert all(text.isprintable() and text for text in (*unfit, broken or "none"))
        usable += len(faces)
        # What was judged well is drawn again, in this process.
        for face in faces:
            assert pictures(face.path, face.number, 32).any((1, 2)).all()
    assert 0 < usable < CASES


def test_what_a_face_is_called(tmp_path):
    (face,) = examine([SHIPPED / "DejaVuSans-BoldOblique.ttf"], 32, 1)[
        SHIPPED / "DejaVuSans-BoldOblique.ttf"
    ].faces
    assert face[1:7] == (0, "DejaVu Sans", "Bold Oblique", 700, 5, True)
    assert len(face.pictures) == len(CHARACTERS)


def crashing(path):
    if "crash" in path:
        os.abort()
    while "slow" in path:
        pass
    yield from ()


@pytest.mark.parametrize("names", [("a", "crash1", "b", "crash2"), ("slow", "a", "b"), ("crash",)])
def test_a_file_that_takes_the_process_down_is_told_and_the_others_are_read(
    names, tmp_path, monkeypatch
):
    """In the child, which is this module's own main with another way to open a file."""
    script = tmp_path / "child.py"
    script.write_text(
        f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r})\n"
        "import test_font\n"
        "from narrows.readers import font\n"
        "font._opened = test_font.crashing\n"
        "font._CPU_SECONDS = 1\n"
        "font.main()\n"
    )
    start = font.subprocess.Popen
    monkeypatch.setattr(
        font.subprocess,
        "Popen",
        lambda command, **options: start([command[0], str(script)], **options),
    )
    files = [tmp_path / name for name in names]
    found = examine(files, 32, workers=2)
    for file in files:
        broken = found[file].broken
        if "crash" in file.name:
            assert broken == "makes the font library crash"
        elif "slow" in file.name:
            assert "takes over" in broken
        else:
            assert broken is None


def test_a_process_that_does_not_start_is_no_fault_of_the_fonts(tmp_path, monkeypatch):
    monkeypatch.setattr(font.sys, "executable", shutil.which("false"))
    with pytest.raises(RuntimeError, match="does not start"):
        examine([tmp_path / "a.ttf"], 32, 1)


def test_symbols_under_letters_are_told_by_their_pictures(tmp_path):
    symbols = TTFont(SHIPPED / "cmex10.ttf")
    # Without names of glyphs, nothing but the pictures tells.
    symbols["post"].formatType = 3.0
    symbols.save(tmp_path / "symbols.ttf")
    found = examine([tmp_path / "symbols.ttf"], 32, 1)[tmp_path / "symbols.ttf"]
    assert found.unfit == ["is a font of symbols"]


def test_a_name_of_the_makers_is_not_the_typefaces():
    alike = [
        ("DejaVu Sans", "DejaVu Sans Mono", "DejaVuSerif Condensed"),
        ("Roboto", "Roboto Slab", "Roboto Condensed Light"),
        ("LM Roman 10", "LMSans12"),
        ("Noto Sans CJK JP", "Noto Serif"),
        ("URW Gothic", "Gothic"),
        ("源ノ角ゴシック", "源ノ角ゴシック 2"),
    ]
    kin = [{kin_of(name) for name in names} for names in alike]
    assert all(len(found) == 1 for found in kin)
    assert len(set.union(*kin)) == len(alike)
    assert kin_of("MS") == "ms"
    assert kin_of("+++") == "+++"


def face(family, style="Regular", weight=400, width=5, slanted=False, pictures=None):
    values = np.arange(62) + hash((family, style)) if pictures is None else pictures
    return Face(f"{family}-{style}", 0, family, style, weight, width, slanted, values)


def test_the_most_regular_face():
    faces = [
        face("A", "Bold", 700),
        face("A", "Italic", slanted=True),
        face("A"),
        face("A Light", "Regular", 300),
        face("A Condensed", "Regular", width=3),
        face("B", "Bold Italic", 700, slanted=True),
        face("B", "Bold", 700),
        face("C Thin Oblique", "Thin"),
    ]
    chosen = [(f.family, f.style) for f in most_regular(faces)]
    assert chosen == [("A", "Regular"), ("B", "Bold"), ("C Thin Oblique", "Thin")]
    assert family_of("Fira Sans Extra-Condensed SemiBold") == family_of("FiraSans")


def test_relatives_by_pictures_are_chained():
    a = np.arange(62)
    b = np.where(a < 31, a, a + 1000)
    c = np.where(a < 31, a + 5000, b)
    far = np.where(a < 30, a, a + 9000)
    faces = [face(n, pictures=p) for n, p in zip("wxyz", (c, b, a, far), strict=True)]
    w, x, y, z = typefaces(faces)
    assert w == x == y != z
