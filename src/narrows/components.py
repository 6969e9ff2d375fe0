"""Principal components of prepared examples, which what a run makes is compared with or by."""

from narrows.encoders.pca import Encoder
from narrows.loading import PackedDataset
from narrows.spec import Spec

# Of examples with more values, fewer are looked at: the smaller number is what a matrix has.
_LARGE, _FEW = 2048, 2048


def components_of(train: PackedDataset, spec: Spec, most: int) -> tuple[Encoder, PackedDataset]:
    """Return principal components of training examples, and the examples that they are fitted to.

    Args:
        train: the training part.
        spec: of its examples.
        most: components; there are no more than values or examples.
    """
    some = train.spread(_FEW) if spec.size > _LARGE else train
    encoder = Encoder(spec, min(most, spec.size, len(some)))
    encoder.fit(batch.x for batch in some.batches())
    return encoder, some
