"""Calibration against scikit-learn's logistic regression, and on probabilities known to be off."""

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression
from splits import some

from narrows.measuring.calibration import calibrate, calibration_error, fit

AS_IT_IS = torch.tensor([1.0, 0.0])


def overconfident(n, k, seed):
    """Labels of known probability, and predictions whose logits are three times too large."""
    generator = torch.Generator().manual_seed(seed)
    logits = torch.randn(n, k, generator=generator) - 1
    target = (torch.rand(n, k, generator=generator) < logits.sigmoid()).float()
    return (3 * logits).sigmoid(), target


def test_the_fit_is_that_of_scikit_learn():
    prediction, target = (part.T.contiguous() for part in overconfident(400, 3, 0))
    found = fit(prediction, target, torch.tensor([0.0, 0.0]))
    for row, (a, b) in enumerate(found.tolist()):
        x = prediction[row].double().logit(eps=1e-6).numpy()
        # Its intercept has no penalty: a column of ones has.
        model = LogisticRegression(C=1.0, fit_intercept=False, tol=1e-10, max_iter=1000)
        model.fit(np.stack([x, np.ones_like(x)], 1), target[row].numpy())
        assert (a, b) == pytest.approx(tuple(model.coef_[0]), abs=1e-4)


def test_it_undoes_what_made_the_predictions_overconfident():
    prediction, target = overconfident(5000, 4, 1)
    (found,) = fit(prediction.reshape(1, -1), target.reshape(1, -1), AS_IT_IS)
    assert found.tolist() == pytest.approx([1 / 3, 0], abs=0.05)
    fresh, truth = overconfident(5000, 4, 2)
    calibrated = calibrate(fresh, *found)
    assert calibration_error(fresh, truth) > 0.08
    assert calibration_error(calibrated, truth) < 0.02


def test_each_row_is_fitted_alone():
    prediction, target = (part.T.contiguous() for part in some(200, 6, digits=2))
    together = fit(prediction, target, AS_IT_IS)
    for row in range(6):
        alone = fit(prediction[row : row + 1], target[row : row + 1], AS_IT_IS)
        torch.testing.assert_close(together[row], alone[0], rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("scores", [[0.0, 0.0, 1.0, 1.0], [0.5] * 4, [1e-30, 1, 0.2, 0.3]])
@pytest.mark.parametrize("labels", [[0, 0, 1, 1], [1, 1, 0, 0], [0] * 4, [1] * 4])
def test_it_stays_finite(scores, labels):
    found = fit(torch.tensor([scores]), torch.tensor([labels]), AS_IT_IS)
    assert found.isfinite().all()
    assert calibrate(torch.tensor([scores]), *found[0]).isfinite().all()


def test_predictions_that_are_right_stay():
    generator = torch.Generator().manual_seed(0)
    p = torch.rand(1, 100_000, generator=generator)
    y = (torch.rand(p.shape, generator=generator) < p).int()
    assert fit(p, y, AS_IT_IS)[0].tolist() == pytest.approx([1, 0], abs=0.03)
