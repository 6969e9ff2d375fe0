"""Thresholds maximize F1: against all that there are, on splits that Hypothesis finds."""

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from splits import some

from narrows.measuring.decisions import LEAST, Decisions, decide
from narrows.measuring.thresholds import best_thresholds, exceed

FEW = st.sampled_from([0.0, 1e-7, 0.25, 0.5, float(np.nextafter(np.float32(0.5), 1)), 0.9, 1.0])


def f1(target, decided):
    return 2 * (target & decided).sum() / max(target.sum() + decided.sum(), 1)


def f1_at(scores, target, threshold):
    return f1(target, (scores.astype(np.float64) > threshold).astype(int))


@given(st.lists(st.tuples(FEW, st.booleans()), min_size=1, max_size=30))
@settings(max_examples=150, deadline=None)
def test_no_threshold_is_better(pairs):
    scores = np.array([score for score, _ in pairs], dtype=np.float32)
    target = np.array([label for _, label in pairs]).astype(int)
    (found,) = best_thresholds(torch.from_numpy(scores)[None], torch.from_numpy(target)[None])
    if not target.any():
        assert found == 0.5
        return
    every = [-1.0, *(float(s) for s in scores)]
    best = max(f1_at(scores, target, threshold) for threshold in every)
    assert f1_at(scores, target, float(found)) == best
    decided = exceed(torch.from_numpy(scores)[:, None], found).numpy()[:, 0]
    assert f1(target, decided.astype(int)) == best


def test_rows_do_not_see_each_other():
    scores, target = (part.T.contiguous() for part in some(60, 8, digits=2))
    together = best_thresholds(scores, target)
    rows = zip(scores, target, strict=True)
    alone = torch.cat([best_thresholds(s[None], t[None]) for s, t in rows])
    assert together.equal(alone)


def test_the_threshold_lies_in_the_middle():
    scores, target = torch.tensor([[0.1, 0.2, 0.6, 0.8]]), torch.tensor([[0, 0, 1, 1]])
    assert abs(float(best_thresholds(scores, target)) - 0.4) < 1e-7


def test_calibrated_probabilities_have_half_of_the_best_f1_as_threshold():
    # Lipton et al. 2014.
    generator = torch.Generator().manual_seed(0)
    p = torch.rand(1, 200_000, generator=generator) ** 2
    y = (torch.rand(p.shape, generator=generator) < p).int()
    threshold = float(best_thresholds(p, y))
    assert abs(threshold - f1_at(p[0].numpy(), y[0].numpy(), threshold) / 2) < 0.02


def test_decisions_are_for_the_label_or_shared():
    prediction, target = some(100, 7, seed=5, digits=3)
    few, enough, common = 2, 3, 4
    target[:, [few, enough, common]] = 0
    target[: LEAST - 1, few] = 1
    target[:LEAST, enough] = 1
    target[LEAST - 1 :, common] = 1
    decisions = decide(prediction, target)
    # The first label is of no example, the last of all.
    assert decisions.own == [False, True, False, True, False, True, False]
    for label, own in enumerate(decisions.own):
        column = prediction[:, label].numpy(), target[:, label].numpy().astype(int)
        if own:
            assert f1_at(*column, decisions.thresholds[label]) == max(
                f1_at(*column, threshold) for threshold in [-1.0, *column[0].tolist()]
            )
        else:
            assert decisions.thresholds[label] == decisions.threshold
            assert decisions.platts[label] == decisions.platt
    flat = prediction.flatten().numpy(), target.flatten().numpy().astype(int)
    assert f1_at(*flat, decisions.threshold) >= f1_at(*flat, 0.5)


def test_decisions_come_back_from_json():
    decisions = decide(*some())
    assert Decisions.from_json({**decisions.to_json(), "labels": ["a"]}) == decisions


def test_no_positive_at_all():
    decisions = decide(torch.rand(20, 3), torch.zeros(20, 3))
    assert decisions.threshold == 0.5
    assert decisions.thresholds == [0.5] * 3
    assert np.isfinite(decisions.platts).all()
