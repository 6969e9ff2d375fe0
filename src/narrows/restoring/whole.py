"""A whole picture, of any size, through a run's encoder and decoder.

This is the contract with encoders and decoders that take pictures of any size. Such an encoder has
`multiple`, what height and width must be multiples of, and `reach`, how many pixels of the input
away a value of its code sees; such a decoder has `reach` in values of the code. Outside of the
picture they see zeros. Whoever cuts a picture into tiles that start at multiples of `multiple` and
overlap by `margin` pixels, and keeps what is farther than that from a cut, gets the values that the
whole picture gives.

A colourizer of whole pictures (`task.whole`) sees all of a picture, which is brought to the size of
its examples first; tiles are then for what is done at full size alone.
"""

from collections.abc import Callable
from typing import Protocol, runtime_checkable

from torch import Tensor
from torch.nn.functional import interpolate, pad

from narrows.errors import UserError
from narrows.imaging.lab import to_lab
from narrows.module import Module
from narrows.tasks.base import Resized
from narrows.tasks.colourization import Colourization, coloured, grey_of


@runtime_checkable
class AnySize(Protocol):
    """An encoder of pictures of any size.

    Attributes:
        multiple: what height and width must be multiples of.
        reach: how far a value of the code sees, in pixels of the input.
    """

    multiple: int
    reach: int


@runtime_checkable
class AnyCode(Protocol):
    """A decoder of codes of any size.

    Attributes:
        reach: how far a pixel of the output sees, in values of the code.
    """

    reach: int


def restorer(module: Module) -> Callable[[Tensor], Tensor]:
    """Return what makes pictures, (batch, C′, H r, W r), of given ones, (batch, C, H, W).

    Args:
        module: trained; its task says what is given, and r, which is 1 but for super-resolution.

    Raises:
        UserError: if its encoder and decoder take pictures of one size alone.
    """
    encoder, _ = _parts(module)
    factor = scale_of(module)
    if sees_whole(module):
        return lambda given: coloured(given, colours_of(module, given))

    def restore(given: Tensor) -> Tensor:
        height, width = given.shape[2:]
        below, right = -height % encoder.multiple, -width % encoder.multiple
        padded = pad(given, (0, right, 0, below), "replicate") if below or right else given
        output = module.predict(padded).to(given.device)
        output = output[..., : height * factor, : width * factor]
        return coloured(given, output) if isinstance(module.task, Colourization) else output

    return restore


def sees_whole(module: Module) -> bool:
    """Tell whether a picture is coloured as a whole, at the size of the run's examples."""
    return isinstance(module.task, Colourization) and module.task.whole


def colours_of(module: Module, given: Tensor) -> Tensor:
    """Return ab in [0, 1], (batch, 2, H, W), that a colourizer of whole pictures finds.

    Args:
        module: trained, of which `sees_whole` is true.
        given: pictures in sRGB, (batch, 3, H, W). The network sees them about as large as its
            examples, by as many pixels, and its colours are enlarged.
    """
    height, width = given.shape[2:]
    _, h, w = module.spec.shape
    factor = (h * w / (height * width)) ** 0.5
    multiple = multiple_of(module)
    small = [max(round(n * factor / multiple), 1) * multiple for n in (height, width)]
    grey = grey_of(to_lab(_resized(given, small).clamp(0, 1)))
    return _resized(module.predict(grey).to(given.device), [height, width])


def margin(module: Module) -> int:
    """Return how many pixels of the input away a restored pixel sees."""
    encoder, decoder = _parts(module)
    return encoder.reach + encoder.multiple * decoder.reach


def multiple_of(module: Module) -> int:
    """Return what places of tiles must be multiples of, in pixels."""
    return _parts(module)[0].multiple


def scale_of(module: Module) -> int:
    """Return how many times larger the result is than what is given."""
    task, spec = module.task, module.spec
    if not isinstance(task, Resized):
        return 1
    return task.out_shape(spec)[1] // task.in_shape(spec)[1]


def _resized(x: Tensor, size: list[int]) -> Tensor:
    """Return pictures, (batch, C, h, w), at another size; antialiased where they shrink."""
    return interpolate(x, size=size, mode="bicubic", align_corners=False, antialias=True)


def _parts(module: Module) -> tuple[AnySize, AnyCode]:
    encoder, decoder = module.encoder, module.decoder
    if not isinstance(encoder, AnySize) or not isinstance(decoder, AnyCode):
        raise UserError(
            "this run's encoder or decoder takes pictures of one size alone; train one with "
            "encoder=residual decoder=subpixel"
        )
    return encoder, decoder
