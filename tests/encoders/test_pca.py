"""PCA against scikit-learn's, and linear autoencoders against PCA."""

import numpy as np
import pytest
import torch
from helpers import run, small_config
from scipy.ndimage import gaussian_filter
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA

from narrows.encoders import pca
from narrows.errors import UserError
from narrows.evaluation import load_run
from narrows.loading import PackedDataset
from narrows.spec import Spec

SIZE = 8


@pytest.fixture(scope="module")
def train_rows(digits_folder):
    return np.load(digits_folder / "train.x.npy").reshape(1000, 64) / 255


def sse_of_pca(rows, size):
    model = PCA(size, svd_solver="full").fit(rows)
    back = model.inverse_transform(model.transform(rows))
    return float(((rows - back) ** 2).sum(1).mean())


def test_equals_scikit_learn():
    rows = load_digits().data / 16
    encoder = pca.Encoder(Spec((64,), (), "table"), 10)
    encoder.fit(torch.from_numpy(rows).float().split(700))
    theirs = PCA(10, svd_solver="full").fit(rows)
    w = encoder.weight.double().numpy()
    np.testing.assert_allclose(w.T @ w, theirs.components_.T @ theirs.components_, atol=1e-5)
    np.testing.assert_allclose(np.abs(w), np.abs(theirs.components_), atol=1e-5)
    np.testing.assert_allclose(encoder.mean, theirs.mean_, atol=1e-6)
    z = encoder(torch.from_numpy(rows).float()).double().numpy()
    np.testing.assert_allclose(np.abs(z), np.abs(theirs.transform(rows)), atol=1e-5)
    error = ((rows - z @ w - theirs.mean_) ** 2).sum(1).mean()
    assert error == pytest.approx(sse_of_pca(rows, 10), abs=1e-5)


def test_blurred_images_have_the_components_of_scipys_blurred_ones():
    images = load_digits().images / 16
    encoder = pca.Encoder(Spec((1, 8, 8), (), "image"), 10, blur=0.8)
    x = torch.from_numpy(images).float()[:, None]
    encoder.fit(x.split(700))
    rows = gaussian_filter(images, (0, 0.8, 0.8), mode="nearest").reshape(-1, 64)
    theirs = PCA(10, svd_solver="full").fit(rows).transform(rows)
    np.testing.assert_allclose(encoder(x).abs().numpy(), np.abs(theirs), atol=1e-3)
    with pytest.raises(UserError, match=r"encoder\.blur=0\.8 is for images"):
        pca.Encoder(Spec((64,), (), "table"), 10, blur=0.8)


@pytest.mark.parametrize("batch", [7, 100])
def test_with_fewer_examples_than_values_it_equals_scikit_learn(batch):
    rows = load_digits().data[:30] / 16
    encoder = pca.Encoder(Spec((64,), (), "table"), 10)
    encoder.fit(torch.from_numpy(rows).float().split(batch))
    theirs = PCA(10, svd_solver="full").fit(rows)
    w = encoder.weight.double().numpy()
    np.testing.assert_allclose(np.abs(w), np.abs(theirs.components_), atol=1e-5)
    np.testing.assert_allclose(encoder.mean, theirs.mean_, atol=1e-6)


@pytest.mark.parametrize("size", [6, 8, 40])
def test_more_components_than_examples_keep_all_there_is(size):
    rows = torch.from_numpy(load_digits().data[[3, 3, 4, 5, 6, 7, 7]] / 16).float()
    encoder = pca.Encoder(Spec((64,), (), "table"), size)
    encoder.fit([rows])
    w = encoder.weight
    torch.testing.assert_close(w @ w.T, torch.eye(size), atol=1e-5, rtol=0)
    torch.testing.assert_close(encoder(rows) @ w + encoder.mean, rows, atol=1e-5, rtol=0)


def test_a_run_with_pca_and_a_linear_decoder_is_pca(digits_folder, train_rows, tmp_path):
    config = small_config("encoder=pca", f"encoder.code_size={SIZE}", "decoder=linear")
    module = load_run(run(config, digits_folder, tmp_path / "run")).module
    sse = module.evaluate(PackedDataset.open(digits_folder, "train"))["sse"]
    assert sse == pytest.approx(sse_of_pca(train_rows, SIZE), rel=1e-5)


def test_a_trained_linear_autoencoder_comes_within_a_hundredth_of_pca(
    digits_folder, train_rows, tmp_path
):
    config = small_config(
        "encoder.hidden=[]", "decoder.hidden=[]", f"encoder.code_size={SIZE}",
        "epochs=600", "batch_size=250", "optimizer.lr=0.01",
    )  # fmt: skip
    module = load_run(run(config, digits_folder, tmp_path / "run")).module
    sse = module.evaluate(PackedDataset.open(digits_folder, "train"))["sse"]
    best = sse_of_pca(train_rows, SIZE)
    # Eckart and Young: no linear map through a code of this size does better.
    assert best * (1 - 1e-5) <= sse <= best * 1.01
