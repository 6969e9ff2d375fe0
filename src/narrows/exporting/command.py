"""The command `narrows export`: a trained run in, an ONNX file out, checked against the run."""

from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from narrows import runs
from narrows.errors import UserError, nearest
from narrows.evaluation import load_run
from narrows.exporting.facts import facts_of, input_told, output_told
from narrows.exporting.graph import (
    Difference,
    check_file,
    check_packages,
    check_size,
    write_graph,
)
from narrows.exporting.parts import NAMES, Name, Part, default_part, inputs_of, part_of
from narrows.files import check_free, replacing
from narrows.loading import PackedDataset
from narrows.module import Module
from narrows.new_examples import data_of

_PARTS: dict[str, Name] = {name: name for name in NAMES}


@dataclass(frozen=True)
class Options:
    """What is asked for.

    Attributes:
        model: the run, by its folder or name.
        out: the file to write.
        part: of the run; None for what its task is for.
        overwrite: replace a file that is there.
    """

    model: str
    out: Path
    part: str | None = None
    overwrite: bool = False


def export_run(options: Options) -> Difference:
    """Write a part of a run as ONNX, check it, and print what it is.

    Raises:
        UserError: for a mistake in the options, or a file that does not do what the run does; none
            is left then.
    """
    _check(options)
    check_packages()
    folder = runs.find(options.model, "model")
    data = data_of(folder)
    module = load_run(folder).module.eval()
    part = part_of(module, _PARTS[options.part] if options.part else default_part(module))
    check_size(part)
    inputs = inputs_of(module, part, PackedDataset.open(data, "test"))
    with replacing(options.out) as temporary:
        write_graph(part, inputs[-1], facts_of(folder, data, module, part), temporary)
        difference = check_file(temporary, part, inputs)
    _print(options.out, module, part, difference)
    return difference


def _check(options: Options) -> None:
    if options.part is not None and options.part not in _PARTS:
        raise UserError(f"part={options.part} is none{nearest(options.part, _PARTS)}")
    check_free(options.out, options.overwrite)


def _print(out: Path, module: Module, part: Part, difference: Difference) -> None:
    console = Console(highlight=False)
    tried = ", ".join("x".join(map(str, shape)) for shape in difference.shapes)
    for line in (
        f"exported: {part.name} in {out}",
        f"input: {input_told(module, part)}",
        f"output: {output_told(module, part)}",
        f"checked: at most {difference.largest:.1g} from the run's own values, of up to "
        f"{difference.value:.3g}, for inputs {tried}",
    ):
        console.print(line, markup=False, soft_wrap=True)
