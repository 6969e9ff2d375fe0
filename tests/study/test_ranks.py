import math

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


def test_errors_are_ranked_the_other_way():
    scores = {"a": {"x": 1.0, "y": 2.0, "z": 3.0}, "b": {"x": 1.0, "y": 2.0, "z": 3.0}}
    assert list(average_ranks(scores).ranks) == ["z", "y", "x"]
    assert list(average_ranks(scores, higher_is_better=False).ranks) == ["x", "y", "z"]


def test_all_alike():
    found = average_ranks({name: {"x": 0.5, "y": 0.5, "z": 0.5} for name in "ab"})
    assert found.ranks == {"x": 2, "y": 2, "z": 2}
    assert found.p == 1


def test_the_same_order_everywhere():
    found = average_ranks({str(n): {"x": 0.1, "y": 0.2, "z": 0.3} for n in range(6)})
    assert found.p == 0
    assert found.ranks == {"z": 1, "y": 2, "x": 3}


def test_cliques_overlap_and_leave_out_smaller_ones():
    ranks = Ranks({"a": 1.0, "b": 1.5, "c": 2.5, "d": 5.0}, 10, 0.01, 1.2)
    assert ranks.cliques == [["a", "b"], ["b", "c"]]
    assert Ranks({"a": 1.0, "b": 1.5, "c": 2.0}, 10, 0.01, 1.2).cliques == [["a", "b", "c"]]
    assert Ranks({"a": 1.0, "b": 2.0, "c": 3.0}, 99, 0.0, 0.5).cliques == []


def test_false_positives_of_friedman_and_nemenyi():
    rng = np.random.default_rng(0)
    friedman = nemenyi = 0
    for table in rng.normal(size=(1000, 20, 5)):
        found = average_ranks(
            {str(n): {str(m): float(v) for m, v in enumerate(row)} for n, row in enumerate(table)}
        )
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
