"""`narrows compress --curve`: the rate–distortion curve as a page, as JSON and on the terminal."""

from io import BytesIO
from pathlib import Path

from narrows.compressing.curve import Measured, measure
from narrows.compressing.making import Coded
from narrows.compressing.plot import Measure, curve_svg
from narrows.compressing.words import Options
from narrows.errors import UserError
from narrows.files import write_json, write_text
from narrows.pictures import sheet, to_bytes
from narrows.report.templates import drawing, png_uri, render
from narrows.report.text import number
from narrows.use_log import log_use

_NAME = "rate-distortion"
# What `narrows compress` does unless it is told otherwise.
_DEFAULT = f"{Options.bits} bits"


def write_curve(model: str, out: Path | None) -> None:
    """Measure a run's codes on the test part; write a page and JSON, and print what came of it.

    Args:
        model: the run, by its folder or name.
        out: folder of both; the run's own unless it is given.

    Raises:
        UserError: if the run's codes cannot be compressed, or `out` is a file.
    """
    if out is not None and out.exists() and not out.is_dir():
        raise UserError(f"--out={out} is a file; name a folder")
    coded = Coded(model)
    folder = coded.folder if out is None else out
    measured = measure(coded)
    page, numbers = folder / f"{_NAME}.html", folder / f"{_NAME}.json"
    write_json(numbers, {"model": coded.folder.resolve().name, **measured.json()})
    write_text(page, render_page(measured, model))
    for line in answers(measured):
        print(line)  # noqa: T201
    print(f"page: {page}")  # noqa: T201
    log_use(coded.folder, "compress", [page, numbers])


def answers(measured: Measured) -> list[str]:
    """Return what a code takes by default, and what principal components make of as many bytes.

    Where codes are no narrower than examples, that is the last sentence.
    """
    exact = measured.unquantized.sse
    pairs = zip(measured.points, measured.components, strict=True)
    own, other = next(pair for pair in pairs if pair[0].setting == _DEFAULT)
    times = measured.raw / own.bytes
    first = (
        f"With {own.setting} an example takes {number(own.bytes, 3)} bytes, {number(times, 3)} "
        f"times fewer than the {measured.raw:,} that it is prepared as; squared error "
        f"{number(own.sse)}, and {number(exact)} before codes are quantized."
    )
    second = (
        f"Principal components at {number(other.bytes, 3)} bytes: squared error "
        f"{number(other.sse)}."
    )
    return [first, second, *_of_wide_codes(measured)]


def _of_wide_codes(measured: Measured) -> list[str]:
    """Return what to do about a code that is no narrower than an example."""
    code, values = measured.code, measured.values
    if code < values:
        return []
    return [
        f"A code has {code:,} numbers and an example {values:,} values, so that nothing is left "
        "out but by rounding: train with a smaller encoder.code_size to see what an autoencoder "
        "is worth here."
    ]


def render_page(measured: Measured, model: str) -> str:
    """Return the page as HTML."""
    image = measured.kind == "image"
    names: list[Measure] = ["sse", "psnr"] if image else ["sse"]
    panels = [drawing(curve_svg(measured, name)) for name in names]
    shown = measured.pictures
    return render(
        "compress.html.j2",
        {"number": number},
        measured=measured,
        model=model,
        answers=answers(measured),
        panels=panels,
        rows=list(zip(measured.points, measured.components, strict=True)),
        pictures=_picture(measured) if shown else None,
        shown=list(shown),
    )


def _picture(measured: Measured) -> str:
    file = BytesIO()
    sheet([to_bytes(stack) for stack in measured.pictures.values()]).save(file, "PNG")
    return png_uri(file.getvalue())
