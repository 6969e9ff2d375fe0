"""Two views: what goes in, how it goes through the module, and what fits."""

import csv

import pytest
import torch
from helpers import built, run, small_config

from narrows.build import validate
from narrows.errors import UserError
from narrows.evaluation import write_examples
from narrows.loading import PackedDataset
from narrows.spec import Spec
from narrows.tasks.base import Batch
from narrows.tasks.two_views import TwoViews

VIEWS = ("task=two_views", "corruption=crop", "loss=nt_xent")


def test_views_are_corrupted_alike_but_independently():
    x = torch.arange(10.0).view(5, 2)
    drawn = iter([x + 100, x + 200])
    inputs, target = TwoViews(lambda _: next(drawn), projection_size=3).prepare(Batch(x, x))
    assert inputs[:, 0].equal(x + 100)
    assert inputs[:, 1].equal(x + 200)
    assert target.shape == (5, 2, 3)
    assert TwoViews(torch.clone, 3).out_shape(Spec((2,), (), "table")) == (3,)


def test_each_view_goes_through_encoder_and_decoder_alone():
    module = built(small_config(*VIEWS, "encoder=conv")).eval()
    inputs = torch.rand(5, 2, 1, 8, 8)
    output = module(inputs)
    assert output.shape == (5, 2, 64)
    for example in range(5):
        for view in range(2):
            alone = module(inputs[example, view][None])[0]
            torch.testing.assert_close(output[example, view], alone, rtol=1e-5, atol=1e-6)
    assert module(inputs[:0]).shape == (0, 2, 64)


@pytest.mark.parametrize("loss", ["nt_xent", "vicreg"])
def test_training_brings_views_together_and_keeps_examples_apart(loss, digits_folder, tmp_path):
    words = ["task=two_views", "corruption=crop", "corruption.flip=0", "corruption.cut=0.3"]
    words += ["epochs=15", "batch_size=128", "optimizer.lr=0.002"]
    config = small_config(*words, f"loss={loss}")
    folder = run(config, digits_folder, tmp_path / "run")
    with (folder / "history.csv").open() as handle:
        rows = list(csv.DictReader(handle))
    before = built(config).evaluate(PackedDataset.open(digits_folder, "val"))
    assert float(rows[-1]["train/loss"]) < float(rows[0]["train/loss"])
    assert float(rows[-1]["val/matched"]) > before["matched"] + 0.03
    assert float(rows[-1]["val/uniformity"]) < before["uniformity"] - 1


def test_the_pictures_are_the_views(digits_folder, tmp_path):
    module = built(small_config(*VIEWS))
    data = PackedDataset.open(digits_folder, "val")
    assert write_examples(module, data, tmp_path / "p.png") == ["view", "other view"]


def test_a_fitted_encoder_sees_the_views(digits_folder, tmp_path):
    config = small_config(*VIEWS, "encoder=pca", "encoder.code_size=8")
    assert run(config, digits_folder, tmp_path / "run")


@pytest.mark.parametrize("loss", ["squared_error", "logistic", "bounded_error"])
def test_a_loss_that_needs_a_target_is_refused(loss):
    with pytest.raises(UserError, match=f"loss={loss} needs a target.*loss=nt_xent or loss=vicreg"):
        validate(small_config("task=two_views", f"loss={loss}"))


@pytest.mark.parametrize("loss", ["nt_xent", "vicreg"])
@pytest.mark.parametrize("task", ["reconstruction", "denoising", "multi_label"])
def test_a_loss_of_views_is_refused_without_views(task, loss):
    with pytest.raises(UserError, match=f"loss={loss} compares two views.*task=two_views"):
        validate(small_config(f"task={task}", f"loss={loss}"))
