"""Layer by layer: what each layer is given, which weights it trains, and how far it comes."""

import pytest
import torch
from helpers import build, run, small_config

from narrows.build import spec_of, validate
from narrows.errors import UserError
from narrows.files import read_json
from narrows.loading import PackedDataset

STACK = (
    "task=denoising", "corruption=masking", "transfer=layerwise", "transfer.epochs=2",
    "encoder.hidden=[24,16]", "encoder.code_size=8", "decoder.hidden=[16,24]",
)  # fmt: skip


def parts_of(*words):
    config = small_config(*STACK, *words)
    return build(config, spec_of(config))


def maps(network):
    return [part for part in network.layers if isinstance(part, torch.nn.Linear)]


@pytest.fixture
def digits(digits_folder):
    return PackedDataset.open(digits_folder, "train").first(500)


def test_each_layer_is_trained_with_its_mirror_image_in_turn(digits):
    module, transfer = (parts := parts_of()).module, parts.transfer
    made, make_optimizer = [], module.make_optimizer

    def watched(parameters):
        made.append([id(p) for p in parameters])
        return make_optimizer(parameters)

    module.make_optimizer = watched
    facts = transfer.start(module, digits)
    pairs = zip(maps(module.encoder), reversed(maps(module.decoder)), strict=True)
    assert made == [[id(p) for m in pair for p in (m.weight, m.bias)] for pair in pairs]
    assert list(facts) == ["layer1_loss", "layer2_loss", "layer3_loss"]
    assert all(p.requires_grad for p in module.parameters())


def test_each_layer_is_given_a_masked_copy_of_what_the_layers_below_make_of_the_clean_x(digits):
    module, transfer = (
        (parts := parts_of("transfer.fraction=0.4", "encoder.activation=sigmoid")).module,
        parts.transfer,
    )
    seen = []
    second = maps(module.encoder)[1]
    second.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    transfer.start(module, digits)
    steps = 2 * -(-500 // 64)
    # Trained itself, then fixed and below the third.
    assert len(seen) == 2 * steps
    of_second, of_third = torch.cat(seen[:steps]), torch.cat(seen[steps:])
    first = maps(module.encoder)[0]
    clean = first(digits.batches().__next__().x.flatten(1)).sigmoid()
    masked = of_second == 0
    assert float(masked.float().mean()) == pytest.approx(0.4, abs=0.02)
    assert (of_third != 0).all()
    for row, hidden in zip(of_second[:20], masked[:20], strict=True):
        distances = torch.where(hidden, 0.0, (clean - row).abs()).amax(1)
        assert distances.min() < 1e-5


def test_linear_layers_without_noise_come_near_to_principal_components(digits):
    """The least squared error of a linear layer is the variance of the components left out."""
    words = ["encoder.activation=identity", "decoder.activation=identity", "transfer.epochs=60"]
    parts = parts_of("corruption.fraction=0", "transfer.fraction=0", "optimizer.lr=0.003", *words)
    facts = parts.transfer.start(parts.module, digits)
    x = next(digits.batches()).x.flatten(1)
    with torch.no_grad():
        inputs = [x, maps(parts.module.encoder)[0](x)]
    for value, given, width in zip(facts.values(), inputs, (24, 16), strict=False):
        variances = torch.linalg.eigvalsh(torch.cov(given.T, correction=0))
        least = float(variances[:-width].sum())
        assert least < value < 1.3 * least + 0.02 * float(variances.sum())


def test_the_stack_starts_from_what_the_layers_have_learned(digits_folder, tmp_path):
    words = ["transfer.epochs=20", "epochs=1", "steps_per_epoch=1"]
    stacked = run(small_config(*STACK, *words), digits_folder, tmp_path / "stacked")
    words = ["transfer=scratch", *words[1:]]
    config = small_config(*[w for w in STACK if not w.startswith("transfer")], *words)
    scratch = run(config, digits_folder, tmp_path / "scratch")
    values = [read_json(folder / "metrics.json") for folder in (stacked, scratch)]
    assert values[0]["val/sse"] < 0.7 * values[1]["val/sse"]
    assert values[0]["layer1_loss"] > 0


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["encoder=conv", "decoder=conv"], "encoder=mlp decoder=mlp"),
        (["decoder.hidden=[16]", "encoder.hidden=[24,16]"], r"decoder.hidden=\[16, 24\]"),
        (["task=multi_label", "loss=logistic"], "task=denoising"),
        (["task=two_views", "loss=vicreg"], "task=denoising"),
    ],
)
def test_what_has_no_layers_to_train_is_refused(words, message):
    with pytest.raises(UserError, match=message):
        validate(small_config("transfer=layerwise", *words))
