"""The loss of documents as draws of words, each from one distribution over all of them."""

from torch import Tensor
from torch.nn.functional import normalize


class Multinomial:
    """loss = −Σ_j x_j log p_j, p = softmax(ŷ), for weights x of words in [0, 1].

    But for a constant it is −log of the multinomial probability of x_j draws of each word j. It is
    the loss of Hinton and Salakhutdinov (2006) for documents. All weights of a document share one
    p, so that no output has to learn by itself that most words are rare.
    """

    unit_targets = True
    views = False

    def __call__(self, output: Tensor, target: Tensor) -> Tensor:
        """Return the loss of each example: (batch, ...) and (batch, ...) to (batch,)."""
        return -(target.flatten(1) * output.flatten(1).log_softmax(1)).sum(1)

    def predict(self, output: Tensor) -> Tensor:
        """Return p, stretched to length 1 as documents with weighting=tfidf are."""
        return normalize(output.flatten(1).softmax(1)).view_as(output)
