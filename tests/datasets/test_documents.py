"""Documents of one's own, against scikit-learn on the same texts."""

import csv
import gzip
import json
import pickle
import random
import zipfile
from collections import Counter

import numpy as np
import pytest
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer

from narrows.cli import main
from narrows.datasets import documents
from narrows.datasets.documents import Documents
from narrows.errors import UserError
from narrows.packing import prepare, read_card
from narrows.runs import read_spec
from narrows.store import StoredCsr

WORDS = [
    "The",
    "the",
    "cat",
    "dog",
    "Übel",
    "naïve",
    "a",
    "x1",
    "don't",
    "日本",
    "well-known",
    "co_op",
]


@pytest.fixture(autouse=True)
def no_memory_of_other_files():
    documents._surveyed.clear()


def corpus(n=90):
    """Texts with labels and parts; some without labels, one without any known term."""
    rng = random.Random(1)
    rows = []
    for i in range(n):
        words = [*rng.choices(WORDS, range(12, 0, -1), k=rng.randrange(1, 30)), f"rare{i % 40}"]
        labels = None if i % 7 == 6 else sorted(rng.sample(["b", "a", "c c"], rng.randrange(4)))
        part = "train" if labels is None else ["train", "train", "val", "test"][i % 4]
        rows.append({"text": ",\n".join(words), "labels": labels, "part": part})
    rows[2]["text"] = "unheard-of: Nothing"
    return rows


def write_jsonl(path, rows):
    path.write_text("\n".join(json.dumps(row) for row in rows))


def write_jsonl_gz(path, rows):
    with gzip.open(path, "wt") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)


def write_csv(path, rows):
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        for row in rows:
            # No label is a separator alone: nothing would be an unknown one.
            labels = None if row["labels"] is None else ";".join(row["labels"]) or ";"
            writer.writerow({**row, "labels": labels})


FORMS = {"x.jsonl": write_jsonl, "x.jsonl.gz": write_jsonl_gz, "x.csv": write_csv}


def read(part):
    """All values of a part, block by block as processes would read them."""
    rows = pickle.loads(pickle.dumps(part.x))
    assert rows.sparse
    assert rows.dtype == np.float32
    blocks = [rows.block(i, min(i + 7, rows.shape[0])) for i in range(0, rows.shape[0], 7)]
    problems = {7 * i + row: t for i, b in enumerate(blocks) for row, t in b.problems.items()}
    values = np.concatenate([b.values.toarray() for b in blocks])
    assert values.dtype == np.float32
    assert values.shape == rows.shape
    return values, problems


def documents_of(path, **options):
    return Documents(path=str(path), **{"split_field": "part", "label_separator": ";", **options})


@pytest.mark.parametrize("name", FORMS)
def test_each_form_gives_what_scikit_learn_gives(name, tmp_path):
    rows = corpus()
    FORMS[name](tmp_path / name, rows)
    data = documents_of(tmp_path / name, vocabulary=30)
    assert data.spec().shape == (30,)
    assert data.spec().labels == ("a", "b", "c c")
    parts = data.load(tmp_path)
    terms = data.facts()["vocabulary"]
    train = [row for row in rows if row["part"] == "train"]
    fitted = TfidfVectorizer(vocabulary=terms).fit([row["text"] for row in train])
    np.testing.assert_allclose(data.facts()["idf"], fitted.idf_)
    for part, some in parts.items():
        known = [r for r in rows if r["part"] == part and r["labels"] is not None]
        unknown = [r for r in rows if r["part"] == part and r["labels"] is None]
        values, problems = read(some)
        assert not problems
        assert some.labelled == len(known)
        assert bool(unknown) == (part == "train")
        wanted = fitted.transform([row["text"] for row in known + unknown])
        np.testing.assert_allclose(values, wanted.toarray(), rtol=1e-6)
        y = [
            [int(name in (r["labels"] or ())) for name in ("a", "b", "c c")]
            for r in known + unknown
        ]
        assert some.y.tolist() == y
    assert data.facts()["train_documents"] == len(train)
    assert data.facts()["documents_without_terms"] == {"train": 0, "val": 1, "test": 0}


def test_terms_are_those_in_most_documents_of_train(tmp_path):
    rows = corpus()
    rows[3]["text"] += " secret" * 9
    rows[3]["part"] = "test"
    write_jsonl(tmp_path / "x.jsonl", rows)
    data = documents_of(tmp_path / "x.jsonl", vocabulary=25)
    data.load(tmp_path)
    analyze = CountVectorizer().build_analyzer()
    found = Counter(t for r in rows if r["part"] == "train" for t in set(analyze(r["text"])))
    assert data.facts()["vocabulary"] == sorted(found, key=lambda t: (-found[t], t))[:25]
    assert "secret" not in found


@pytest.mark.parametrize("weighting", ["counts", "binary"])
@pytest.mark.parametrize("options", [{}, {"lowercase": False}, {"stop_words": "english"}])
def test_counts(weighting, options, tmp_path):
    rows = corpus()
    write_jsonl(tmp_path / "x.jsonl", rows)
    data = documents_of(tmp_path / "x.jsonl", vocabulary=8, weighting=weighting, **options)
    values, _ = read(data.load(tmp_path)["test"])
    terms = data.facts()["vocabulary"]
    counter = CountVectorizer(vocabulary=terms, binary=weighting == "binary", **options)
    texts = [row["text"] for row in rows if row["part"] == "test"]
    assert np.array_equal(values, counter.transform(texts).toarray())
    assert ("the" in terms) == ("stop_words" not in options)
    assert ("The" in terms) == ("lowercase" in options)


def test_fewer_terms_than_the_vocabulary_may_have(tmp_path):
    rows = corpus()
    write_jsonl(tmp_path / "x.jsonl", rows)
    data = documents_of(tmp_path / "x.jsonl", min_documents=5)
    assert data.spec().shape == (2000,)
    prepare(data, {}, tmp_path / "prepared")
    found = CountVectorizer(min_df=5).fit(row["text"] for row in rows if row["part"] == "train")
    card = read_card(tmp_path / "prepared")
    assert sorted(card["facts"]["vocabulary"]) == found.get_feature_names_out().tolist()
    assert card["spec"]["shape"] == [len(found.vocabulary_)]


def test_few_documents_are_pretrained_on_and_learned_from(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    write_jsonl(tmp_path / "news.jsonl", corpus())
    words = ["train", "dataset=documents", "dataset.path=news.jsonl", "epochs=1", "tracker=none"]
    assert main(words) == 0
    (first,) = (tmp_path / "runs").iterdir()
    labels = ["task=multi_label", "decoder=linear", "loss=logistic", f"pretrained={first}"]
    assert main([*words, *labels, "transfer=frozen"]) == 0
    (path,) = {*(tmp_path / "runs").iterdir()} - {first}
    terms = {read_spec(run).shape for run in (first, path)}
    assert len(terms) == 1
    assert terms.pop()[0] < 100
    capsys.readouterr()
    assert main([*words, *labels, "transfer=frozen", "dataset.min_documents=5"]) == 2
    assert "was trained on other data" in capsys.readouterr().err


def write_folder(folder, rows):
    for i, row in enumerate(rows):
        place = folder / row["part"] / (row["labels"] or ["none"])[0]
        place.mkdir(parents=True, exist_ok=True)
        (place / f"{i:03}.txt").write_text(row["text"])
    (folder / "README.md").write_text("no document")
    return folder


def test_a_folder_and_an_archive_of_it(tmp_path):
    folder = write_folder(tmp_path / "news", corpus())
    archive = tmp_path / "news.zip"
    with zipfile.ZipFile(archive, "w") as file:
        for path in folder.rglob("*.*"):
            file.write(path, path.relative_to(folder))
    results = []
    for path in (folder, archive):
        data = Documents(path=str(path), vocabulary=20)
        assert data.spec().labels == ("a", "b", "c c", "none")
        (tmp_path / path.suffix).mkdir(exist_ok=True)
        work = tmp_path / f"work{path.suffix}"
        work.mkdir()
        parts = data.load(work)
        results.append({part: (read(some)[0], some.y) for part, some in parts.items()})
        assert data.facts()["other_files"] == 1
    for part, (values, y) in results[0].items():
        files = sorted((folder / part).rglob("*.txt"))
        fitted = CountVectorizer(vocabulary=data.facts()["vocabulary"])
        wanted = fitted.transform([file.read_text() for file in files]).toarray()
        assert np.array_equal(values > 0, wanted > 0)
        assert [data.spec().labels[i] for i in y.argmax(1)] == [f.parent.name for f in files]
        assert np.array_equal(values, results[1][part][0])
        assert np.array_equal(y, results[1][part][1])


def test_folders_without_parts_are_split_and_files_at_the_top_have_no_label(tmp_path):
    for i in range(30):
        place = tmp_path / "d" / ("sport" if i % 2 else "news")
        place.mkdir(parents=True, exist_ok=True)
        (place / f"{i}.txt").write_text("some words here")
    (tmp_path / "d/top.txt").write_text("some words too")
    data = Documents(path=str(tmp_path / "d"), vocabulary=3)
    parts = data.load(tmp_path)
    assert [len(p.y) for p in parts.values()] == [22, 3, 6]
    assert (parts["train"].labelled, parts["train"].y.shape[1]) == (21, 2)
    assert Documents(path=str(tmp_path / "d"), labels=None).spec().labels == ()


def test_files_with_a_problem(tmp_path):
    folder = write_folder(tmp_path / "d", corpus())
    broken = {
        "train/a/z.txt": b"\xff\xfe",
        "test/a/z.txt": b"a\0b",
        "val/a/z.txt": b"x" * (17 << 20),
    }
    for name, content in broken.items():
        (folder / name).write_bytes(content)
    outside = tmp_path / "secret.txt"
    outside.write_text("secret")
    (folder / "test/a/link.txt").symlink_to(outside)
    data = Documents(path=str(folder), vocabulary=20)
    told = [t for part in data.load(tmp_path).values() for t in read(part)[1].values()]
    assert len(told) == 4
    for name, why in {
        "train/a/z.txt": "is not utf-8",
        "test/a/z.txt": "zero byte",
        "val/a/z.txt": "more than 16 MiB",
        "test/a/link.txt": "leads out",
    }.items():
        assert any(t.startswith(f"{folder / name} ") and why in t for t in told), told


def test_several_fields_are_put_below_one_another(tmp_path):
    rows = [{"title": f"head{i % 3}", "body": "text"} for i in range(40)]
    del rows[5]["title"]
    rows[6]["body"] = None
    write_jsonl(tmp_path / "x.jsonl", rows)
    options = {"labels": None, "vocabulary": 4, "weighting": "counts"}
    data = Documents(path=str(tmp_path / "x.jsonl"), text=["title", "body"], **options)
    parts = data.load(tmp_path)
    assert data.facts()["vocabulary"][0] == "text"
    assert sum(read(part)[0].sum() for part in parts.values()) == 78
    assert data.spec().labels == ()


def test_labels_that_are_one_text_or_a_number(tmp_path):
    given = ["x, y", 3, None, "", ["x, y", "z", "z"]]
    write_jsonl(
        tmp_path / "x.jsonl", [{"text": "ab", "labels": g} for g in given] * 8 + [{"text": "ab"}]
    )
    data = Documents(path=str(tmp_path / "x.jsonl"), vocabulary=1)
    assert data.spec().labels == ("3", "x, y", "z")
    parts = data.load(tmp_path)
    assert sum(p.y.sum() for p in parts.values()) == 8 * 4
    assert sum(len(p.y) - p.labelled for p in parts.values()) == 17
    assert Documents(path=data.path, vocabulary=1, label_separator=",").spec().labels == (
        "3", "x", "x, y", "y", "z",
    )  # fmt: skip


LINE = '{"text": "ab", "labels": ["x"], "part": "train"}'
PROBLEMS = {
    "broken": ('{"text": "ab"', "is no JSON"),
    "list": ("[1]", "is no JSON object"),
    "no text": ('{"labels": ["x"]}', "has no 'text'"),
    "null": ('{"text": null}', "has no 'text'"),
    "number": ('{"text": 7}', "has 7 as 'text', not a text"),
    "label": ('{"text": "ab", "labels": [{}]}', "an object as a label in 'labels'"),
    "fraction": ('{"text": "ab", "labels": 1.5}', "1.5 as a label"),
    "true": ('{"text": "ab", "labels": [true]}', "true or false as a label"),
    "surrogate": ('{"text": "ab", "labels": "\\ud800"}', "no valid Unicode"),
    "part": ('{"text": "ab", "part": "trian"}', "'trian' as 'part', not train, val or test"),
}


@pytest.mark.parametrize(("line", "told"), PROBLEMS.values(), ids=PROBLEMS)
def test_a_bad_line_stops_or_is_left_out(line, told, tmp_path):
    path = tmp_path / "x.jsonl"
    path.write_text(f"{LINE}\n{line}\n" + f"{LINE}\n" * 30)
    options = {"split_field": "part", "vocabulary": 1, "label_separator": None}
    with pytest.raises(UserError) as error:
        documents_of(path, **options).spec()
    assert str(error.value).startswith(f"{path} line 2 ")
    assert told in str(error.value)
    assert "on_error=skip" in str(error.value)
    parts = documents_of(path, **options, on_error="skip").load(tmp_path)
    problems = [t for part in parts.values() for t in read(part)[1].values()]
    assert [f"{problem}; mend it, or leave such" for problem in problems] == [
        str(error.value).split(" documents out with ")[0]
    ]
    assert sum(len(part.y) for part in parts.values()) == 32


MISTAKES = {
    "text": ({"text": "txet"}, r"no field 'txet'; dataset\.text=.*did you mean 'text'\?$"),
    "labels": ({"labels": "topics"}, r"no field 'topics'.*dataset\.labels=null"),
    "split": ({"split_field": "split"}, r"no field 'split'.*dataset\.split_field="),
    "no field": ({"text": []}, r"dataset\.text names no field"),
    "encoding": ({"encoding": "utf-99"}, r"dataset\.encoding=utf-99"),
}


@pytest.mark.parametrize(("options", "told"), MISTAKES.values(), ids=MISTAKES)
@pytest.mark.parametrize("name", ["x.jsonl", "x.csv"])
def test_a_mistaken_option_is_told(options, told, name, tmp_path):
    FORMS[name](tmp_path / name, corpus())
    with pytest.raises(UserError, match=told):
        documents_of(tmp_path / name, **options).spec()


SOURCES = {
    "empty.jsonl": ("", "holds no document"),
    "empty.csv": ("", "is empty"),
    "heading.csv": ("text,labels\n", "holds no document"),
    "x.docx": ("", "is neither"),
    "bad.jsonl": ("a\nb\n", r"none of the 2 documents.*line 1 is no JSON"),
}


@pytest.mark.parametrize(("name", "content", "told"), [(n, *c) for n, c in SOURCES.items()])
def test_a_source_without_documents(name, content, told, tmp_path):
    (tmp_path / name).write_text(content)
    with pytest.raises(UserError, match=told) as error:
        Documents(path=str(tmp_path / name), on_error="skip").spec()
    assert str(tmp_path / name) in str(error.value)


def test_an_empty_folder_and_one_that_is_not_there(tmp_path):
    with pytest.raises(UserError, match=r"holds no file that ends in \.txt"):
        Documents(path=str(tmp_path)).spec()
    with pytest.raises(UserError, match="is not there"):
        Documents(path=str(tmp_path / "x")).spec()


def test_identifiers_are_no_labels(tmp_path):
    write_jsonl(tmp_path / "x.jsonl", [{"text": "ab", "labels": i} for i in range(10_001)])
    with pytest.raises(UserError, match="10,001 different labels"):
        Documents(path=str(tmp_path / "x.jsonl")).spec()


def test_a_file_that_changes_while_it_is_read(tmp_path):
    path = tmp_path / "x.jsonl"
    write_jsonl(path, corpus())
    parts = documents_of(path, vocabulary=20).load(tmp_path)
    path.write_text("x" * 10_000)
    assert all("has changed" in text for text in read(parts["test"])[1].values())


def test_what_a_killed_process_had_learned_is_used(tmp_path, monkeypatch):
    write_jsonl_gz(tmp_path / "x.jsonl.gz", corpus())
    first = documents_of(tmp_path / "x.jsonl.gz", vocabulary=20)
    values = read(first.load(tmp_path)["test"])[0]
    monkeypatch.setattr(documents, "document_frequencies", None)
    monkeypatch.setattr("shutil.copyfileobj", None)
    again = documents_of(tmp_path / "x.jsonl.gz", vocabulary=20)
    assert np.array_equal(read(again.load(tmp_path)["test"])[0], values)
    assert again.facts() == first.facts()


def test_a_packed_set_lists_what_was_left_out(tmp_path):
    path = tmp_path / "x.csv"
    write_csv(path, corpus())
    with path.open("ab") as file:
        file.write(b"a,b\n\xff,a,train\n")
    data = documents_of(path, vocabulary=20, on_error="skip")
    prepare(data, {}, tmp_path / "packed")
    card = read_card(tmp_path / "packed")
    assert [s["problem"][: len(str(path)) + 5] for s in card["skipped"]] == [f"{path} line"] * 2
    n = {part: entry["examples"] for part, entry in card["parts"].items()}
    assert sum(n.values()) == 90
    assert card["facts"]["documents_without_terms"]["val"] == 1
    assert sum(card["facts"]["documents_without_terms"].values()) == 1
    stored = StoredCsr.open(tmp_path / "packed", "train")
    assert stored.shape == (n["train"], 20)
