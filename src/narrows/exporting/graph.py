"""Write a part of a run as ONNX, and check the file against the run."""

import importlib
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.export import Dim

from narrows.errors import UserError
from narrows.exporting.parts import Part
from narrows.quiet import quiet

PACKAGES = ("onnx", "onnxscript", "onnxruntime")
# Of the largest value, but for values below 1, where it is absolute.
TOLERANCE = 1e-4
# What the format's own encoding can hold in one file, less what is not weights.
_MOST = (1 << 31) - (1 << 24)
_INPUT, _OUTPUT = "input", "output"
# Where the exporter tells that packages are not there of which nothing is used.
_TALKATIVE = "torch.onnx._internal.exporter._registration"
_ERRORS_ALONE = 3


class Difference(NamedTuple):
    """How far a file's results are from the run's.

    Attributes:
        largest: absolute difference of all values.
        value: largest absolute value.
        shapes: of the inputs that were tried.
    """

    largest: float
    value: float
    shapes: list[tuple[int, ...]]


def check_packages() -> None:
    """Check that what writes and runs such files is installed.

    Raises:
        UserError: if something is missing.
    """
    for name in PACKAGES:
        try:
            importlib.import_module(name)
        except ImportError as error:
            raise UserError(
                f"narrows export needs the package {name}; pip install 'narrows[export]'"
            ) from error


def check_size(part: Part) -> None:
    """Check that all weights have room in one file.

    Raises:
        UserError: if they have not.
    """
    size = sum(values.nbytes for values in part.graph.state_dict().values())
    if size > _MOST:
        raise UserError(
            f"the weights of part={part.name} take {size / 1e9:.1f} GB, and an ONNX file holds "
            "less than 2.1; export another part, or a smaller network"
        )


def write_graph(part: Part, example: Tensor, properties: dict[str, str], path: Path) -> None:
    """Write a part with all of its weights into one file.

    Args:
        part: of the run.
        example: input to follow through the part, of two examples or more.
        properties: what the file says of itself.
        path: of the file.
    """
    with quiet(), _still(), torch.no_grad():
        program = torch.onnx.export(
            part.graph.eval(),
            (example,),
            dynamo=True,
            verbose=False,
            input_names=[_INPUT],
            output_names=[_OUTPUT],
            dynamic_shapes=(_free_axes(part),),
            external_data=False,
        )
    assert program is not None  # noqa: S101
    program.model.metadata_props.update(properties)
    if part.free:
        _name_axes(program.model.graph.outputs[0], part.free.result)
    program.save(path, external_data=False)


def _free_axes(part: Part) -> dict[int, Any]:
    axes: dict[int, Any] = {0: Dim("batch")}
    if part.free:
        for axis, name in enumerate(part.free.axes, 2):
            multiple = part.free.multiple
            axes[axis] = Dim(name) if multiple == 1 else multiple * Dim(name)
    return axes


def _name_axes(output: Any, names: list[str]) -> None:
    """Name height and width of the result: the exporter has formulas of the input's there."""
    import onnx_ir

    output.shape = onnx_ir.Shape([*output.shape[:2], *names])


@contextmanager
def _still() -> Iterator[None]:
    """Keep back what the exporter says of packages that no run needs."""
    logger = logging.getLogger(_TALKATIVE)
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)


def check_file(path: Path, part: Part, inputs: list[Tensor]) -> Difference:
    """Compare what a file gives, by onnxruntime, with what the run gives.

    Raises:
        UserError: if they differ by more than `TOLERANCE`.
    """
    import onnxruntime

    settings = onnxruntime.SessionOptions()
    settings.log_severity_level = _ERRORS_ALONE
    settings.intra_op_num_threads = torch.get_num_threads()
    providers = ["CPUExecutionProvider"]
    session = onnxruntime.InferenceSession(str(path), settings, providers=providers)
    largest = value = 0.0
    for given in inputs:
        expected = part.run(given).numpy()
        found = np.asarray(session.run([_OUTPUT], {_INPUT: given.numpy()})[0])
        if found.shape != expected.shape:
            raise UserError(_told(f"gives {found.shape} where the run gives {expected.shape}"))
        # numpy's maximum keeps what is no number.
        largest = np.maximum(largest, np.abs(found - expected).max())
        value = max(value, float(np.abs(expected).max()))
    # No number is not below anything.
    if not largest <= TOLERANCE * max(1.0, value):
        raise UserError(_told(f"is {largest:.2g} off the run's own values, of up to {value:.2g}"))
    return Difference(float(largest), value, [tuple(given.shape) for given in inputs])


def _told(what: str) -> str:
    return f"the exported file {what}; it was not kept: try other versions of torch or onnxruntime"
