"""DVC stage: train a network that restores pictures."""

import argparse
import sys

from narrows.config import run_name
from narrows.errors import exit_code
from narrows.files import read_yaml
from narrows.restoring.stages import plan_of, run_of
from narrows.runs import RUNS
from narrows.single import train_single
from narrows.study.stages import link_run


def main() -> None:
    """Write build/restorations/NAME/run, from the run in runs/, which goes on if it was cut off."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", help="of the restoration, e.g. denoiser")
    name = parser.parse_args().name
    config = read_yaml(plan_of(name))["training"]["config"]
    train_single(config, [])
    link_run(RUNS / run_name(config), run_of(name))


if __name__ == "__main__":
    sys.exit(exit_code(main))
