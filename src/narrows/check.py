"""Check a config against the signatures of what it names, before anything is built."""

import inspect
import json
import pydoc
import typing
from collections.abc import Callable, Collection
from itertools import chain
from typing import Any

from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic.errors import PydanticSchemaGenerationError

from narrows.errors import UserError, nearest

# A config may build these and nothing else: for each group what is in these packages.
ALLOWED: dict[str, tuple[str, ...]] = {
    "dataset": ("narrows.datasets.",),
    "encoder": ("narrows.encoders.",),
    "decoder": ("narrows.decoders.",),
    "loss": ("narrows.losses.",),
    "corruption": ("narrows.corruptions.",),
    "augmentation": ("narrows.augmentations.",),
    "task": ("narrows.tasks.",),
    "transfer": ("narrows.transfers.",),
    "optimizer": ("torch.optim.", "narrows.optimizers."),
    "schedule": ("narrows.schedules.",),
    "trainer": ("pytorch_lightning.Trainer",),
    "tracker": ("narrows.tracking.",),
    "launcher": ("narrows.launching.",),
}
_TRAINER = "pytorch_lightning.trainer.trainer.Trainer"


def target_of(node: dict[str, Any], path: str) -> Callable[..., Any]:
    """Return what the node's `_target_` names.

    Raises:
        UserError: if it is missing, outside the allow-list or not there.
    """
    name = node.get("_target_")
    if not isinstance(name, str):
        raise UserError(f"{path} has no _target_; choose one with {path}=…")
    if not _is_allowed(name, path):
        known = "' or '".join(ALLOWED.get(path, ("narrows.",)))
        raise UserError(f"{path}._target_={name} is not allowed; it must start with '{known}'")
    try:
        target = pydoc.locate(name)
    except pydoc.ErrorDuringImport as error:
        raise UserError(f"{path}._target_={name} cannot be imported: {error.value}") from error
    if not callable(target):
        raise UserError(f"{path}._target_={name} does not exist")
    # What a module has imported is not its own: narrows.training.torch.hub.load is torch's.
    own = f"{getattr(target, '__module__', None)}.{getattr(target, '__qualname__', None)}"
    if not _is_allowed(own, path) and own != _TRAINER:
        raise UserError(f"{path}._target_={name} is not allowed; it is {own}")
    return target


def _is_allowed(name: str, group: str) -> bool:
    allowed = ALLOWED[group] if group in ALLOWED else chain.from_iterable(ALLOWED.values())
    return any(name == a or (a.endswith(".") and name.startswith(a)) for a in allowed)


def check_node(node: dict[str, Any], path: str, supplied: Collection[str] = ()) -> None:
    """Check the options of one component.

    Args:
        node: with `_target_` and options.
        path: of the node in the config, for messages.
        supplied: arguments that `build` gives.

    Raises:
        UserError: for the first option that is unknown, missing or of a wrong type.
    """
    target = safe_target(node, path)
    options = {key: value for key, value in node.items() if key != "_target_"}
    check_call(target, options, f"{path}.", supplied)


def safe_target(node: dict[str, Any], path: str) -> Callable[..., Any]:
    """Return what the node builds, after a look that it builds nothing else.

    Raises:
        UserError: as `target_of`, or if an option has a `_target_` of its own.
    """
    for name, value in node.items():
        if _holds_target(value):
            raise UserError(f"{path}.{name} holds a _target_; only a group's choice may have one")
    return target_of(node, path)


def _holds_target(value: Any) -> bool:
    """Tell whether Hydra would build something for an option's value."""
    if isinstance(value, dict):
        return "_target_" in value or any(map(_holds_target, value.values()))
    return isinstance(value, list) and any(map(_holds_target, value))


def check_call(
    target: Callable[..., Any], options: dict[str, Any], prefix: str, supplied: Collection[str] = ()
) -> None:
    """Check `options` as keyword arguments of `target`."""
    parameters = inspect.signature(target).parameters
    known = [name for name in parameters if name not in supplied]
    for name in options:
        if name not in known:
            raise UserError(
                f"{prefix}{name} is not an option of {target.__module__}.{target.__qualname__}"
                f"{nearest(name, known)}"
            )
    initializer = target.__init__ if inspect.isclass(target) else target
    types = typing.get_type_hints(initializer, include_extras=True)
    for name, value in options.items():
        check_type(value, types.get(name, Any), prefix + name)
    for name in known:
        parameter = parameters[name]
        variadic = parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
        if parameter.default is parameter.empty and name not in options and not variadic:
            raise UserError(f"{prefix}{name} has no value; give one with {prefix}{name}=…")


def check_type(value: Any, annotation: Any, path: str) -> None:
    """Check that a value read from YAML fits an annotation."""
    # 1e400 is read as infinity, which no `> 0` refuses.
    rules = ConfigDict(arbitrary_types_allowed=True, allow_inf_nan=False)
    try:
        adapter = TypeAdapter(annotation, config=rules)
    except PydanticSchemaGenerationError:
        return
    try:
        # As JSON, so that a list may stand for a tuple and 1 for 1.0, but '1' not for 1.
        adapter.validate_json(json.dumps(value), strict=True)
    except ValidationError as error:
        problems = error.errors()
        # An alternative that is an object cannot be written in YAML: the others say what can.
        problem = next((p for p in problems if p["type"] != "needs_python_object"), problems[0])
        where = "".join(f"[{i}]" for i in problem["loc"] if isinstance(i, int))
        given = json.dumps(problem["input"], ensure_ascii=False)
        message = problem["msg"][0].lower() + problem["msg"][1:]
        raise UserError(f"{path}{where}={given}: {message}") from error
