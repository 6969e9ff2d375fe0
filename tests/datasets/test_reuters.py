"""Reuters in each form that it comes in."""

import gzip
import html
import io
import json
import tarfile
import urllib.request
from collections import Counter

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics import f1_score
from sklearn.multiclass import OneVsRestClassifier
from sklearn.svm import LinearSVC

from narrows.datasets import reuters
from narrows.datasets.reuters import TOPICS, Reuters, read_packed
from narrows.errors import UserError


@pytest.fixture(scope="module")
def published(narrows_data):
    with gzip.open(narrows_data / "reuters21578.jsonl.gz", "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


@pytest.fixture
def there(narrows_data, monkeypatch):
    monkeypatch.setenv("NARROWS_DATA", str(narrows_data))


@pytest.fixture
def folder(tmp_path, workdir, monkeypatch):
    """An empty folder that NARROWS_DATA names, without network."""
    place = tmp_path / "there"
    place.mkdir()
    monkeypatch.setenv("NARROWS_DATA", str(place))

    def refuse(*_, **__):
        raise OSError("no network in tests")

    monkeypatch.setattr(urllib.request.OpenerDirector, "open", refuse)
    return place


@pytest.fixture
def few(published, monkeypatch):
    """A slice of each part, as if that were all."""
    chosen = []
    for part, n in {"train": 900, "test": 300, "unused": 40}.items():
        some = [s for s in published if s["split"] == part and (s["topics"] or part == "unused")]
        chosen += some[:n]
    sizes = {"train": 900, "test": 300, "unused": 40}
    monkeypatch.setattr(Reuters, "sizes", sizes)
    return chosen


def test_topics_are_those_that_occur(published):
    train, test = (
        Counter(t for s in published if s["split"] == part for t in s["topics"])
        for part in ("train", "test")
    )
    assert TOPICS[90] == tuple(sorted(set(train) & set(test)))
    assert TOPICS[115] == tuple(sorted(train))
    assert TOPICS[10] == tuple(sorted(t for t, _ in train.most_common(10)))


def test_counts_are_those_published(there, tmp_path):
    # The README of the data has these.
    for topics, only, sizes in ((115, True, (7775, 3019)), (90, False, (9603, 3299))):
        data = Reuters(topics=topics, with_topic_only=only, vocabulary=50, unused=not only)
        parts = data.load(tmp_path)
        n = {part: some.labelled for part, some in parts.items()}
        assert (n["train"] + n["val"], n["test"]) == sizes
        assert len(parts["train"].y) - n["train"] == (0 if only else 8676)
        y = np.concatenate([parts["train"].y, parts["val"].y])
        found = dict(zip(data.spec().labels, y.sum(0).tolist(), strict=True))
        assert [found[t] for t in ("earn", "acq", "money-fx", "grain")] == [2877, 1650, 538, 433]
        assert (y.sum(0) > 0).all()
        assert (parts["val"].y.sum(0)[y.sum(0) >= 20] > 0).all()
        assert {p.x.shape[1] for p in parts.values()} == {50}


def test_weights_and_labels_are_those_of_scikit_learn(few, folder, tmp_path, monkeypatch):
    write_packed(folder, few, monkeypatch)
    data = Reuters(vocabulary=500, val=0.2)
    parts = data.load(tmp_path)
    test = [s for s in few if s["split"] == "test" and set(s["topics"]) & set(TOPICS[90])]
    assert parts["test"].y.tolist() == [[int(t in s["topics"]) for t in TOPICS[90]] for s in test]
    bag = TfidfVectorizer(vocabulary=data.facts()["vocabulary"])
    bag.fit(["nothing"])
    bag.idf_ = np.array(data.facts()["idf"])
    wanted = bag.transform([f"{s['title']} {s['body']}" for s in test])
    np.testing.assert_allclose(parts["test"].x.toarray(), wanted.toarray(), rtol=1e-5)
    n, df = len(parts["train"].y), (parts["train"].x > 0).sum(0)
    np.testing.assert_allclose(data.facts()["idf"], np.log((1 + n) / (1 + df)) + 1)
    assert data.facts()["train_documents"] == n


def test_a_linear_classifier_learns_the_topics(few, folder, tmp_path, monkeypatch):
    write_packed(folder, few, monkeypatch)
    parts = Reuters(topics=10, vocabulary=2000).load(tmp_path)
    model = OneVsRestClassifier(LinearSVC()).fit(parts["train"].x, parts["train"].y)
    assert f1_score(parts["test"].y, model.predict(parts["test"].x), average="micro") > 0.8


def write_packed(folder, rows, monkeypatch):
    path = folder / "reuters21578.jsonl.gz"
    with gzip.open(path, "wt", encoding="utf-8") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)
    monkeypatch.setitem(reuters._SUMS, path.name, reuters.sha256(path))


def sgml(rows):
    """The stories in the form in which they were published."""
    text = '<!DOCTYPE lewis SYSTEM "lewis.dtd">\n'
    for row in rows:
        used = row["split"] != "unused"
        split = row["split"].upper() if used else "NOT-USED"
        text += f'<REUTERS TOPICS="{"YES" if used else "NO"}" LEWISSPLIT="{split}" NEWID="1">\n'
        topics = "".join(f"<D>{t}</D>" for t in row["topics"])
        title, body = (html.escape(row[k], quote=False) for k in ("title", "body"))
        text += f"<TOPICS>{topics}</TOPICS>\n<TEXT>&#2;\n<TITLE>{title}</TITLE>\n"
        text += f"<DATELINE> X - </DATELINE><BODY>{body}\n Reuter\n&#3;</BODY></TEXT>\n</REUTERS>\n"
    return text.encode("latin-1")


def write_sgml(folder, rows, monkeypatch):
    (folder / "reuters21578").mkdir()
    for i in range(0, len(rows), 100):
        (folder / f"reuters21578/reut2-0{i // 100:02}.sgm").write_bytes(sgml(rows[i : i + 100]))


def write_sgml_at_top(folder, rows, monkeypatch):
    (folder / "reut2-000.sgm").write_bytes(sgml(rows))


def write_archive(folder, rows, monkeypatch):
    path = folder / "reuters21578.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        member = tarfile.TarInfo("reut2-000.sgm")
        member.size = len(content := sgml(rows))
        archive.addfile(member, io.BytesIO(content))
    monkeypatch.setitem(reuters._SUMS, path.name, reuters.sha256(path))


def flat(parts):
    return {part: (some.x.toarray().tolist(), some.y.tolist()) for part, some in parts.items()}


def test_all_forms_are_the_same(few, tmp_path, monkeypatch):
    results = []
    for write in (write_packed, write_sgml, write_sgml_at_top, write_archive):
        place = tmp_path / write.__name__
        place.mkdir()
        monkeypatch.setenv("NARROWS_DATA", str(place))
        write(place, few, monkeypatch)
        data = Reuters(vocabulary=300, unused=True)
        results.append(flat(data.load(tmp_path)))
        assert len(data.sources()) == ("sgml" in write.__name__)
    assert all(result == results[0] for result in results)


def test_a_file_that_is_not_the_published_one_is_told(few, folder, tmp_path, monkeypatch):
    write_packed(folder, few, monkeypatch)
    monkeypatch.undo()
    monkeypatch.setenv("NARROWS_DATA", str(folder))
    with pytest.raises(UserError, match=r"reuters21578\.jsonl\.gz is not the published file"):
        Reuters().load(tmp_path)


def test_a_folder_that_lacks_a_story_is_told(few, folder, tmp_path, monkeypatch):
    write_sgml(folder, few[1:], monkeypatch)
    with pytest.raises(UserError, match=r"reuters21578 holds 899 train, .*has 900 train"):
        Reuters().load(tmp_path)


def test_without_network_the_remedy_is_named(folder, tmp_path):
    with pytest.raises(UserError, match=r"no network in tests.*reuters21578\.tar\.gz"):
        Reuters().load(tmp_path)
    assert not list(tmp_path.rglob("reuters21578*"))


@pytest.mark.parametrize("line", [b"[]", b"{}", b"\xff", b'{"title": 1', b'{"topics": 1}'])
def test_a_broken_packed_file_is_told(line, tmp_path):
    path = tmp_path / "reuters21578.jsonl.gz"
    for content in (gzip.compress(line), gzip.compress(line * 500)[:-9], line):
        path.write_bytes(content)
        with pytest.raises(UserError, match=r"jsonl\.gz is broken"):
            list(read_packed(path))
