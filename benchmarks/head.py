"""The exact head against scikit-learn, label by label: python benchmarks/head.py [--most 100000].

Both solve the same ridge logistic regressions (penalty 1, scikit-learn's C = 1) on real codes, to a
gradient of 1e-8 divided by n, with one thread; scikit-learn with the fastest of its solvers on the
case's first labels. Codes are PCA of the training part, standardized; a PCA code is the easiest one
for scikit-learn's lbfgs, since its values are uncorrelated. Times are of the processor. MNIST has
55,000 examples; the larger case adds copies moved by one pixel, with the same labels.
"""

import argparse
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from statistics import median

import numpy as np
import torch
from benchmark import Row, paired, report
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits
from torch import Tensor

from narrows.config import compose_config
from narrows.head import CrossValidation, fit_head
from narrows.loading import PackedDataset
from narrows.preparing import prepare_node

PENALTY, TOLERANCE = 1.0, 1e-8
SOLVERS = ("lbfgs", "newton-cholesky", "newton-cg")
# Data set, code size, and for each number of examples the numbers of labels.
CASES = {
    "mnist": (64, {100: (1, 10), 1000: (1, 10), 10_000: (1, 10), 55_000: (10,), 100_000: (1, 10)}),
    "reuters": (128, {1000: (90,), 7000: (10, 90)}),
    "corel5k": (128, {500: (374,), 4050: (10, 374)}),
}


@dataclass(frozen=True)
class Case:
    """Standardized codes, (n, m), and labels that have both kinds, (n, k)."""

    name: str
    z: Tensor
    y: Tensor


def main() -> None:
    """Measure all cases and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=3, help="of timings, 2 or more")
    parser.add_argument("--most", type=int, default=100_000, help="examples of a case at most")
    args = parser.parse_args()
    torch.set_num_threads(1)
    with threadpool_limits(1):
        rows = [against(c, args.pairs) for name in CASES for c in cases(name, args.most)]
        rows += cross_validated()
    report("head", rows)


def cases(name: str, most: int) -> Iterator[Case]:
    """Yield the cases of one data set."""
    m, sizes = CASES[name]
    x, y = examples(name)
    for n, labels in sizes.items():
        if n > most:
            return
        inputs, targets = moved(x, y, n)
        z = standardized(codes(inputs, m)[:n])
        for k in labels:
            some = targets[:n, :k]
            some = some[:, (some != some[0]).any(0)]
            yield Case(f"{name}, n = {n:,}, m = {m}, k = {some.shape[1]}", z, some)


def examples(name: str) -> tuple[Tensor, Tensor]:
    """Return the training part's inputs, in a random order that is always the same, and labels."""
    data = PackedDataset.open(prepare_node(compose_config([f"dataset={name}"])["dataset"]), "train")
    x = torch.cat([x for x, _ in data.batches()])
    order = torch.randperm(len(x), generator=torch.Generator().manual_seed(0))
    return x[order], data.y[order].double()


def moved(x: Tensor, y: Tensor, n: int) -> tuple[Tensor, Tensor]:
    """Add copies of images moved by one pixel if there are fewer than n."""
    if n <= len(x):
        return x, y
    return torch.cat([x, x.roll(1, -1)]), torch.cat([y, y])


def codes(x: Tensor, m: int) -> Tensor:
    """Return the leading m principal components of x, (n, …)."""
    torch.manual_seed(0)
    x = x.flatten(1)
    x = x - x.mean(0)
    return (x @ torch.pca_lowrank(x, m, center=False)[2]).double()


def standardized(z: Tensor) -> Tensor:
    """Return codes of mean 0 and variance 1, as the frozen transfer has them."""
    return (z - z.mean(0)) / z.std(0, correction=0).clamp_min(1e-12)


def against(case: Case, pairs: int) -> Row:
    """Time both on one case and compare their objectives, label by label."""
    solver = fastest(case)
    z, y = case.z.numpy(), case.y.numpy()
    ours, theirs = Timed(lambda: solve(case)), Timed(lambda: one_by_one(z, y, solver))
    few = case.y.numel() < 200_000
    mine, their, ratio, low, high = paired(ours, theirs, 3 * pairs if few else pairs)
    difference = objective(case, *ours.result) / objective(case, *theirs.result) - 1
    return Row(
        case.name,
        round(1 / ratio, 2),
        "times faster",
        f"scikit-learn, {solver}: {their * 1e3:.1f} ms against {mine * 1e3:.1f} ms; "
        f"quartiles {1 / high:.2f} to {1 / low:.2f}; "
        f"largest objective relative to its own: {float(difference.max()):+.0e}",
        "≥ 5, no higher objective",
    )


class Timed:
    """Does some work, keeps its result and returns the seconds of the processor."""

    def __init__(self, work: Callable[[], tuple[Tensor, Tensor]]) -> None:
        self.work = work

    def __call__(self) -> float:
        """Do the work once."""
        started = time.process_time()
        self.result = self.work()
        return time.process_time() - started


def solve(case: Case, penalty: float | CrossValidation = PENALTY) -> tuple[Tensor, Tensor]:
    """Return V and b of all labels at once."""
    head = fit_head(case.z, case.y, penalty, tolerance=TOLERANCE)
    assert head.gradient.max() <= TOLERANCE  # noqa: S101
    return head.v, head.b


def one_by_one(z: np.ndarray, y: np.ndarray, solver: str) -> tuple[Tensor, Tensor]:
    """Return V and b by scikit-learn."""
    models = [
        LogisticRegression(C=1 / PENALTY, solver=solver, tol=TOLERANCE, max_iter=10_000).fit(z, t)
        for t in y.T
    ]
    v = np.concatenate([model.coef_ for model in models])
    return torch.from_numpy(v), torch.from_numpy(np.concatenate([m.intercept_ for m in models]))


def fastest(case: Case) -> str:
    """Return which of scikit-learn's solvers takes the least time for some of the labels."""
    z, y = case.z.numpy(), case.y.numpy()
    some = y[:, :: -(-y.shape[1] // 5)][:, :3]
    work = {solver: Timed(lambda s=solver: one_by_one(z, some, s)) for solver in SOLVERS}
    return min(SOLVERS, key=lambda solver: min(work[solver]() for _ in range(2)))


def objective(case: Case, v: Tensor, b: Tensor) -> Tensor:
    """Return each label's objective, (k,), written out anew."""
    f = case.z @ v.T + b
    losses = torch.logaddexp(f, f.new_zeros(())) - case.y * f
    return losses.sum(0) + PENALTY / 2 * v.square().sum(1)


def cross_validated() -> list[Row]:
    """Time heads whose penalties are chosen label by label, as a study of few labels makes them."""
    m = 128
    x, y = examples("mnist")
    z = codes(x, m)
    rows = []
    for n in (50, 100, 300, 1000):
        case = Case(f"mnist, n = {n:,}, m = {m}, k = 10", standardized(z[:n]), y[:n])
        work = Timed(lambda case=case: solve(case, CrossValidation()))
        seconds = median(work() for _ in range(5))
        told = "5 folds, 13 penalties, a penalty for each label"
        rows.append(Row(f"{case.name}, cross-validated", round(seconds, 3), "s", told, "< 1"))
    return rows


if __name__ == "__main__":
    main()
