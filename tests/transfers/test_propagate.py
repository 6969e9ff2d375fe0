"""Propagated labels: which are learned, what the run may see, and what it gains."""

import numpy as np
import pytest
from helpers import build, run, small_config, spec_of

from narrows.build import validate
from narrows.errors import UserError
from narrows.files import read_json
from narrows.loading import PackedDataset, labelled_subset, with_unlabelled
from narrows.tasks.base import UNKNOWN
from narrows.transfers.propagate import decide

LABELS = ["task=multi_label", "decoder=linear", "loss=logistic", "encoder.hidden=[64]"]
PROPAGATE = [*LABELS, "transfer=propagate", "transfer.near=inputs"]


def test_one_label_each_where_all_known_examples_have_one():
    reached = np.array([[0.4, 0.3, 0.3], [0.1, 0.2, 0.7], [np.nan] * 3])
    found = decide(reached, np.array([[1, 0, 0], [0, 1, 0]]))
    np.testing.assert_array_equal(found, [[1, 0, 0], [0, 0, 1], [UNKNOWN] * 3])


def test_else_each_label_goes_to_its_share_of_examples():
    reached = np.array([[0.9, 0.5], [0.1, 0.4], [0.5, 0.3], [0.2, 0.2], [np.nan] * 2])
    # Known examples have the first label in half of all cases, the second in one of four.
    known = np.array([[1, 1], [1, 0], [0, 0], [0, 0]])
    found = decide(reached, known)
    np.testing.assert_array_equal(found, [[1, 1], [0, 0], [1, 0], [0, 0], [UNKNOWN] * 2])


@pytest.mark.parametrize("budget", [30, None])
def test_labels_beyond_the_budget_are_hidden(digits_folder, budget):
    whole = PackedDataset.open(digits_folder, "train")
    data = with_unlabelled(whole, 900, budget, seed=3)
    known = (data.y != UNKNOWN).all(1)
    assert (data.y[~known] == UNKNOWN).all()
    assert data.x is whole.x
    expected = labelled_subset(whole.first(900), budget, seed=3)
    assert int(known.sum()) == len(expected)

    def rows(x, y):
        return {a.tobytes() + b.tobytes() for a, b in zip(x.numpy(), y.numpy(), strict=True)}

    assert rows(data.x[known], data.y[known]) == rows(expected.x, expected.y)
    with pytest.raises(UserError, match="labels=901"):
        with_unlabelled(whole, 900, 901, seed=3)


def test_known_labels_are_kept_and_most_others_are_found(digits_folder):
    parts = build(config := small_config(*PROPAGATE), spec_of(config))
    whole = PackedDataset.open(digits_folder, "train")
    data = with_unlabelled(whole, len(whole), 50, seed=0)
    known = (data.y != UNKNOWN).all(1)
    parts.transfer.start(parts.module, data)
    found = parts.transfer.label(parts.module, data)
    assert found[known].equal(whole.y[known])
    wrong = (found[~known] != whole.y[~known]).any(1)
    assert float(wrong.float().mean()) < 0.12
    assert (found.sum(1) == 1).all()


def test_it_learns_more_from_few_labels_than_without_the_others(digits_folder, tmp_path):
    steps = ["labels=30", "epochs=3", "steps_per_epoch=100", "optimizer.lr=0.003"]
    errors = {}
    for name, words in {"propagate": PROPAGATE, "scratch": LABELS}.items():
        folder = run(small_config(*words, *steps), digits_folder, tmp_path / name)
        errors[name] = 1 - read_json(folder / "metrics.json")["val/precision_at_1"]
    assert errors["propagate"] < 0.6 * errors["scratch"]


def test_a_loss_that_knows_no_unknown_labels_is_refused():
    with pytest.raises(UserError, match="task=multi_label loss=logistic"):
        validate(small_config("task=multi_label", "transfer=propagate", "transfer.near=inputs"))


def test_codes_need_an_encoder_and_inputs_none():
    with pytest.raises(UserError, match="pretrained=RUN"):
        validate(small_config(*LABELS, "transfer=propagate"))
    with pytest.raises(UserError, match="has no effect here"):
        validate(small_config(*PROPAGATE, "pretrained=RUN"))
