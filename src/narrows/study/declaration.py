"""What a file in conf/study may say, checked before anything is composed."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

from annotated_types import MinLen
from pydantic import NonNegativeInt, PositiveInt

from narrows.check import check_type
from narrows.errors import UserError, nearest
from narrows.files import read_yaml

# The strategy that others are compared with.
SCRATCH = "scratch"
_Words = list[str]
_OPTIONS: dict[str, Any] = {
    "question": str,
    "about": str,
    "source": str,
    "seeds": Annotated[list[NonNegativeInt], MinLen(1)],
    "labels": Annotated[list[PositiveInt], MinLen(1)],
    "common": _Words,
    "pretrain": _Words,
    "finetune": _Words,
}
_OPTIONAL: dict[str, Any] = {"tune": dict, "baselines": _Words}
_TUNE: dict[str, Any] = {
    "seeds": PositiveInt,
    "transfers": Annotated[_Words, MinLen(1)],
    "choices": Annotated[list[_Words], MinLen(1)],
}
_STRATEGY: dict[str, Any] = {
    "study": str,
    "strategy": str,
    "pretrain": _Words | None,
    "transfers": Annotated[dict[str, _Words], MinLen(1)],
}


def read_studies(path: Path, known_baselines: Callable[[], list[str]]) -> dict[str, Any]:
    """Read a file of studies and their strategies.

    Args:
        path: conf/study/NAME.yaml.
        known_baselines: returns the names that `baselines` may have.

    Raises:
        UserError: for the first thing in it that does not fit.
    """
    content = read_yaml(path)
    if not isinstance(content, dict) or set(content) != {"studies", "strategies"}:
        raise UserError(f"{path} has to have studies and strategies, and nothing else")
    studies = _entries(path, "studies", content["studies"])
    strategies = _entries(path, "strategies", content["strategies"])
    for name, study in studies.items():
        _check(path, f"studies.{name}", study, _OPTIONS, _OPTIONAL)
        _check_study(path, f"studies.{name}", study, known_baselines)
    for name, strategy in strategies.items():
        where = f"strategies.{name}"
        _check(path, where, strategy, _STRATEGY, {})
        if strategy["study"] not in studies:
            found = strategy["study"]
            raise UserError(f"{path}: {where}.study={found}{nearest(found, studies)}")
    for name, study in studies.items():
        _check_strategies(path, name, study, strategies)
    return content


def _entries(path: Path, key: str, found: Any) -> dict[str, Any]:
    if not isinstance(found, dict) or not found:
        raise UserError(f"{path}: {key} has no entries; see conf/study/digits.yaml")
    return found


def _check(
    path: Path, where: str, found: Any, types: dict[str, Any], optional: dict[str, Any]
) -> None:
    """Check the keys and the types of one entry."""
    if not isinstance(found, dict):
        raise UserError(f"{path}: {where} has to have {', '.join(types)}")
    for key in found:
        if key not in types | optional:
            raise UserError(f"{path}: {where} has {key}{nearest(str(key), types | optional)}")
    for key in types:
        if key not in found:
            raise UserError(f"{path}: {where} has no {key}; see conf/study/digits.yaml")
    for key, value in found.items():
        if value is not None or key in types:
            check_type(value, (types | optional)[key], f"{path}: {where}.{key}")


def _check_study(
    path: Path, where: str, study: dict[str, Any], known_baselines: Callable[[], list[str]]
) -> None:
    if study.get("tune"):
        _check(path, f"{where}.tune", study["tune"], _TUNE, {})
    for key in ("seeds", "labels", "baselines"):
        values = study.get(key) or []
        if len(set(values)) < len(values):
            raise UserError(f"{path}: {where}.{key} names one twice; write each once")
    for name in study.get("baselines") or []:
        if name not in (known := known_baselines()):
            raise UserError(f"{path}: there is no baseline {name}{nearest(name, known)}")


def _check_strategies(
    path: Path, name: str, study: dict[str, Any], strategies: dict[str, Any]
) -> None:
    """Check what a study and its strategies say of each other."""
    own = [s for s in strategies.values() if s["study"] == name]
    if not own:
        raise UserError(f"{path}: no strategy is of studies.{name}; see conf/study/digits.yaml")
    baselines = [t for s in own if s["strategy"] == SCRATCH for t in s["transfers"]]
    if len(baselines) != 1:
        told = "no strategy" if not baselines else f"{len(baselines)} transfers of strategies"
        raise UserError(
            f"{path}: {told} called {SCRATCH} in studies.{name}; all others are compared with its "
            f"one transfer{'' if baselines else nearest(SCRATCH, (s['strategy'] for s in own))}"
        )
    transfers = {transfer for strategy in own for transfer in strategy["transfers"]}
    for transfer in (study.get("tune") or {}).get("transfers", []):
        # A misspelt one would be left untuned while its rivals are tuned.
        if transfer not in transfers:
            told = nearest(transfer, transfers)
            raise UserError(f"{path}: studies.{name}.tune.transfers has {transfer}{told}")
