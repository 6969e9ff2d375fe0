"""What an exported file says of itself, for those who have nothing but the file."""

import json
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from narrows import runs
from narrows.config import run_name
from narrows.encoding.codes import code_shape
from narrows.exporting.graph import PACKAGES
from narrows.exporting.parts import Part, factor_of, gives_pictures
from narrows.files import read_yaml
from narrows.losses.logistic import Logistic
from narrows.module import Module
from narrows.packing import read_card
from narrows.tasks.colourization import Colourization
from narrows.tasks.multi_label import MultiLabel
from narrows.tasks.super_resolution import SuperResolution
from narrows.tasks.two_views import TwoViews

_CHANNELS = {1: "grey", 3: "red, green, blue"}
# Of a data set's card: what turns one's own rows or documents into inputs.
_PREPARATION = ("columns", "features", "vocabulary", "idf", "train_documents")
_GROUPS = ("dataset", "task", "encoder", "decoder", "loss")


def facts_of(run: Path, data: Path, module: Module, part: Part) -> dict[str, str]:
    """Return all facts of an exported part, by name; lists and the like are JSON.

    Args:
        run: folder of the run.
        data: folder of its prepared data.
        module: of the run.
        part: of the module.
    """
    config = read_yaml(run / runs.CONFIG)
    facts = {
        "part": part.name,
        "input": input_told(module, part),
        "output": output_told(module, part),
        "size": _size(part),
        "run": run_name(config),
        "weights_sha256": runs.sha256(run / runs.WEIGHTS),
        **{group: _json(_without_path(config[group])) for group in _GROUPS},
        "versions": _json({name: version(name) for name in ("narrows", "torch", *PACKAGES)}),
    }
    if isinstance(module.task, MultiLabel) and part.name != "encoder":
        facts["labels"] = _json(module.task.labels)
        if decisions := runs.read_decisions(run):
            facts["decisions"] = _json(decisions)
    found = read_card(data)["facts"]
    preparation = {name: found[name] for name in _PREPARATION if name in found}
    return facts | ({"preparation": _json(preparation)} if preparation else {})


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _without_path(node: dict[str, Any]) -> dict[str, Any]:
    """Leave out where files lie on the machine that the run was trained on."""
    return {key: value for key, value in node.items() if key != "path"}


def _size(part: Part) -> str:
    if part.free:
        multiple = part.free.multiple
        return "any" if multiple == 1 else f"height and width are multiples of {multiple}"
    return "x".join(map(str, part.shape))


def input_told(module: Module, part: Part) -> str:
    """Return what goes in, in words."""
    if part.name == "decoder":
        return f"codes, float32 {_given(part)}"
    kind, shape = module.spec.kind, _given(part)
    if kind == "text":
        return f"weights of terms, dense, float32 {shape}; see preparation"
    if kind == "table":
        return f"values of columns as the run's data were prepared, float32 {shape}"
    channels = _CHANNELS.get(part.shape[0], f"{part.shape[0]} channels")
    return f"{_pictures(module, part)}, float32 {shape} from 0 to 1 (bytes / 255); {channels}"


def _pictures(module: Module, part: Part) -> str:
    task = module.task
    if isinstance(task, Colourization):
        grey = "grey pictures, three channels alike"
        return grey if part.name == "encoder" else "pictures in sRGB, of which lightness is used"
    if isinstance(task, SuperResolution) and part.name == "encoder" and task.enlarged:
        return f"pictures that bicubic interpolation has made {task.scale} times larger"
    return "pictures"


def output_told(module: Module, part: Part) -> str:
    """Return what comes out, in words."""
    task = module.task
    if part.name == "encoder":
        shape = code_shape(module)
        return f"codes, float32 {_batch(shape[0], part.free.result if part.free else shape[1:])}"
    if isinstance(task, MultiLabel):
        logistic = isinstance(module.loss, Logistic)
        return "probabilities of labels" if logistic else "scores of labels, 0 for no, 1 for yes"
    if isinstance(task, TwoViews):
        return "projections, of which the loss compares those of two views"
    if not gives_pictures(module):
        return "examples, in the input's units"
    if isinstance(task, Colourization) and part.name == "decoder":
        return "a* and b* of CIE Lab, each as (value + 128) / 255"
    larger = f", {factor_of(module)} times larger" if factor_of(module) > 1 else ""
    told = "not clipped" if part.name == "decoder" else "clipped to [0, 1]"
    return f"pictures{larger}; 0 is black and 1 full, {told}"


def _given(part: Part) -> str:
    return _batch(part.shape[0], part.free.given if part.free else part.shape[1:])


def _batch(first: int, sides: Sequence[int | str]) -> str:
    return f"(batch, {', '.join(map(str, (first, *sides)))})"
