"""DVC stage: pretrain a strategy's encoder for each seed, without labels."""

import argparse
import sys

from narrows.errors import exit_code
from narrows.study.stages import read_plan, train_runs


def main() -> None:
    """Write build/STUDY/pretrain/STRATEGY; it is empty for a strategy without pretraining."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("study")
    parser.add_argument("strategy")
    args = parser.parse_args()
    plan = read_plan(args.study, "pretrain", args.strategy)
    train_runs(args.study, "pretrain", args.strategy, plan.strategy.pretrain_runs(plan.seeds))


if __name__ == "__main__":
    sys.exit(exit_code(main))
