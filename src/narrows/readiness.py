"""What is seen to before a run is trained: its config, the encoder it starts from, its data."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from narrows import runs
from narrows.build import make, prune, validate
from narrows.config import Config, run_name
from narrows.errors import UserError
from narrows.files import read_yaml
from narrows.launching.job import Job
from narrows.packing import data_identity, read_card
from narrows.preparing import prepare_node


@dataclass(frozen=True)
class Checked:
    """A run whose config has no mistake.

    Attributes:
        config: without what its task does not use.
        pretrained: folder of the run whose encoder it starts from.
        measures: names of what is measured in each epoch.
        needs_labels: whether the examples have to have labels.
    """

    config: Config
    pretrained: Path | None
    measures: list[str]
    needs_labels: bool


def check_run(config: Config, words: Iterable[str] = ()) -> Checked:
    """Check a config before data is read.

    Args:
        config: resolved.
        words: that it was composed from.

    Raises:
        UserError: for the first mistake.
    """
    config = prune(config)
    if "corruption" not in config and any(word.startswith("corruption") for word in words):
        raise UserError("corruption=… has no effect on this task; use task=denoising")
    pretrained = _find_pretrained(config)
    module = validate(config).module
    if pretrained is not None:
        _check_encoder(config, pretrained)
    measures = [str(name) for name in module.measures.keys()]  # noqa: SIM118
    return Checked(config, pretrained, measures, module.task.needs_labels)


def check_beside_others(config: Config) -> None:
    """Check that a run keeps to one device, as it must where others are trained beside it."""
    if config["trainer"].get("devices") != 1:
        raise UserError(
            "runs are trained side by side, each on one device; use trainer=auto or "
            "trainer.devices=1"
        )


def prepare_run(run: Checked, module: str = "narrows.training") -> Job:
    """Prepare the data of a run and return what trains it.

    Args:
        run: to be trained.
        module: whose `train` does it.

    Raises:
        UserError: if the data do not fit.
    """
    config = run.config
    data = prepare_node(config["dataset"])
    if run.pretrained is not None:
        _check_data(data, run.pretrained)
    labelled = {name: part["labelled"] for name, part in read_card(data)["parts"].items()}
    if run.needs_labels and 0 in labelled.values():
        without = next(name for name, n in labelled.items() if n == 0)
        raise UserError(f"no example of the {without} part has labels, which this task needs")
    examples = labelled["train"]
    if config["labels"] and config["labels"] > examples:
        raise UserError(f"labels={config['labels']}, but {examples} training examples have labels")
    return Job(config, data, runs.RUNS / run_name(config), run.pretrained, module)


def _find_pretrained(config: Config) -> Path | None:
    """Find the run that `pretrained` names, by folder or name, and keep its name alone."""
    name = config["pretrained"]
    if not name:
        return None
    folder = runs.find(str(name), "pretrained")
    config["pretrained"] = folder.resolve().name
    return folder


def _check_encoder(config: Config, pretrained: Path) -> None:
    """Check that the pretrained run has the same encoder: its weights fit no other one."""
    trained = read_yaml(pretrained / runs.CONFIG)
    mine, its = config["encoder"], trained["encoder"]
    for option in (*its, *mine):
        if mine.get(option) != its.get(option):
            raise UserError(
                f"encoder.{option}={mine.get(option)}, but pretrained={pretrained} has "
                f"{its.get(option)}; choose the same"
            )
    spec, other = make(config["dataset"]).spec(), runs.read_spec(pretrained)
    # How many terms documents have is known when they are read, and `_check_data` sees it.
    if spec.shape != other.shape and not spec.kind == other.kind == "text":
        raise UserError(
            f"dataset: examples have shape {spec.shape}, but those of pretrained={pretrained} "
            f"{other.shape}"
        )


def _check_data(data: Path, pretrained: Path) -> None:
    """Check that the encoder was trained on the same prepared data.

    Elsewhere the values may mean something else, as words and columns do, and its training examples
    may be among those of the test.
    """
    if (runs.inputs_of(pretrained) or {}).get("data") != data_identity(data):
        raise UserError(
            f"pretrained={pretrained} was trained on other data, or on another split of them; give "
            "the same dataset options, or pretrain on these"
        )
