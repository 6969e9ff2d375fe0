"""Several studies together: ranks against a plain count, and a page that needs no other."""

import json
import re

import numpy as np
import pytest
from pages import check_needs_no_other_file
from studies import all_failed, declared, made_up

from narrows.errors import UserError
from narrows.report.overview import Place, places, sentence, write_overview
from narrows.report.tables import compare, write_comparison
from narrows.study.ranks import average_ranks


def comparisons(folder, count=4):
    """Write the results of some studies that differ by noise; return them."""
    found = []
    for number in range(count):
        evaluation = made_up()
        random = np.random.default_rng(number)
        for run in evaluation["runs"]:
            run["measures"]["average_precision"] += random.normal(0, 0.01)
        study = declared(evaluation) | {"study": f"set{number}"}
        found.append(compare(evaluation, study))
        write_comparison(folder / f"set{number}" / "results.json", found[-1])
    return found


def test_ranks_are_means_over_studies(tmp_path):
    found = comparisons(tmp_path)
    few = places(found)[0]
    assert few.budgets == {f"set{n}": 50 for n in range(4)}
    for method, rank in few.ranks.ranks.items():
        each = [sum(v > s[method] for v in s.values()) + 1 for s in few.scores.values()]
        assert rank == pytest.approx(np.mean(each))
    for comparison in found:
        row = comparison.at(50)[0]
        assert few.scores[comparison.study][row.name] == row.measures["average_precision"].mean


def test_the_page_has_each_budget_and_each_study(tmp_path):
    comparisons(tmp_path)
    write_overview("all", [f"set{n}" for n in range(4)], tmp_path)
    page = (tmp_path / "all/index.html").read_text()
    for text in ("With 50 labels ", "With 200 labels ", "With 1,000 labels ", "Friedman", "set3"):
        assert text in page
    check_needs_no_other_file(re.sub(r'href="\.\./[^"]*"', "", page))
    assert (tmp_path / "all/ranks.png").stat().st_size > 1000
    assert len(json.loads((tmp_path / "all/ranks.json").read_text())) == 3


def test_two_studies_may_show_a_difference_but_no_pair():
    scores = {study: {m: 1 - rank / 9 for rank, m in enumerate("abcd")} for study in ("x", "y")}
    said = sentence(Place({"x": 50, "y": 50}, scores, average_ranks(scores)))
    assert "methods differ (Friedman, p\xa0=\xa00.042)" in said
    assert "with 2 data sets Nemenyi's test can tell no pair apart." in said


def test_a_study_without_a_finished_run_is_named(tmp_path):
    comparisons(tmp_path, 2)
    evaluation = all_failed()
    study = declared(evaluation | {"runs": evaluation["failed"]}) | {"study": "set1"}
    write_comparison(tmp_path / "set1/results.json", compare(evaluation, study))
    with pytest.raises(UserError, match="study set1: no run finished; leave it out of all"):
        write_overview("all", ["set0", "set1"], tmp_path)


def test_a_study_without_results_is_named(tmp_path):
    comparisons(tmp_path, 2)
    with pytest.raises(UserError, match=r"set2/results\.json is missing; run: make run STUDY=set2"):
        write_overview("all", [f"set{n}" for n in range(3)], tmp_path)
