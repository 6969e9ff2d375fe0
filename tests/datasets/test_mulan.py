"""MULAN's tables against its own statistics, and written back as ARFF."""

from pathlib import Path

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from narrows.datasets.mulan import TABLES, Mulan
from narrows.errors import UserError

# Examples, features, labels and labels an example, from MULAN's page of data sets.
KNOWN = {
    "emotions": (391, 202, 72, 6, 1.87),
    "scene": (1211, 1196, 294, 6, 1.07),
    "yeast": (1500, 917, 103, 14, 4.24),
    "enron": (1123, 579, 1001, 53, 3.38),
    "tmc2007_500": (21519, 7077, 500, 22, 2.16),
}


def load(place, monkeypatch, name, **options):
    monkeypatch.setenv("NARROWS_DATA", str(place))
    return Mulan(name=name, **options).load(Path())


def both(parts, field):
    return np.concatenate([getattr(parts["train"], field), getattr(parts["val"], field)])


@pytest.mark.parametrize("name", KNOWN)
def test_sizes_and_cardinality(name, narrows_data, monkeypatch):
    parts = load(narrows_data, monkeypatch, name)
    train, test, d, k, cardinality = KNOWN[name]
    y = np.concatenate([part.y for part in parts.values()])
    assert len(y) == train + test
    assert len(parts["test"].x) == test
    assert abs(len(parts["val"].x) - 0.1 * train) < 0.02 * train
    assert {part.x.shape[1] for part in parts.values()} == {d}
    assert y.shape[1] == k == len(TABLES[name].labels)
    # What MULAN calls tmc2007's cardinality is of this table; it rounds.
    assert abs(float(y.sum(1).mean()) - cardinality) < 0.0051
    if name == "enron":
        assert (both(parts, "y").sum(0) == 0).sum() == 1


@pytest.mark.parametrize("name", KNOWN)
def test_standardizing(name, narrows_data, monkeypatch):
    plain = load(narrows_data, monkeypatch, name, standardize=False)
    parts = load(narrows_data, monkeypatch, name)
    with np.load(narrows_data / f"ml_{name}.npz") as stored:
        assert np.array_equal(plain["test"].x, stored["x_test"])
        assert np.array_equal(np.sort(both(plain, "x"), 0), np.sort(stored["x_train"], 0))
    if name in ("enron", "tmc2007_500"):
        assert all(np.array_equal(plain[part].x, parts[part].x) for part in parts)
        return
    x = parts["train"].x.astype(float)
    np.testing.assert_allclose(x.mean(0), 0, atol=1e-5)
    np.testing.assert_allclose(x.std(0), 1, atol=1e-4)
    # The other parts get the same map, learned on the training part alone.
    mean, std = plain["train"].x.mean(0, dtype=float), plain["train"].x.std(0, dtype=float)
    np.testing.assert_allclose(parts["test"].x, (plain["test"].x - mean) / std, atol=1e-4)


def test_labels_stand_beside_their_features(narrows_data, monkeypatch):
    """A linear model reaches what it is known to reach on this table."""
    parts = load(narrows_data, monkeypatch, "emotions")
    x, y, test = both(parts, "x"), both(parts, "y"), parts["test"]
    scores = [
        roc_auc_score(
            test.y[:, j],
            LogisticRegression(C=0.1, max_iter=500).fit(x, y[:, j]).decision_function(test.x),
        )
        for j in range(y.shape[1])
    ]
    assert abs(float(np.mean(scores)) - 0.825) < 0.025


def arff(x, y, features, labels, sparse):
    """MULAN's form: labels are attributes like the others, here among them."""
    table = np.concatenate([y, x], 1)
    names = [*labels, *features]
    kinds = ["{0,1}"] * len(labels) + ["{0,1}" if sparse else "numeric"] * len(features)
    lines = ["@relation r", *(f"@attribute '{n}' {k}" for n, k in zip(names, kinds, strict=True))]
    lines += ["", "@data"]
    for row in table.tolist():
        if sparse:
            lines.append("{" + ",".join(f"{i} {v:g}" for i, v in enumerate(row) if v) + "}")
        else:
            lines.append(",".join(map(repr, row)))
    return "\n".join(lines)


def xml(labels):
    inner = "".join(f'<label name="{label}"></label>' for label in labels)
    return f'<labels xmlns="http://mulan.sourceforge.net/labels">{inner}</labels>'


def write(place, narrows_data, name):
    stem = TABLES[name].stem
    with np.load(narrows_data / f"ml_{name}.npz") as stored:
        for part in ("train", "test"):
            x, y = stored[f"x_{part}"], stored[f"y_{part}"]
            features = [f.replace("'", "\\'") for f in stored["feature_names"]]
            text = arff(x, y, features, stored["label_names"], x.dtype == np.uint8)
            (place / f"{stem}-{part}.arff").write_text(text)
        (place / f"{stem}.xml").write_text(xml(stored["label_names"]))


@pytest.mark.parametrize("name", ["emotions", "enron"])
def test_the_published_form(name, narrows_data, tmp_path, monkeypatch):
    write(tmp_path, narrows_data, name)
    ours = load(tmp_path, monkeypatch, name)
    sources = Mulan(name=name).sources()
    features = Mulan(name=name).facts()["features"]
    packed = load(narrows_data, monkeypatch, name)
    for part in packed:
        assert np.array_equal(ours[part].x, packed[part].x)
        assert np.array_equal(ours[part].y, packed[part].y)
    assert len(sources) == 3
    assert features == Mulan(name=name).facts()["features"]


def test_what_is_missing_or_of_another_table_is_told(narrows_data, tmp_path, monkeypatch):
    write(tmp_path, narrows_data, "emotions")
    (tmp_path / "emotions.xml").write_text(xml(["Beach"]))
    with pytest.raises(UserError, match=r"emotions\.xml has other labels than MULAN's emotions"):
        load(tmp_path, monkeypatch, "emotions")
    (tmp_path / "emotions.xml").unlink()
    text = (tmp_path / "emotions-test.arff").read_text()
    (tmp_path / "emotions-test.arff").write_text(text.rpartition("\n")[0])
    with pytest.raises(UserError, match=r"x_test has the shape \(201, 72\), not \(202, 72\)"):
        load(tmp_path, monkeypatch, "emotions")
    (tmp_path / "emotions-test.arff").write_text(text.replace("quiet-still", "quiet"))
    with pytest.raises(UserError, match=r"emotions-test\.arff is not MULAN's .*'quiet-still'"):
        load(tmp_path, monkeypatch, "emotions")
    (tmp_path / "emotions-test.arff").unlink()
    with pytest.raises(UserError, match=r"emotions-test\.arff is not there"):
        load(tmp_path, monkeypatch, "emotions")
