import math
from collections import Counter
from itertools import permutations, product
from operator import add

import numpy as np
import pytest
from scipy import stats

from narrows.errors import UserError
from narrows.report.rank_plot import ranks_svg, write_ranks_png
from narrows.study.ranks import Ranks, average_ranks, critical_difference

# Demšar 2006, table 6: areas under the curve of C4.5 and its variants on 14 data sets. The two
# that are equal in print on the last but one are no tie there.
DEMSAR = """
0.763 0.768 0.771 0.798
0.599 0.591 0.590 0.569
0.954 0.971 0.968 0.967
0.628 0.661 0.654 0.657
0.882 0.888 0.886 0.898
0.936 0.931 0.916 0.931
0.661 0.668 0.609 0.685
0.583 0.583 0.563 0.625
0.775 0.838 0.866 0.875
1.000 1.000 1.000 1.000
0.940 0.962 0.965 0.962
0.619 0.666 0.614 0.669
0.972 0.981 0.9751 0.975
0.957 0.978 0.946 0.970
"""
NAMES = ("C4.5", "C4.5+m", "C4.5+cf", "C4.5+m+cf")


def demsar():
    rows = [map(float, line.split()) for line in DEMSAR.split("\n") if line]
    return {f"set {n}": dict(zip(NAMES, row, strict=True)) for n, row in enumerate(rows)}


def test_published_example():
    found = average_ranks(demsar())
    published = {"C4.5": 3.143, "C4.5+m": 2.000, "C4.5+cf": 2.893, "C4.5+m+cf": 1.964}
    assert found.ranks == pytest.approx(published, abs=5e-4)
    assert list(found.ranks) == ["C4.5+m+cf", "C4.5+m", "C4.5+cf", "C4.5"]
    assert found.datasets == 14
    # He gives F = 3.69 without correcting for ties, and 2.569 sqrt(4 * 5 / (6 * 14)) = 1.25.
    assert found.critical_difference == pytest.approx(1.25, abs=5e-3)
    chi2 = stats.friedmanchisquare(
        *zip(*(s.values() for s in demsar().values()), strict=True)
    ).statistic
    assert found.p == pytest.approx(stats.f.sf(13 * chi2 / (14 * 3 - chi2), 3, 39))
    assert found.p < stats.f.sf(3.69, 3, 39)
    assert found.cliques == [list(found.ranks)]


@pytest.mark.parametrize(("k", "q"), [(2, 1.960), (3, 2.343), (5, 2.728), (10, 3.164)])
def test_critical_values_of_the_published_table(k, q):
    # Demšar 2006, table 5 a.
    assert critical_difference(k, 10) == pytest.approx(q * math.sqrt(k * (k + 1) / 60), abs=1e-3)


def test_all_alike():
    found = average_ranks({name: {"x": 0.5, "y": 0.5, "z": 0.5} for name in "ab"})
    assert found.ranks == {"x": 2, "y": 2, "z": 2}
    assert found.p == 1


def test_the_same_order_everywhere():
    # Any of 3! orders could have been the one that all data sets have.
    for n in (2, 3, 6):
        found = average_ranks({str(i): {"x": 0.1, "y": 0.2, "z": 0.3} for i in range(n)})
        assert found.p == pytest.approx((1 / 6) ** (n - 1))
        assert found.ranks == {"z": 1, "y": 2, "x": 3}


def scores_of(table):
    return {str(n): {str(m): float(v) for m, v in enumerate(row)} for n, row in enumerate(table)}


def ordered(k, *orders):
    """Scores by which each data set ranks the methods in an order, e.g. "132"."""
    return scores_of([[k - int(rank) for rank in order] for order in orders])


@pytest.mark.parametrize(
    ("orders", "p"),
    [
        # Siegel 1956, table N: chi2 = 4.667, 6, 6.5 and 8 for three methods, 6 for
        # four methods on two data sets, 7.8 for four on four.
        (["123", "132", "123"], 0.194),
        (["123"] * 3, 0.028),
        (["123", "123", "123", "132"], 0.042),
        (["123"] * 4, 0.0046),
        (["1234"] * 2, 0.042),
        (["1234", "1324", "1324", "2143"], 0.036),
    ],
)
def test_few_data_sets_as_in_the_published_table(orders, p):
    assert average_ranks(ordered(len(orders[0]), *orders)).p == pytest.approx(p, abs=6e-4)


def test_few_data_sets_with_ties():
    table = np.array([[0.1, 0.2, 0.2], [0.1, 0.3, 0.2], [0.1, 0.4, 0.4], [0.2, 0.2, 0.3]])
    observed = stats.friedmanchisquare(*table.T).statistic
    orders = [[1, 2, 0], [1, 0, 2], [0, 1, 2], [0, 2, 1], [2, 1, 0], [2, 0, 1]]
    more = [
        stats.friedmanchisquare(
            *np.array([row[order] for row, order in zip(table, chosen, strict=True)]).T
        ).statistic
        >= observed - 1e-9
        for chosen in product(orders, repeat=4)
    ]
    assert average_ranks(scores_of(table)).p == pytest.approx(np.mean(more))


def test_orders_are_drawn_where_they_are_too_many():
    """Five methods on four data sets against the distribution of their sorted sums of ranks."""
    sums = Counter({(1, 2, 3, 4, 5): 1})
    for _ in range(3):
        after = Counter()
        for (before, count), order in product(sums.items(), permutations(range(1, 6))):
            after[tuple(sorted(map(add, before, order)))] += count
        sums = after
    for orders in (["12345", "12345", "21345", "14325"], ["35412", "34521", "53412", "15324"]):
        observed = sum(sum(map(int, ranks)) ** 2 for ranks in zip(*orders, strict=True))
        more = sum(n for found, n in sums.items() if sum(x * x for x in found) >= observed)
        scores = ordered(5, *orders)
        assert average_ranks(scores).p == pytest.approx(more / 120**3, abs=5e-3)
        assert average_ranks(scores) == average_ranks(scores)


def test_false_positives_with_three_methods_on_three_data_sets():
    orders = ["".join(order) for order in permutations("123")]
    found = [average_ranks(ordered(3, *chosen)).p for chosen in product(orders, repeat=3)]
    assert 0 < np.mean(np.array(found) < 0.05) <= 0.05


def test_two_data_sets_tell_no_pair_apart():
    """No ranks are further apart than k - 1."""
    for k in (4, 10):
        table = np.arange(k) + np.zeros((2, 1))
        assert average_ranks(scores_of(table)).cliques == [[str(m) for m in reversed(range(k))]]
        assert not average_ranks(scores_of(table)).can_tell
        assert average_ranks(scores_of(np.tile(table, (2, 1)))).can_tell


def test_cliques_overlap_and_leave_out_smaller_ones():
    ranks = Ranks({"a": 1.0, "b": 1.5, "c": 2.5, "d": 5.0}, 10, 0.01, 1.2)
    assert ranks.cliques == [["a", "b"], ["b", "c"]]
    assert Ranks({"a": 1.0, "b": 1.5, "c": 2.0}, 10, 0.01, 1.2).cliques == [["a", "b", "c"]]
    assert Ranks({"a": 1.0, "b": 2.0, "c": 3.0}, 99, 0.0, 0.5).cliques == []


def test_false_positives_of_friedman_and_nemenyi():
    rng = np.random.default_rng(0)
    friedman = nemenyi = 0
    for table in rng.normal(size=(1000, 20, 5)):
        found = average_ranks(scores_of(table))
        friedman += found.p < 0.05
        spread = max(found.ranks.values()) - min(found.ranks.values())
        nemenyi += spread >= found.critical_difference
    assert friedman / 1000 == pytest.approx(0.05, abs=0.02)
    assert nemenyi / 1000 == pytest.approx(0.05, abs=0.02)


def test_missing_score_is_named():
    scores = demsar()
    del scores["set 3"]["C4.5+m"]
    with pytest.raises(UserError, match=r"C4.5\+m has no score on set 3; leave out"):
        average_ranks(scores)
    with pytest.raises(UserError, match="there are 1 and 3"):
        average_ranks({"a": {"x": 1.0, "y": 2.0, "z": 3.0}})


def test_plot_names_all_methods_once(tmp_path):
    found = average_ranks(demsar())
    svg = ranks_svg(found)
    for name in NAMES:
        assert svg.count(f" {name}<") + svg.count(f">{name} ") == 1
    assert "critical difference 1.25" in svg
    assert "currentColor" in svg
    write_ranks_png(tmp_path / "a.png", found)
    write_ranks_png(tmp_path / "b.png", found)
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
