"""The command `narrows generate`: new examples, what they are worth, and a page."""

from pathlib import Path

from threadpoolctl import threadpool_limits

from narrows import runs
from narrows.files import write_text
from narrows.generating.answers import copies, references, verdict
from narrows.generating.generator import Generator
from narrows.generating.measuring import measure
from narrows.generating.options import Options
from narrows.generating.outputs import FILES, check_folder, write_measures, write_samples
from narrows.generating.page import render_page
from narrows.use_log import log_use

PAGE = "generated.html"


def generate(options: Options, out: Path, overwrite: bool = False) -> None:
    """Make new examples, write them, their measures and the page; print what came of it.

    Args:
        options: what is asked for.
        out: folder of the results.
        overwrite: replace files there that have the same names.

    Raises:
        UserError: if the run makes no examples, or for a mistake in the options; nothing is
            written then.
    """
    check_folder(out, overwrite)
    # Sums are in another order on several threads, and codes would differ in their last bits.
    with threadpool_limits(1):
        generator = Generator.of(options.model, options.ways, options.neighbours, options.seed)
        found = measure(generator, options)
        page = render_page(generator, found, options)
        write_samples(out, generator, found)
    write_measures(out, found, options)
    write_text(out / PAGE, page)
    for line in (verdict(found), references(found), copies(found)):
        print(line)  # noqa: T201
    print(f"examples: {out}, page: {out / PAGE}")  # noqa: T201
    made = [out / name for name in (PAGE, *FILES)]
    log_use(runs.find(options.model, "model"), "generate", made)
