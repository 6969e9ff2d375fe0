"""Head first, then all: where training starts, and that all of it is trained."""

import pytest
import torch
from helpers import run, small_config

from narrows.build import build, validate
from narrows.errors import UserError
from narrows.evaluation import load_run
from narrows.loading import PackedDataset
from narrows.packing import read_spec
from narrows.training import load_encoder

SIZE = ["encoder.hidden=[32]", "encoder.code_size=16"]
HEAD = [*SIZE, "task=multi_label", "decoder=linear", "loss=logistic", "pretrained=pretrained"]


@pytest.fixture(scope="module")
def pretrained(digits_folder, tmp_path_factory):
    return run(small_config(*SIZE), digits_folder, tmp_path_factory.mktemp("pretrained"))


def begun(transfer, folder, pretrained):
    """Return the module as a transfer lets it start."""
    parts = build(small_config(*HEAD, f"transfer={transfer}"), read_spec(folder))
    load_encoder(parts.module, pretrained)
    facts = parts.transfer.start(parts.module, PackedDataset.open(folder, "train"))
    return parts.module, facts


def test_training_starts_from_the_exact_head(digits_folder, pretrained):
    frozen, _ = begun("frozen", digits_folder, pretrained)
    first, facts = begun("head_first", digits_folder, pretrained)
    for (name, one), other in zip(frozen.named_parameters(), first.parameters(), strict=True):
        assert one.equal(other), name
        assert other.requires_grad, name
    # The head that the run keeps is another one.
    assert not [name for name in facts if "gradient" in name]
    assert facts["head_penalty"] > 0


def test_all_weights_are_trained_and_learn_more_than_the_head_alone(
    digits_folder, pretrained, tmp_path
):
    runs = {
        transfer: load_run(
            run(
                small_config(*HEAD, f"transfer={transfer}", "epochs=3"),
                digits_folder,
                tmp_path / transfer,
                pretrained,
            )
        ).module
        for transfer in ("frozen", "head_first")
    }
    for name, one in runs["frozen"].encoder.named_parameters():
        assert not one.equal(runs["head_first"].encoder.get_parameter(name)), name
    train = PackedDataset.open(digits_folder, "train")
    losses = [sum_of_losses(module, train) for module in runs.values()]
    assert losses[1] < losses[0]


def sum_of_losses(module, data):
    with torch.no_grad():
        return sum(float(module.loss(module(x), y).sum()) for x, y in module.examples(data))


def test_layers_near_the_input_move_less(digits_folder, pretrained, tmp_path):
    start = load_run(pretrained).module.encoder
    moved = {}
    for transfer in ("finetune", "layer_rates"):
        config = small_config(*HEAD, f"transfer={transfer}")
        folder = run(config, digits_folder, tmp_path / transfer, pretrained)
        encoder = load_run(folder).module.encoder
        first, before = (next(iter(e.parameters())).detach() for e in (encoder, start))
        moved[transfer] = float((first - before).abs().mean())
    assert 0 < moved["layer_rates"] < 0.6 * moved["finetune"]


def test_another_decoder_is_refused():
    with pytest.raises(UserError, match="decoder=linear loss=logistic"):
        validate(small_config(*SIZE, "task=multi_label", "transfer=head_first"))
