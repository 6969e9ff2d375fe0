"""DVC stage: write a study's data set as packed arrays with a card."""

import argparse
import sys

from narrows.errors import exit_code
from narrows.files import read_yaml
from narrows.packing import prepare
from narrows.preparing import dataset_of
from narrows.study.plan import BUILD
from narrows.study.stages import check_budgets


def main() -> None:
    """Write build/STUDY/data."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("study")
    folder = BUILD / parser.parse_args().study
    config = read_yaml(folder / "configs" / "dataset.yaml")
    node = config["dataset"]
    prepare(dataset_of(node), node, folder / "data", config["code"])
    # Here, since learning labels comes only after all pretraining.
    check_budgets(folder, read_yaml(folder / "configs" / "study.yaml")["labels"])


if __name__ == "__main__":
    sys.exit(exit_code(main))
