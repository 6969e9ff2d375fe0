"""The command `narrows map`: maps of a run's codes, as a picture, a page and tables."""

from pathlib import Path

from threadpoolctl import threadpool_limits

from narrows import runs
from narrows.encoding.codes import code_shape
from narrows.errors import UserError
from narrows.evaluation import load_run
from narrows.files import check_free, write_text
from narrows.loading import PackedDataset
from narrows.mapping.classes import classes_of
from narrows.mapping.embeddings import PACKAGES, check_package
from narrows.mapping.files import write_measures, write_points
from narrows.mapping.maps import make_codes
from narrows.mapping.measures import NEIGHBOURS, measure
from narrows.mapping.options import OF_LARGER_CODES, Job
from narrows.mapping.page import Drawn, render_page
from narrows.mapping.plot import write_plot
from narrows.mapping.points import read_points
from narrows.mapping.telling import told
from narrows.mapping.terminal import show
from narrows.module import Module
from narrows.new_examples import data_of
from narrows.use_log import log_use

_PAGE, _PLOT, _POINTS = "map.html", "map.png", "points.csv"
_FILES = (_PAGE, _PLOT, _POINTS, "measures.csv", "measures.json")


def draw_maps(job: Job) -> None:
    """Make the maps of a run's codes, measure them, and write all results into a folder.

    Raises:
        UserError: for a mistake in the options or the examples; nothing is written then.
    """
    _check_out(job.out, job.overwrite)
    options = job.options
    run = runs.find(options.model, "model")
    module = load_run(run).module.eval()
    _check_options(job, module)
    data = data_of(run)
    old = read_points("train", run, module, options.points, options.seed)
    new = read_points(job.source, run, module, options.points, options.seed)
    least = 2 * NEIGHBOURS + 2
    if len(old.z) < least:
        raise UserError(
            f"the training part has {len(old.z)} examples, and a map takes {least}; name a run "
            "with more"
        )
    # On more threads sums would be rounded in another way.
    with threadpool_limits(1):
        codes = make_codes(module, PackedDataset.open(data, "train"), old, new, options)
        measured = measure(codes, old, new, options.near)
    maps = [one for one in codes if one.is_map]
    classes = classes_of(old, new, module.spec.labels)
    words = told(old, module.spec, data) + told(new, module.spec, data)
    drawn = Drawn(maps, old, new, words, module.spec.labels, classes)
    page = render_page(run.resolve().name, drawn, measured, options)
    write_plot(job.out / _PLOT, maps, old, new, classes)
    write_points(job.out / _POINTS, maps, old, new)
    write_measures(job.out, measured, old, new, options)
    write_text(job.out / _PAGE, page)
    show(measured, new.source)
    print(f"page: {job.out / _PAGE}, picture: {job.out / _PLOT}")  # noqa: T201
    log_use(run, "map", [job.out / name for name in _FILES])


def _check_out(out: Path, overwrite: bool) -> None:
    if out.exists() and not out.is_dir():
        raise UserError(f"--out={out} is a file; name a folder")
    for name in _FILES:
        check_free(out / name, overwrite)


def _check_options(job: Job, module: Module) -> None:
    """Refuse what does not fit the run's codes, and see that what makes maps is installed."""
    if code_shape(module) == (2,):
        for name in sorted(job.given & OF_LARGER_CODES):
            raise UserError(
                f"{name} is for codes of more than two numbers, and this run's are a map "
                "themselves; leave it out"
            )
        return
    if code_shape(module) == (1,):
        raise UserError(f"model={job.options.model} has codes of one number; name a run with more")
    for name in PACKAGES:
        if getattr(job.options, name):
            check_package(name)
