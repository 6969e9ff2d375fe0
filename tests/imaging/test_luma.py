"""Y' against the integers of ITU-R BT.601 and against Pillow's grey."""

import numpy as np
import torch
from PIL import Image

from narrows.imaging.luma import grey, studio


def test_black_and_white_and_green_are_where_television_has_them():
    colours = torch.tensor([[0.0, 0, 0], [1, 1, 1], [0, 1, 0]])[..., None, None]
    levels = studio(grey(colours)).mul(255).flatten()
    # 16 + 128.553 for green, as MATLAB's rgb2ycbcr.
    torch.testing.assert_close(levels, torch.tensor([16.0, 235.0, 144.553]), atol=1e-3, rtol=0)


def test_grey_is_pillows_before_rounding():
    values = np.random.default_rng(0).integers(0, 256, (20, 30, 3), np.uint8)
    pillow = np.asarray(Image.fromarray(values).convert("L"))
    ours = grey(torch.from_numpy(values).permute(2, 0, 1) / 255)[0] * 255
    assert np.abs(ours.numpy() - pillow).max() < 0.51
