"""What is found of PCA, a linear autoencoder of which all is known, against scikit-learn's."""

from contextlib import chdir

import numpy as np
import pytest
import torch
from running import train
from sklearn.decomposition import PCA

from narrows.interpreting.analysis import analyse
from narrows.interpreting.attribution import attribute
from narrows.interpreting.filters import first_layer
from narrows.interpreting.inputs import input_moments
from narrows.interpreting.options import Options
from narrows.interpreting.outputs import choose_outputs, values_of
from narrows.interpreting.traversals import QUANTILES, most_changed, start_code, traverse
from narrows.loading import PackedDataset

M = 5


@pytest.fixture(scope="module")
def analysis(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pca")
    words = ["tracker=none", "trainer=cpu", f"encoder.code_size={M}"]
    run = train(folder, "experiment=pca_digits", *words)
    with chdir(folder):
        found = analyse(run, "test", Options(model=str(run)))
        return found._replace(data=found.data.resolve())


@pytest.fixture(scope="module")
def x(analysis):
    """The training examples, (n, 64)."""
    data = PackedDataset.open(analysis.data, "train")
    return data.x.flatten(1).double().numpy() / 255


@pytest.fixture(scope="module")
def pca(x):
    """scikit-learn's."""
    return PCA(M).fit(x)


def test_codes_and_their_dimension_are_scikit_learns(analysis, x, pca):
    z = pca.transform(x)
    assert np.abs(analysis.train_codes) == pytest.approx(np.abs(z), abs=1e-4)
    variances = pca.explained_variance_ * (len(x) - 1) / len(x)
    assert analysis.spectrum.eigenvalues == pytest.approx(variances, rel=1e-5)
    assert analysis.spectrum.dimension == pytest.approx(
        variances.sum() ** 2 / (variances**2).sum(), rel=1e-5
    )
    assert analysis.order == list(range(M))
    assert not analysis.dead.any()
    assert analysis.hidden == []


def test_a_traversal_adds_the_units_component_to_the_mean_example(analysis, x, pca):
    start = start_code(analysis, "mean")
    for unit in range(M):
        values, outputs = traverse(analysis, start, unit)
        assert values == pytest.approx(np.percentile(analysis.train_codes[:, unit], QUANTILES))
        component = pca.components_[unit] * np.sign(
            pca.components_[unit] @ _weights(analysis)[unit]
        )
        wanted = x.mean(0) + values[:, None] * component
        assert outputs.flatten(1).numpy() == pytest.approx(wanted, abs=1e-4)
        most = most_changed(outputs.flatten(1), 3)
        assert sorted(most) == sorted(np.argsort(-np.abs(component))[:3].tolist())


def test_a_traversal_from_an_example_leaves_its_other_units(analysis):
    start = start_code(analysis, 7)
    assert start.numpy() == pytest.approx(analysis.train_codes[7], abs=1e-6)
    _, outputs = traverse(analysis, start, 1)
    back = analysis.module.encode(outputs)
    others = [0, 2, 3, 4]
    assert back[:, others] == pytest.approx(start[others].expand(len(back), -1), abs=1e-4)


def _weights(analysis):
    return analysis.module.encoder.weight.numpy()


def test_filters_are_components_times_the_pixels_deviations(analysis, x):
    moments = input_moments(analysis.module, analysis.train)
    assert moments.mean.flatten().numpy() == pytest.approx(x.mean(0), abs=1e-6)
    assert moments.deviation.flatten().numpy() == pytest.approx(x.std(0), abs=1e-6)
    found = first_layer(analysis.module.encoder, moments)
    assert found.shape == (M, 1, 8, 8)
    assert found.flatten(1).numpy() == pytest.approx(_weights(analysis) * x.std(0), abs=1e-6)


def test_a_units_attribution_is_its_component_times_the_difference_to_the_mean(analysis, x):
    outputs = choose_outputs(analysis, "code_2")
    assert [output.name for output in outputs] == ["code_2"]
    some = torch.from_numpy(x[:9]).float().unflatten(1, (1, 8, 8))
    mean = torch.from_numpy(x.mean(0)).float().unflatten(0, (1, 8, 8))
    found = attribute(outputs[0].forward, some, mean, outputs[0].place)
    wanted = _weights(analysis)[2] * (x[:9] - x.mean(0))
    assert found.values.flatten(1).numpy() == pytest.approx(wanted, abs=1e-5)
    assert values_of(outputs[0], analysis) == pytest.approx(analysis.codes[:, 2], abs=1e-6)
