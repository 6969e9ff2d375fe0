"""Glyphs from the fonts that matplotlib brings, which are there wherever the tests run."""

import json
import os
import pickle
import shutil
import string
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTCollection, TTFont
from PIL import Image, ImageDraw, ImageFont

from narrows.datasets import fonts
from narrows.datasets.fonts import Fonts
from narrows.errors import UserError
from narrows.readers import glyphs
from narrows.readers.font import examine

SHIPPED = Path(mpl.get_data_path(), "fonts", "ttf")
CHARACTERS = string.ascii_uppercase + string.ascii_lowercase + string.digits
# One face each of five typefaces, and another of the first one.
SOME = (
    "DejaVuSans",
    "DejaVuSans-Bold",
    "DejaVuSansMono",
    "cmr10",
    "cmss10",
    "cmtt10",
    "STIXGeneral",
)


def some_fonts(place):
    """Copy some sound fonts, in a folder of its own each."""
    for name in SOME:
        (place / name).mkdir(parents=True)
        shutil.copy(SHIPPED / f"{name}.ttf", place / name)
    return place


@pytest.fixture
def folder(tmp_path):
    """A folder with some fonts, for a test to change."""
    return some_fonts(tmp_path / "fonts")


@pytest.fixture(scope="module")
def judged(tmp_path_factory):
    """A folder with the same fonts, and what they are found to be."""
    place = some_fonts(tmp_path_factory.mktemp("judged") / "fonts")
    return place, examine(fonts._fonts_in(place), 32, 1)


@pytest.fixture
def known(judged, monkeypatch):
    """This folder, whose fonts are not judged again."""
    place, found = judged
    monkeypatch.setattr(fonts, "examine", lambda files, size, workers: found)
    return place


def loaded(data):
    """All images and labels, by part."""
    return {
        name: (part.x.block(0, len(part.y)).values, part.y)
        for name, part in data.load(Path()).items()
    }


def square(character, size=500):
    """A font whose glyphs are drawn by `size(character)`, a box at 0, 0."""
    names = [".notdef", *(f"u{ord(c)}" for c in CHARACTERS)]
    builder = FontBuilder(1000, isTTF=True)
    builder.setupGlyphOrder(names)
    builder.setupCharacterMap({ord(c): f"u{ord(c)}" for c in CHARACTERS})
    glyphs = {}
    for name, c in zip(names, " " + CHARACTERS, strict=True):
        pen = TTGlyphPen(None)
        if (side := character(c)) > 0:
            pen.moveTo((0, 0))
            pen.lineTo((0, side))
            pen.lineTo((size, side))
            pen.lineTo((size, 0))
            pen.closePath()
        glyphs[name] = pen.glyph()
    builder.setupGlyf(glyphs)
    builder.setupHorizontalMetrics(dict.fromkeys(names, (600, 0)))
    builder.setupHorizontalHeader(ascent=800, descent=-200)
    builder.setupNameTable({"familyName": "Squares", "styleName": "Regular"})
    builder.setupOS2()
    builder.setupPost()
    return builder.font


def test_all_that_matplotlib_brings_by_what_it_is():
    data = Fonts(path=str(SHIPPED), styles="all", val=0.2)
    data.load(Path())
    facts = data.facts()
    drawn = {family for families in facts["families"].values() for family in families}
    assert drawn == {
        *("DejaVu Sans", "DejaVu Sans Mono", "DejaVu Serif", "STIXGeneral"),
        *("cmb10", "cmmi10", "cmr10", "cmss10", "cmti10", "cmtt10"),
    }
    left_out = facts["left_out"]
    assert left_out["cmsy10.ttf"] == ["is a font of symbols"]
    assert left_out["cmex10.ttf"] == ["is a font of symbols"]
    assert left_out["STIXNonUni.ttf"] == ["has no 'A' and 61 more"]
    assert "different pictures for 62 characters" in left_out["LastResortHE-Regular.ttf"][0]
    files = {path.name for path in SHIPPED.glob("*.ttf")}
    assert sum(facts["faces"].values()) == len(files - set(left_out))


def test_no_typeface_is_in_two_parts_and_shares_hold(known):
    wheres = set()
    for seed in range(8):
        data = Fonts(path=str(known), styles="all", split_seed=seed)
        parts = data.load(Path())
        families = data.facts()["families"]
        where = {f: part for part, found in families.items() for f in found}
        assert sum(map(len, families.values())) == len(where)
        assert where["DejaVu Sans"] == where["DejaVu Sans Mono"]
        assert {name: len({f.split()[0] for f in found}) for name, found in families.items()} == {
            "train": 3,
            "val": 1,
            "test": 1,
        }
        assert sum(len(part.y) for part in parts.values()) == len(SOME) * 62
        wheres.add(tuple(sorted(where.items())))
    assert len(wheres) > 1


def test_another_font_moves_few_others(folder):
    before = Fonts(path=str(SHIPPED), val=0.2)
    before.load(Path())
    shutil.copy(SHIPPED / "cmb10.ttf", folder)

    def where(data):
        return {f: part for part, found in data.facts()["families"].items() for f in found}

    after = Fonts(path=str(folder), val=0.2)
    shared = [where(before)[f] == part for f, part in where(after).items()]
    assert np.mean(shared) >= 0.5


def test_pictures_are_pillows_own_on_one_baseline_and_in_one_scale(folder):
    data = Fonts(path=str(folder), size=48)
    for x, y in loaded(data).values():
        assert x.shape[1:] == (1, 48, 48)
        assert (y.argmax(1).reshape(-1, 62) == np.arange(62)).all()
        assert (y.sum(1) == 1).all()
        for face in x[:, 0].reshape(-1, 62, 48, 48):
            ink = {c: np.flatnonzero(face[i].max(1) > 127) for i, c in enumerate(CHARACTERS)}
            # Letters without curves stand on one line; x is lower than l, p goes below.
            assert len({ink[c][-1] for c in "AHIXhikx"}) == 1
            assert ink["x"][0] > ink["h"][0] + 5
            assert ink["p"][-1] > ink["x"][-1] + 4
            assert face.max() > 200
            # A frame of a pixel is free, and there is no room to be larger.
            assert not face[:, [0, -1]].any()
            assert not face[:, :, [0, -1]].any()
            rows, columns = face.any((0, 2)).sum(), face.any(1).sum(1).max()
            assert max(rows, columns) >= 44


def test_a_glyph_is_as_pillow_draws_it_alone(known):
    x, _ = loaded(Fonts(path=str(known)))["train"]
    with_ink = [np.argwhere(x[i, 0]) for i in range(62)]
    crops = [
        x[i, 0][tuple(slice(a, b + 1) for a, b in zip(w.min(0), w.max(0), strict=True))]
        for i, w in enumerate(with_ink)
    ]
    faces = Fonts(path=str(known)).load(Path())["train"].x.faces
    sizes = []
    for points in np.arange(20, 44, 0.01):
        font = ImageFont.truetype(faces[0].path, points, layout_engine=ImageFont.Layout.BASIC)
        image = Image.new("L", (100, 100))
        ImageDraw.Draw(image).text((30, 60), "M", fill=255, font=font, anchor="ls")
        drawn = np.asarray(image.crop(image.getbbox()))
        if np.array_equal(drawn, crops[CHARACTERS.index("M")]):
            sizes.append(points)
    assert sizes


def test_blocks_join_and_travel(known):
    rows = Fonts(path=str(known)).load(Path())["train"].x
    whole = rows.block(0, rows.shape[0]).values
    assert whole.shape == rows.shape
    assert whole.dtype == rows.dtype
    again = pickle.loads(pickle.dumps(rows))
    for start, stop in ((0, 1), (60, 64), (61, 62), (62, 63), (17, 130), (5, 5)):
        assert np.array_equal(again.block(start, stop).values, whole[start:stop])


@pytest.mark.parametrize(
    ("chosen", "characters"),
    [
        ("digits", string.digits),
        ("capitals", string.ascii_uppercase),
        ("small", string.ascii_lowercase),
        ("letters", string.ascii_letters.swapcase()),
    ],
)
def test_fewer_characters_are_the_same_pictures(known, chosen, characters):
    data = Fonts(path=str(known), characters=chosen)
    assert "".join(data.spec().labels) == characters
    x, y = loaded(data)["train"]
    full, _ = loaded(Fonts(path=str(known)))["train"]
    columns = [CHARACTERS.index(c) for c in characters]
    assert np.array_equal(
        x.reshape(-1, len(characters), 32, 32), full.reshape(-1, 62, 32, 32)[:, columns]
    )
    assert y.shape[1] == len(characters)
    assert data.spec().shape == x.shape[1:]


@pytest.mark.parametrize(("chosen", "rows", "columns"), [("all", 8, 8), ("digits", 3, 4)])
def test_a_typeface_is_a_sheet_of_its_glyphs(known, chosen, rows, columns):
    data = Fonts(path=str(known), example="typeface", characters=chosen, size=20)
    assert data.spec().shape == (1, rows * 20, columns * 20)
    assert data.spec().labels == ()
    glyphs = loaded(Fonts(path=str(known), characters=chosen, size=20))
    k = 62 if chosen == "all" else 10
    for part, (x, y) in loaded(data).items():
        assert x.shape == (len(y), *data.spec().shape)
        assert y.shape == (len(glyphs[part][0]) // k, 0)
        for f, sheet in enumerate(x[:, 0]):
            for place in range(rows * columns):
                top, left = (20 * n for n in divmod(place, columns))
                cell = sheet[top : top + 20, left : left + 20]
                glyph = glyphs[part][0][f * k + place, 0] if place < k else np.zeros((20, 20))
                assert np.array_equal(cell, glyph)
    rows_of = data.load(Path())["train"].x
    whole = rows_of.block(0, rows_of.shape[0]).values
    assert np.array_equal(rows_of.block(1, 2).values, whole[1:2])


def test_the_card_names_each_typeface(known):
    data = Fonts(path=str(known), example="typeface", styles="all")
    parts = data.load(Path())
    names = data.facts()["names"]
    assert {part: len(told) for part, told in names.items()} == {
        part: len(p.y) for part, p in parts.items()
    }
    told = {name for part in names.values() for name in part}
    assert {"DejaVu Sans", "DejaVu Sans Bold", "cmr10", "STIXGeneral"} <= told
    assert "names" not in Fonts(path=str(known)).facts()


def test_a_typeface_that_is_gone_when_it_is_drawn_is_named(folder):
    rows = Fonts(path=str(folder), example="typeface").load(Path())["train"].x
    glyphs.pictures.cache_clear()
    Path(rows.glyphs.faces[1].path).unlink()
    block = rows.block(0, 2)
    assert set(block.problems) == {1}
    assert Path(rows.glyphs.faces[1].path).name in block.problems[1]


def test_regular_is_one_face_of_each_family(folder):
    for name in ("DejaVuSans-Oblique", "DejaVuSans-BoldOblique", "DejaVuSansMono-Bold"):
        shutil.copy(SHIPPED / f"{name}.ttf", folder / f"0{name}.ttf")
    parts = Fonts(path=str(folder)).load(Path())
    drawn = {Path(face.path).stem for part in parts.values() for face in part.x.faces}
    assert drawn == set(SOME) - {"DejaVuSans-Bold"}


def test_the_same_file_twice_counts_once(folder):
    shutil.copy(folder / "cmr10" / "cmr10.ttf", folder / "zz another name.ttf")
    data = Fonts(path=str(folder), styles="all")
    assert sum(len(part.y) for part in data.load(Path()).values()) == len(SOME) * 62
    (why,) = data.facts()["left_out"]["zz another name.ttf"]
    assert why.startswith("has the pictures of cmr10")
    assert why.endswith("in cmr10/cmr10.ttf")


def test_the_same_pictures_under_another_name_stay_in_one_part(folder, monkeypatch):
    font = TTFont(folder / "cmr10" / "cmr10.ttf")
    for record in font["name"].names:
        record.string = "Zapped"
    # One letter is another one's, so that it is not the same font.
    font["glyf"]["M"] = font["glyf"]["N"]
    font.save(folder / "zapped.ttf")
    found = examine(fonts._fonts_in(folder), 32, 1)
    monkeypatch.setattr(fonts, "examine", lambda files, size, workers: found)
    for seed in range(6):
        data = Fonts(path=str(folder), split_seed=seed)
        data.load(Path())
        where = {f: part for part, found in data.facts()["families"].items() for f in found}
        assert where["Zapped"] == where["cmr10"]


def test_each_face_of_a_collection_is_drawn(tmp_path):
    collection = TTCollection()
    collection.fonts = [
        TTFont(SHIPPED / f"{n}.ttf") for n in ("cmr10", "cmss10", "cmtt10", "cmsy10")
    ]
    collection.save(tmp_path / "four.ttc")
    data = Fonts(path=str(tmp_path))
    drawn = loaded(data)
    assert data.facts()["left_out"] == {"four.ttc": ["is a font of symbols"]}
    alone = tmp_path / "alone"
    alone.mkdir()
    for name in ("cmr10", "cmss10", "cmtt10"):
        shutil.copy(SHIPPED / f"{name}.ttf", alone)
    for part, (x, _) in loaded(Fonts(path=str(alone))).items():
        assert np.array_equal(x, drawn[part][0])


SOUND = (SHIPPED / "cmr10.ttf").read_bytes()
BROKEN = {
    "empty": b"",
    "text": b"this is not a font\n" * 50,
    "truncated": SOUND[: len(SOUND) // 3],
    "head alone": SOUND[:12],
    "web page": b"<html>sign in</html>",
    "zeros": bytes(5000),
    "collection without faces": b"ttcf\0\1\0\0\xff\xff\xff\xff",
}


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN)
def test_a_broken_file_stops(tmp_path, content):
    (tmp_path / "broken.ttf").write_bytes(content)
    with pytest.raises(UserError, match=r"broken\.ttf cannot be read .*on_error=skip") as told:
        Fonts(path=str(tmp_path)).load(Path())
    assert "\n" not in str(told.value)


def test_broken_files_are_left_out_on_wish(folder):
    for name, content in BROKEN.items():
        (folder / f"{name}.ttf").write_bytes(content)
    data = Fonts(path=str(folder), on_error="skip")
    assert sum(len(part.y) for part in data.load(Path()).values()) == (len(SOME) - 1) * 62
    left_out = data.facts()["left_out"]
    assert set(left_out) == {f"{name}.ttf" for name in BROKEN}
    assert all(why[0].startswith("cannot be read") for why in left_out.values())


def test_a_broken_installed_font_never_stops(folder, monkeypatch):
    monkeypatch.setattr(fonts, "FOLDERS", (str(folder), str(folder / "not there")))
    for name, content in BROKEN.items():
        (folder / f"{name}.otf").write_bytes(content)
    (folder / "nowhere.ttf").symlink_to("not there")
    os.mkfifo(folder / "pipe.ttf")
    data = Fonts()
    assert sum(len(part.y) for part in data.load(Path()).values()) == (len(SOME) - 1) * 62
    assert set(data.facts()["left_out"]) == {*(f"{name}.otf" for name in BROKEN), "nowhere.ttf"}
    assert sorted(data.sources()) == data.sources()


def test_a_name_of_any_bytes(folder):
    name = os.fsdecode(b"caf\xe9\n.ttf")
    (folder / name).write_bytes(b"")
    with pytest.raises(UserError, match=r"caf\\xe9.*cannot be read") as told:
        Fonts(path=str(folder)).load(Path())
    assert str(told.value).isprintable()
    data = Fonts(path=str(folder), on_error="skip")
    data.load(Path())
    json.dumps(data.facts(), ensure_ascii=False).encode()


def test_fonts_that_are_not_letters(tmp_path):
    square(lambda c: 500).save(tmp_path / "same.ttf")
    square(lambda c: 0 if c == "7" else 100 + ord(c) * 5).save(tmp_path / "blank.ttf")
    square(lambda c: 100 + ord(c) * 12, 900).save(tmp_path / "bars.ttf")
    data = Fonts(path=str(tmp_path))
    with pytest.raises(UserError, match=r"0 typefaces .*3 files left out.*leave out dataset\.path"):
        data.load(Path())
    assert data._survey.left_out["same.ttf"] == ["draws 1 different pictures for 62 characters"]
    assert data._survey.left_out["blank.ttf"] == ["draws nothing for '7'"]
    assert "bars.ttf" in data._survey.left_out


def test_too_few_typefaces_are_told(tmp_path, monkeypatch):
    for name in ("DejaVuSans", "DejaVuSerif", "DejaVuSansMono", "cmr10"):
        shutil.copy(SHIPPED / f"{name}.ttf", tmp_path)
    with pytest.raises(UserError, match=r"^2 typefaces .* are in .*fewer than 3; add some"):
        Fonts(path=str(tmp_path)).load(Path())
    monkeypatch.setattr(fonts, "FOLDERS", (str(tmp_path),))
    with pytest.raises(UserError, match=r"2 typefaces .*installed.*fonts-dejavu.*dataset\.path="):
        Fonts().load(Path())


def test_shares_that_leave_none_to_train_on_are_told(known):
    with pytest.raises(
        UserError, match=r"dataset\.val=0\.5 and dataset\.test=0\.6 leave none of 5"
    ):
        Fonts(path=str(known), val=0.5, test=0.6).load(Path())


@pytest.mark.parametrize("name", ["not there", "file.ttf"])
def test_a_path_that_is_no_folder_is_told(tmp_path, name):
    (tmp_path / "file.ttf").write_bytes(SOUND)
    with pytest.raises(UserError, match=rf"dataset\.path=.*{name} is not a folder; "):
        Fonts(path=str(tmp_path / name)).load(Path())


def test_an_empty_folder_is_told(tmp_path):
    with pytest.raises(UserError, match=r"^0 typefaces .*fewer than 3; add some"):
        Fonts(path=str(tmp_path)).load(Path())


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_without_permission(folder):
    (folder / "cmr10" / "cmr10.ttf").chmod(0)
    with pytest.raises(UserError, match=r"cmr10\.ttf cannot be read \(Permission denied\)"):
        Fonts(path=str(folder)).load(Path())
    folder.chmod(0)
    try:
        with pytest.raises(UserError, match="give yourself permission"):
            Fonts(path=str(folder)).load(Path())
    finally:
        folder.chmod(0o755)


def test_elsewhere_it_is_the_same(folder, tmp_path):
    one = Fonts(path=str(folder))
    shutil.copytree(folder, tmp_path / "elsewhere" / "fonts")
    two = Fonts(path=str(tmp_path / "elsewhere" / "fonts"))
    others = loaded(two)
    for part, arrays in loaded(one).items():
        assert all(map(np.array_equal, arrays, others[part]))
    assert one.facts() == two.facts()


def test_a_file_that_is_gone_when_it_is_drawn_is_named(folder):
    rows = Fonts(path=str(folder)).load(Path())["train"].x
    glyphs.pictures.cache_clear()
    shutil.rmtree(folder)
    block = rows.block(60, 64)
    assert set(block.problems) == {0, 1, 2, 3}
    assert Path(rows.faces[0].path).name in block.problems[0]
    assert Path(rows.faces[1].path).name in block.problems[3]
