"""CIE L*a*b* of pictures in sRGB, and back (IEC 61966-2-1; CIE 15:2004, white D65, 2° observer)."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

# Linear red, green and blue to X, Y, Z, divided by those of white, (0.95047, 1, 1.08883).
_TO_XYZ = (
    (0.4124564 / 0.95047, 0.3575761 / 0.95047, 0.1804375 / 0.95047),
    (0.2126729, 0.7151522, 0.0721750),
    (0.0193339 / 1.08883, 0.1191920 / 1.08883, 0.9503041 / 1.08883),
)
# And back; not by torch, whose inverse no exported graph can hold.
_TO_RGB = np.linalg.inv(_TO_XYZ).tolist()
# Where CIE's cube root goes over into a straight line.
_EDGE = 6 / 29


def to_lab(rgb: Tensor) -> Tensor:
    """Return L* from 0 to 100, a* and b*, (..., 3, H, W), of sRGB in [0, 1], of that shape."""
    curved = torch.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055).clamp(min=0) / 1.055) ** 2.4)
    f = _f(_mix(curved, _TO_XYZ))
    x, y, z = f.unbind(-3)
    return torch.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], -3)


def to_rgb(lab: Tensor) -> Tensor:
    """Return sRGB, (..., 3, H, W), of L*, a* and b*; colours that sRGB lacks are clipped."""
    lightness, a, b = lab.unbind(-3)
    y = (lightness + 16) / 116
    f = torch.stack([y + a / 500, y, y - b / 200], -3)
    xyz = torch.where(f > _EDGE, f**3, 3 * _EDGE**2 * (f - 4 / 29))
    linear = _mix(xyz, _TO_RGB).clamp(0, 1)
    # The power's own slope is infinite at 0, where the line is taken.
    power = 1.055 * linear.clamp(min=0.0031308) ** (1 / 2.4) - 0.055
    return torch.where(linear <= 0.0031308, 12.92 * linear, power)


def delta_e(lab: Tensor, other: Tensor) -> Tensor:
    """Return how different colours look, CIEDE2000 (Sharma, Wu and Dalal 2005), (..., H, W).

    Args:
        lab: L*, a* and b*, (..., 3, H, W).
        other: as well.
    """
    (l1, a1, b1), (l2, a2, b2) = lab.unbind(-3), other.unbind(-3)
    chroma = (a1.hypot(b1) + a2.hypot(b2)) / 2
    g = 0.5 * (1 - _seventh(chroma))
    a1, a2 = a1 * (1 + g), a2 * (1 + g)
    c1, c2 = a1.hypot(b1), a2.hypot(b2)
    h1, h2 = (torch.atan2(b, a).rad2deg() % 360 for a, b in ((a1, b1), (a2, b2)))
    grey = c1 * c2 == 0
    # The way from one hue to the other that is the shorter one, from −180° to 180°.
    turn = torch.where(grey, 0.0, (h2 - h1 + 180) % 360 - 180)
    # It is 180° where the formula has it so: two hues opposite to each other.
    turn = torch.where((h2 - h1 == 180) & ~grey, 180.0, turn)
    lightness, mean = (l1 + l2) / 2, (c1 + c2) / 2
    far, total = (h1 - h2).abs() > 180, h1 + h2
    hue = torch.where(far, torch.where(total < 360, total + 360, total - 360), total) / 2
    hue = torch.where(grey, total, hue)
    t = (
        1
        - 0.17 * _cosine(hue - 30)
        + 0.24 * _cosine(2 * hue)
        + 0.32 * _cosine(3 * hue + 6)
        - 0.20 * _cosine(4 * hue - 63)
    )
    off = (lightness - 50) ** 2
    dl = (l2 - l1) / (1 + 0.015 * off / (20 + off).sqrt())
    dc = (c2 - c1) / (1 + 0.045 * mean)
    dh = 2 * (c1 * c2).sqrt() * (turn / 2).deg2rad().sin() / (1 + 0.015 * mean * t)
    rotation = -2 * _seventh(mean) * (60 * torch.exp(-(((hue - 275) / 25) ** 2))).deg2rad().sin()
    return (dl**2 + dc**2 + dh**2 + rotation * dc * dh).clamp(min=0).sqrt()


def _seventh(chroma: Tensor) -> Tensor:
    """Return √(C⁷ / (C⁷ + 25⁷))."""
    # As powers of C / 25, which half of float's range could not hold as C⁷.
    power = (chroma / 25) ** 7
    return (power / (power + 1)).sqrt()


def _cosine(degrees: Tensor) -> Tensor:
    return degrees.deg2rad().cos()


def _f(t: Tensor) -> Tensor:
    """Return CIE's f(t): a cube root that goes over into a straight line near 0."""
    return torch.where(t > _EDGE**3, t.clamp(min=_EDGE**3) ** (1 / 3), t / (3 * _EDGE**2) + 4 / 29)


def _mix(channels: Tensor, rows: Sequence[Sequence[float]]) -> Tensor:
    """Return sums of channels, (..., 3, H, W), weighted by the rows of a 3 x 3 matrix."""
    matrix = torch.tensor(rows, dtype=channels.dtype, device=channels.device)
    return torch.einsum("ij,...jhw->...ihw", matrix, channels)
