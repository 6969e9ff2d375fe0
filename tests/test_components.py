"""What every component has to do, for all components that conf/ names."""

import copy
import json
from functools import cache
from itertools import product

import pytest
import torch
from helpers import ROOT, built, choices, node, small_config

from narrows import build
from narrows.build import GROUPS, make, prune, validate
from narrows.check import check_node
from narrows.config import compose_config, groups
from narrows.errors import UserError
from narrows.randomness import derive
from narrows.spec import Spec
from narrows.tasks.base import Batch

COMPONENTS = (
    "dataset", "encoder", "decoder", "task", "loss", "corruption", "transfer", "schedule",
    "augmentation",
)  # fmt: skip
FILES = [(group, choice) for group, found in groups().items() for choice in found]
SPEC = Spec((1, 10, 6), ("a", "b", "c"), "image")


@cache
def base():
    return compose_config(["tracker=none", "trainer=cpu"])


# Each file is read once, not for each combination.
node_of = cache(node)


def with_choices(**chosen):
    config = copy.deepcopy(base() | {g: node_of(g, choice) for g, choice in chosen.items()})
    return prune(config)


def folder(group):
    return "losses" if group == "loss" else f"{group}s"


def encoder_of(choice):
    options = node("encoder", choice)
    # The defaults of 64 values are more than this example has for PCA.
    return make(options | ({"code_size": 5} if "code_size" in options else {}), spec=SPEC)


@pytest.mark.parametrize(("group", "choice"), [f for f in FILES if f[0] != "experiment"])
def test_every_file_names_something_buildable_with_options_that_it_has(group, choice):
    options = node(group, choice)
    check_node(options, group, GROUPS[group])
    if group in COMPONENTS:
        # Several data sets of one kind may be choices of one class.
        module = options["_target_"].split(".")[2] if group == "dataset" else choice
        assert options["_target_"].startswith(f"narrows.{folder(group)}.{module}.")


@pytest.mark.parametrize("group", COMPONENTS)
def test_every_component_has_a_file_in_conf(group):
    shared = {"__init__", "base", "images", "splits", "labels", "label_file", "own"}
    shared |= {"published", "idx_images"}
    modules = {p.stem for p in (ROOT / "src/narrows" / folder(group)).glob("*.py")} - shared
    assert modules == {node(group, choice)["_target_"].split(".")[2] for choice in choices(group)}


@pytest.mark.parametrize("name", choices("experiment"))
def test_every_experiment_is_valid(name):
    validate(prune(compose_config([f"experiment={name}"])))


# Datasets that say what their examples look like without reading any; one of each kind.
KINDS = ("digits", "yeast", "reuters")
IMAGES = ("digits", "t91")
IN_COLOUR = ("t91",)
WITHOUT_LABELS = ("t91",)


OF_VIEWS = ("nt_xent", "vicreg")
OF_IMAGES = ("crop", "patches", "blur", "jpeg", "warp")
# Encoders without a bottleneck, and decoders of what they give.
AS_LARGE = ("residual", "unet")
FROM_MAPS = ("subpixel", "unet")


def fits(dataset, encoder, decoder, task, loss, corruption):
    """Whether these fit, by what they are: images from labels or k codes for x make no sense."""
    if dataset not in IMAGES and (
        {"conv", *AS_LARGE} & {encoder, decoder}
        or task == "super_resolution"
        or (corruption in OF_IMAGES and takes_corruption(task))
    ):
        return False
    if dataset not in IN_COLOUR and task == "colourization":
        return False
    if dataset in WITHOUT_LABELS and task == "multi_label":
        return False
    if (loss in OF_VIEWS) != (task == "two_views"):
        return False
    if decoder in FROM_MAPS and encoder not in AS_LARGE:
        return False
    if decoder == "unet" and (encoder != "unet" or task == "super_resolution"):
        return False
    if decoder in ("conv", *FROM_MAPS):
        return task not in ("multi_label", "two_views")
    if decoder == "independent":
        return encoder == "independent" and task == "multi_label"
    return True


def takes_corruption(task):
    return task in ("denoising", "two_views")


def remembering(function):
    """Return a function that, given a node again, returns what it did the first time."""
    found = {}

    def remembered(node, *args, **options):
        key = json.dumps(node)
        if key not in found:
            found[key] = function(node, *args, **options)
        return found[key]

    return remembered


# Most of a check's time, for the same few nodes in all combinations.
ONCE = {name: remembering(getattr(build, name)) for name in ("check_node", "instantiate")}


def combinations(encoder, decoder):
    """All tasks with a loss, three with all losses, each corruption with a loss that fits."""
    first = "gaussian"
    pairs = {(task, "squared_error") for task in choices("task")}
    # Of the others each has a target like that of reconstruction.
    pairs |= set(product(("reconstruction", "two_views", "multi_label"), choices("loss")))
    plain = [(*pair, first) for pair in sorted(pairs)]
    # Corruptions keep shapes: one pair shows which data sets they are for.
    if (encoder, decoder) != ("mlp", "mlp"):
        return plain
    rest = [c for c in choices("corruption") if c != first]
    return (
        plain
        + [("denoising", "squared_error", corruption) for corruption in rest]
        + [("two_views", "nt_xent", corruption) for corruption in rest]
    )


@pytest.mark.parametrize(
    ("dataset", "encoder", "decoder"),
    [
        *product(KINDS, choices("encoder"), choices("decoder")),
        *product(IN_COLOUR, ("conv", *AS_LARGE), ("conv", *FROM_MAPS)),
    ],
)
def test_every_combination_is_valid_or_told(dataset, encoder, decoder, monkeypatch):
    for name, function in ONCE.items():
        monkeypatch.setattr(build, name, function)
    told = 0
    for task, loss, corruption in combinations(encoder, decoder):
        if (dataset, encoder, task) == ("digits", "pca", "super_resolution"):
            # Its 16 values are fewer than the code's.
            continue
        chosen = {"dataset": dataset, "encoder": encoder, "decoder": decoder}
        config = with_choices(**chosen, task=task, loss=loss, corruption=corruption)
        if fits(dataset, encoder, decoder, task, loss, corruption):
            assert all(p.is_meta for p in validate(config).module.parameters())
        else:
            told += 1
            named = "|".join(f"{group}={choice}" for group, choice in chosen.items())
            named += f"|task={task}|loss={loss}|corruption={corruption}"
            with pytest.raises(UserError, match=named):
                validate(config)
    assert told


@pytest.mark.parametrize("group", ["optimizer", "trainer", "tracker"])
def test_every_other_choice_is_valid(group):
    for choice in choices(group):
        if choice == "gpu" and not torch.cuda.is_available():
            with pytest.raises(UserError, match=r"gpu.*trainer=auto"):
                validate(with_choices(**{group: choice}))
        else:
            validate(with_choices(**{group: choice}))


@pytest.mark.parametrize("choice", choices("optimizer"))
def test_every_optimizer_lowers_a_loss(choice):
    w = torch.nn.Parameter(torch.ones(3))
    optimizer = make(node("optimizer", choice), params=[w])
    w.square().sum().backward()
    optimizer.step()
    assert (w < 1).all()


@pytest.mark.parametrize("choice", choices("encoder"))
def test_encoder_gives_its_out_shape_and_treats_rows_alone(choice):
    torch.manual_seed(0)
    encoder = encoder_of(choice).eval()
    x = torch.rand(7, *SPEC.shape)
    if choice == "pca":
        encoder.fit([x])
    z = encoder(x)
    assert z.shape == (7, *encoder.out_shape)
    assert z.std(0).min() > 0
    torch.testing.assert_close(encoder(x[3:4])[0], z[3], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("choice", choices("encoder"))
def test_gradients_reach_every_trainable_weight_of_the_encoder(choice):
    torch.manual_seed(0)
    encoder = encoder_of(choice)
    trained = [(n, p) for n, p in encoder.named_parameters() if p.requires_grad]
    if choice == "pca":
        assert not trained
        return
    assert trained
    encoder(torch.rand(7, *SPEC.shape)).square().sum().backward()
    for name, p in trained:
        assert p.grad is not None, name
        assert p.grad.abs().sum() > 0, name


@pytest.mark.parametrize("choice", choices("decoder"))
def test_decoder_gives_its_out_shape_and_gradients_reach_every_weight(choice):
    torch.manual_seed(0)
    in_shape, out_shape = ((3, 5), (3,)) if choice == "independent" else ((5,), (1, 10, 6))
    if choice in FROM_MAPS:
        in_shape = (5 if choice == "subpixel" else 96, 5, 3)
    decoder = make(node("decoder", choice), in_shape=in_shape, out_shape=out_shape)
    z = torch.randn(7, *in_shape)
    output = decoder(z)
    assert output.shape == (7, *out_shape)
    torch.testing.assert_close(decoder(z[3:4])[0], output[3], rtol=1e-5, atol=1e-6)
    output.square().sum().backward()
    for name, p in decoder.named_parameters():
        assert p.grad is not None, name
        assert p.grad.abs().sum() > 0, name


def weights(part):
    return torch.cat([p.flatten() for p in part.parameters()])


@pytest.mark.parametrize("choice", [c for c in choices("encoder") if c != "pca"])
def test_weights_are_a_function_of_the_seed(choice):
    one, same, other = (
        built(with_choices(encoder=choice, decoder="linear") | {"seed": seed}) for seed in (1, 1, 2)
    )
    for part in ("encoder", "decoder"):
        first = weights(getattr(one, part))
        assert first.equal(weights(getattr(same, part)))
        assert not first.equal(weights(getattr(other, part)))


def test_another_encoder_does_not_change_where_the_decoder_starts():
    starts = [
        weights(built(with_choices(encoder=choice)).decoder) for choice in ("mlp", "conv", "pca")
    ]
    assert starts[0].equal(starts[1])
    assert starts[0].equal(starts[2])


def test_dropout_is_for_training_alone():
    encoder = make({**node("encoder", "mlp"), "dropout": 0.5}, spec=SPEC)
    x = torch.rand(4, *SPEC.shape)
    assert not encoder(x).equal(encoder(x))
    encoder.eval()
    assert encoder(x).equal(encoder(x))


def test_independent_networks_do_not_see_each_other():
    config = small_config(
        "encoder=independent", "decoder=independent", "task=multi_label", "loss=logistic"
    )
    module = built(config)
    module(torch.rand(4, 1, 8, 8))[:, 3].sum().backward()
    m = config["encoder"]["code_size"]
    touched = module.encoder.maps.weight.grad.abs().sum(1).unflatten(0, (10, m)).sum(1) > 0
    assert touched.tolist() == [label == 3 for label in range(10)]


# Those whose input and target have tests of their own.
OTHERWISE = ("two_views", "super_resolution", "colourization")


@pytest.mark.parametrize("choice", [c for c in choices("task") if c not in OTHERWISE])
def test_what_a_task_puts_in_and_wants_out(choice):
    config = small_config(f"task={choice}", "decoder=linear")
    task = built(config).task
    x, y = torch.rand(5, 1, 8, 8), torch.eye(10)[:5]
    torch.manual_seed(derive(0, "noise"))
    inputs, target = task.prepare(Batch(x.clone(), y.clone()))
    assert target.equal(y if task.needs_labels else x)
    assert inputs.equal(x) == ("corruption" not in config)
    assert target.shape[1:] == task.out_shape(Spec((1, 8, 8), tuple("0123456789"), "image"))
