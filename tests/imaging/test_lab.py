"""Lab against published values: colours of sRGB, and the test data of CIEDE2000."""

import pytest
import torch

from narrows.imaging.lab import delta_e, to_lab, to_rgb

# Of B. Lindbloom's calculator, sRGB with white D65.
COLOURS = [
    ((1, 1, 1), (100, 0, 0)),
    ((0, 0, 0), (0, 0, 0)),
    ((1, 0, 0), (53.2408, 80.0925, 67.2032)),
    ((0, 1, 0), (87.7347, -86.1827, 83.1793)),
    ((0, 0, 1), (32.2970, 79.1875, -107.8602)),
    ((1, 1, 0), (97.1393, -21.5537, 94.4780)),
    ((0, 1, 1), (91.1132, -48.0875, -14.1312)),
    ((1, 0, 1), (60.3242, 98.2343, -60.8249)),
]

# Sharma, Wu and Dalal (2005), table 1: pairs that try each of the formula's cases.
PAIRS = [
    ((50.0000, 2.6772, -79.7751), (50.0000, 0.0000, -82.7485), 2.0425),
    ((50.0000, 3.1571, -77.2803), (50.0000, 0.0000, -82.7485), 2.8615),
    ((50.0000, 2.8361, -74.0200), (50.0000, 0.0000, -82.7485), 3.4412),
    ((50.0000, -1.3802, -84.2814), (50.0000, 0.0000, -82.7485), 1.0000),
    ((50.0000, -1.1848, -84.8006), (50.0000, 0.0000, -82.7485), 1.0000),
    ((50.0000, -0.9009, -85.5211), (50.0000, 0.0000, -82.7485), 1.0000),
    ((50.0000, 0.0000, 0.0000), (50.0000, -1.0000, 2.0000), 2.3669),
    ((50.0000, 2.4900, -0.0010), (50.0000, -2.4900, 0.0009), 7.1792),
    ((50.0000, 2.4900, -0.0010), (50.0000, -2.4900, 0.0011), 7.2195),
    ((50.0000, -0.0010, 2.4900), (50.0000, 0.0009, -2.4900), 4.8045),
    ((50.0000, -0.0010, 2.4900), (50.0000, 0.0011, -2.4900), 4.7461),
    ((50.0000, 2.5000, 0.0000), (50.0000, 0.0000, -2.5000), 4.3065),
    ((50.0000, 2.5000, 0.0000), (73.0000, 25.0000, -18.0000), 27.1492),
    ((50.0000, 2.5000, 0.0000), (61.0000, -5.0000, 29.0000), 22.8977),
    ((50.0000, 2.5000, 0.0000), (56.0000, -27.0000, -3.0000), 31.9030),
    ((50.0000, 2.5000, 0.0000), (58.0000, 24.0000, 15.0000), 19.4535),
    ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
    ((63.0109, -31.0961, -5.8663), (62.8187, -29.7946, -4.0864), 1.2630),
    ((35.0831, -44.1164, 3.7933), (35.0232, -40.0716, 1.5901), 1.8645),
    ((22.7233, 20.0904, -46.6940), (23.0331, 14.9730, -42.5619), 2.0373),
    ((90.8027, -2.0831, 1.4410), (91.1528, -1.6435, 0.0447), 1.4441),
    ((6.7747, -0.2908, -2.4247), (5.8714, -0.0985, -2.2286), 0.6377),
    ((2.0776, 0.0795, -1.1350), (0.9033, -0.0636, -0.5514), 0.9082),
]


def column(values):
    """A picture of one pixel each, (n, 3, 1, 1)."""
    return torch.tensor(values, dtype=torch.float64)[..., None, None]


def test_published_colours():
    rgb, lab = (column(values) for values in zip(*COLOURS, strict=True))
    torch.testing.assert_close(to_lab(rgb), lab, atol=0.02, rtol=0)


def test_there_and_back():
    torch.manual_seed(0)
    x = torch.rand(2, 3, 40, 40)
    # Both of the curve's pieces.
    x[:, :, :4] *= 0.05
    torch.testing.assert_close(to_rgb(to_lab(x)), x, atol=1e-5, rtol=0)


def test_gradients_are_finite_also_at_black():
    x = torch.zeros(1, 3, 2, 2, requires_grad=True)
    to_rgb(to_lab(x)).sum().backward()
    assert x.grad.isfinite().all()


def test_what_srgb_lacks_is_clipped():
    out = to_rgb(column([(50, 120, -120)]))
    assert 0 <= out.min() <= out.max() <= 1


def test_colour_differences_as_published():
    first, second, wanted = zip(*PAIRS, strict=True)
    found = delta_e(column(first), column(second)).flatten()
    torch.testing.assert_close(found, torch.tensor(wanted).double(), atol=1e-4, rtol=0)
    torch.testing.assert_close(delta_e(column(second), column(first)).flatten(), found)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_the_same_colour_differs_by_nothing(dtype):
    x = to_lab(torch.rand(1, 3, 9, 9, dtype=dtype))
    assert delta_e(x, x).abs().max() == 0
