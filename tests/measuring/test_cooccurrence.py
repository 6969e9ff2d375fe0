"""Co-occurrence of labels whose structure is known."""

import numpy as np
import pytest
import torch

from narrows.measuring.cooccurrence import agreement, cooccurrence, shuffled

# Each example is of one of three groups; four labels are likely in each, so those come together.
GROUPS, LABELS, N = 3, 12, 20_000


def grouped(seed=0):
    """Return labels, the probabilities that they were drawn with, and each label's frequency."""
    generator = torch.Generator().manual_seed(seed)
    group = torch.randint(GROUPS, (N,), generator=generator)
    of_label = torch.arange(LABELS) % GROUPS
    p = torch.where(group[:, None] == of_label, 0.6, 0.1)
    y = (torch.rand(N, LABELS, generator=generator) < p).float()
    return y, p, of_label


def test_co_occurrence_is_a_count():
    y = torch.tensor([[1.0, 1, 0], [1, 1, 1], [0, 1, 0], [1, 0, 0]])
    expected = torch.tensor([[3.0, 2, 1], [2, 3, 1], [1, 1, 1]]) / 4
    assert cooccurrence(y).equal(expected)
    assert cooccurrence(y.byte()).equal(expected)


def test_a_model_that_knows_the_groups_has_the_structure():
    y, p, of_label = grouped()
    found = agreement(p, y)
    assert found.correlation > 0.99
    assert found.lift_error < 0.06
    # In closed form: both of a group (0.6² + 2·0.1²)/3, else (2·0.6·0.1 + 0.1²)/3.
    same = of_label[:, None] == of_label
    pairs = cooccurrence(p)[~torch.eye(LABELS, dtype=torch.bool)]
    expected = torch.where(same, (0.36 + 0.02) / 3, (0.12 + 0.01) / 3)
    expected = expected[~torch.eye(LABELS, dtype=torch.bool)]
    torch.testing.assert_close(pairs, expected, rtol=0.03, atol=0)


def test_without_structure_only_frequencies_are_left():
    y, p, _ = grouped()
    control = shuffled(p)
    assert torch.equal(control.sort(0).values, p.sort(0).values)
    mean = p.mean(0)
    off = ~torch.eye(LABELS, dtype=torch.bool)
    torch.testing.assert_close(
        cooccurrence(control)[off], (mean[:, None] * mean)[off], rtol=0.05, atol=0
    )
    found = agreement(control, y)
    assert abs(found.correlation) < 0.3
    # Lifts are 0.38/3 / (0.8/3)² = 1.78 for 18 pairs of a group, 0.61 for the 48 others, where 1 is
    # predicted.
    assert found.lift_error == pytest.approx((18 * 0.78 + 48 * 0.39) / 66, abs=0.03)


def test_the_control_is_the_same_each_time():
    p = torch.rand(50, 4)
    assert shuffled(p).equal(shuffled(p))
    assert not shuffled(p).equal(shuffled(p, seed=1))


def test_correlation_is_over_pairs():
    generator = torch.Generator().manual_seed(1)
    p, y = torch.rand(40, 5, generator=generator), (torch.rand(40, 5, generator=generator) < 0.5)
    y = y.float()
    pairs = np.triu_indices(5, 1)
    one, other = (cooccurrence(v).numpy()[pairs] for v in (p, y))
    assert agreement(p, y).correlation == pytest.approx(np.corrcoef(one, other)[0, 1], abs=1e-5)


def test_labels_of_no_example_are_left_out():
    y, p, _ = grouped()
    more = torch.cat([y[:500], torch.zeros(500, 3)], 1), torch.cat([p[:500], torch.rand(500, 3)], 1)
    assert agreement(more[1], more[0]) == agreement(p[:500], y[:500])


def test_a_label_that_is_never_predicted_is_no_error_in_the_division():
    y, p, _ = grouped()
    p[:, 0] = 0
    assert np.isfinite(agreement(p, y).lift_error)


def test_labels_that_exclude_each_other_have_no_correlation_to_find():
    y = torch.eye(5)[torch.arange(100) % 5]
    found = agreement(torch.rand(100, 5), y)
    assert np.isnan(found.correlation)
    # Predicted lifts against 0, each pair being as likely.
    p = torch.full((100, 5), 0.2)
    assert agreement(p, y).lift_error == pytest.approx(1)


def test_the_same_prediction_for_all_has_no_structure():
    y, _, _ = grouped()
    assert agreement(torch.full_like(y, 0.3), y).correlation == 0


@pytest.mark.parametrize("k", [0, 1])
def test_without_a_pair_there_is_nothing_to_say(k):
    found = agreement(torch.rand(9, 3), torch.eye(3)[[0] * 9] * k)
    assert np.isnan(found.correlation)
    assert np.isnan(found.lift_error)
