"""Frozen features: the exact head in a run."""

import numpy as np
import pytest
import torch
from helpers import run, small_config
from sklearn.linear_model import LogisticRegression

from narrows.errors import UserError
from narrows.evaluation import load_run
from narrows.files import read_json
from narrows.head import StandardizedHead
from narrows.loading import PackedDataset
from narrows.transfers.frozen import Frozen

SIZE = ["encoder.hidden=[32]", "encoder.code_size=16"]


@pytest.fixture(scope="module")
def pretrained(digits_folder, tmp_path_factory):
    return run(small_config(*SIZE), digits_folder, tmp_path_factory.mktemp("runs") / "pretrained")


def frozen_config(*options):
    return small_config(
        *SIZE, "task=multi_label", "decoder=linear", "loss=logistic", "transfer=frozen",
        "pretrained=pretrained", *options,
    )  # fmt: skip


@pytest.mark.parametrize("class_weight", [None, "balanced"])
def test_frozen_features_equal_scikit_learn_on_standardized_codes(
    class_weight, digits_folder, pretrained, tmp_path
):
    config = frozen_config("transfer.penalty=2", f"transfer.class_weight={class_weight or 'null'}")
    frozen = load_run(run(config, digits_folder, tmp_path / "frozen", pretrained)).module
    before = load_run(pretrained).module
    for (name, one), other in zip(
        frozen.encoder.named_parameters(), before.encoder.parameters(), strict=True
    ):
        assert one.equal(other), name
    train, test = (PackedDataset.open(digits_folder, part) for part in ("train", "test"))
    codes, unseen = (before.encode(p.x.float() / 255).double().numpy() for p in (train, test))
    mean, deviation = codes.mean(0), codes.std(0)
    ours = frozen.predict(test.x.float() / 255).numpy()
    for k in range(10):
        model = LogisticRegression(
            C=0.5, solver="newton-cholesky", tol=1e-10, max_iter=1000, class_weight=class_weight
        )
        model.fit((codes - mean) / deviation, train.y[:, k].numpy())
        theirs = model.predict_proba((unseen - mean) / deviation)[:, 1]
        np.testing.assert_allclose(ours[:, k], theirs, atol=1e-4)


def test_the_penalty_is_chosen_within_the_labelled_examples(digits_folder, pretrained, tmp_path):
    config = frozen_config("labels=100")
    facts = read_json(run(config, digits_folder, tmp_path / "a", pretrained) / "metrics.json")
    assert facts["head_gradient"] <= 1e-8
    assert 1e-2 <= facts["head_penalty"] <= 1e4
    again = read_json(run(config, digits_folder, tmp_path / "b", pretrained) / "metrics.json")
    assert again == facts
    shared = frozen_config("labels=100", "transfer.shared_penalty=true", "transfer.folds=3")
    facts = read_json(run(shared, digits_folder, tmp_path / "c", pretrained) / "metrics.json")
    assert 2 * np.log10(facts["head_penalty"]) == pytest.approx(
        round(2 * np.log10(facts["head_penalty"]))
    )


def test_facts_count_labels_at_the_ends_of_the_penalties():
    penalty = torch.tensor([1e4, 1e4, 1e-2, 1.0, 10**0.5], dtype=torch.float64)
    gradient = torch.tensor([1.0, 2, 3, 5, 4]).double()
    head = StandardizedHead(torch.zeros(5, 2), torch.zeros(5), gradient, penalty, 2 * gradient)
    assert Frozen().facts(head) == {
        "head_gradient": 5,
        "head_stored_gradient": 10,
        "head_penalty": pytest.approx(10 ** ((4 + 4 - 2 + 0.5) / 5)),
        "head_weakest_penalty": 1,
        "head_strongest_penalty": 2,
    }


def test_the_gradient_at_the_weights_that_the_run_keeps(digits_folder, pretrained, tmp_path):
    folder = run(frozen_config("transfer.penalty=2"), digits_folder, tmp_path / "run", pretrained)
    facts, module = read_json(folder / "metrics.json"), load_run(folder).module
    train = PackedDataset.open(digits_folder, "train")
    z = module.encode(train.x.float() / 255).double().numpy()
    weights = module.decoder.map.weight.detach().double().numpy()
    bias = module.decoder.map.bias.detach().double().numpy()
    deviation = np.where(z.std(0) > 1e-5, z.std(0), 1)
    residual = 1 / (1 + np.exp(-(z @ weights.T + bias))) - train.y.numpy()
    gradient = residual.T @ ((z - z.mean(0)) / deviation) + 2 * weights * deviation
    largest = max(np.abs(gradient).max(), np.abs(residual.sum(0)).max()) / len(z)
    assert facts["head_stored_gradient"] == pytest.approx(largest, rel=1e-3)


def test_a_gradient_that_is_not_a_number_is_refused():
    z, y = torch.randn(20, 3), torch.arange(20)[:, None] % 2
    with pytest.raises(UserError, match="the head's gradient is nan"):
        Frozen(penalty=float("inf")).fit(z, y, 0)


def test_a_tolerance_that_is_not_reached_is_refused(digits_folder, pretrained, tmp_path):
    config = frozen_config(
        "transfer.penalty=1", "transfer.tolerance=1.0e-30", "transfer.max_steps=5"
    )
    with pytest.raises(UserError, match=r"transfer\.tolerance=1e-30 was not reached in 5 steps"):
        run(config, digits_folder, tmp_path / "run", pretrained)
