"""A new label on a trained model: python benchmarks/new_label.py [--labels 2 5 8] [--seeds 0 1 2].

A model of scenes of digits is trained without one digit. `narrows new-label` then adds it from 32
scenes that have it; all other training scenes stand for negatives, though some have it too. Beside
it, the same network is trained anew with the new label, on the same knowledge. Average precision is
of the test part, with the true labels; means are over the digits left out and the seeds, which
change the positives and the training. Costs are CPU seconds of one thread after imports. Nothing
was chosen on the test part. Corel-5k, where it is there, is for the time alone: one epoch of
training, then a label on 374 others. About half an hour.
"""

import argparse
import statistics
import time
from contextlib import chdir
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from benchmark import Row, report

from narrows.build import prune
from narrows.config import compose_config, run_name
from narrows.evaluation import load_run
from narrows.files import read_yaml
from narrows.loading import PackedDataset
from narrows.new_label.command import add_label
from narrows.new_label.options import Options
from narrows.new_label.result import read_result
from narrows.new_label.solving import codes_of, solve
from narrows.preparing import prepare_node
from narrows.randomness import derive, permutation
from narrows.readers.places import find
from narrows.runs import RUNS
from narrows.single import train_single

POSITIVES = 32
PARTS = ("train", "val", "test")


@dataclass(frozen=True)
class Outcome:
    """What came of one label.

    Attributes:
        precision: average precision of the new label, by new-label, after an update, retrained.
        informed: the same of a head on the fixed encoder that is told every scene's true label.
        seconds: CPU seconds of the same three.
        change: of the old labels' mean average precision by the update.
        unchanged: whether old outputs kept their bits.
        gradient: of the convex problem.
    """

    precision: tuple[float, float, float]
    informed: float
    seconds: tuple[float, float, float]
    change: float
    unchanged: bool
    gradient: float


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--labels", nargs="+", type=int, default=[2, 5, 8])
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--no-corel", action="store_true")
    args = parser.parse_args()
    # In a folder of its own, where no run was finished before.
    with TemporaryDirectory() as folder, chdir(folder):
        outcomes = [
            outcome(label, seed, args.epochs, Path(folder))
            for seed in args.seeds
            for label in args.labels
        ]
        rows = rows_of(outcomes)
        if not args.no_corel and find("corel5k", "corel5k_64.npz") is not None:
            rows += corel(Path(folder))
    report("new_label", rows)


def outcome(label: int, seed: int, epochs: int, folder: Path) -> Outcome:
    """Leave a digit out, add it, update, and train anew."""
    data = prepare_node(compose_config(["dataset=digit_scenes"])["dataset"])
    parts = {part: PackedDataset.open(data, part) for part in PARTS}
    having = parts["train"].y[:, label].nonzero().flatten()
    chosen = having[permutation(len(having), derive(seed, "positives", label))[:POSITIVES]]
    listed = folder / f"{label}-{seed}.rows"
    listed.write_text("\n".join(map(str, chosen.tolist())))
    others = [i for i in range(10) if i != label]
    y = {part: split.y.numpy()[:, others] for part, split in parts.items()}
    names = [str(i) for i in others]
    base, _ = train(write(folder / f"without-{label}.npz", parts, y, names), seed, epochs)
    told = {part: split.y.numpy()[:, [label]].copy() for part, split in parts.items()}
    told["train"][:] = 0
    told["train"][chosen] = 1
    y = {part: np.concatenate([y[part], told[part]], 1) for part in PARTS}
    names.append(str(label))
    anew, retraining = train(
        write(folder / f"anew-{label}-{seed}.npz", parts, y, names), seed, epochs
    )
    options = Options(model=str(base), label=str(label), positives=str(listed))
    # A warm-up: some things are imported late.
    add_label(replace(options, background=100))
    added, adding = timed(options)
    updated, updating = timed(replace(options, update=True))
    truth = parts["test"].y[:, label]
    mine, later, theirs = (precision_of(r, parts["test"], truth) for r in (added, updated, anew))
    kept, moved = read_result(added), read_result(updated)
    return Outcome(
        (mine, later, theirs),
        informed(added, parts, label),
        (adding, updating, retraining),
        moved.mean("after") - moved.mean("before"),
        kept.unchanged,
        kept.gradient,
    )


def write(
    path: Path, parts: dict[str, PackedDataset], y: dict[str, np.ndarray], names: list[str]
) -> Path:
    """Write scenes with these labels as a file of arrays."""
    arrays = {f"x_{part}": np.asarray(split.x) for part, split in parts.items()}
    arrays |= {f"y_{part}": labels for part, labels in y.items()}
    np.savez(path, label_names=np.array(names), **arrays)  # pyright: ignore
    return path


def train(path: Path, seed: int, epochs: int) -> tuple[Path, float]:
    """Do `narrows train` on a file of arrays; return the run and its CPU seconds."""
    return trained(
        [
            "experiment=label_scenes", "dataset=arrays", f"dataset.path='{path}'",
            "dataset.duplicates=ignore", f"epochs={epochs}", f"seed={seed}",
        ]
    )  # fmt: skip


def trained(words: list[str]) -> tuple[Path, float]:
    """Do `narrows train`; return the run's folder and the CPU seconds that it took."""
    words = [*words, "tracker=none", "trainer=cpu"]
    config = prune(compose_config(words))
    started = time.process_time()
    train_single(config, words)
    return RUNS / run_name(config), time.process_time() - started


def timed(options: Options) -> tuple[Path, float]:
    """Do `narrows new-label`; return the run's folder and the CPU seconds that it took."""
    started = time.process_time()
    folder = add_label(options)
    return folder, time.process_time() - started


def precision_of(run: Path, test: PackedDataset, truth: torch.Tensor) -> float:
    """Return the average precision of a run's last label, by scikit-learn."""
    from sklearn.metrics import average_precision_score

    module = load_run(run).module
    scores = np.concatenate([module.predict(b.x)[:, -1].numpy() for b in test.batches()])
    return float(average_precision_score(truth, scores))


def informed(run: Path, parts: dict[str, PackedDataset], label: int) -> float:
    """Return the average precision of a head that knows all labels of the training part."""
    from sklearn.metrics import average_precision_score

    module = load_run(run).module
    solution = solve(codes_of(module, parts["train"].x), parts["train"].y[:, label].float(), 1.0)
    scores = codes_of(module, parts["test"].x).double() @ solution.v.T
    return float(average_precision_score(parts["test"].y[:, label], scores[:, 0]))


def rows_of(outcomes: list[Outcome]) -> list[Row]:
    """Return the rows about scenes."""

    def mean(what: str, place: int) -> float:
        return statistics.mean(getattr(o, what)[place] for o in outcomes)

    added, updated, anew = (mean("precision", place) for place in range(3))
    adding, updating, retraining = (mean("seconds", place) for place in range(3))
    change = 100 * statistics.mean(o.change for o in outcomes)
    same = sum(o.unchanged for o in outcomes)
    gradient = max(o.gradient for o in outcomes)
    of = f"{POSITIVES} positives, {len(outcomes)} digits and seeds"
    most = statistics.mean(o.informed for o in outcomes)
    told = f"retrained: {anew:.3f}; new-label: {added:.3f}, with all true labels {most:.3f}; {of}"
    return [
        Row("average precision", round(100 * added / anew, 1), "% of retrained", told, "≥ 97"),
        Row("with update", round(100 * updated / anew, 1), "% of retrained", f"{updated:.3f}", ""),
        Row("new-label", round(adding, 2), "CPU s", "after imports, measures and all", "≤ 1"),
        Row("cost", round(retraining / adding), "times cheaper", f"{retraining:.0f} s", "≥ 200"),
        Row("update", round(updating, 1), "CPU s", f"retraining: {retraining:.0f} s", ""),
        Row("old labels unchanged", same, f"of {len(outcomes)} models", "bits of outputs", "all"),
        Row("old labels with update", round(change, 2), "points mAP", "replay .5", "≥ -0.2"),
        Row("gradient", float(f"{gradient:.1e}"), "largest", "per example, in float64", "≤ 1e-8"),
    ]


def corel(folder: Path) -> list[Row]:
    """Return the time of a label on top of Corel-5k's, and of scikit-learn on the same codes."""
    words = ["experiment=label_corel5k"]
    epochs = compose_config(words)["epochs"]
    base, epoch = trained([*words, "epochs=1"])
    listed = folder / "some.rows"
    listed.write_text("\n".join(map(str, range(POSITIVES))))
    run, seconds = timed(Options(model=str(base), label="new", positives=str(listed)))
    told = f"k = 374; {read_result(run).negatives} training examples stand for negatives"
    return [
        Row("new-label on Corel-5k", round(seconds, 2), "CPU s", told, "≤ 1"),
        Row(
            "cost on Corel-5k",
            round(epochs * epoch / seconds),
            "times cheaper",
            f"{epochs} epochs of {epoch:.0f} s, of which one was made",
            "≥ 200",
        ),
        beside_scikit_learn(run),
    ]


def beside_scikit_learn(run: Path) -> Row:
    """Return how much faster the convex problem is solved, at no higher an objective."""
    from sklearn.linear_model import LogisticRegression

    data = prepare_node(read_yaml(run / "config.yaml")["dataset"])
    x = PackedDataset.open(data, "train").x
    z = codes_of(load_run(run).module, x).double()
    z = (z - z.mean(0)) / z.std(0, correction=0).clamp_min(1e-12)
    y = (np.arange(len(z)) < POSITIVES).astype(np.float64)
    started = time.process_time()
    ours = solve(z, torch.from_numpy(y), 1.0)
    mine = time.process_time() - started
    started = time.process_time()
    theirs = LogisticRegression(C=1.0, tol=1e-8, max_iter=10_000).fit(z.numpy(), y)
    other = time.process_time() - started
    found = objective(ours.v.numpy()[0], float(ours.b), z.numpy(), y)
    reached = objective(theirs.coef_[0], float(theirs.intercept_[0]), z.numpy(), y)
    told = f"scikit-learn: {other:.3f} s, objective {reached:.9f}; ours: {mine:.3f} s, {found:.9f}"
    return Row("convex problem", round(other / mine, 1), "times faster", told, "≥ 5")


def objective(v: np.ndarray, b: float, z: np.ndarray, y: np.ndarray) -> float:
    """Return Σ [log(1 + exp(f)) − y f] + ‖v‖² / 2, f = z v + b."""
    f = z @ v + b
    return float((np.logaddexp(0, f) - y * f).sum() + v @ v / 2)


if __name__ == "__main__":
    main()
