"""DVC stage: learn the labels, for each transfer, label budget and seed of a strategy."""

import argparse
import sys

from narrows import runs
from narrows.config import Config, run_name
from narrows.errors import exit_code
from narrows.files import read_json, write_json
from narrows.study.plan import BUILD
from narrows.study.stages import check_budgets, read_plan, train_runs
from narrows.study.tuning import choose, chosen_runs, tuning_runs


def main() -> None:
    """Write build/STUDY/finetune/STRATEGY: the runs, and which choices were best on validation."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("study")
    parser.add_argument("strategy")
    args = parser.parse_args()
    plan = read_plan(args.study, "finetune", args.strategy)
    strategy, labels, tuned_on = plan.strategy, plan.labels, plan.tuned_on
    # Also here, since other budgets prepare nothing anew.
    check_budgets(BUILD / args.study, labels)
    out = BUILD / args.study / "finetune" / args.strategy

    def score(config: Config) -> float | None:
        path = out / run_name(config) / runs.METRICS
        return read_json(path)[f"val/{plan.monitor}"] if path.is_file() else None

    def train(configs: list[Config], what: str) -> None:
        train_runs(args.study, "finetune", args.strategy, configs, what)

    if tuning := [run.config for run in tuning_runs(strategy, labels, tuned_on)]:
        train(tuning, ", tuning")
    chosen = choose(strategy, labels, tuned_on, score)
    train([run.config for run in chosen_runs(strategy, labels, plan.seeds, chosen)], "")
    write_json(out / "chosen.json", chosen)


if __name__ == "__main__":
    sys.exit(exit_code(main))
