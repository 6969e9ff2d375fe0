"""`narrows explore`: a page with the map of a run's two-number codes."""

from pathlib import Path

import numpy as np

from narrows import runs
from narrows.exploring.atlas import make_atlas
from narrows.exploring.frame import Frame
from narrows.exploring.letters import letters_of
from narrows.exploring.marks import codes_of, examples, typefaces
from narrows.exploring.model import decode, has_logits, load_explorable
from narrows.exploring.page import GRID, Model, cells_of, render_page
from narrows.files import check_free, read_yaml, write_text
from narrows.loading import PackedDataset
from narrows.new_examples import data_of
from narrows.use_log import log_use


def explore(name: str, out: Path, overwrite: bool = False) -> None:
    """Write the page of a run, and print where it is.

    Args:
        name: of the run, or its folder.
        out: the page.
        overwrite: replace a file that is there.

    Raises:
        UserError: if the run cannot be explored, its data are not there, or `out` is taken.
    """
    check_free(out, overwrite)
    folder = runs.find(name, "model")
    module = load_explorable(folder)
    data = data_of(folder)
    letters = letters_of(read_yaml(folder / runs.CONFIG)["dataset"])
    frame = Frame.of(codes_of(module, PackedDataset.open(data, "train")), GRID)

    def decoded(codes: np.ndarray) -> np.ndarray:
        return cells_of(decode(module, codes), letters).reshape(len(codes), -1)

    atlas = make_atlas(decoded, frame.grid().reshape(-1, 2), has_logits(module))
    marks = (typefaces if letters else examples)(module, data, frame)
    shape = module.task.out_shape(module.spec)
    model = Model(folder.resolve().name, letters, shape, module.spec.labels)
    write_text(out, render_page(model, atlas, marks))
    size = out.stat().st_size / 1e6
    print(  # noqa: T201
        f"page: {out}, {size:.1f} MB; at its {GRID} × {GRID} grid points it is within "
        f"{255 * atlas.worst:.1f} of 255 levels of the decoder, {255 * atlas.mean:.2f} on average"
    )
    log_use(folder, "explore", [out])
