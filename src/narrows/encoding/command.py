"""The command `narrows encode`: codes of examples, into a file."""

from dataclasses import dataclass
from math import prod
from pathlib import Path

from narrows import runs
from narrows.encoding.codes import code_shape, codes_of
from narrows.encoding.files import SUFFIXES, write_codes
from narrows.encoding.sources import open_source
from narrows.errors import UserError
from narrows.evaluation import load_run
from narrows.files import check_free
from narrows.progress import Display
from narrows.report.text import counted


@dataclass(frozen=True)
class Options:
    """What is asked for.

    Attributes:
        model: the run, by its folder or name.
        source: a file or folder, or a part of the run's own data.
        out: file of the codes.
        overwrite: replace it if it is there.
    """

    model: str
    source: str
    out: Path
    overwrite: bool = False


def encode_file(options: Options) -> None:
    """Write the codes of all examples, and the labels of those that are the run's own.

    Raises:
        UserError: for a mistake in the options or the file; nothing is written then.
    """
    if options.out.suffix.lower() not in SUFFIXES:
        raise UserError(f"--out={options.out}: write {' or '.join(SUFFIXES)} behind its name")
    check_free(options.out, options.overwrite)
    folder = runs.find(options.model, "model")
    module = load_run(folder).module
    data, labels = open_source(options.source, folder)
    shape = (len(data), prod(code_shape(module)))
    with Display("encoding", len(data), "examples") as bar:
        codes = (z.numpy() for z in codes_of(module, data, bar))
        write_codes(options.out, codes, shape, labels)
    told = f"{counted(shape[0], 'code')} of {counted(shape[1], 'value')}: {options.out}"
    print(told)  # noqa: T201
