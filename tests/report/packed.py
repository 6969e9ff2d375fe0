"""Makes packed folders for tests of what is shown of data."""

import json

import numpy as np
from scipy.sparse import csr_array


def pack(folder, parts, labels, kind, *, labelled=None, **card):
    """Write arrays and a card as the packer does, but one after the other."""
    folder.mkdir(parents=True, exist_ok=True)
    entries = {}
    for part, (x, y) in parts.items():
        y = np.ascontiguousarray(y, np.uint8)
        np.save(folder / f"{part}.y.npy", y)
        if isinstance(x, csr_array):
            arrays = {"indptr": x.indptr.astype(np.int64), "indices": x.indices.astype(np.int32)}
            arrays |= {"data": x.data.astype(np.float32), "columns": np.array(x.shape[1])}
            for name, values in arrays.items():
                np.save(folder / f"{part}.x.{name}.npy", values)
        else:
            np.save(folder / f"{part}.x.npy", x)
        entries[part] = {"examples": len(y), "labelled": (labelled or {}).get(part, len(y))}
    shape = list(parts["train"][0].shape[1:])
    head = {
        "dataset": {"_target_": "narrows.datasets.digits.Digits", "split_seed": 0},
        "spec": {"shape": shape, "labels": list(labels), "kind": kind},
        "split_rule": "random with seed 0",
        "parts": entries,
        "skipped": [],
        "duplicates": {},
        "facts": {},
    }
    (folder / "card.json").write_text(json.dumps(head | card))
    return folder


def split(x, y):
    """Cut arrays into the three parts, 60, 20 and 20 per cent."""
    a, b = len(y) * 6 // 10, len(y) * 8 // 10
    return {
        "train": (x[:a], y[:a]),
        "val": (x[a:b], y[a:b]),
        "test": (x[b:], y[b:]),
    }
