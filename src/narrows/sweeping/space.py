"""What an option may be in a sweep: from a range, or one of some choices. Imports no Optuna."""

import json
import math
import re
from dataclasses import dataclass
from typing import Any

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import (
    ChoiceSweep,
    Glob,
    IntervalSweep,
    Override,
    RangeSweep,
)
from hydra.errors import HydraException

from narrows.config import groups
from narrows.errors import UserError, nearest

Scalar = str | int | float | bool | None
Params = dict[str, Scalar]
# Names that Hydra reads as text without quotes.
_PLAIN = re.compile(r"(?!(?:true|false|null|nan|inf)$)[a-z_]\w*", re.IGNORECASE)
_RANGE, _CHOICES, _WHEN = ("low", "high", "log", "step"), "choices", "when"


@dataclass(frozen=True)
class Range:
    """Numbers between two ends, both included; whole ones where both ends and the step are.

    Attributes:
        low: the least.
        high: the largest.
        log: drawn so that each order of magnitude is as likely.
        step: from one to the next; None for any number.
    """

    low: int | float
    high: int | float
    log: bool = False
    step: int | float | None = None

    @property
    def is_whole(self) -> bool:
        """Whether only whole numbers are drawn."""
        return all(isinstance(value, int) for value in (self.low, self.high, self.step or 1))

    @property
    def tried(self) -> list[Scalar]:
        """Values of which one that is wrong shows that the range is."""
        return [self.low, self.high]


@dataclass(frozen=True)
class Choices:
    """Some values; a list among them stands as text, in the form that Hydra reads."""

    values: tuple[Scalar, ...]

    @property
    def tried(self) -> list[Scalar]:
        """All values."""
        return list(self.values)


@dataclass(frozen=True)
class Dimension:
    """One option of the space.

    Attributes:
        values: that it may have.
        when: for options that only some choices have: of other dimensions, the values with which
            this one is searched at all.
    """

    values: Range | Choices
    when: dict[str, tuple[Scalar, ...]]

    def is_active(self, params: Params) -> bool:
        """Tell whether a trial with these values, drawn before, has this option."""
        return all(params.get(name) in allowed for name, allowed in self.when.items())


Space = dict[str, Dimension]


def read_space(found: Any) -> Space:
    """Read a space as a file in conf/sweep has it.

    Each option is a mapping with low and high, or with choices; or text as Hydra's sweepers take
    it, such as `interval(0, 1)`, `tag(log, interval(1e-4, 1e-2))`, `range(1, 9)`, `choice(a, b)`.

    Raises:
        UserError: for the first thing that does not fit.
    """
    if not isinstance(found, dict) or not found:
        raise UserError("space has no option; write option: {low: …, high: …} or {choices: […]}")
    space: Space = {}
    for name, entry in found.items():
        space[name] = _dimension(name, entry, space)
    return space


def _dimension(name: str, entry: Any, before: Space) -> Dimension:
    if isinstance(entry, str):
        return Dimension(_of_text(name, entry), {})
    if not isinstance(entry, dict):
        raise UserError(f"space.{name}: write {{low: …, high: …}} or {{choices: […]}}")
    for key in entry:
        if key not in (*_RANGE, _CHOICES, _WHEN):
            raise UserError(
                f"space.{name} has {key}{nearest(str(key), (*_RANGE, _CHOICES, _WHEN))}"
            )
    values = {key: value for key, value in entry.items() if key != _WHEN}
    return Dimension(_values(name, values), _when(name, entry.get(_WHEN) or {}, before))


def _values(name: str, entry: dict[str, Any]) -> Range | Choices:
    if _CHOICES in entry:
        if len(entry) > 1:
            raise UserError(f"space.{name} has choices and a range; give one of them")
        return make_choices(name, entry[_CHOICES])
    if "low" not in entry or "high" not in entry:
        missing = "low" if "low" not in entry else "high"
        raise UserError(f"space.{name} has no {missing}; give both, or choices")
    return make_range(name, **entry)


def make_range(name: str, low: Any, high: Any, log: Any = False, step: Any = None) -> Range:
    """Return a range.

    Raises:
        UserError: if its ends or its step do not fit.
    """
    for key, value in (("low", low), ("high", high), ("step", step)):
        if not _is_number(value) and not (key == "step" and value is None):
            raise UserError(f"space.{name}.{key}={value} is no number")
    if low > high:
        raise UserError(f"space.{name}: low={low} is above high={high}; exchange them")
    if not isinstance(log, bool):
        raise UserError(f"space.{name}.log={log} is neither true nor false")
    if log and low <= 0:
        raise UserError(f"space.{name}: low={low} has no logarithm; give one above 0, or no log")
    if log and step is not None:
        raise UserError(f"space.{name} has log and step; give one of them")
    if step is not None and step <= 0:
        raise UserError(f"space.{name}.step={step} is not above 0")
    return Range(low, high, log, step)


def _is_number(value: Any) -> bool:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and math.isfinite(value)


def make_choices(name: str, values: Any) -> Choices:
    """Return choices.

    Raises:
        UserError: if they are no list, or one of them cannot be one or is there twice.
    """
    if not isinstance(values, list | tuple) or not values:
        raise UserError(f"space.{name}.choices is no list of values")
    written = tuple(_as_scalar(name, value) for value in values)
    texts = [text_of(value) for value in written]
    for text in texts:
        if texts.count(text) > 1:
            raise UserError(f"space.{name}.choices has {text} twice; give it once")
    return Choices(written)


def _as_scalar(name: str, value: Any) -> Scalar:
    if isinstance(value, list) and not any(isinstance(inner, dict) for inner in value):
        return json.dumps(value, ensure_ascii=False)
    if value is None or isinstance(value, str | int | float):
        return value
    raise UserError(f"space.{name}.choices has {value}; give numbers, names or lists of these")


def _when(name: str, found: Any, before: Space) -> dict[str, tuple[Scalar, ...]]:
    if not isinstance(found, dict):
        raise UserError(f"space.{name}.when: write {{option: value}} or {{option: [value, …]}}")
    conditions = {}
    for other, value in found.items():
        if other not in before:
            raise UserError(
                f"space.{name}.when has {other}, which is not in the space before it"
                f"{nearest(str(other), before)}"
            )
        values, allowed = before[other].values, value if isinstance(value, list) else [value]
        for one in allowed:
            if not isinstance(values, Choices) or one not in values.values:
                raise UserError(f"space.{name}.when: {other}={one} is none of its choices")
        conditions[other] = tuple(allowed)
    return conditions


def _of_text(name: str, text: str) -> Range | Choices:
    """Read what Hydra's sweepers would take for an option."""
    try:
        override = OverridesParser.create().parse_override(f"{name}={text}")
    except HydraException as error:
        raise UserError(
            f"space.{name}: cannot read {text}; write {{low: …, high: …}} or {{choices: […]}}"
        ) from error
    return values_of(override)


def values_of(override: Override) -> Range | Choices:
    """Return what an override such as lr=interval(0,1) or encoder=mlp,conv lets an option be.

    Raises:
        UserError: if it is one value, or of a kind that cannot be searched.
    """
    name, sweep = override.key_or_group, override.value()
    if isinstance(sweep, IntervalSweep):
        return make_range(name, sweep.start, sweep.end, "log" in sweep.tags)
    if isinstance(sweep, Glob):
        return make_choices(name, sweep.filter(groups().get(name, [])))
    if isinstance(sweep, RangeSweep | ChoiceSweep):
        # A search has no order.
        sweep.shuffle = False
    if isinstance(sweep, RangeSweep):
        # The end of a range is not in it, as in Python.
        values, log = list(override.sweep_iterator()), "log" in sweep.tags
        return make_range(name, values[0], values[-1], log, None if log else sweep.step)
    if isinstance(sweep, ChoiceSweep):
        return make_choices(name, list(override.sweep_iterator()))
    raise UserError(f"space.{name}: {override.input_line} is one value; give several, or a range")


def text_of(value: Any) -> str:
    """Return a value as Hydra reads it behind an option's name."""
    if isinstance(value, str):
        if value.startswith("["):
            return value
        quoted = value.replace("\\", "\\\\").replace("'", "\\'")
        return value if _PLAIN.fullmatch(value) else f"'{quoted}'"
    return json.dumps(value)


def words_of(params: Params) -> list[str]:
    """Return the values of a trial as overrides."""
    return [f"{name}={text_of(value)}" for name, value in params.items()]


def tried_params(space: Space) -> list[Params]:
    """Return trials among which each choice and each end of a range is."""
    found = [_completed(space, {})]
    for name, dimension in space.items():
        for value in dimension.values.tried:
            params = _completed(space, _needed(space, name) | {name: value})
            if params not in found:
                found.append(params)
    return found


def _needed(space: Space, name: str) -> Params:
    """Return values of others with which an option is searched."""
    needed: Params = {}
    for other, allowed in space[name].when.items():
        needed |= _needed(space, other) | {other: allowed[0]}
    return needed


def _completed(space: Space, given: Params) -> Params:
    """Return a whole trial: what is not given has its first value."""
    params: Params = {}
    for name, dimension in space.items():
        if dimension.is_active(params):
            params[name] = given.get(name, dimension.values.tried[0])
    return params
