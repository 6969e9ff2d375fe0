"""DVC stage: write a study's data set as packed arrays with a card."""

import argparse
import sys

from narrows.check import target_of
from narrows.errors import exit_code
from narrows.files import read_yaml
from narrows.packing import prepare
from narrows.study.plan import BUILD


def main() -> None:
    """Write build/STUDY/data."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("study")
    folder = BUILD / parser.parse_args().study
    node = read_yaml(folder / "configs" / "dataset.yaml")["dataset"]
    options = {key: value for key, value in node.items() if key != "_target_"}
    prepare(target_of(node, "dataset")(**options), node, folder / "data")


if __name__ == "__main__":
    sys.exit(exit_code(main))
