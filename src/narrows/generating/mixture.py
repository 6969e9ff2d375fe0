"""A density on codes: a mixture of Gaussians, of a size that the validation part chooses."""

import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture

from narrows.generating.whitening import Whitening
from narrows.progress import Display

# Training codes that are fitted to, and whitened directions, at most: a component has r² / 2
# numbers, each pass over the codes n K r² products.
_SAMPLE, _DIRECTIONS = 1 << 14, 64
_COMPONENTS = (1, 2, 4, 8, 16, 32, 64, 128)
# Codes that there must be for each component.
_EXAMPLES_EACH = 10
# Passes at most, and by how much the mean log-likelihood has to rise for another one.
_PASSES, _RISE = 50, 1e-2
# Added to the variances of whitened codes, so that no component falls onto a single one.
_LEAST_VARIANCE = 1e-3


class Mixture:
    """Σₖ πₖ N(μₖ, Σₖ) of whitened codes, fitted by expectation maximization.

    The number of components is doubled while that raises the mean log-likelihood of the validation
    part's codes. A component may have any covariance. A normalizing flow may fit codes better, but
    is a network of its own to train and to choose.

    Args:
        train: codes, (n, m), that it is fitted to.
        val: codes, (n', m), n' > 0, that choose how many components there are.
        seed: of the first means.

    Attributes:
        whitening: of the training codes.
        likelihoods: mean ln p of the validation part's whitened codes, by number of components.
        components: the number that was chosen.
    """

    def __init__(self, train: np.ndarray, val: np.ndarray, seed: int) -> None:
        self.whitening = Whitening.of(train, _DIRECTIONS)
        some = np.linspace(0, len(train) - 1, min(_SAMPLE, len(train))).astype(int)
        fitted, judged = self.whitening.whitened(train[some]), self.whitening.whitened(val)
        sizes = [k for k in _COMPONENTS if k == 1 or k * _EXAMPLES_EACH <= len(fitted)]
        self.likelihoods: dict[int, float] = {}
        best = -np.inf
        with Display("fitting mixtures", len(sizes), "sizes at most") as bar:
            for k in sizes:
                mixture = _fit(fitted, k, seed)
                self.likelihoods[k] = found = float(mixture.score(judged))
                if found <= best:
                    break
                self._mixture, self.components, best = mixture, k, found
                bar.show(len(self.likelihoods))

    def __call__(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """Draw n codes, (n, m)."""
        self._mixture.set_params(random_state=int(rng.integers(1 << 32)))
        u = self._mixture.sample(n)[0]
        # They come sorted by component.
        return self.whitening.codes(rng.permutation(u))


def _fit(u: np.ndarray, k: int, seed: int) -> GaussianMixture:
    mixture = GaussianMixture(
        k, reg_covar=_LEAST_VARIANCE, max_iter=_PASSES, tol=_RISE, random_state=seed
    )
    with warnings.catch_warnings():
        # What is not quite at its optimum is judged on the validation part all the same.
        warnings.simplefilter("ignore", ConvergenceWarning)
        return mixture.fit(u)
