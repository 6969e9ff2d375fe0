"""DVC stage: write a study's data set as packed arrays with a card."""

import argparse
import sys
from pathlib import Path

from narrows.errors import UserError, exit_code
from narrows.files import read_yaml
from narrows.packing import prepare, read_card
from narrows.preparing import dataset_of
from narrows.study.plan import BUILD


def main() -> None:
    """Write build/STUDY/data."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("study")
    folder = BUILD / parser.parse_args().study
    config = read_yaml(folder / "configs" / "dataset.yaml")
    node = config["dataset"]
    prepare(dataset_of(node), node, folder / "data", config["code"])
    check_budgets(folder)


def check_budgets(folder: Path) -> None:
    """Tell of too many labels here: learning labels would, but only after all pretraining.

    Raises:
        UserError: if a budget is larger than the labelled training part.
    """
    path = folder / "configs" / "study.yaml"
    most = max(read_yaml(path)["labels"])
    examples = read_card(folder / "data")["parts"]["train"]["labelled"]
    if most > examples:
        raise UserError(
            f"study {folder.name}: labels has {most}, but the training part has {examples} "
            f"labelled examples; write {examples} or fewer"
        )


if __name__ == "__main__":
    sys.exit(exit_code(main))
