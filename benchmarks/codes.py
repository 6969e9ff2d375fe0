"""Narrow codes for images: python benchmarks/codes.py [EXPERIMENT ...] [--seeds 0 1 2].

Trains each experiment as `narrows train experiment=NAME` does, and PCA of the same width on the
same examples beside it. SSE is the squared error summed over the pixels of an image in [0, 1], as a
mean over the images of a part. The recipes were chosen on the validation part; the test part is
measured once, when a run is finished. Runs are kept in runs/, and finished ones are not made again.
"""

import argparse
import statistics
from dataclasses import dataclass

from benchmark import Row, report

from narrows.build import prune
from narrows.config import Config, compose_config, run_name
from narrows.files import read_json
from narrows.runs import ENVIRONMENT, METRICS, RUNS
from narrows.single import train_single

HINTON = "Hinton and Salakhutdinov 2006: 3.00"
CONVOLUTIONAL = "a convolutional autoencoder: 4.24"
# Each experiment with what others reached, and the aim.
EXPERIMENTS = {
    "mnist_code30": (HINTON, "≤ 2.40"),
    "mnist_conv30": (HINTON, "≤ 2.00"),
    "fashion_code64": (CONVOLUTIONAL, "≤ 3.90"),
}


@dataclass(frozen=True)
class Result:
    """What came of one run."""

    validation: float
    test: float
    seconds: float


def main() -> None:
    """Run the experiments and PCA, and report both."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("experiments", nargs="*", default=list(EXPERIMENTS))
    parser.add_argument("--seeds", nargs="+", type=int, default=[0])
    args = parser.parse_args()
    report("codes", [row for name in args.experiments for row in rows_of(name, args.seeds)])


def rows_of(name: str, seeds: list[int]) -> list[Row]:
    """Return the rows of one experiment."""
    reference, aim = EXPERIMENTS[name]
    experiment = compose_config([f"experiment={name}", "tracker=none"])
    results = [run([f"experiment={name}", f"seed={seed}"]) for seed in seeds]
    pca = run(pca_of(experiment))
    test = statistics.mean(r.test for r in results)
    spread = f"; seeds {', '.join(f'{r.test:.3f}' for r in results)}" if len(seeds) > 1 else ""
    beside = f"PCA of the same width: {pca.test:.2f}; {reference}{spread}"
    validation = statistics.mean(r.validation for r in results)
    seconds = statistics.mean(r.seconds for r in results)
    return [
        Row(f"{name}, test", round(test, 3), "SSE", beside, aim),
        Row(f"{name}, validation", round(validation, 3), "SSE", f"PCA: {pca.validation:.2f}", ""),
        Row(f"{name}, training", round(seconds), "s", f"{experiment['epochs']} epochs", ""),
    ]


def pca_of(experiment: Config) -> list[str]:
    """Return the overrides of PCA on the experiment's examples, with as many values."""
    dataset = experiment["dataset"]["_target_"].split(".")[-2]
    width = f"encoder.code_size={experiment['encoder']['code_size']}"
    split = f"dataset.val={experiment['dataset']['val']}"
    return [f"dataset={dataset}", split, "encoder=pca", "decoder=linear", width, "trainer=cpu"]


def run(overrides: list[str]) -> Result:
    """Do `narrows train` and read what came of it."""
    overrides = [*overrides, "tracker=none"]
    config = compose_config(overrides)
    train_single(config, overrides)
    folder = RUNS / run_name(prune(config))
    seconds = read_json(folder / ENVIRONMENT)["seconds"]["training"]
    test = read_json(folder / "evaluation.json")["sse"]
    return Result(read_json(folder / METRICS)["val/sse"], test, seconds)


if __name__ == "__main__":
    main()
