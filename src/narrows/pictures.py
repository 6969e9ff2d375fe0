"""Pictures of what goes in and what comes out."""

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

from narrows.loading import PackedDataset
from narrows.module import Module
from narrows.tasks.base import Pictured

EXAMPLES = 8
# Smaller examples are enlarged to about so many pixels.
_SIDE = 64
_FONT_SIZE, _MARGIN = 14, 8


def example_images(module: Module, data: PackedDataset, n: int = EXAMPLES) -> dict[str, np.ndarray]:
    """Return some examples as they are, as given and as they come out; {} if not images.

    Where the task takes two views of each example, these are returned.

    Returns:
        Stacks of images, (n, H, W[, 3]) uint8, in the order in which they are read.
    """
    if module.spec.kind != "image" or module.task.needs_labels:
        return {}
    inputs, target = next(module.examples(data.spread(n)))
    if module.has_views(inputs):
        return {"view": to_bytes(inputs[:, 0]), "other view": to_bytes(inputs[:, 1])}
    prediction = module.predict(inputs).to(inputs.device)
    if isinstance(module.task, Pictured):
        columns = module.task.pictures(inputs, prediction, target)
    else:
        corrupted = {} if inputs.equal(target) else {"corrupted": inputs}
        columns = {"original": target, **corrupted, "output": prediction}
    return {name: to_bytes(images) for name, images in columns.items()}


def to_bytes(images: Tensor) -> np.ndarray:
    """Turn images in [0, 1], (n, C, H, W), into bytes, (n, H, W[, 3])."""
    values = images.detach().cpu().clamp(0, 1).mul(255).round().byte().permute(0, 2, 3, 1).numpy()
    return values[..., 0] if values.shape[-1] == 1 else values


def named_sheet(images: dict[str, np.ndarray]) -> Image.Image:
    """Lay out stacks of images as rows with their names before them, small images enlarged.

    Args:
        images: as `example_images` returns them.
    """
    rows = list(images.values())
    picture = sheet(rows, gap=1, scale=max(1, _SIDE // rows[0].shape[1]))
    font = ImageFont.load_default(_FONT_SIZE)
    left = _MARGIN * 2 + max(int(font.getlength(name)) for name in images)
    named = Image.new("RGB", (left + picture.width, picture.height), "white")
    named.paste(picture, (left, 0))
    draw = ImageDraw.Draw(named)
    for number, name in enumerate(images):
        middle = picture.height * (number + 0.5) / len(rows)
        draw.text((_MARGIN, middle), name, "black", font, anchor="lm")
    return named


def sheet(rows: list[np.ndarray], gap: int = 2, scale: int = 3) -> Image.Image:
    """Lay out stacks of images as the rows of one picture, enlarged without smoothing."""
    height, width = rows[0].shape[1:3]
    n = max(len(row) for row in rows)
    canvas = np.full(
        (len(rows) * (height + gap) - gap, n * (width + gap) - gap, *rows[0].shape[3:]),
        128,
        np.uint8,
    )
    for r, row in enumerate(rows):
        for c, image in enumerate(row):
            top, left = r * (height + gap), c * (width + gap)
            canvas[top : top + height, left : left + width] = image
    picture = Image.fromarray(canvas)
    return picture.resize((picture.width * scale, picture.height * scale), Image.Resampling.NEAREST)
