"""Muon against singular value decompositions and torch's own optimizers."""

import pytest
import torch
from helpers import built, small_config

from narrows.build import validate
from narrows.optimizers.muon import Muon, orthogonal


@pytest.mark.parametrize("shape", [(40, 40), (16, 60), (60, 16)])
def test_an_orthogonal_update_keeps_singular_vectors_and_evens_out_singular_values(shape):
    torch.manual_seed(0)
    matrix = torch.randn(shape)
    update = orthogonal(matrix, 5).float()
    u, _, vt = torch.linalg.svd(matrix, full_matrices=False)
    inner = u.T @ update @ vt.T
    assert update.shape == matrix.shape
    assert inner.diagonal().min() > 0.6
    assert inner.diagonal().max() < 1.3
    assert (inner - inner.diagonal().diag()).abs().max() < 0.05


def test_matrices_move_as_in_torchs_muon_and_vectors_as_in_its_adam():
    torch.manual_seed(0)
    starts = [torch.randn(20, 30), torch.randn(30)]
    ours, theirs = ([torch.nn.Parameter(w.clone()) for w in starts] for _ in range(2))
    mine = Muon(ours, lr=0.01, momentum=0.9, iterations=5, weight_decay=0.1, vector_lr=0.003)
    other = [
        torch.optim.Muon(
            theirs[:1], lr=0.01, momentum=0.9, weight_decay=0.1, adjust_lr_fn="match_rms_adamw"
        ),
        torch.optim.Adam(theirs[1:], lr=0.003),
    ]
    for _ in range(5):
        for weights in (ours, theirs):
            for w in weights:
                w.grad = None
            (weights[0] @ weights[1] - 1).square().sum().backward()
        for optimizer in (mine, *other):
            optimizer.step()
    for one, its in zip(ours, theirs, strict=True):
        torch.testing.assert_close(one, its, rtol=1e-3, atol=1e-4)


def test_each_weight_is_in_one_group_and_convolutions_are_matrices():
    module = built(small_config("encoder=conv", "decoder=conv", "optimizer=muon"))
    optimizer = module.configure_optimizers()
    matrices, vectors = (group["params"] for group in optimizer.param_groups)
    assert len(matrices) + len(vectors) == len(list(module.parameters()))
    assert {p.ndim for p in matrices} == {2, 4}
    module(torch.rand(3, 1, 8, 8)).square().sum().backward()
    before = [p.detach().clone() for p in module.parameters()]
    optimizer.step()
    for old, new in zip(before, module.parameters(), strict=True):
        assert not old.equal(new)


def test_what_is_no_optimizer_is_not_allowed():
    from narrows.errors import UserError

    config = small_config("optimizer=muon")
    config["optimizer"]["_target_"] = "narrows.losses.logistic.Logistic"
    with pytest.raises(UserError, match=r"torch\.optim\.' or 'narrows\.optimizers\."):
        validate(config)
