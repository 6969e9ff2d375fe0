"""What of a run is exported, and what the run itself makes of the same input."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, NamedTuple, get_args

import torch
from torch import Tensor, nn

from narrows.encoding.codes import code_shape
from narrows.exporting.enlarging import Enlarge
from narrows.exporting.networks import Clipped, Coloured, Decoded, Padded
from narrows.imaging.lab import to_lab
from narrows.imaging.resize import enlarge, reduce
from narrows.loading import PackedDataset
from narrows.module import Module
from narrows.restoring.whole import AnyCode, AnySize, multiple_of, restorer, scale_of, sees_whole
from narrows.spec import Shape
from narrows.tasks.base import Resized
from narrows.tasks.colourization import Colourization, coloured, grey_of
from narrows.tasks.reconstruction import Reconstruction
from narrows.tasks.super_resolution import SuperResolution
from narrows.tasks.two_views import TwoViews

Name = Literal["encoder", "decoder", "whole"]
NAMES: tuple[Name, ...] = get_args(Name)
# Tasks that are there to learn an encoder.
_FOR_CODES = (Reconstruction, TwoViews)
_EXAMPLES = 4


class Free(NamedTuple):
    """Height and width that are free.

    Attributes:
        axes: names of two numbers that any whole numbers may stand for.
        multiple: height and width of an input are so many times these,
        factor: and those of a result so many times.
    """

    axes: tuple[str, str]
    multiple: int
    factor: int

    @property
    def given(self) -> list[str]:
        """Return height and width of an input, in words."""
        return [_times(self.multiple, name) for name in self.axes]

    @property
    def result(self) -> list[str]:
        """Return height and width of a result, in words."""
        return [_times(self.factor, name) for name in self.axes]


@dataclass(frozen=True)
class Part:
    """A part of a run.

    Attributes:
        name: of the part.
        graph: what is exported.
        run: the run's own result for an input, by the code that trains and restores.
        shape: of one input; any height and width will do where they are free.
        free: which height and width it takes; None for inputs of that shape alone.
    """

    name: Name
    graph: nn.Module
    run: Callable[[Tensor], Tensor]
    shape: Shape
    free: Free | None


def default_part(module: Module) -> Name:
    """Return what is used of a run: its predictions, unless it was trained for its codes."""
    return "encoder" if isinstance(module.task, _FOR_CODES) else "whole"


def part_of(module: Module, name: Name) -> Part:
    """Return a part of a trained module."""
    module.eval()
    shape = _in_shape(module)
    if name == "encoder":
        return Part(name, module.encoder, module.encode, shape, _of_encoder(module))
    if name == "decoder":
        graph, shape = Decoded(module), code_shape(module)
        return Part(name, graph, lambda z: _decoded(module, z), shape, _of_decoder(module))
    if _enlarged(module):
        channels, height, width = shape
        factor = factor_of(module)
        shape = (channels, height // factor, width // factor)
    return Part(name, _whole(module), lambda x: _restored(module, x), shape, _of_whole(module))


def gives_pictures(module: Module) -> bool:
    """Return whether the predictions are pictures: ab of colours become some too."""
    return module.spec.kind == "image" and not (
        module.task.needs_labels or isinstance(module.task, TwoViews)
    )


def factor_of(module: Module) -> int:
    """Return how many times larger than the given pictures those are that come out."""
    task = module.task
    return task.scale if isinstance(task, SuperResolution) else 1


def _in_shape(module: Module) -> Shape:
    task, spec = module.task, module.spec
    return task.in_shape(spec) if isinstance(task, Resized) else spec.shape


def _enlarged(module: Module) -> bool:
    """Return whether the network is given pictures that were enlarged before."""
    return isinstance(module.task, SuperResolution) and module.task.enlarged


def _any_size(module: Module) -> bool:
    # One that sees whole pictures takes them as small as its examples are.
    takes = isinstance(module.encoder, AnySize) and isinstance(module.decoder, AnyCode)
    return takes and not sees_whole(module)


def _whole(module: Module) -> nn.Module:
    """Return what makes predictions of an input as a user of the file has it."""
    network: nn.Module = nn.Sequential(module.encoder, Decoded(module))
    if _any_size(module) and multiple_of(module) > 1:
        network = Padded(network, multiple_of(module), scale_of(module))
    if isinstance(module.task, Colourization):
        network = Coloured(network)
    if _enlarged(module):
        network = nn.Sequential(Enlarge(factor_of(module)), network)
    return nn.Sequential(network, Clipped()) if gives_pictures(module) else network


def _restored(module: Module, given: Tensor) -> Tensor:
    colours = isinstance(module.task, Colourization)
    if colours:
        given = grey_of(to_lab(given))
    if _enlarged(module):
        given = enlarge(given, factor_of(module))
    if _any_size(module):
        result = restorer(module)(given)
    else:
        result = module.predict(given)
        result = coloured(given, result) if colours else result
    return result.clamp(0, 1) if gives_pictures(module) else result


@torch.no_grad()
def _decoded(module: Module, z: Tensor) -> Tensor:
    return module.loss.predict(module.decoder(z))


def _of_encoder(module: Module) -> Free | None:
    if not isinstance(module.encoder, AnySize):
        return None
    return Free(("rows", "columns"), module.encoder.multiple, 1)


def _of_decoder(module: Module) -> Free | None:
    if not isinstance(module.decoder, AnyCode):
        return None
    factor = module.task.out_shape(module.spec)[1] // code_shape(module)[1]
    return Free(("rows", "columns"), 1, factor)


def _of_whole(module: Module) -> Free | None:
    return Free(("height", "width"), 1, factor_of(module)) if _any_size(module) else None


def _times(factor: int, name: str) -> str:
    return name if factor == 1 else f"{factor}*{name}"


def inputs_of(module: Module, part: Part, data: PackedDataset) -> list[Tensor]:
    """Return inputs of a part, made of a run's examples.

    Returns:
        One example; several ones; and, where height and width are free, several larger ones.
    """
    some = _inputs(module, part, data.first(min(_EXAMPLES, len(data))))
    # Two at least, also of a part that has but one.
    inputs = [some[:1], torch.cat([some, some])]
    if part.free:
        wide = torch.cat([some, some.flip(0), some], 3)
        large = torch.cat([wide, wide.flip(0)], 2)
        # Whatever size will do: none that a multiple divides.
        inputs.append(large[..., 1:, :-1] if part.name == "whole" else large)
    return inputs


def _inputs(module: Module, part: Part, data: PackedDataset) -> Tensor:
    inputs, target = next(module.examples(data))
    if module.has_views(inputs):
        inputs = inputs.flatten(0, 1)
    if part.name == "decoder":
        return module.encode(inputs)
    if part.name == "whole" and _enlarged(module):
        return reduce(target, factor_of(module))
    if part.name == "whole" and isinstance(module.task, Colourization):
        return coloured(inputs, target)
    return inputs
