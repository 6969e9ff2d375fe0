"""Examples in two parts, against brute force, made-up copies and what is known of real sets."""

import gzip
import io
import json
import time
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image
from scipy.sparse import csr_array, random_array
from sklearn.feature_extraction.text import TfidfVectorizer

from narrows.duplicates import find_duplicates
from narrows.store import CsrWriter, Stored, StoredCsr

pytestmark = pytest.mark.xdist_group("duplicates")

PAIR = ("train", "test")


def pairs(found, kind="exact", parts=PAIR):
    return {tuple(pair) for pair in getattr(found, kind)[parts].tolist()}


tables = arrays.arrays(
    np.float32, st.tuples(st.integers(1, 12), st.just(2)), elements=st.sampled_from([0.0, 1.0, 2.5])
)


@settings(max_examples=150, deadline=None)
@given(tables, tables, tables, st.booleans())
def test_equal_rows_are_those_that_a_loop_finds(train, val, test, sparse):
    parts = {"train": train, "val": val, "test": test}
    readers = {name: csr_array(x) if sparse else x for name, x in parts.items()}
    found = find_duplicates(readers, "table")
    gone = {name: set() for name in parts}
    for first, second in found.exact:
        twins = {
            i: [j for j, b in enumerate(parts[second]) if np.array_equal(a, b)]
            for i, a in enumerate(parts[first])
            if a.any()
        }
        assert pairs(found, "exact", (first, second)) == {(i, j[0]) for i, j in twins.items() if j}
        gone[first] |= {i for i, j in twins.items() if j}
    assert {name: set(rows) for name, rows in found.to_remove().items()} == gone
    assert found.blank == {name: int((~x.any(1)).sum()) for name, x in parts.items()}
    assert list(found.exact) == [("train", "val"), ("train", "test"), ("val", "test")]


def test_zeros_of_both_signs_are_equal():
    a, b = np.array([[0.0, 1]], np.float32), np.array([[-0.0, 1]], np.float32)
    assert pairs(find_duplicates({"train": a, "test": b}, "table")) == {(0, 0)}


def test_order_and_stored_zeros_of_sparse_rows_do_not_count():
    a = csr_array((np.array([1, 2, 0], np.float32), [3, 1, 0], [0, 3]), shape=(1, 5))
    b = csr_array(np.array([[0, 2, 0, 1, 0]], np.float32))
    assert pairs(find_duplicates({"train": a, "test": b}, "text")) == {(0, 0)}


def test_one_bit_in_any_byte_makes_a_difference():
    one = np.random.default_rng(0).integers(0, 255, (1, 3, 16, 16), np.uint8)
    others = np.repeat(one.reshape(1, -1), 768, 0)
    others[np.arange(768), np.arange(768)] ^= 128
    found = find_duplicates({"train": others, "test": one.reshape(1, -1)}, "table")
    assert pairs(found) == set()


def test_rows_on_disk_are_as_those_in_memory(tmp_path):
    rng = np.random.default_rng(0)
    dense = rng.integers(0, 2, (500, 1, 12, 12)).astype(np.uint8) * 255
    sparse = csr_array(random_array((500, 40), density=0.1, rng=rng, dtype=np.float32))
    np.save(tmp_path / "x.npy", dense)
    writer = CsrWriter(tmp_path, "train", 40)
    writer.append(sparse)
    writer.close()
    stored, mapped = Stored.open(tmp_path / "x.npy"), np.load(tmp_path / "x.npy", mmap_mode="r")
    for first, second, kind in (
        (stored, dense, "image"),
        (mapped, stored, "image"),
        (StoredCsr.open(tmp_path, "train"), sparse, "text"),
    ):
        found = find_duplicates({"train": first, "test": second}, kind)
        shown = {i for i, _ in pairs(found)}
        assert len(shown) == 500 - found.blank["train"]
        assert found.near[PAIR].size == 0


def test_many_copies_and_blank_rows_do_not_explode():
    copies = np.tile(np.arange(64, dtype=np.uint8).reshape(1, 1, 8, 8), (20000, 1, 1, 1))
    copies[:5000] = 7
    found = find_duplicates({"train": copies, "test": copies}, "image")
    assert len(found.exact[PAIR]) == 15000
    assert found.blank == {"train": 5000, "test": 5000}
    assert found.to_remove()["train"].tolist() == list(range(5000, 20000))
    (shown,) = found.summary(6)["pairs"]
    assert (shown["exact"], shown["near"], shown["rows"]) == (15000, 0, [15000, 1])
    assert len(shown["examples"]) == 6


def test_the_summary_is_json_and_names_pairs_of_both_kinds():
    photographs = smooth(40)
    near = np.clip(photographs[:10] * 1.1, 0, 255).astype(np.uint8)
    test = np.concatenate([photographs[10:20], near])
    found = find_duplicates({"test": test, "train": photographs, "val": photographs[30:]}, "image")
    summary = json.loads(json.dumps(found.summary(8)))
    assert summary["blank"] == {"train": 0, "val": 0, "test": 0}
    assert [each["parts"] for each in summary["pairs"]] == [[*p] for p in found.exact]
    _, shown, _ = summary["pairs"]
    assert (shown["exact"], shown["near"], shown["rows"]) == (10, 10, [20, 20])
    assert [e["kind"] for e in shown["examples"]] == ["exact"] * 4 + ["near"] * 4
    assert shown["examples"][0]["rows"] == [10, 0]
    assert shown["examples"][4]["rows"] == [0, 10]
    assert found.to_remove()["train"].tolist() == [*range(20), *range(30, 40)]
    assert find_duplicates({"train": photographs}, "image").summary(3)["pairs"] == []


@pytest.mark.parametrize("shape", [(1, 1, 1), (1, 2, 3), (3, 5, 200), (4, 8, 8), (1, 70, 3)])
@pytest.mark.parametrize("n", [1, 2, 30])
def test_images_of_any_shape(shape, n):
    x = np.random.default_rng(0).integers(0, 255, (n, *shape), np.uint8)
    found = find_duplicates({"train": x, "val": x[:0], "test": x[::-1]}, "image")
    assert len(found.exact[PAIR]) == n - found.blank["train"]


def smooth(n, side=32, seed=0):
    """Made-up photographs: noise whose low frequencies are the strongest."""
    rng = np.random.default_rng(seed)
    u = np.hypot(*np.meshgrid(np.fft.fftfreq(side), np.fft.fftfreq(side)))
    waves = np.fft.fft2(rng.normal(size=(n, 3, side, side))) / np.maximum(u, 1 / side)
    x = np.fft.ifft2(waves).real
    x = (x - x.mean((1, 2, 3), keepdims=True)) / x.std((1, 2, 3), keepdims=True)
    return np.clip(x * 50 + 110, 0, 255).astype(np.uint8)


def through(images, change):
    """Let Pillow change each of the images (n, 3, H, W)."""
    changed = [np.asarray(change(Image.fromarray(x.transpose(1, 2, 0)))) for x in images]
    return np.stack(changed).transpose(0, 3, 1, 2)


def jpeg(quality):
    def change(image):
        file = io.BytesIO()
        image.save(file, "JPEG", quality=quality)
        return Image.open(file)

    return change


def resized(factor):
    def change(image):
        width, height = image.size
        there = image.resize((int(width * factor), int(height * factor)), Image.Resampling.LANCZOS)
        return there.resize(image.size, Image.Resampling.BICUBIC)

    return change


def cropped(share):
    def change(image):
        w, h = image.size
        box = (w * share, h * share, w * (1 - share), h * (1 - share))
        return image.resize(image.size, Image.Resampling.BICUBIC, box)

    return change


def shifted(pixels):
    return lambda x: np.pad(x, [(0, 0), (0, 0), (pixels, 0), (0, 0)], "edge")[:, :, :-pixels]


def brighter(factor):
    return lambda x: np.clip(np.round(x * factor), 0, 255).astype(np.uint8)


def noisy(x):
    noise = np.random.default_rng(1).normal(0, 5, x.shape)
    return np.clip(np.round(x + noise), 0, 255).astype(np.uint8)


CHANGES = {
    **{f"JPEG {q}": lambda x, q=q: through(x, jpeg(q)) for q in (50, 75, 95)},
    **{f"{n} pixels down": shifted(n) for n in (1, 2)},
    "crop": lambda x: through(x, cropped(0.01)),
    "half and back": lambda x: through(x, resized(0.5)),
    "twice and back": lambda x: through(x, resized(2)),
    "brighter": brighter(1.1),
    "darker": brighter(0.9),
    "noise": noisy,
}


@pytest.fixture(scope="module")
def photographs(narrows_data):
    """Test photographs of Corel-5k, (499, 3, 64, 64)."""
    with np.load(narrows_data / "corel5k_64.npz") as stored:
        data, ends = stored["test_jpeg"], stored["test_offsets"]
    files = [io.BytesIO(data[a:b].tobytes()) for a, b in pairwise(ends)]
    return np.stack([np.asarray(Image.open(f).convert("RGB")).transpose(2, 0, 1) for f in files])


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_changed_photographs_are_found_and_others_are_not(change, photographs):
    test = np.concatenate([change(photographs[250:350]), photographs[:100]])
    found = find_duplicates({"train": photographs[250:], "test": test}, "image")
    both = pairs(found) | pairs(found, "near")
    right = {(i, i) for i in range(100)}
    assert len(both & right) >= 92
    assert len(both - right) <= 1


def test_handwritten_digits_are_not_each_other(narrows_data):
    with np.load(narrows_data / "mnist.npz") as stored:
        x = stored["x_train"][:9000, None]
    noise = np.random.default_rng(0).integers(-3, 4, (50, 1, 28, 28))
    copies = np.clip(x[:50].astype(int) + noise, 0, 255).astype(np.uint8)
    found = find_duplicates(
        {"train": x[:6000], "test": np.concatenate([x[6000:], copies])}, "image"
    )
    both = pairs(found) | pairs(found, "near")
    right = {(i, 3000 + i) for i in range(50)}
    assert len(both & right) >= 45
    assert len(both - right) <= 2


def test_photographs_of_one_person_are_not_each_other(narrows_data):
    with np.load(narrows_data / "att_faces.npz") as stored:
        x = stored["x"][np.random.default_rng(0).permutation(400), None]
    found = find_duplicates({"train": x[:300], "test": x[300:]}, "image")
    # Of some people two photographs cannot be told apart.
    assert len(pairs(found) | pairs(found, "near")) <= 2


def test_other_colours_are_another_image():
    x = smooth(60)
    found = find_duplicates({"train": x, "test": 255 - x}, "image")
    assert not pairs(found, "near")
    shapes = np.zeros((30, 3, 32, 32), np.uint8)
    shapes[:, :1] = smooth(30, seed=5)[:, :1]
    found = find_duplicates({"train": shapes, "test": shapes[:, [1, 0, 2]]}, "image")
    assert not pairs(found, "near")


@pytest.fixture(scope="module")
def stories(narrows_data):
    with gzip.open(narrows_data / "reuters21578.jsonl.gz", "rt", encoding="utf-8") as file:
        read = [json.loads(line) for line in file]
    texts = {s: [d["title"] + " " + d["body"] for d in read if d["split"] == s] for s in PAIR}
    words = TfidfVectorizer(max_features=5000, dtype=np.float32).fit(texts["train"])
    return {split: csr_array(words.transform(texts[split])) for split in PAIR}


def test_reprinted_stories_are_those_of_all_pairs(stories):
    found = find_duplicates(stories, "text")
    cosines = (stories["train"] @ stories["test"].T).tocoo()
    near = cosines.data >= 0.9
    right = set(zip(cosines.row[near].tolist(), cosines.col[near].tolist(), strict=True))
    both = pairs(found) | pairs(found, "near")
    assert both <= right
    rows = {i for i, _ in right}
    assert len(rows) > 50
    assert len(set(found.to_remove()["train"].tolist()) & rows) >= 0.95 * len(rows)


def test_a_large_vocabulary_is_folded():
    rng = np.random.default_rng(0)
    x = csr_array(random_array((400, 300_000), density=1e-4, rng=rng, dtype=np.float32))
    y = x.copy()
    y.data *= rng.uniform(0.9, 1.1, len(y.data)).astype(np.float32)
    found = find_duplicates({"train": x, "test": y[::-1]}, "text")
    assert len(pairs(found, "near") & {(i, 399 - i) for i in range(400)}) >= 390
    assert len(pairs(found, "near")) <= 400


def test_time_is_linear():
    def seconds(n):
        x = np.random.default_rng(n).integers(0, 255, (n, 1, 8, 8), np.uint8)
        start = time.process_time()
        find_duplicates({"train": x, "test": x[: n // 5, :, ::-1]}, "image")
        return time.process_time() - start

    seconds(500)
    # Ten times as many rows; quadratic time would be a hundredfold.
    assert seconds(20_000) < 25 * seconds(2_000)
