"""DVC stage: learn the labels, for each transfer, label budget and seed of a strategy."""

import argparse
import sys

from narrows.errors import exit_code
from narrows.study.stages import read_strategy, train_runs


def main() -> None:
    """Write build/STUDY/finetune/STRATEGY."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("study")
    parser.add_argument("strategy")
    args = parser.parse_args()
    strategy, labels, seeds = read_strategy(args.study, "finetune", args.strategy)
    configs = [config for _, config in strategy.finetune_runs(labels, seeds)]
    train_runs(args.study, "finetune", args.strategy, configs)


if __name__ == "__main__":
    sys.exit(exit_code(main))
