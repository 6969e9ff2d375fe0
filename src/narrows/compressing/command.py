"""The commands `narrows compress` and `narrows decompress`."""

from collections.abc import Iterator
from pathlib import Path

import torch
from torch import Tensor

from narrows.compressing.codec import Codec
from narrows.compressing.container import CodeFile, Header, write_codes
from narrows.compressing.making import Coded
from narrows.compressing.outputs import check_out, write_examples
from narrows.compressing.words import BITS, Options
from narrows.encoding.codes import codes_of, decoded
from narrows.encoding.sources import open_source
from narrows.errors import UserError
from narrows.files import check_free
from narrows.progress import Display
from narrows.report.text import counted, number, size


def compress_file(options: Options) -> None:
    """Write the codes of all examples into one small file.

    Raises:
        UserError: for a mistake in the options or the file; nothing is written then.
    """
    check_free(options.out, options.overwrite)
    coded = Coded(options.model)
    data, _ = open_source(options.source, coded.folder)
    codec = coded.codec(options.bits)
    header = Header(coded.model, codec.identity, options.bits, len(data))
    with Display("compressing", len(data), "examples") as bar:
        codes = (z.numpy() for z in codes_of(coded.module, data, bar))
        written = write_codes(options.out, header, codec, codes)
    examples, each = counted(len(data), "example"), number(written / len(data))
    print(f"{examples} in {size(written)}, {each} bytes each: {options.out}")  # noqa: T201


def decompress_file(options: Options) -> None:
    """Write the examples that a file's codes decode to.

    Raises:
        UserError: if the file is broken, or another run's.
    """
    coded = Coded(options.model)
    check_out(options.out, coded.module.spec, options.overwrite)
    file = CodeFile.open(Path(options.source).expanduser())
    codec = _codec_of(file, coded)
    examples = file.header.examples
    with Display("decompressing", examples, "examples") as bar:
        blocks = _decoded(file, codec, coded, bar)
        write_examples(options.out, blocks, examples, coded.module.spec)
    print(f"{counted(examples, 'example')}: {options.out}")  # noqa: T201


def _codec_of(file: CodeFile, coded: Coded) -> Codec:
    """Return the codec that the file was written with."""
    if file.header.model != coded.model:
        raise UserError(
            f"{file.path} was written with another model than {coded.folder}; name the run that "
            f"compressed it (its weights' hash begins with {file.header.model})"
        )
    if file.header.bits not in BITS:
        raise UserError(f"{file.path} has bits={file.header.bits}, which this version cannot read")
    codec = coded.codec(file.header.bits)
    if codec.identity != file.header.codec:
        raise UserError(
            f"{file.path} was written with another codec than {coded.folder} has; bring the "
            f"codec-{file.header.bits} file from the run's folder where it was compressed"
        )
    return codec


def _decoded(file: CodeFile, codec: Codec, coded: Coded, bar: Display) -> Iterator[Tensor]:
    done = 0
    for codes in file.codes(codec):
        yield decoded(coded.module, torch.from_numpy(codes))
        done += len(codes)
        bar.show(done)
