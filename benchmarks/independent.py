"""k independent networks at once against one after another: python benchmarks/independent.py.

Both make the same steps from the same weights on the same batches: once as encoder=independent
does, with one product for all labels, and once label by label, as a loop over k networks would.
Beside it is the shared encoder of as many hidden values as one of the networks has, with
O(dm + mk) weights in place of O(kdm).
"""

import argparse
import copy
import time

import torch
from benchmark import Row, paired, ratio_row, report
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits

from narrows.decoders.independent import Decoder
from narrows.encoders.independent import Encoder
from narrows.spec import Spec

STEPS, BATCH = 20, 64
# Name, number of values d, labels k, hidden values m of each network.
SETS = (("scene", 294, 6, 64), ("tmc2007_500", 500, 22, 64), ("reuters", 5000, 90, 16))


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=5)
    pairs = parser.parse_args().pairs
    torch.set_num_threads(1)
    report("independent", [row for sizes in SETS for row in rows_of(*sizes, pairs)])


def rows_of(name: str, d: int, k: int, m: int, pairs: int) -> list[Row]:
    """Return the rows of one set's sizes."""
    torch.manual_seed(0)
    x, y = torch.rand(STEPS, BATCH, d), (torch.rand(STEPS, BATCH, k) < 0.1).float()
    both, ends = networks(d, k, m), []

    def at_once() -> float:
        together = copy.deepcopy(both)
        seconds = train([together], [y], x)
        ends.append(together(x[0]).detach())
        return seconds

    def in_turn() -> float:
        apart = [single(both, label, m) for label in range(k)]
        seconds = train(apart, [y[..., [label]] for label in range(k)], x)
        ends.append(torch.cat([network(x[0]) for network in apart], 1).detach())
        return seconds

    def shared() -> float:
        network = nn.Sequential(nn.Linear(d, m), nn.GELU(), nn.Linear(m, k))
        return train([network], [y], x)

    where = f"{name}, d = {d:,}, k = {k}, m = {m}"
    loop = ratio_row(f"{where}: k networks at once", paired(at_once, in_turn, pairs), "loop", "< 1")
    # The comparison is of the same computation, else it says nothing.
    torch.testing.assert_close(ends[0], ends[1], atol=1e-4, rtol=1e-3)
    weights = k * (d * m + m + m + 1) / (d * m + m + m * k + k)
    told = f"one shared encoder with {weights:.1f} times fewer weights"
    against = ratio_row(
        f"{where}: k networks against sharing", paired(at_once, shared, pairs), told, ""
    )
    return [loop, against]


def networks(d: int, k: int, m: int) -> nn.Sequential:
    """Return k networks, as encoder=independent and its decoder have them."""
    spec = Spec((d,), tuple(str(label) for label in range(k)), "table")
    return nn.Sequential(Encoder(spec, m), Decoder((k, m), (k,)))


def single(networks: nn.Sequential, label: int, m: int) -> nn.Sequential:
    """Return the network of one label, with the same weights."""
    state = networks.state_dict()
    rows = slice(label * m, (label + 1) * m)
    network = nn.Sequential(
        nn.Linear(state["0.maps.weight"].shape[1], m), nn.GELU(), nn.Linear(m, 1)
    )
    network.load_state_dict(
        {
            "0.weight": state["0.maps.weight"][rows],
            "0.bias": state["0.maps.bias"][rows],
            "2.weight": state["1.v"][[label]],
            "2.bias": state["1.b"][[label]],
        }
    )
    return network


def train(networks: list[nn.Sequential], targets: list[Tensor], x: Tensor) -> float:
    """Return the seconds of all steps of each network with Adam, one network after another."""
    optimizers = [torch.optim.Adam(network.parameters(), fused=True) for network in networks]
    started = time.perf_counter()
    for network, optimizer, y in zip(networks, optimizers, targets, strict=True):
        for batch, target in zip(x, y, strict=True):
            optimizer.zero_grad()
            # The sum over labels, so that each network's gradient is its own.
            loss = binary_cross_entropy_with_logits(network(batch), target, reduction="sum") / BATCH
            loss.backward()
            optimizer.step()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
