"""What old and new examples say of old and new labels in an update."""

import pytest
import torch
from helpers import small_config

from narrows.loading import PackedDataset
from narrows.new_label.known import KnownLabels, average_precisions, targets
from narrows.new_label.updating import NewExamples, replayed, same
from narrows.spec import Spec
from narrows.tasks.base import UNKNOWN, Batch
from narrows.tasks.multi_label import MultiLabel

NAMES = tuple("0123456789")
LABELS = (*"012456789", "dog")


@pytest.fixture
def train(digits_folder):
    return PackedDataset.open(digits_folder, "train")


def config(replay=0.5):
    return small_config("batch_size=8") | {"new_label": {"replay": replay}}


@pytest.mark.parametrize("with_negatives", [False, True])
def test_what_is_known_of_old_and_new_examples(train, digits_folder, with_negatives):
    # Positives are training examples; the negatives are too, or are new.
    positives = train.x[[3, 5]]
    negatives = torch.cat([train.x[[7]], torch.full((1, 1, 8, 8), 9, dtype=torch.uint8)])
    new = NewExamples(positives, negatives if with_negatives else None)
    data = replayed(config(), new, NAMES, LABELS, digits_folder).train
    n = len(train)
    assert len(data) == n + (4 if with_negatives else 2)
    kept = [i for i in range(10) if i != 3]
    assert torch.equal(data.y[:n, :9], train.y[:, kept])
    otherwise = UNKNOWN if with_negatives else 0
    expected = torch.full((n,), otherwise, dtype=torch.uint8)
    expected[[3, 5]] = 1
    if with_negatives:
        expected[7] = 0
    assert torch.equal(data.y[:n, 9], expected)
    assert (data.y[n:, :9] == UNKNOWN).all()
    assert data.y[n:, 9].tolist() == ([1, 1, 0, 0] if with_negatives else [1, 1])
    chosen = torch.tensor([n, 3, n + 1])
    assert torch.equal(data.x.index_select(0, chosen), train.x[[3, 3, 5]])


def test_batches_have_the_ratio(train, digits_folder):
    new = NewExamples(train.x[:3], None)
    loader = replayed(config(0.75), new, NAMES, LABELS, digits_folder)
    batches = [batch for chunk in loader.train_dataloader() for batch in chunk]
    assert {int((b.y[:, 0] == UNKNOWN).sum()) for b in batches} == {2}
    assert len(batches) == -(-len(train) // 6)
    val = PackedDataset.open(digits_folder, "val")
    assert (loader.val.y[:, 9] == UNKNOWN).all()
    assert torch.equal(loader.val.y[:, 3], val.y[:, 4])


def test_a_budget_of_labels_holds_for_what_is_replayed(train, digits_folder):
    few = config() | {"labels": 20}
    new = NewExamples(train.x[:3], None)
    assert len(replayed(few, new, NAMES, LABELS, digits_folder).train) == 23


def test_the_same_examples_are_found_by_their_values():
    x = torch.arange(12).reshape(6, 2)
    assert same(x, x[[4, 1]]).tolist() == [False, True, False, False, True, False]


def test_measures_are_of_the_labels_that_the_data_know():
    torch.manual_seed(0)
    y = (torch.rand(50, 3) < 0.4).to(torch.uint8)
    wanted = targets(y, ("a", "b", "c"), ("c", "new", "a"))
    assert torch.equal(wanted[:, [0, 2]], y[:, [2, 0]])
    assert (wanted[:, 1] == UNKNOWN).all()
    scores = torch.rand(50, 3)
    whole, part = (Spec((4,), k, "table") for k in (("c", "new", "a"), ("c", "a")))
    task = KnownLabels(MultiLabel(whole), whole.labels, ("a", "b", "c"))
    found, plain = task.metrics(whole), MultiLabel(part).metrics(part)
    for measures, columns in ((found, [0, 1, 2]), (plain, [0, 2])):
        for half in (slice(0, 20), slice(20, 50)):
            measures.update(scores[half][:, columns], wanted[half][:, columns].long())
    assert found.compute() == plain.compute()
    precisions = average_precisions(scores, wanted)
    assert precisions[1] is None
    mean = (precisions[0] + precisions[2]) / 2
    assert mean == pytest.approx(float(plain.compute()["average_precision"]))
    assert task.prepare(Batch(scores, wanted))[1][0, 1] == UNKNOWN
