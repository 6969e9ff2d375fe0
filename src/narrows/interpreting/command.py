"""The command `narrows interpret`: a page on what a run has learned, and its numbers as JSON."""

from pathlib import Path

import torch
from threadpoolctl import threadpool_limits

from narrows import runs
from narrows.errors import UserError
from narrows.files import check_free, write_compact, write_text
from narrows.interpreting.analysis import Analysis, analyse
from narrows.interpreting.attribution import check_package
from narrows.interpreting.attribution_panels import make_attribution_panels
from narrows.interpreting.filters import make_filters
from narrows.interpreting.formatting import Formatter
from narrows.interpreting.inputs import input_moments
from narrows.interpreting.options import Options
from narrows.interpreting.outputs import choose_outputs
from narrows.interpreting.page import Content, render_page
from narrows.interpreting.summary import as_json, sentences
from narrows.interpreting.traversals import start_code
from narrows.interpreting.unit_panels import make_unit_panels
from narrows.interpreting.unit_rows import unit_rows
from narrows.use_log import log_use


def interpret(source: str, out: Path, options: Options, overwrite: bool = False) -> None:
    """Write the page of a run, and its numbers beside it; print what came of it.

    Args:
        source: examples to show: a part of the run's data, or a file or folder.
        out: the page.
        options: of the command.
        overwrite: replace files that are there.

    Raises:
        UserError: for a mistake in the options or the source, or if the run's codes are maps;
            nothing is written then.
    """
    numbers = out.with_suffix(".json")
    if out.suffix.lower() != ".html":
        raise UserError(f"--out={out} is the page; call it .html, numbers go beside it")
    for target in (out, numbers):
        check_free(target, overwrite)
    check_package()
    folder = runs.find(options.model, "model")
    # Sums are in another order on several threads, and codes would differ in their last bits.
    with threadpool_limits(1):
        analysis = analyse(folder, source, options)
        content = _content(analysis, options)
        page = render_page(options, source, analysis, content)
    write_compact(numbers, as_json(analysis, content.rows, content.attributions, source))
    write_text(out, page)
    for line in (*sentences(analysis, content.rows), f"page: {out}, numbers: {numbers}"):
        print(line)  # noqa: T201
    log_use(folder, "interpret", [out, numbers])


def _content(analysis: Analysis, options: Options) -> Content:
    module = analysis.module
    start, outputs = start_code(analysis, options.start), choose_outputs(analysis, options.outputs)
    moments = input_moments(module, analysis.train)
    # A mean document has a little of every term, which none has.
    kind = options.baseline or ("zeros" if module.spec.kind == "text" else "mean")
    baseline = moments.mean if kind == "mean" else torch.zeros_like(moments.mean)
    formatter, rows = Formatter(module.spec, analysis.data), unit_rows(analysis)
    return Content(
        rows,
        make_unit_panels(analysis, rows, formatter, start, options.units),
        make_filters(module, moments, formatter),
        make_attribution_panels(analysis, formatter, outputs, baseline, options.seed),
        kind,
    )
