"""DVC stage: compose, resolve and check the config of a network that restores pictures."""

import argparse
import sys
from importlib.metadata import version
from pathlib import Path

from narrows.build import prune, validate
from narrows.code import fingerprint
from narrows.config import compose_config
from narrows.errors import exit_code
from narrows.files import read_yaml, write_yaml
from narrows.inputs import code_of
from narrows.preparing import code_of_dataset
from narrows.restoring.stages import plan_of
from narrows.study.plan import split_overrides


def main() -> None:
    """Write build/restorations/NAME/plan.yaml."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", help="of the restoration, e.g. denoiser")
    parser.add_argument("experiment", help="that it is trained by")
    name, experiment = vars(parser.parse_args()).values()
    overrides = split_overrides(read_yaml(Path("params.yaml"))["restoration_overrides"] or "")
    config = prune(compose_config([f"experiment={experiment}", *overrides]))
    if "group" in config["tracker"]:
        config["tracker"] |= {"group": name, "job_type": "restoration"}
    validate(config)
    training = {
        "code": [code_of_dataset(config["dataset"]), code_of(config)],
        "torch": version("torch"),
        "config": config,
    }
    measured = fingerprint(["narrows.restoring.published", "narrows.restoring.stages"])
    measuring = {"code": measured, "experiment": experiment}
    write_yaml(plan_of(name), {"training": training, "measuring": measuring})


if __name__ == "__main__":
    sys.exit(exit_code(main))
