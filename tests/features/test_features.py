"""Codes in scikit-learn's form, against scikit-learn's own checks and closed forms."""

import pickle
from contextlib import chdir

import numpy as np
import pytest
import torch
from coded import narrows, train
from scipy.sparse import csr_matrix
from sklearn.base import clone
from sklearn.cross_decomposition import PLSRegression
from sklearn.datasets import load_diabetes
from sklearn.decomposition import PCA
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks
from trained import prepared

from narrows.errors import UserError
from narrows.features import Autoencoder, Codes
from narrows.loading import PackedDataset


@parametrize_with_checks([Autoencoder(code_size=2, hidden=(4,), epochs=1)])
def test_scikit_learns_checks(estimator, check):
    check(estimator)


@pytest.fixture(scope="module")
def diabetes():
    x, y = load_diabetes(return_X_y=True)
    return x, y


@pytest.fixture(scope="module")
def digits(tmp_path_factory):
    """A folder with a run on digits, its name, and rows of the test part."""
    folder = tmp_path_factory.mktemp("digits")
    name = train(folder, "digits", "loss=bounded_error")
    return folder, name, PackedDataset.open(prepared(folder), "test").x.flatten(1).numpy()


def test_linear_maps_find_the_subspace_of_principal_components(diabetes):
    x = StandardScaler().fit_transform(diabetes[0])
    coder = Autoencoder(code_size=2, hidden=(), epochs=200, lr=0.02, batch_size=442, scale=False)
    back = coder.fit(x).inverse_transform(coder.transform(x))
    pca = PCA(2).fit(x)
    least = np.square(pca.inverse_transform(pca.transform(x)) - x).sum()
    # None is better (Eckart and Young 1936).
    assert least * (1 - 1e-9) <= np.square(back - x).sum() < 1.01 * least


def test_columns_of_any_scale_come_back_in_their_own(diabetes):
    x = diabetes[0] * np.logspace(-6, 6, 10) + 1e3
    x[:, 4] = 7.0
    coder = Autoencoder(code_size=9, hidden=(), epochs=80, lr=0.03, batch_size=442).fit(x)
    back = coder.inverse_transform(coder.transform(x))
    spread = np.where(x.std(0) > 0, x.std(0), 1.0)
    assert (np.abs(back - x).mean(0) < 0.2 * spread).all()
    # Its scale is taken up: codes are those of standardized columns.
    assert np.abs(coder.transform(x)).max() < 100


def test_regression_on_principal_components_is_the_special_case(diabetes, tmp_path):
    x, y = diabetes
    np.savez(tmp_path / "data.npz", x=x.astype(np.float32))
    words = ["encoder=pca", "encoder.code_size=3", "decoder=linear", "dataset.path=data.npz"]
    with chdir(tmp_path):
        name = train_pca(tmp_path, words)
        codes = Codes(f"runs/{name}")
        own = make_pipeline(codes, LinearRegression()).fit(x, y)
    z = PackedDataset.open(prepared(tmp_path), "train").x.double().numpy()
    theirs = PCA(3).fit(z)
    expected = LinearRegression().fit(theirs.transform(x), y).predict(theirs.transform(x))
    np.testing.assert_allclose(own.predict(x), expected, rtol=1e-4)
    # Partial least squares, which looks at y, fits these examples better with as many directions,
    # and both are least squares with all of them.
    partial = PLSRegression(3).fit(x, y)
    assert partial.score(x, y) > own.score(x, y)
    whole = LinearRegression().fit(x, y).predict(x)
    for all_of_them in (
        PLSRegression(10).fit(x, y),
        make_pipeline(PCA(10), LinearRegression()).fit(x, y),
    ):
        np.testing.assert_allclose(all_of_them.predict(x).ravel(), whole, rtol=1e-6)


def train_pca(folder, words):
    assert narrows(folder, "train", "dataset=arrays", "tracker=none", "trainer=cpu", *words) == 0
    (run,) = (p for p in (folder / "runs").iterdir() if not p.name.startswith("."))
    return run.name


def test_codes_go_into_a_pipeline_and_through_its_clones(diabetes):
    x, y = diabetes
    pipe = make_pipeline(Autoencoder(code_size=6, hidden=(), epochs=30), LinearRegression())
    scores = cross_val_score(pipe, x, y, cv=3)
    assert (scores > 0.2).all()


def test_other_options_are_those_of_narrows_train(diabetes):
    x = diabetes[0]
    quick = {"code_size": 3, "hidden": (8,), "epochs": 1}
    plain = Autoencoder(**quick).fit(x)
    noisy = Autoencoder(**quick, overrides=["task=denoising", "corruption.sigma=2"]).fit(x)
    assert not np.allclose(plain.transform(x), noisy.transform(x))
    for wrong, told in [
        ({"overrides": ["optimzer=adam"]}, "optimzer is not an option"),
        ({"overrides": ["task=two_views", "loss=vicreg"]}, "gives rows back"),
        ({"overrides": ["task=multi_label"]}, "needs a dataset with labels"),
        ({"overrides": ["loss=logistic"]}, "values from 0 to 1"),
        ({"overrides": ["labels=3"]}, "learns from rows alone"),
        ({"code_size": 0}, "encoder.code_size=0"),
        ({"epochs": 1.5}, "epochs=1.5"),
        ({"overrides": ["optimizer.lr=1e30", "optimizer=sgd"], "epochs": 3}, "diverged"),
    ]:
        with pytest.raises(UserError, match=told):
            Autoencoder(**{**quick, **wrong}).fit(x)


def test_fitting_leaves_torchs_random_numbers_as_they_were(diabetes):
    torch.manual_seed(3)
    expected = torch.rand(2)
    torch.manual_seed(3)
    Autoencoder(code_size=2, hidden=(), epochs=1).fit(diabetes[0])
    assert torch.equal(torch.rand(2), expected)


def test_a_run_encodes_rows_as_narrows_encode_does(digits):
    folder, name, x = digits
    assert narrows(folder, "encode", f"model={name}", "test", "-o", "c.npz", "--overwrite") == 0
    with np.load(folder / "c.npz") as file:
        expected = file["x"]
    with chdir(folder):
        codes = Codes(name).fit(x)
    assert np.array_equal(codes.transform(x), expected)
    assert np.array_equal(codes.transform(x.astype(np.float32) / 255), expected)
    assert np.array_equal(pickle.loads(pickle.dumps(codes)).transform(x), expected)
    assert codes.get_feature_names_out().tolist() == [f"codes{j}" for j in range(4)]
    module = codes.module_
    with torch.no_grad():
        output = module.decoder(torch.from_numpy(expected)).sigmoid().flatten(1)
    assert np.array_equal(codes.inverse_transform(expected), output)
    with chdir(folder):
        assert np.array_equal(clone(codes).fit_transform(x), expected)
    with pytest.raises(ValueError, match="X has 5 features, but Codes is expecting 64"):
        codes.transform(x[:, :5])
    with pytest.raises(ValueError, match="X has 3 values in a row, but codes have 4"):
        codes.inverse_transform(expected[:, :3])
    with pytest.raises(UserError, match="run=gone: no finished run there"):
        Codes("gone").fit()


def test_documents_are_encoded_from_sparse_rows(tmp_path):
    name = train(tmp_path, "documents")
    whole = PackedDataset.open(prepared(tmp_path), "train").x
    dense = whole[0 : len(whole)].numpy()
    codes = Codes(tmp_path / "runs" / name).fit()
    np.testing.assert_allclose(
        codes.transform(csr_matrix(dense)), codes.transform(dense), atol=1e-6
    )


def test_a_run_that_does_not_give_examples_back_says_so(tmp_path):
    name = train(tmp_path, "arrays", "task=multi_label", "decoder=linear", "loss=logistic")
    codes = Codes(tmp_path / "runs" / name).fit()
    assert codes.transform(np.zeros((2, 5))).shape == (2, 4)
    with pytest.raises(UserError, match="does not give examples back"):
        codes.inverse_transform(np.zeros((2, 4)))
