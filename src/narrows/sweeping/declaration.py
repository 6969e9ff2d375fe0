"""What a sweep searches, how and for what, as a file in conf/sweep and the user's words say."""

from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Annotated, Any, Literal

from annotated_types import MinLen
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from hydra.errors import HydraException
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException
from pydantic import NonNegativeInt, PositiveInt
from yaml import YAMLError

from narrows.check import check_call
from narrows.config import choices, conf_dir
from narrows.errors import UserError, nearest
from narrows.sweeping.space import Dimension, Space, read_space, values_of

DEFAULT = "digits"
WEIGHTS = "weights"
VALIDATION = "val/"
Direction = Literal["minimize", "maximize"]
_GROUP = "sweep"
# Of runs: no result depends on these, or the sweep sets them itself.
_NOT_SEARCHED = {
    "seed": "the mean over seeds is searched for; write seeds: […]",
    "tracker": "no result depends on it",
    "trainer": "it is to be the same for all trials",
}


@dataclass(frozen=True)
class Declaration:
    """A sweep.

    Attributes:
        name: of its file, its folder and its group in W&B.
        space: the options that are searched.
        objectives: one or two measures, and which of their values are better.
        trials: how many there are.
        question: that it answers.
        overrides: of all trials.
        seeds: of the runs of each trial, over which the objectives are averaged.
        sampler: how values are drawn: by Parzen estimators, or at random.
        sampler_seed: of what is random in that.
        startup: trials that are drawn at random before the estimators are used, and that must have
            ended well before one is stopped.
        pruner: what stops trials that promise less; None is median with one objective, else none.
        warmup: epochs of a trial in which it is not stopped.
        ahead: how many trials may be under way at once. A trial is drawn, and stopped, by what is
            known of those that lie at least so many before it, and of no others.
        storage: of the trials.
    """

    name: str
    space: Space
    objectives: dict[str, Direction]
    trials: PositiveInt
    question: str = "Which options are best?"
    overrides: list[str] = field(default_factory=list)
    seeds: Annotated[list[NonNegativeInt], MinLen(1)] = field(default_factory=lambda: [0])
    sampler: Literal["tpe", "random"] = "tpe"
    sampler_seed: NonNegativeInt = 0
    startup: PositiveInt = 10
    pruner: Literal["median", "hyperband", "none"] | None = None
    warmup: PositiveInt = 1
    ahead: PositiveInt = 4
    storage: Literal["journal", "sqlite"] = "journal"

    @property
    def pruned_by(self) -> str:
        """What stops trials."""
        return self.pruner or ("median" if len(self.objectives) == 1 else "none")


_CHECKED_APART = {"name", "space", "objectives"}


def read_declaration(words: list[str]) -> Declaration:
    """Return the sweep that the words ask for.

    A word is sweep=NAME, an option of the sweep, such as sweep.trials=30, or an override of its
    runs: one with several values, such as encoder=mlp,conv or lr=interval(0,1), joins the space,
    one that is in the space is fixed by its value.

    Raises:
        UserError: for the first mistake.
    """
    parsed = [_parse(word) for word in words]
    name = DEFAULT
    for override in parsed:
        if override.key_or_group == _GROUP:
            name = str(override.value())
    path = conf_dir() / _GROUP / f"{name}.yaml"
    content = _read(name, path)
    for word, override in zip(words, parsed, strict=True):
        _apply(word, override, content)
    return _declared(name, content)


def _parse(word: str) -> Override:
    if word.startswith("=") or ("=" not in word and not word.startswith("~")):
        hint = f"sweep={word}" if word in choices(_GROUP) else "sweep=NAME or option=value"
        raise UserError(f"'{word}' is no option; write {hint}")
    try:
        return OverridesParser.create().parse_override(word)
    except HydraException as error:
        raise UserError(f"cannot read {word}; write sweep=NAME, sweep.option=value or an "
                        "override of all runs, such as epochs=5") from error  # fmt: skip


def _read(name: str, path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise UserError(f"sweep={name}: there is no such sweep{nearest(name, choices(_GROUP))}")
    try:
        # Not PyYAML, for which 1e-4 is a text.
        content = OmegaConf.to_container(OmegaConf.load(path), resolve=True)
    except (OmegaConfBaseException, YAMLError, OSError) as error:
        raise UserError(f"{path}: {' '.join(str(error).split())}") from error
    if not isinstance(content, dict):
        raise UserError(f"{path} has to have space, objectives and trials")
    known = [field.name for field in fields(Declaration) if field.name != "name"]
    for key in content:
        if key not in known:
            raise UserError(f"{path} has {key}{nearest(str(key), known)}")
    for key in ("space", "objectives", "trials"):
        if key not in content:
            raise UserError(f"{path} has no {key}; see conf/sweep/{DEFAULT}.yaml")
    found = {str(key): value for key, value in content.items()}
    fixed = {str(word).partition("=")[0] for word in found.get("overrides") or []}
    found["space"] = read_space(found["space"])
    for option in found["space"]:
        if option in fixed:
            raise UserError(f"{path}: {option} is in the space and in overrides; leave one out")
    return found


def _apply(word: str, override: Override, content: dict[str, Any]) -> None:
    """Change what the file says by a word."""
    name, space = override.key_or_group, content["space"]
    if name == _GROUP:
        return
    group, _, option = name.partition(".")
    if group == _GROUP:
        known = [f.name for f in fields(Declaration) if f.name not in ("name", "space")]
        if option not in known:
            raise UserError(f"{name} is not an option{nearest(option, known)}")
        content[option] = OmegaConf.to_container(OmegaConf.create({"x": override.value()}))["x"]  # pyright: ignore
    elif override.is_sweep_override():
        space[name] = Dimension(values_of(override), {})
    else:
        space.pop(name, None)
        content["overrides"] = [*(content.get("overrides") or []), word]


def _declared(name: str, content: dict[str, Any]) -> Declaration:
    """Return the checked sweep."""
    checked = {key: value for key, value in content.items() if key not in _CHECKED_APART}
    space = content["space"]
    _check_space(space)
    given = {"name": name, "space": {}, "objectives": {}, **checked}
    check_call(Declaration, given, f"{_GROUP}.")
    objectives = _objectives(content["objectives"])
    declaration = Declaration(name, space, objectives, **checked)
    for word in declaration.overrides:
        if _parse(word).key_or_group == "seed":
            raise UserError(f"{word}: seeds are set by the sweep; write sweep.seeds=[…]")
    if len(set(declaration.seeds)) < len(declaration.seeds):
        raise UserError("sweep.seeds has one twice; give each once")
    if len(objectives) > 1 and declaration.pruned_by != "none":
        raise UserError(
            f"sweep.pruner={declaration.pruner} compares trials by one measure, and there are two "
            "objectives; write none"
        )
    return declaration


def _check_space(space: Space) -> None:
    if not space:
        raise UserError("nothing is left to search: every option of the space has one value")
    for name, dimension in space.items():
        reason = _NOT_SEARCHED.get(name.split(".")[0])
        if reason:
            raise UserError(f"space has {name}: {reason}")
        for other in dimension.when:
            if other not in space:
                raise UserError(f"space.{name}.when has {other}, which is not searched; fix both")


def _objectives(found: Any) -> dict[str, Direction]:
    """Return the objectives; that there are such measures is seen when a config is composed."""
    if not isinstance(found, dict) or not 1 <= len(found) <= 2:
        raise UserError("sweep.objectives: write one or two, as measure: minimize or maximize")
    for name, direction in found.items():
        if direction not in ("minimize", "maximize"):
            told = nearest(str(direction), ("minimize", "maximize"))
            raise UserError(f"sweep.objectives: {name}: {direction}{told}")
        if name != WEIGHTS and not str(name).startswith(VALIDATION):
            raise UserError(
                f"sweep.objectives has {name}; a measure of the validation part is written "
                f"{VALIDATION}MEASURE, and no other part may choose"
            )
    return {str(name): direction for name, direction in found.items()}


def check_objectives(declaration: Declaration, measures: Iterable[str]) -> None:
    """Check that the objectives are measured.

    Args:
        declaration: of the sweep.
        measures: names of what the task measures in each epoch.
    """
    known = [*(f"{VALIDATION}{name}" for name in measures), WEIGHTS]
    for name in declaration.objectives:
        if name not in known:
            raise UserError(f"sweep.objectives has {name}{nearest(name, known)}")
