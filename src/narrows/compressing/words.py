"""The words of `narrows compress` and `decompress`, checked before anything is read."""

from dataclasses import dataclass
from pathlib import Path

from narrows.errors import UserError, nearest

BITS = ("2", "3", "4", "5", "6", "7", "8", "pq")


@dataclass(frozen=True)
class Options:
    """What is asked for.

    Attributes:
        model: the run, by its folder or name.
        source: of compress, examples: a file or folder, or a part of the run's own data; of
            decompress, a file of codes.
        out: file of the codes; file or folder of the examples.
        bits: for the widest value of a code before entropy coding, 2 to 8; or pq.
        overwrite: replace what is there.
    """

    model: str
    source: str
    out: Path
    bits: str = "8"
    overwrite: bool = False


def read_words(
    model: str, words: list[str], out: Path | None, overwrite: bool, curve: bool
) -> Options | None:
    """Return what is asked for; None for the curve.

    Args:
        model: the run.
        words: a file or folder, and options.
        out: as it was given.
        overwrite: as it was given.
        curve: as it was given.

    Raises:
        UserError: for what is missing, twice there, or has no effect.
    """
    sources = [word for word in words if not word.startswith("bits=")]
    bits = [word.removeprefix("bits=") for word in words if word not in sources]
    if curve:
        if words or overwrite:
            what = words[0] if words else "--overwrite"
            raise UserError(f"{what} has no effect with --curve, which measures the test part")
        return None
    if len(sources) != 1 or len(bits) > 1:
        raise UserError("name one file or folder behind model=RUN, and bits=… once at most")
    if out is None:
        raise UserError("name the file of the codes, as -o codes.narrows")
    if bits and bits[0] not in BITS:
        raise UserError(f"bits={bits[0]} is no choice{nearest(bits[0], BITS)}")
    return Options(model, sources[0], out, *bits, overwrite=overwrite)
