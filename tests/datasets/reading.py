"""What tests of published data sets share."""

import io

import numpy as np
from PIL import Image


def values(part):
    """All examples of a part, read."""
    if isinstance(part.x, np.ndarray):
        return part.x
    block = part.x.block(0, part.x.shape[0])
    assert not block.problems
    return block.values


def decoded(stored, name, kind, row):
    """An image of a packed set, (C, H, W), as the set's description says to decode it."""
    data, offsets = stored[f"{name}_{kind}"], stored[f"{name}_offsets"]
    content = data[offsets[row] : offsets[row + 1]].tobytes()
    return np.asarray(Image.open(io.BytesIO(content)).convert("RGB")).transpose(2, 0, 1)


def keys(x):
    """A set of examples, to compare."""
    return {row.tobytes() for row in x}


def sizes(parts):
    return {name: part.x.shape[0] for name, part in parts.items()}
