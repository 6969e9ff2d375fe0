"""A run's rate–distortion curve, beside principal components at its bytes, and image formats."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor

from narrows.compressing.codec import Codec
from narrows.compressing.components import Components
from narrows.compressing.container import Header, size_of
from narrows.compressing.image_formats import Curve, format_curves
from narrows.compressing.making import SAMPLE, Coded, make_codec, training_codes
from narrows.compressing.points import Point, point
from narrows.compressing.products import Products
from narrows.compressing.words import BITS
from narrows.encoding.codes import codes_of, decoded
from narrows.loading import PackedDataset
from narrows.new_examples import data_of
from narrows.progress import Display

_WIDTHS = (8, 4, 2)
# Examples of the test part that are measured, and pictures that are put into files.
_MEASURED, _PICTURES = 1 << 14, 1024
# What the page shows examples of, and how many.
_SHOWN, _COLUMNS = ("8 bits", "4 bits", "2 bits"), 10
# By what part the bytes of principal components may differ from a run's.
_OFF = 0.01


@dataclass(frozen=True)
class Measured:
    """What a curve's page shows.

    Attributes:
        kind: of the examples.
        examples: of the test part, how many were measured.
        values: how many an example has.
        code: how many values a code has.
        raw: bytes of an example as it is prepared.
        unquantized: the run's codes as float32.
        points: the run at each number of bits, and with product quantization.
        components: principal components at the bytes of each point of the run, in order.
        formats: JPEG and WebP; none if examples are no grey or coloured pictures.
        pictures: some examples, (n, C, H, W), by what they show; none likewise.
    """

    kind: str
    examples: int
    values: int
    code: int
    raw: int
    unquantized: Point
    points: list[Point]
    components: list[Point]
    formats: list[Curve]
    pictures: dict[str, Tensor]

    def json(self) -> dict[str, Any]:
        """Return all but the pictures as JSON."""
        return {
            "kind": self.kind,
            "examples": self.examples,
            "values": self.values,
            "code": self.code,
            "raw": self.raw,
            "unquantized": asdict(self.unquantized),
            "points": [
                {**asdict(own), "components": asdict(other)}
                for own, other in zip(self.points, self.components, strict=True)
            ],
            "formats": {name: [asdict(p) for p in points] for name, points in self.formats},
        }


def measure(coded: Coded) -> Measured:
    """Measure a run on the test part; all that it is measured with is made of the training part."""
    data, module = data_of(coded.folder), coded.module
    spec, image = module.spec, module.spec.kind == "image"
    codes, sensitive = training_codes(module, data)
    test = PackedDataset.open(data, "test").spread(_MEASURED)
    own = _Coder(torch.cat(list(codes_of(module, test))), lambda z: decoded(module, z), test, image)
    components = Components.of(PackedDataset.open(data, "train").spread(SAMPLE), spec)
    projected = torch.cat([components.encode(batch.x) for batch in test.batches()])
    linear = _Coder(projected, lambda z: components.decode(z).unflatten(1, spec.shape), test, image)
    names = [f"{bits} bits" for bits in BITS if bits != "pq"]
    codecs = [make_codec(codes, sensitive, bits) for bits in BITS if bits != "pq"]
    widths = [width for width in _WIDTHS if width < 2 * codes.shape[1]]
    names += [f"pq, {width} values a byte" for width in widths]
    codecs += [Codec.of(Products.of(codes, sensitive, width), codes) for width in widths]
    points, others = list[Point](), list[Point]()
    pictures = image and spec.shape[0] in (1, 3)
    shown = {"original": own.originals()} if pictures else {}
    with Display("measuring", len(codecs), "settings") as bar:
        for name, codec in zip(names, codecs, strict=True):
            points.append(own.point(name, codec))
            other, beside = _same_bytes(components, linear, points[-1])
            others.append(beside)
            if pictures and name in _SHOWN:
                shown |= {name: own.some(codec), f"components, {name}": linear.some(other)}
            bar.show(len(points))
    return Measured(
        kind=spec.kind,
        examples=len(test),
        values=spec.size,
        code=codes.shape[1],
        raw=spec.size * (test.x.element_size() if isinstance(test.x, Tensor) else 4),
        unquantized=own.unquantized(),
        points=points,
        components=others,
        formats=format_curves(_floats(test.spread(_PICTURES))) if pictures else [],
        pictures=shown,
    )


class _Coder(NamedTuple):
    """Codes of the test part, and what makes examples of them."""

    codes: Tensor
    decode: Callable[[Tensor], Tensor]
    test: PackedDataset
    image: bool

    def point(self, name: str, codec: Codec) -> Point:
        """Write the codes with a codec, and compare what they decode to."""
        codes = self.codes.numpy()
        size = size_of(Header("0" * 16, codec.identity, name, len(codes)), codec, codes)
        return self._point(name, size / len(codes), _quantized(codec, self.codes))

    def unquantized(self) -> Point:
        """Compare what the codes themselves decode to."""
        return self._point("float32", 4.0 * self.codes.shape[1], self.codes)

    def _point(self, name: str, size: float, codes: Tensor) -> Point:
        blocks = map(self.decode, codes.split(self.test.evaluation_batch))
        return point(name, size, blocks, (b.x for b in self.test.batches()), self.image)

    def originals(self) -> Tensor:
        """Return some examples as they are."""
        return _floats(self.test.subset(self._some()))

    def some(self, codec: Codec) -> Tensor:
        """Return what the codes of these decode to."""
        return self.decode(_quantized(codec, self.codes[self._some()]))

    def _some(self) -> Tensor:
        return torch.linspace(0, len(self.test) - 1, min(_COLUMNS, len(self.test))).long()


def _quantized(codec: Codec, codes: Tensor) -> Tensor:
    quantizer = codec.quantizer
    return torch.from_numpy(quantizer.codes(quantizer.symbols(codes.numpy())))


def _same_bytes(components: Components, linear: _Coder, own: Point) -> tuple[Codec, Point]:
    """Return principal components at about the bytes of a point."""
    codec = components.codec(8 * own.bytes)
    found = linear.point(own.setting, codec)
    if abs(found.bytes / own.bytes - 1) > _OFF:
        # The step is chosen on training examples; new ones take more, if these are few.
        codec = components.codec(8 * own.bytes**2 / found.bytes)
        found = linear.point(own.setting, codec)
    return codec, found


def _floats(data: PackedDataset) -> Tensor:
    return torch.cat([batch.x for batch in data.batches()])
