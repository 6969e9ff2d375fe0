"""The project's training step path against a bare PyTorch loop: python benchmarks/loop.py.

An autoencoder 784-256-64-16 and back, squared error, the same batches in the same order and the
same optimizer, one thread. Both sides run in turn within one process, and the median ratio of the
pairs is what counts: machines are noisy, ratios less so.
"""

import argparse
import resource
import statistics
import time
from collections.abc import Callable

import torch
from pytorch_lightning import Callback, LightningModule, Trainer
from torch import Tensor, nn

from narrows.build import build
from narrows.config import compose_config
from narrows.loading import PackedData, PackedDataset

N, PAIRS = 16384, 15


def main() -> None:
    """Measure both batch sizes and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=int, default=PAIRS)
    pairs = parser.parse_args().pairs
    torch.set_num_threads(1)
    generator = torch.Generator().manual_seed(0)
    x = torch.randint(0, 256, (N, 1, 28, 28), dtype=torch.uint8, generator=generator)
    data = PackedDataset(x, torch.zeros(N, 10, dtype=torch.uint8))
    rows = []
    for batch_size in (64, 256):
        ours, bare = epoch_of_project(data, batch_size), epoch_of_bare_loop(data, batch_size)
        rows += compare(f"training, batch {batch_size}", ours, bare, pairs, aim="<= 1.05")
    rows += compare("encoder alone", encode_project(data), encode_bare(data), pairs, aim="<= 1.05")
    report("loop", rows)


Config = dict


def config_of(batch_size: int) -> Config:
    return compose_config(
        [
            "dataset=mnist", "encoder.hidden=[256,64]", "encoder.code_size=16",
            "decoder.hidden=[64,256]", f"batch_size={batch_size}", "trainer=cpu", "epochs=1",
        ]
    )  # fmt: skip


def epoch_of_project(data, batch_size) -> Callable[[], float]:
    def run():
        config = config_of(batch_size)
        config.pop("corruption")
        module = build(config).module
        loader = PackedData(data, data.subset(torch.arange(64)), batch_size, None, 0)
        clock = Clock()
        trainer = Trainer(accelerator="cpu", max_epochs=2, logger=False, callbacks=[clock], enable_progress_bar=False, enable_model_summary=False, num_sanity_val_steps=0, limit_val_batches=0, enable_checkpointing=False, use_distributed_sampler=False)
        trainer.fit(module, loader)
        return clock.seconds
    return run


class Clock(Callback):
    def on_train_epoch_start(self, trainer, pl_module):
        self.t = time.perf_counter()
    def on_train_epoch_end(self, trainer, pl_module):
        self.seconds = time.perf_counter() - self.t

def epoch_of_bare_loop(data, batch_size):
    def run():
        config = config_of(batch_size)
        config.pop("corruption")
        module = build(config).module
        model = nn.Sequential(*module.encoder.layers, *module.decoder.layers)
        opt = torch.optim.Adam(model.parameters(), lr=1e-3, fused=True)
        x = data.x.float().div(255)
        for _ in range(2):
            t = time.perf_counter()
            order = torch.randperm(len(x))
            total = 0.
            for i in order.split(batch_size):
                b = x[i]
                loss = (model(b) - b).square().flatten(1).sum(1).mean()
                opt.zero_grad()
                loss.backward()
                opt.step()
                total += loss.detach()
        return time.perf_counter() - t
    return run
if __name__ == "__main__":
    torch.set_num_threads(1)
    x = torch.randint(0, 256, (N, 1, 28, 28), dtype=torch.uint8)
    data = PackedDataset(x, torch.zeros(N, 10, dtype=torch.uint8))
    for bs in (64, 256):
        a, b = epoch_of_project(data, bs), epoch_of_bare_loop(data, bs)
        r = [(a(), b()) for _ in range(9)]
        print(bs, statistics.median(p[0]/p[1] for p in r), sorted(p[0]/p[1] for p in r), r[0])
