"""Experiments on published sets, as their commands run them: python benchmarks/sets.py [NAME ...].

Beside each reconstruction stands PCA of the same width on the same examples; beside each set of
labels what scikit-learn's logistic regression reaches on the values themselves, label by label, on
the training part with its usual penalty. All measures are of the test part, after the last epoch.
Runs are kept in runs/, and finished ones are not made again.
"""

import argparse
import warnings
from typing import Any

import numpy as np
import torch
from benchmark import Row, report
from scipy.sparse import csr_array
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from torchmetrics.functional.classification import multilabel_f1_score

from narrows.build import prune
from narrows.config import Config, compose_config, run_name
from narrows.files import read_json
from narrows.loading import PackedDataset
from narrows.packing import read_spec
from narrows.preparing import prepare_node
from narrows.runs import ENVIRONMENT, RUNS
from narrows.single import train_single
from narrows.sparse import SparseRows

EXPERIMENTS = (
    "label_reuters",
    "reuters_codes",
    "label_yeast",
    "reconstruct_fonts",
    "label_corel5k",
    "denoise_cifar10",
)


def main() -> None:
    """Run the experiments and report them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("experiments", nargs="*", default=EXPERIMENTS)
    report("sets", [row for name in parser.parse_args().experiments for row in rows_of(name)])


def rows_of(name: str) -> list[Row]:
    """Return the rows of one experiment."""
    config, measures, seconds = run([f"experiment={name}"])
    command = f"narrows train experiment={name}"
    rows = [Row(f"{name}, training", round(seconds), "s", command, "")]
    if "sse" in measures:
        beside = f"PCA of the same width: {pca(config):.3f}"
        return [Row(f"{name}, test", round(measures["sse"], 3), "SSE", beside, ""), *rows]
    beside = ""
    # Of the pixels of photographs it would take hours, and say nothing.
    if len(read_spec(prepare_node(config["dataset"])).shape) == 1:
        beside = f"logistic regression on the values: {linear_f1(config):.3f}"
    return [Row(f"{name}, test", round(measures["micro_f1"], 3), "micro-F1", beside, ""), *rows]


def run(overrides: list[str]) -> tuple[Config, dict[str, float], float]:
    """Do `narrows train`; return its config, its measures on the test part and its seconds."""
    overrides = [*overrides, "tracker=none"]
    config = prune(compose_config(overrides))
    train_single(compose_config(overrides), overrides)
    folder = RUNS / run_name(config)
    seconds = read_json(folder / ENVIRONMENT)["seconds"]["training"]
    return config, read_json(folder / "evaluation.json"), seconds


def pca(config: Config) -> float:
    """Return the test SSE of PCA on the clean examples, with as many values in its code."""
    node = config["dataset"]
    dataset = node["_target_"].split(".")[-2]
    width = f"encoder.code_size={config['encoder']['code_size']}"
    words = [f"dataset={dataset}", "encoder=pca", "decoder=linear", width, "trainer=cpu"]
    return run(words)[1]["sse"]


def linear_f1(config: Config) -> float:
    """Return micro-F1 of logistic regression for each label, at a probability of 1/2."""
    data = prepare_node(config["dataset"])
    (x, y), (unseen, truth) = (
        values_of(PackedDataset.open(data, p, True)) for p in ("train", "test")
    )
    probability = np.zeros(truth.shape)
    for label in np.flatnonzero(y.any(0) & ~y.all(0)):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            model = LogisticRegression(max_iter=300).fit(x, y[:, label])
        probability[:, label] = model.predict_proba(unseen)[:, 1]
    return float(
        multilabel_f1_score(
            torch.from_numpy(probability),
            torch.from_numpy(truth).long(),
            truth.shape[1],
            0.5,
            "micro",
        )
    )


def values_of(data: PackedDataset) -> tuple[Any, np.ndarray]:
    """Return the values, dense or sparse, and the labels."""
    if isinstance(data.x, SparseRows):
        parts = (data.x.data.numpy(), data.x.indices.numpy(), data.x.indptr.numpy())
        return csr_array(parts, shape=data.x.shape), data.y.numpy()
    return torch.cat([x.flatten(1) for x, _ in data.batches()]).numpy(), data.y.numpy()


if __name__ == "__main__":
    main()
