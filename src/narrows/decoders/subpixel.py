"""Codes at a picture's own size to a picture as large or larger (Shi et al. 2016, ESPCN)."""

from typing import Literal

from torch import Tensor, nn
from torch.nn.functional import pixel_shuffle

from narrows.errors import UserError
from narrows.imaging.resize import enlarge
from narrows.spec import Shape

# What the output of the convolution is added to.
Base = Literal["nothing", "input", "enlarged"]


class Decoder(nn.Module):
    """A 3 x 3 convolution to C·r² channels, each r² of which become a square of r x r pixels.

    Weights do not depend on the size of the pictures, but r does not change: what is r times as
    large as its code in `out_shape` always is.

    Args:
        in_shape: of one code, (channels, h, w).
        out_shape: of one output, (C, h r, w r).
        adds: what the output is added to, so that only the difference is learned: `input`, the
            code's last C·r² channels, unfolded in the same way, as an encoder with `carry` has them
            if input and output are of one size; `enlarged`, the code's last C channels, enlarged r
            times by bicubic interpolation, as for super-resolution; or `nothing`.

    Attributes:
        reach: how far a pixel of the output sees, in values of the code.

    Raises:
        UserError: if code and output are not such maps.
    """

    def __init__(self, in_shape: Shape, out_shape: Shape, adds: Base = "nothing") -> None:
        super().__init__()
        if len(in_shape) != 3:
            raise UserError(
                f"decoder=subpixel takes codes (channels, h, w), not {in_shape}; "
                "use encoder=residual"
            )
        if len(out_shape) != 3:
            raise UserError(
                f"decoder=subpixel gives images (C, H, W), but the task's output has shape "
                f"{out_shape}; use decoder=mlp or decoder=linear"
            )
        (given, height, width), (channels, high, wide) = in_shape, out_shape
        self.factor, rest = divmod(high, height)
        if rest or self.factor < 1 or wide != width * self.factor:
            raise UserError(
                f"decoder=subpixel cannot make images of {high} x {wide} pixels from codes of "
                f"{height} x {width}: use a size that the encoder's steps divide"
            )
        self.adds, self.reach = adds, 1 if adds != "enlarged" else 2
        self.base = channels * (self.factor**2 if adds == "input" else 1)
        if adds != "nothing" and given <= self.base:
            raise UserError(
                f"decoder.adds={adds} needs a code with the input in it; use encoder.carry=true"
            )
        self.last = nn.Conv2d(given, channels * self.factor**2, 3, padding=1)

    def forward(self, z: Tensor) -> Tensor:
        """Map z, (batch, *in_shape), to the output, (batch, C, h r, w r)."""
        output = pixel_shuffle(self.last(z), self.factor)
        if self.adds == "nothing":
            return output
        # What is carried along is no function of weights: its gradient would be thrown away.
        base = z[:, -self.base :].detach()
        if self.adds == "input":
            return output + pixel_shuffle(base, self.factor)
        return output + enlarge(base, self.factor)
