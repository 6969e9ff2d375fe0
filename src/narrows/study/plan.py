"""Which runs a study has: its file in conf/study, made into one config per strategy."""

import shlex
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from pkgutil import iter_modules
from typing import Any, NamedTuple

import yaml

from narrows.config import Config, compose_config, conf_dir, run_name
from narrows.errors import UserError, closest, nearest
from narrows.study.declaration import read_studies

BUILD = Path("build")
# What a study sets for each run, so that it is no part of a strategy's config.
_PER_RUN = ("seed", "labels", "pretrained")

# How a baseline's runs are told from those that have an encoder.
SCIKIT_LEARN = "scikit-learn"
_NO_TUNING: dict[str, Any] = {"seeds": 0, "transfers": [], "choices": []}
# The choice of a method of which nothing is tuned.
UNTUNED = "as it is"


class UnknownStudyError(UserError):
    """There is no study of that name.

    Attributes:
        near: the name that may have been meant; None if none is near.
    """

    def __init__(self, name: str, known: set[str]) -> None:
        super().__init__(f"there is no study {name}{nearest(name, known)}")
        self.near = closest(name, known)


@dataclass(frozen=True)
class Study:
    """A study as its file says it.

    Attributes:
        name: of the study, its file and its report.
        options: question, about, seeds, labels, overrides for groups of runs, baselines, and
            `tune`: the transfers that are tuned, the overrides to choose from, and on how many
            seeds.
        strategies: by name: overrides for pretraining, or None, and for each transfer.
    """

    name: str
    options: dict[str, Any]
    strategies: dict[str, dict[str, Any]]


def read_study(name: str, overrides: str = "") -> Study:
    """Read conf/study/NAME.yaml.

    Args:
        name: of the study.
        overrides: added to every run, before what its strategy says; seeds=[…] and labels=[…]
            replace the study's own.

    Raises:
        UserError: if there is no such study, or what it says does not fit.
    """
    content = _file_of(name)
    options = dict(content["studies"][name])
    options["baselines"] = options.get("baselines") or []
    added = []
    for word in split_overrides(overrides):
        key, _, value = word.partition("=")
        if key in ("seeds", "labels"):
            options[key] = _whole_numbers(key, value)
        elif key in _PER_RUN:
            raise UserError(f"overrides: {word} is set by the study; write {key}s=[…] in its place")
        else:
            added.append(word)
    options["common"] = [*options["common"], *added]
    options["tune"] = _tuning(options.get("tune") or _NO_TUNING, added)
    strategies = {s["strategy"]: s for s in content["strategies"].values() if s["study"] == name}
    return Study(name, options, strategies)


def _tuning(tune: dict[str, Any], added: list[str]) -> dict[str, Any]:
    """Return how the study is tuned: not at all if an override says what would be chosen."""
    given = {word.partition("=")[0] for word in added}
    chosen = {word.partition("=")[0] for choice in tune["choices"] for word in choice}
    return _NO_TUNING if given & chosen else tune


def _file_of(name: str) -> dict[str, Any]:
    """Return what is in the file that has a study; a file may have several."""
    known = set[str]()
    # Most studies are called as their file is, or begin so: others need not be read.
    files = sorted((conf_dir() / "study").glob("*.yaml"))
    for path in sorted(files, key=lambda path: not name.startswith(path.stem)):
        content = read_studies(path, known_baselines)
        if name in content["studies"]:
            return content
        known |= {path.stem, *content["studies"]}
    raise UnknownStudyError(name, known)


def studies_of(name: str) -> list[str]:
    """Return the studies of conf/study/NAME.yaml, or the study NAME alone.

    Raises:
        UserError: if there is neither.
    """
    path = conf_dir() / "study" / f"{name}.yaml"
    if path.is_file():
        return list(read_studies(path, known_baselines)["studies"])
    _file_of(name)
    return [name]


def known_baselines() -> list[str]:
    """Return the names of all baselines: of the files in narrows/baselines."""
    folder = [str(Path(__file__).parents[1] / "baselines")]
    return sorted(module.name for module in iter_modules(folder) if module.name != "base")


def split_overrides(overrides: str) -> list[str]:
    """Return the words of overrides that stand in one text.

    Raises:
        UserError: if a quote is not closed.
    """
    try:
        return shlex.split(overrides)
    except ValueError as error:
        raise UserError(f"overrides: {error} in {overrides}") from error


def _whole_numbers(key: str, text: str) -> list[int]:
    least, example = (0, "[0,1]") if key == "seeds" else (1, "[50,200]")
    try:
        values = yaml.safe_load(text)
    except yaml.YAMLError:
        values = None
    if isinstance(values, list) and values and all(type(v) is int and v >= least for v in values):
        if len(set(values)) == len(values):
            return values
        raise UserError(
            f"overrides: {key}={text} names one twice; write each once: {key}={example}"
        )
    raise UserError(
        f"overrides: {key}={text} is no list of whole numbers from {least} on, e.g. {key}={example}"
    )


class FinetuneRun(NamedTuple):
    """A run on labels, and which choice of a method's tuning it has."""

    transfer: str
    choice: str
    config: Config


@dataclass(frozen=True)
class Strategy:
    """A strategy's configs, without what differs from run to run.

    Attributes:
        name: of the strategy.
        pretrain: config of its pretraining, or None if it has none.
        transfers: for each transfer the choices of its tuning, each with its config; one choice
            where nothing is tuned.
    """

    name: str
    pretrain: Config | None
    transfers: dict[str, dict[str, Config]]

    def pretrain_runs(self, seeds: list[int]) -> list[Config]:
        """Return the pretraining run of each seed."""
        if self.pretrain is None:
            return []
        return [{**self.pretrain, "seed": s, "labels": None, "pretrained": None} for s in seeds]

    def finetune_runs(self, labels: list[int], seeds: list[int]) -> list[FinetuneRun]:
        """Return all runs on labels, of all choices; each starts from its own seed's encoder."""
        encoders = dict(zip(seeds, map(run_name, self.pretrain_runs(seeds)), strict=False))
        return [
            FinetuneRun(
                transfer, choice, {**config, "seed": s, "labels": n, "pretrained": encoders.get(s)}
            )
            for transfer, choices in self.transfers.items()
            for n in labels
            for choice, config in choices.items()
            for s in seeds
        ]


class Overrides(NamedTuple):
    """What a strategy's runs are composed from, but for what differs from run to run.

    Attributes:
        pretrain: of its pretraining, or None if it has none.
        transfers: of the runs on labels, for each transfer and each choice of its tuning.
    """

    pretrain: list[str] | None
    transfers: dict[str, dict[str, list[str]]]


def overrides_of(study: Study, name: str) -> Overrides:
    """Return the overrides of a strategy's runs, those of the study first."""
    own, options = study.strategies[name], study.options
    tune, common = options["tune"], options["common"]
    pretrain, finetune = ([*options[stage], *common] for stage in ("pretrain", "finetune"))

    def choices(transfer: str) -> dict[str, list[str]]:
        tuned = transfer in tune["transfers"]
        return {" ".join(c): c for c in tune["choices"]} if tuned else {UNTUNED: []}

    return Overrides(
        None if own["pretrain"] is None else _of_last_choices([*pretrain, *own["pretrain"]]),
        {
            transfer: {
                name: _of_last_choices([*finetune, *words, *added])
                for name, added in choices(transfer).items()
            }
            for transfer, words in own["transfers"].items()
        },
    )


def compose_strategy(study: Study, name: str, prune: Callable[[Config], Config]) -> Strategy:
    """Compose a strategy's configs.

    Args:
        study: that it belongs to.
        name: of the strategy.
        prune: drops from a config what its task does not use.
    """
    pretrain, transfers = overrides_of(study, name)

    def config(stage: str, overrides: list[str]) -> Config:
        composed = compose_config(overrides)
        if "group" in composed["tracker"]:
            composed["tracker"] |= {"group": study.name, "job_type": stage}
        return prune({key: value for key, value in composed.items() if key not in _PER_RUN})

    return Strategy(
        name,
        None if pretrain is None else config("pretrain", pretrain),
        {
            transfer: {choice: config("finetune", words) for choice, words in choices.items()}
            for transfer, choices in transfers.items()
        },
    )


def _of_last_choices(words: list[str]) -> list[str]:
    """Leave out options of a choice that a later word replaces: hidden=[256] of mlp by pca."""
    last = {word.partition("=")[0]: place for place, word in enumerate(words)}
    return [
        word
        for place, word in enumerate(words)
        if "." not in word.partition("=")[0] or last.get(word.partition(".")[0], -1) < place
    ]


def declared_runs(study: Study, strategies: list[Strategy]) -> list[dict[str, Any]]:
    """Return every run to compare: its strategy, transfer, label budget, seed, and names.

    There is a name for each choice of its method's tuning, of which one will be compared.
    """
    declared: dict[tuple[str, str, int, int], dict[str, Any]] = {}
    for strategy in strategies:
        for run in strategy.finetune_runs(study.options["labels"], study.options["seeds"]):
            labels, seed = run.config["labels"], run.config["seed"]
            entry = declared.setdefault(
                (strategy.name, run.transfer, labels, seed),
                {
                    "strategy": strategy.name,
                    "transfer": run.transfer,
                    "labels": labels,
                    "seed": seed,
                    "runs": {},
                    "pretrained": run.config["pretrained"],
                },
            )
            entry["runs"][run.choice] = run_name(run.config)
    return list(declared.values())


def baseline_configs(
    names: list[str], labels: list[int], seeds: list[int], dataset: Config, task: Config
) -> list[Config]:
    """Return the run of each baseline, label budget and seed, on the labels that the task says."""
    return [
        {"baseline": name, "dataset": dataset, "task": task, "labels": n, "seed": s}
        for name in names
        for n in labels
        for s in seeds
    ]


def declared_baselines(configs: list[Config]) -> list[dict[str, Any]]:
    """Return the runs of baselines to compare, as `declared_runs` does."""
    return [
        {
            "strategy": config["baseline"],
            "transfer": SCIKIT_LEARN,
            "labels": config["labels"],
            "seed": config["seed"],
            "runs": {UNTUNED: run_name(config)},
            "pretrained": None,
        }
        for config in configs
    ]
