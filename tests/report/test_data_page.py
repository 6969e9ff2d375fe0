"""The page and the text that show a data set."""

import io
import re

import numpy as np
import pytest
from packed import pack, split
from pages import Tags, check_needs_no_other_file
from PIL import Image
from rich.console import Console
from scipy.sparse import csr_array, random_array

from narrows.errors import UserError
from narrows.report.data_notes import feature_names, headline, notes
from narrows.report.data_page import label_rows, map_rows, render_data_page
from narrows.report.data_samples import picture
from narrows.report.data_tables import summarise
from narrows.report.data_terminal import print_data

HOSTILE = [
    "<script>alert(1)</script>",
    '" onmouseover="alert(1)',
    "{{ 7*7 }} {% raw %}",
    "[bold red]x[/] [link=x]y[/link]",
    "a\x1b[31mb\x00c\r\nd",
    "\u202eright to left\u2066",
    "\ud800 half a character",
    "$x_1$ \\frac & <!-- ]]>",
    "very " * 500 + "long",
    "W" * 5000,
    "漢字 🦊 ‍",
    "",
    " ",
]


def labels_of(n, k, seed=0):
    rng = np.random.default_rng(seed)
    return (rng.random((n, k)) < np.linspace(0.6, 0.05, k)).astype(np.uint8)


def images(folder, k=6, shape=(1, 8, 8), n=60, names=None, **options):
    x = np.random.default_rng(0).integers(0, 256, (n, *shape), dtype=np.uint8)
    names = names or [f"label{i}" for i in range(k)]
    return pack(folder, split(x, labels_of(n, k)), names, "image", **options)


def table(folder, n=50, **options):
    x = np.random.default_rng(0).normal(size=(n, 4)).astype(np.float32)
    return pack(folder, split(x, labels_of(n, 2)), ["a", "b"], "table", **options)


def documents(folder, n=50, words=30, **options):
    x = csr_array(random_array((n, words), density=0.3, rng=np.random.default_rng(0)), dtype="f4")
    facts = {"vocabulary": [f"word{i}" for i in range(words)]}
    parts = split(x, labels_of(n, 3))
    return pack(folder, parts, ["a", "b", "c"], "text", **{"facts": facts} | options)


def summary_of(folder):
    return summarise(folder, "mine", "dataset=mine")


def page_of(folder):
    text = render_data_page(summary_of(folder))
    check_needs_no_other_file(text)
    text.encode()
    return text


def printed(folder, *, colours=False):
    out = io.StringIO()
    system = "truecolor" if colours else None
    console = Console(
        file=out, width=80, highlight=False, force_terminal=colours, color_system=system
    )
    print_data(summary_of(folder), console)
    out.getvalue().encode()
    return out.getvalue()


def seen(page):
    """Return the words of a page, as they are read."""
    return " ".join("".join(Tags(page).text).split())


MAKERS = {"images": images, "table": table, "documents": documents}


@pytest.mark.parametrize("make", MAKERS.values(), ids=list(MAKERS))
def test_counts(tmp_path, make):
    folder = make(tmp_path, labelled={"train": 20})
    summary = summary_of(folder)
    text = seen(page_of(folder))
    for part in summary.parts:
        y = np.load(folder / f"{part.name}.y.npy")
        labelled = 20 if part.name == "train" else len(y)
        assert part.examples == len(y)
        assert part.labelled == labelled
        assert part.positives == y[:labelled].sum(0).tolist()
        assert part.cardinality == pytest.approx(y[:labelled].sum() / labelled)
        assert part.size == sum(p.stat().st_size for p in folder.glob(f"{part.name}.*"))
        assert f"{part.name} {len(y)} {labelled}" in re.sub(r"(?<=\d) (?=\s)", "", text) or (
            f"{part.name}{len(y)}{labelled}" in text.replace(" ", "")
        )
    assert "random with seed 0" in text
    assert "narrows train dataset=mine" in text
    assert "are unlabelled" in text
    plain = printed(folder)
    assert "are unlabelled" in plain
    assert "\x1b" not in plain
    assert "random with seed 0" in plain


def test_frequencies_are_in_the_page_and_the_text(tmp_path):
    folder = images(tmp_path)
    rows = label_rows(summary_of(folder))
    for place, row in enumerate(rows):
        assert row.name == f"label{place}"
        for (count, _, _), part in zip(row.cells, ("train", "val", "test"), strict=True):
            assert count == np.load(folder / f"{part}.y.npy")[:, place].sum()
    plain = " ".join(printed(folder).split())
    counts = " ".join(str(count) for count, _, _ in rows[0].cells)
    assert counts in plain
    assert max(length for row in rows for _, _, length in row.cells) == 100


def test_the_map_is_of_the_training_part(tmp_path):
    folder = images(tmp_path)
    y = np.load(folder / "train.y.npy").astype(int)
    both = y.T @ y
    rows = map_rows(summary_of(folder))
    order = [int(row.name.removeprefix("label")) for row in rows]
    assert [[count for count, _ in row.cells] for row in rows] == both[order][:, order].tolist()
    shades = np.array([[shade for _, shade in row.cells] for row in rows])
    assert shades.max() == 100
    assert (np.diag(shades) == 0).all()


def test_pictures_are_the_examples(tmp_path):
    folder = images(tmp_path)
    tags = Tags(page_of(folder)).found
    shown = [attributes for tag, attributes in tags if tag == "img"]
    assert len(shown) == 18 + 9 + 9
    summary = summary_of(folder)
    for part in summary.parts:
        x, y = (np.load(folder / f"{part.name}.{name}.npy") for name in "xy")
        for example in part.shown:
            assert example.png is not None
            with Image.open(io.BytesIO(example.png)) as image:
                assert np.array_equal(np.asarray(image), x[example.row, 0])
            assert example.labels == np.flatnonzero(y[example.row]).tolist()


@pytest.mark.parametrize(
    ("shape", "size", "mode"),
    [
        ((1, 8, 8), (8, 8), "L"),
        ((3, 30, 20), (20, 30), "RGB"),
        ((4, 9, 9), (9, 9), "RGB"),
        ((2, 9, 9), (9, 9), "L"),
        ((3, 400, 200), (80, 160), "RGB"),
        ((1, 1, 900), (160, 1), "L"),
    ],
)
def test_a_picture_is_no_larger_than_it_need_be(shape, size, mode):
    values = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    with Image.open(io.BytesIO(picture(values))) as image:
        assert image.size == size
        assert image.mode == mode


def test_small_pictures_are_enlarged_without_smoothing(tmp_path):
    assert 'class="small"' in page_of(images(tmp_path / "small"))
    assert 'class="small"' not in page_of(images(tmp_path / "large", shape=(1, 100, 100), n=10))


@pytest.mark.parametrize("make", MAKERS.values(), ids=list(MAKERS))
def test_hostile_names_are_shown_as_they_are_and_run_nothing(tmp_path, make):
    n, k = 60, len(HOSTILE)
    y = labels_of(n, k)
    x = {
        images: np.zeros((n, 1, 4, 4), np.uint8),
        table: np.zeros((n, k), np.float32),
        documents: csr_array(np.ones((n, k), np.float32)),
    }[make]
    kind = {images: "image", table: "table", documents: "text"}[make]
    folder = pack(
        tmp_path,
        split(x, y),
        [f"{name}{i}" for i, name in enumerate(HOSTILE)],
        kind,
        split_rule=HOSTILE[0],
        dataset={"_target_": "narrows.x.Y", **dict.fromkeys(HOSTILE, HOSTILE)},
        skipped=[{"part": "train", "problem": name} for name in HOSTILE],
        facts={
            "columns": [{"name": name, "kind": name, "missing": 3} for name in HOSTILE],
            "vocabulary": HOSTILE,
            **{f"fact {name}": {name: [name]} for name in HOSTILE},
        },
    )
    page = page_of(folder)
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert "49" not in re.findall(r"<th[^>]*>(?:\S*49\S*)</th>", page)
    assert "{{ 7*7 }}" in page
    assert not set("\x00\x1b\r\u202e\u2066") & set(page)
    assert max(map(len, page.splitlines())) < 400_000
    for text in (printed(folder), re.sub(r"\x1b\[[\d;]*m", "", printed(folder, colours=True))):
        assert "\x1b" not in text
        assert not set("\x00\r\u202e\u2066") & set(text)
        assert "[bold red]" in text


@pytest.mark.parametrize("k", [0, 1, 374])
def test_numbers_of_labels(tmp_path, k):
    names = [f"label{i}" for i in range(k)]
    x = np.zeros((100, 1, 4, 4), np.uint8)
    folder = pack(tmp_path, split(x, labels_of(100, k)), names, "image")
    page, plain = page_of(folder), printed(folder)
    if k == 0:
        assert "images without labels" in page
        assert "<h2>Labels" not in page
        assert "no label" not in page
    if k == 1:
        assert "100 images with 1 label" in page
        assert "occur together" not in page
    if k == 374:
        rows = [row.cells[0][0] for row in label_rows(summary_of(folder))]
        assert rows == sorted(rows, reverse=True)
        assert "All 374 labels" in page
        assert page.count('<th scope="row"><span class="name">label373</span></th>') == 1
        assert len(map_rows(summary_of(folder))) == 20
        assert "and 354 rarer labels" in plain


def test_classes(tmp_path):
    y = np.eye(4, dtype=np.uint8)[np.arange(60) % 4]
    folder = pack(tmp_path, split(np.zeros((60, 1, 4, 4), np.uint8), y), "abcd", "image")
    assert headline(summary_of(folder)) == "60 images with 4 classes"
    assert "No example of train has two labels" in page_of(folder)


def test_columns_and_sample_rows(tmp_path):
    names = ["age", "income", "height", "port"]
    facts = {"columns": [{"name": name, "kind": "numeric", "missing": 0} for name in names]}
    facts["columns"][1]["missing"] = 1234
    folder = table(tmp_path, facts=facts)
    x = np.load(folder / "train.x.npy")
    text = seen(page_of(folder))
    assert "1 column has missing values: income." in text
    assert "1,234" in text
    for value in x[0]:
        assert f"{abs(value):.4g}" in text
    plain = printed(folder)
    for column in range(4):
        assert f"{abs(float(x[:, column].max())):.4g}" in plain
    assert "1,234" in plain


def test_columns_that_look_like_labels_are_pointed_at(tmp_path):
    columns = {"columns": [{"name": n} for n in ("age", "label_a", "label_b", "classical")]}
    x = np.random.default_rng(0).normal(size=(50, 4)).astype(np.float32)
    dataset = {"_target_": "narrows.datasets.table.Table", "labels": []}
    parts = split(x, np.zeros((50, 0), np.uint8))
    folder = pack(tmp_path, parts, [], "table", facts=columns, dataset=dataset)
    assert "label_a, label_b are inputs; to predict them" in seen(page_of(folder))
    assert "dataset.labels=[label_a,label_b]" in printed(folder)


def test_columns_that_became_several_values(tmp_path):
    facts = {
        "columns": [
            {"name": "age", "kind": "number", "mean": 41.5, "missing": 2},
            {"name": "port", "kind": "category", "categories": ["C", "Q", None], "missing": 7},
        ],
        "features": ["age", "port=C", "port=Q", "port missing"],
    }
    page = page_of(table(tmp_path, facts=facts))
    text = seen(page)
    assert "packed mean" in text
    assert "C, Q, –" in text
    assert "41.5" in text
    assert page.count("port missing") == 2  # a heading of the sample rows and its title


def test_names_of_columns_that_became_several():
    facts = {
        "columns": [
            {"name": "age", "kind": "numeric"},
            {"name": "port", "kind": "categorical", "values": ["C", "Q"]},
        ]
    }
    assert feature_names(facts, 3) == ["age", "port=C", "port=Q"]
    assert feature_names(facts, 2) == ["value 1", "value 2"]
    assert feature_names({"features": ["a", "b"]}, 2) == ["a", "b"]
    assert feature_names({"vocabulary": {"b": 1, "a": 0}}, 2) == ["a", "b"]
    assert feature_names({"columns": {"a": {"missing": 1}, "b": "text"}}, 2) == ["a", "b"]


def test_documents_are_shown_by_their_heaviest_terms(tmp_path):
    folder = documents(tmp_path)
    example = summary_of(folder).parts[0].shown[0]
    data, indices, indptr = (
        np.load(folder / f"train.x.{name}.npy") for name in ("data", "indices", "indptr")
    )
    row = dict(zip(indices[: indptr[1]].tolist(), data[: indptr[1]].tolist(), strict=True))
    heaviest = sorted(row, key=lambda place: -row[place])[:12]
    assert [place for place, _ in example.terms or []] == heaviest
    assert example.length == len(row)
    page = seen(page_of(folder))
    assert all(f"word{place}" in page for place in heaviest)
    assert f"word{heaviest[0]}, word{heaviest[1]}" in " ".join(printed(folder).split())


def test_labels_without_positive_are_named(tmp_path):
    y = labels_of(60, 4)
    y[:, 1] = 0
    y[48:, 2] = 0
    y[::6, 3] = 1
    x = np.zeros((60, 1, 4, 4), np.uint8)
    folder = pack(tmp_path, split(x, y), ["sky", "moss", "tree", "water"], "image")
    found = notes(summary_of(folder))
    assert found[0].startswith("train: 1 label of 4 has no positive example: moss")
    assert "test: 2 labels of 4 have no positive example: moss, tree." in found
    assert "test: 2 labels of 4 have no positive" in seen(page_of(folder))


def test_skipped_examples_are_listed(tmp_path):
    skipped = [{"part": "val", "problem": f"img_{i}.png is cut off; mend it"} for i in range(150)]
    folder = images(tmp_path, skipped=skipped)
    text = seen(page_of(folder))
    assert "150 left out of what the source has; the reasons are below." in text
    assert "val: img_0.png is cut off; mend it" in text
    assert "150 in all, of which 100 are listed" in text
    assert "img_99.png" in text
    assert "img_100.png" not in text
    assert "and 140 more, which the page lists" in printed(folder)


def test_what_the_source_left_out_is_listed(tmp_path):
    facts = {"left_out": ["x.csv line 3 has 5 values, not 4"], "rows_left_out": 12}
    folder = table(tmp_path, facts=facts)
    for text in (seen(page_of(folder)), printed(folder)):
        assert "12 left out of what the source has" in text
        assert "source: x.csv line 3 has 5 values, not 4" in text


def test_left_out_files_are_listed_with_their_reasons(tmp_path):
    folder = images(tmp_path, facts={"left_out": {"odd.ttf": ["has no letter a", "is cut off"]}})
    assert "source: odd.ttf has no letter a, is cut off" in seen(page_of(folder))
    assert "source: odd.ttf has no letter a, is cut off" in printed(folder)


def found(first, second, *examples, exact=1, near=2):
    rows = [exact + near] * 2
    pair = {"parts": [first, second], "exact": exact, "near": near, "rows": rows}
    return pair | {"examples": [{"kind": kind, "rows": list(rows)} for kind, rows in examples]}


DUPLICATES = {
    "pairs": [
        found("train", "val", exact=0, near=0),
        found("train", "test", ("exact", (3, 5)), ("near", (35, 0)), ("near", (0, 11))),
        found("val", "test", ("near", (1, 1)), exact=0, near=1200),
    ],
    "blank": {"train": 2, "val": 0, "test": 1},
    "removed": {},
}


@pytest.mark.parametrize("make", MAKERS.values(), ids=list(MAKERS))
def test_examples_in_two_parts(tmp_path, make):
    folder = make(tmp_path, n=60, duplicates=DUPLICATES)
    summary = summary_of(folder)
    assert [shared.parts for shared in summary.shared] == [("train", "test"), ("val", "test")]
    twins = summary.shared[0].shown
    assert [(t.kind, t.first.row, t.second.row) for t in twins] == [
        ("exact", 3, 5),
        ("near", 35, 0),
        ("near", 0, 11),
    ]
    for part, example in (("train", twins[1].first), ("test", twins[0].second)):
        y = np.load(folder / f"{part}.y.npy")
        assert example.labels == np.flatnonzero(y[example.row]).tolist()
    text = seen(page_of(folder))
    note = "train and test share examples: 1 exact and 2 near pairs, with 3 of train and 3 of test."
    assert note in text
    assert "val and test share examples: 1,200 near pairs" in text
    assert "train: 2 examples are blank." in text
    assert "exact, train 3:" in text
    assert "near, test 11:" in text
    assert "dataset.duplicates=remove" not in text
    plain = " ".join(printed(folder).split())
    assert note in plain
    assert "val and test 0 1,200" in plain


def test_removed_examples_are_not_pointed_at(tmp_path):
    # The rows in the card are those before the removal.
    folder = images(tmp_path, duplicates=DUPLICATES | {"removed": {"train": 3}})
    summary = summary_of(folder)
    assert [shared.shown for shared in summary.shared] == [[], []]
    text = seen(page_of(folder))
    assert "train: 3 examples were removed, since a later part has the same" in text
    assert "share examples" not in text


def test_removal_is_offered_where_it_is_an_option(tmp_path):
    options = {"_target_": "narrows.datasets.table.Table", "duplicates": "report"}
    folder = images(tmp_path, duplicates=DUPLICATES, dataset=options)
    assert "dataset.duplicates=remove drops such examples" in seen(page_of(folder))


def test_nothing_to_note(tmp_path):
    folder = images(tmp_path, k=3)
    assert notes(summary_of(folder)) == []
    assert "Nothing stands out" in page_of(folder)


def test_facts_are_shown(tmp_path):
    families = {"families": {"train": ["Cantarell", "Lato"], "val": ["Gentium"]}, "letters": 62}
    for text in (seen(page_of(images(tmp_path, facts=families))), printed(tmp_path)):
        assert "Cantarell, Lato" in text
        assert "62" in text


def test_pictures_in_a_terminal(tmp_path):
    x = np.zeros((50, 3, 4, 4), np.uint8)
    x[:, 0] = 255
    folder = pack(tmp_path, split(x, labels_of(50, 2)), "ab", "image")
    assert "\x1b[38;2;255;0;0;48;2;255;0;0m▀" in printed(folder, colours=True)
    assert "▀" not in printed(folder)
    x[:, :] = 255
    pack(tmp_path, split(x, labels_of(50, 2)), "ab", "image")
    assert "█" * 18 in printed(folder)


def test_bytes_are_the_same_each_time(tmp_path):
    folder = images(tmp_path)
    assert page_of(folder) == page_of(folder)


def test_one_example_in_each_part(tmp_path):
    one = (np.zeros((1, 1, 4, 4), np.uint8), np.ones((1, 2), np.uint8))
    folder = pack(tmp_path, dict.fromkeys(("train", "val", "test"), one), "ab", "image")
    assert "3 images with 2 labels" in page_of(folder)
    assert "3 images" in printed(folder)


def test_an_empty_part(tmp_path):
    parts = split(np.zeros((8, 1, 4, 4), np.uint8), np.ones((8, 1), np.uint8))
    parts["val"] = (np.zeros((0, 1, 4, 4), np.uint8), np.zeros((0, 1), np.uint8))
    folder = pack(tmp_path, parts, "a", "image")
    assert "The val part is empty." in page_of(folder)
    printed(folder)


def test_no_card(tmp_path):
    with pytest.raises(UserError, match="prepare the data set first"):
        summary_of(tmp_path)
