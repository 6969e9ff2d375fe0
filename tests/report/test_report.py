import csv
import json
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from markupsafe import escape
from pages import Tags, check_needs_no_other_file
from PIL import Image
from scipy import stats
from studies import (
    CARD,
    METHODS,
    SCRATCH,
    all_failed,
    build,
    compare_here,
    comparison,
    declared,
    made_up,
    run_compare,
    undrawn,
)  # fmt: skip

from narrows.errors import UserError
from narrows.files import write_json
from narrows.report.answers import (
    HARMS,
    HELPS,
    NO_INTERVAL,
    UNCLEAR,
    answer,
    headline,
    saving_sentence,
    verdict,
)
from narrows.report.difference_plots import differences_svg
from narrows.report.figures import (
    chance,
    interval,
    measured,
    p_exact,
    p_text,
    p_value,
    plus_minus,
    saved,
    saved_point,
    signed,
    times_fewer,
)
from narrows.report.page import render_page
from narrows.report.plots import curves_svg, panels
from narrows.report.rows import Against, Row, method_name
from narrows.report.tables import compare, read_comparison, write_comparison
from narrows.report.terminal import show_study
from narrows.study.intervals import Estimate, estimate
from narrows.study.savings import Reading, Saving
from narrows.study.significance import holm

pytestmark = pytest.mark.xdist_group("report")


def test_page_needs_no_other_file(reported):
    text = (reported / "index.html").read_text()
    check_needs_no_other_file(text, scripts=1)
    script = text[text.index("<script>") :]
    assert not re.search(r"fetch|XMLHttpRequest|import|eval|innerHTML|on\w+=", script)


def test_page_shows_pictures_and_headings(reported):
    text = (reported / "index.html").read_text()
    tags = Tags(text).found
    images = [attributes for tag, attributes in tags if tag == "img"]
    assert len(images) == 2
    assert "input, target, output" in images[0]["alt"]
    assert "&lt;labels&gt; say which &amp; where" in text
    assert "make run STUDY=digits" in text
    assert "dvc repro compare@digits" in text


def test_page_shows_the_values(reported):
    # Lines do not end within an interval.
    text = (reported / "index.html").read_text().replace(",\xa0", ", ")
    compared = comparison()
    for row in compared.rows:
        for measure in ("average_precision", "micro_f1"):
            assert interval(row.measures[measure]) in text
        if row.against is not None:
            assert signed(row.against.mean) in text
            assert chance(row.against.wins) in text
            assert escape(saved(row.against.saving)) in text or not row.clear
    for sentences in compared.answers:
        assert escape(sentences) in text
    assert escape(compared.headline) in text


def test_results_hold_the_table(reported):
    results = json.loads((reported / "results.json").read_text())
    evaluation = made_up()
    assert len(results["rows"]) == len(METHODS) * len(SCRATCH)
    row = next(
        r for r in results["rows"] if (r["strategy"], r["transfer"]) == ("denoising", "finetune")
    )
    runs = [r for r in evaluation["runs"] if r["run"].startswith("denoising-finetune-50-")]
    expected = estimate([r["measures"]["average_precision"] for r in runs])
    assert row["measures"]["average_precision"] == pytest.approx(vars(expected))
    assert row["labels"] == 50
    assert row["weights"] == 150_000
    assert row["pretraining_seconds"] == 10.25
    assert row["memory"] == 500.0


def test_metrics_and_curves(reported):
    metrics = json.loads((reported / "metrics.json").read_text())
    value = metrics["scratch-scratch"]["50"]
    assert value["average_precision"] == pytest.approx(0.30, abs=0.02)
    assert value["average_precision_half_width"] > 0
    with (reported / "curves.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["method", "labels", "average_precision", "low", "high"]
    assert len(rows) == len(METHODS) * len(SCRATCH)
    assert float(rows[0]["low"]) < float(rows[0]["average_precision"]) < float(rows[0]["high"])
    with Image.open(reported / "curves.png") as picture:
        assert picture.width > picture.height


def test_bytes_are_the_same_each_time(reported, tmp_path):
    evaluation = made_up()
    build(tmp_path, evaluation, declared(evaluation))
    assert run_compare(tmp_path).returncode == 0
    for path in reported.iterdir():
        assert (tmp_path / "reports" / "digits" / path.name).read_bytes() == path.read_bytes()


def test_missing_run_is_named(tmp_path):
    evaluation = made_up()
    study = declared(evaluation)
    lost = next(r for r in evaluation["runs"] if r["run"] == "denoising-finetune-50-seed3")
    evaluation["runs"].remove(lost)
    build(tmp_path, evaluation, study)
    done = run_compare(tmp_path)
    assert done.returncode == 2
    assert done.stderr == (
        "narrows: error: evaluation.json lacks a run (denoising, fine-tuned, 50 labels, seed 3); "
        "run: make run STUDY=digits\n"
    )
    assert not (tmp_path / "reports").exists()


def test_run_of_another_config_does_not_stand_in():
    evaluation = made_up()
    study = declared(evaluation)
    study["runs"][0]["runs"] = {"as it is": "another"}
    with pytest.raises(UserError, match="lacks a run"):
        compare(evaluation, study)


def test_not_evaluated(tmp_path, capsys):
    assert compare_here(tmp_path) == 2
    told = capsys.readouterr().err
    assert "build/digits/evaluation.json is missing; run: make run STUDY=digits" in told


def test_runs_that_are_not_declared_are_ignored():
    evaluation = made_up()
    study = declared(evaluation)
    study["runs"] = [run for run in study["runs"] if run["seed"] < 3]
    compared = compare(evaluation, study)
    assert {row.measures["average_precision"].seeds for row in compared.rows} == {3}
    assert {row.measures["sse"].seeds for row in compared.pretraining} == {3}


def test_scratch_stands_first_then_baselines():
    assert [row.name for row in comparison().at(50)] == [
        "scratch",
        "PCA codes, frozen",
        "k independent networks",
        "reconstruction, frozen",
        "reconstruction, fine-tuned",
        "denoising, frozen",
        "denoising, fine-tuned",
    ]


def test_answers_name_the_best_pretraining():
    compared = comparison()
    assert len(compared.answers) == 3
    assert "denoising, fine-tuned, the best pretraining" in compared.answers[0]
    assert "pretraining helps" in compared.answers[0]
    assert "It reaches with 50 labels what scratch needs" in compared.answers[0]
    assert compared.headline.startswith(
        "With 50 and 200 labels pretraining helps; with 1,000 labels"
    )
    told = "The largest saving: denoising, fine-tuned, reaches with 50 labels what scratch needs"
    assert told in compared.headline
    assert re.search(
        r" Of those shown to help, the best is denoising, fine-tuned, with 50 and 200 labels "
        r"\(\+0\.\d{3} and \+0\.\d{3}\)\.$",
        compared.headline,
    )
    assert "No saving of labels is shown." in compared.answers[2]


def helping(strategy, labels, score, needed):
    """Return a row that is shown to help at a budget, and what scratch needs for its score."""
    found = Saving(labels, Reading(needed), Reading(needed - 10), Reading(needed + 10))
    return replace(a_row(strategy, score, against(0.1, 0.001, found)), labels=labels)


def scratch_and_baseline(labels, score, baseline):
    other = replace(a_row("pca", baseline, against()), pretrained=False)
    return [replace(row, labels=labels) for row in (a_row("scratch", score, None), other)]


def test_the_headline_quotes_the_largest_saving_and_the_best_of_each_budget():
    rows = [
        *scratch_and_baseline(50, 0.3, 0.35), helping("denoising", 50, 0.4, 100.0),
        *scratch_and_baseline(200, 0.4, 0.65), helping("masked", 200, 0.6, 900.0),
    ]  # fmt: skip
    told = headline({50: HELPS, 200: HELPS}, rows, "average_precision")
    assert told == (
        "With 50 and 200 labels pretraining helps. The largest saving: masked, frozen, reaches "
        "with 200 labels what scratch needs 900 for: 4.5× fewer (95 % 4.5–4.5). Of those shown to "
        "help, the best is denoising, frozen, with 50 labels (+0.100); masked, frozen, with 200 "
        "labels (+0.100). Baselines that have more: PCA codes, frozen with 200."
    )


def test_what_lies_beyond_the_curve_is_no_rival_for_the_largest_saving():
    rows = [
        *scratch_and_baseline(50, 0.3, 0.2), helping("denoising", 50, 0.4, 100.0),
        *scratch_and_baseline(200, 0.4, 0.2), helping("masked", 200, 0.6, 200.0),
    ]  # fmt: skip
    told = headline({50: HELPS, 200: HELPS}, rows, "average_precision")
    assert "helps. Denoising, frozen, reaches with 50 labels what scratch needs 100 for" in told


def test_labels_saved_do_not_contradict_the_verdict():
    """Pretraining helps with 200 labels, where scratch does worse than with 50."""
    evaluation = made_up()
    for run in evaluation["runs"]:
        if run["strategy"] == "scratch" and run["labels"] == 50:
            run["measures"]["average_precision"] += 0.5
    compared = compare(evaluation, declared(evaluation))
    assert "With 200 labels pretraining helps" in compared.answers[1]
    assert "No number of labels saved can be read off scratch's curve." in compared.answers[1]
    assert "less than scratch" not in compared.answers[1] + compared.headline
    assert {row.against.saving for row in compared.at(200) if row.clear} == {None}


def test_answer_names_a_baseline_that_has_more():
    evaluation = made_up()
    for run in evaluation["runs"]:
        if run["strategy"] == "pca":
            run["measures"]["average_precision"] = 0.9
    answers = compare(evaluation, declared(evaluation)).answers
    assert "The baseline PCA codes, frozen has more: 0.900." in answers[0]


def test_answer_names_the_best_baseline_that_scratch_does_not_reach():
    """A part of what pretraining has before scratch is then no merit of pretraining."""
    evaluation = made_up()
    for run in evaluation["runs"]:
        if run["strategy"] == "pca":
            run["measures"]["average_precision"] = 0.42
    answer = compare(evaluation, declared(evaluation)).answers[0]
    assert "The baseline PCA codes, frozen has 0.420." in answer


def test_a_higher_mean_without_a_shown_difference_is_told():
    evaluation = made_up()
    means = {0: 0.2, 1: 0.9, 2: 1.0, 3: 1.0, 4: 1.0}
    for run in evaluation["runs"]:
        if (run["strategy"], run["transfer"]) == ("reconstruction", "frozen"):
            run["measures"]["average_precision"] = means[run["seed"]]
    answer = compare(evaluation, declared(evaluation)).answers[0]
    assert "denoising, fine-tuned, the best of those shown to help, has" in answer
    assert "Reconstruction, frozen has 0.820, but its difference to scratch is not shown." in answer


def test_one_seed_gives_no_interval_and_no_answer():
    compared = comparison(seeds=1)
    assert compared.rows[0].measures["average_precision"].low is None
    assert set(compared.verdicts) == {"there is no answer, since one seed gives no interval"}
    assert "[" not in " ".join(compared.answers)
    assert "<svg" in curves_svg(compared, "frozen")
    assert "<svg" in differences_svg(compared, 50)
    assert compared.tests == 0


def test_nothing_to_compare_without_pretraining():
    evaluation = made_up()
    study = declared(evaluation)
    study["runs"] = [run for run in study["runs"] if run["strategy"] == "scratch"]
    compared = compare(evaluation, study)
    assert compared.answers[0] == "With 50 labels there is nothing to compare."
    assert panels(compared) == ["scratch"]
    assert compared.pretraining == []


def against(mean=0.1, p_holm=0.01, saving=None):
    estimated = Estimate(mean, mean - 0.01, mean + 0.01, 5)
    return Against({0: mean}, estimated, Estimate(1.0, 0.5, 1.0, 5), p_holm, 0.0625, p_holm, saving)


def a_row(strategy, score, against):
    measures = {"average_precision": Estimate(score, score - 0.01, score + 0.01, 5)}
    pretrained = strategy != "scratch"
    return Row(strategy, "frozen", 50, pretrained, "", measures, against, 1, 1.0, 1.0)


@pytest.mark.parametrize(
    ("mean", "p_holm", "found"),
    [
        (0.1, 0.049, HELPS),
        (-0.1, 0.049, HARMS),
        (0.1, 0.05, UNCLEAR),
        (-0.1, 0.9, UNCLEAR),
        (0.1, None, NO_INTERVAL),
    ],
)
def test_verdict_is_by_the_corrected_p(mean, p_holm, found):
    # The interval of each leaves out zero.
    assert verdict(a_row("denoising", 0.5, against(mean, p_holm))) == found


def test_best_is_one_that_is_shown_to_help():
    scratch = a_row("scratch", 0.3, None)
    noisy = a_row("denoising", 0.5, against(0.2, 0.3))
    steady = a_row("reconstruction", 0.45, against(0.15, 0.001))
    found, text = answer([scratch, noisy, steady], "average_precision")
    assert found == HELPS
    assert "reconstruction, frozen, the best" in text
    assert "denoising" in answer([scratch, noisy], "average_precision")[1]


def test_what_harms_is_named_beside_what_helps():
    scratch = a_row("scratch", 0.3, None)
    good = a_row("reconstruction", 0.45, against(0.15, 0.001))
    bad = a_row("denoising", 0.1, against(-0.2, 0.01))
    unclear = a_row("masked", 0.2, against(-0.1, 0.3))
    _, text = answer([scratch, good, bad, unclear], "average_precision")
    assert "Shown to be worse than scratch: denoising, frozen." in text
    assert "worse" not in answer([scratch, good, unclear], "average_precision")[1]
    # Where the best one harms, its own sentence says so.
    assert "worse" not in answer([scratch, bad], "average_precision")[1]


def test_all_pretrained_methods_and_budgets_are_corrected_together():
    compared = comparison()
    tested = [row for row in compared.rows if row.pretrained]
    assert compared.tests == len(tested) == 12
    expected = holm([row.against.p for row in tested])
    assert [row.against.p_holm for row in tested] == expected
    baselines = [row for row in compared.rows if row.against and not row.pretrained]
    assert len(baselines) == 6
    assert {row.against.p_holm for row in baselines} == {None}
    assert not any(row.clear for row in baselines)


def test_only_a_pretrained_encoder_is_asked_about():
    """Neither a baseline that this code does not know, nor a strategy without pretraining."""
    evaluation = made_up()
    scratch = [run for run in evaluation["runs"] if run["strategy"] == "scratch"]
    for strategy, transfer in (("forest", "scikit-learn"), ("wider", "scratch")):
        for run in scratch:
            measures = run["measures"] | {"average_precision": 0.9 + run["seed"] / 100}
            other = {"strategy": strategy, "transfer": transfer, "measures": measures}
            evaluation["runs"].append(run | other | {"run": f"{strategy}-{run['run']}"})
    compared = compare(evaluation, declared(evaluation))
    assert compared.tests == 12
    said = comparison().headline
    assert compared.headline == f"{said} Baselines that have more: forest with 50 and 200."
    assert [row.name for row in compared.at(50)][2:5] == [
        "k independent networks", "forest", "wider",
    ]  # fmt: skip
    assert {row.strategy for row in compared.rows if row.pretrained} == {
        "reconstruction", "denoising",
    }  # fmt: skip
    assert "The baseline forest has more: 0.920." in compared.answers[0]


def test_weights_are_means_over_seeds():
    evaluation = made_up()
    for run in evaluation["runs"]:
        run["weights"] += run["seed"] ** 2
    rows = compare(evaluation, declared(evaluation)).at(50)
    # (0 + 1 + 4 + 9 + 16) / 5
    assert {row.weights - METHODS[row.strategy, row.transfer][1] for row in rows} == {6}


def test_p_values_are_scipys():
    evaluation = made_up()
    rows = compare(evaluation, declared(evaluation)).rows
    row = next(r for r in rows if (r.name, r.labels) == ("denoising, frozen", 200))
    scores = {
        strategy: [
            run["measures"]["average_precision"]
            for run in evaluation["runs"]
            if (run["strategy"], run["labels"]) == (strategy, 200) and run["transfer"] != "finetune"
        ]
        for strategy in ("denoising", "scratch")
    }
    found = stats.ttest_rel(scores["denoising"], scores["scratch"])
    assert row.against.p == pytest.approx(found.pvalue)
    assert row.against.p_flips == pytest.approx(2 / 32)
    assert row.against.by_seed[2] == scores["denoising"][2] - scores["scratch"][2]


def test_false_positives_of_the_whole_report(monkeypatch):
    """Studies in which no pretraining does anything: at most 5 % of them may say that one does."""
    # It decides nothing, and takes most of the time.
    monkeypatch.setattr("narrows.report.rows.sign_flips", lambda differences: None)
    monkeypatch.setattr("studies.METHODS", dict.fromkeys(METHODS, (0.0, 1)))
    evaluation, rng = made_up(), np.random.default_rng(0)
    study, scores = declared(evaluation), rng.exponential(0.02, (300, len(evaluation["runs"])))
    wrong = 0
    for row in scores.tolist():
        for run, noise in zip(evaluation["runs"], row, strict=True):
            run["measures"] = {"average_precision": SCRATCH[run["labels"]] + noise}
        wrong += bool({HELPS, HARMS} & set(compare(evaluation, study).verdicts))
    assert wrong / len(scores) <= 0.05


def test_what_was_found_is_read_again(tmp_path):
    compared = comparison()
    write_comparison(tmp_path / "results.json", compared)
    assert read_comparison(tmp_path / "results.json") == compared
    alone = comparison(seeds=1)
    write_comparison(tmp_path / "results.json", alone)
    assert read_comparison(tmp_path / "results.json") == alone


def test_names():
    assert method_name("scratch", "scratch") == "scratch"
    assert method_name("denoising", "finetune") == "denoising, fine-tuned"
    assert method_name("mine", "partly") == "mine, partly"


def test_numbers():
    assert interval(Estimate(0.5, 0.25, 0.75, 3)) == "0.500 [0.250, 0.750]"
    assert signed(Estimate(-0.5, -0.75, 0.25, 3)) == "−0.500 [−0.750, +0.250]"
    assert signed(None) == "–"
    assert plus_minus(Estimate(-0.5, -0.75, -0.25, 3), "+.3f") == "−0.500 ± 0.250"
    assert plus_minus(Estimate(0.5, None, None, 1), ".3f") == "0.500"
    assert plus_minus(None, ".3f") == "–"


def test_p_in_words():
    assert [p_value(p) for p in (None, 0.0004, 0.0314, 0.314, 1.0)] == [
        "–",
        "<0.001",
        "0.031",
        "0.31",
        "1.00",
    ]
    # As the text has it: with 5 and with 10 seeds no p is below these.
    assert [p_exact(p) for p in (None, 2 / 32, 2 / 1024, 2 / 2**15, 1.0)] == [
        "–", "0.0625", "0.00195", "<0.001", "1",
    ]  # fmt: skip
    # What decides is not rounded away.
    assert [p_value(p) for p in (0.04996, 0.05, 0.05004)] == ["0.04996", "0.050", "0.05004"]
    assert p_text(0.0004) == "p\xa0<\xa00.001"
    assert p_text(0.0314) == "p\xa0=\xa00.031"


def saving(labels, needed, low=None, high=None):
    def reading(text):
        side = text[0] if text[0] in "<>" else ""
        return Reading(float(text[len(side) :]), side)

    ends = [None if end is None else reading(end) for end in (low, high)]
    return Saving(labels, reading(needed), *ends)


@pytest.mark.parametrize(
    ("saving", "cell", "words"),
    [
        (saving(120, "430", "348", "528"), "3.6× [2.9, 4.4]", "3.6× fewer (95 % 2.9–4.4)"),
        (saving(50, "60", "55", "90"), "1.20× [1.10, 1.80]", "1.20× fewer (95 % 1.10–1.80)"),
        (saving(50, "600", "500", "700"), "12× [10, 14]", "12× fewer (95 % 10–14)"),
        (saving(50, "430"), "8.6×", "8.6× fewer"),
        (saving(50, "430", "300", ">1000"), "8.6× [6.0, >20]", "8.6× fewer (95 % 6.0 or more)"),
        (
            saving(50, ">1000", "300", ">1000"),
            ">20× [6.0, >20]",
            "more than 20× fewer (95 % 6.0 or more)",
        ),
        (
            saving(50, ">1000", ">1000", ">1000"),
            ">20×",
            "more than 20× fewer (95 % more than 20)",
        ),
        (saving(1000, ">1000", ">1000", ">1000"), "beyond the curve", ""),
        (saving(200, "80", "50", "100"), "0.40× [0.25, 0.50]", "2.5× as many (95 % 2.0–4.0)"),
        (
            saving(200, "80", "<50", "100"),
            "0.40× [<0.25, 0.50]",
            "2.5× as many (95 % 2.0 or more)",
        ),
        (saving(50, "<50", "<50", "<50"), "below the curve", ""),
        (saving(200, "<50", "<50", "<50"), "<0.25×", "more than 4.0× as many (95 % more than 4.0)"),
        (saving(50, "60", "<50", "90"), "1.20× [<1.00, 1.80]", "1.20× fewer (95 % 1.80 or less)"),
        (
            saving(50, "60", "<50", ">90"),
            "1.20× [<1.00, >1.80]",
            "1.20× fewer (95 % not bounded)",
        ),
    ],
)
def test_labels_saved(saving, cell, words):
    assert saved(saving) == cell
    assert times_fewer(saving) == words


def test_labels_saved_in_a_word():
    off = saving(1000, ">1000", ">1000", ">1000"), saving(50, "<50", "<50", "<50")
    assert [saved_point(it) for it in off] == ["beyond", "below"]
    assert saved_point(saving(50, ">1000")) == ">20×"
    assert saved_point(saving(120, "430")) == "3.6×"


def test_intervals_end_where_the_measure_does():
    values = {
        "micro_f1": Estimate(0.03, -0.02, 0.08, 5),
        "average_precision": Estimate(0.98, 0.95, 1.01, 5),
        "cooccurrence_correlation": Estimate(-0.9, -1.2, -0.6, 5),
        "sse": Estimate(0.5, -0.5, 1.5, 5),
        "psnr": Estimate(0.5, -0.5, 1.5, 5),
        "subset_accuracy_tuned": Estimate(0.5, None, None, 1),
    }
    assert [measured(values, name) for name in values] == [
        "0.030 [0.000, 0.080]", "0.980 [0.950, 1.000]", "−0.900 [−1.000, −0.600]",
        "0.500 [0.000, 1.500]", "0.500 [−0.500, 1.500]", "0.500",
    ]  # fmt: skip


def test_the_table_has_no_interval_below_zero():
    evaluation = made_up()
    for run in evaluation["runs"]:
        run["measures"]["micro_f1"] = 0.01 * (run["seed"] == 0)
    compared = compare(evaluation, declared(evaluation))
    assert compared.rows[0].measures["micro_f1"].low < 0
    with undrawn():
        page = render_page(compared, declared(evaluation), CARD, [])
    assert "0.002 [0.000,\xa00.008]" in page
    assert "0.002 [−" not in page


@pytest.mark.parametrize(
    ("saving", "sentence"),
    [
        (
            saving(120, "430", "348", "528"),
            "it reaches with 120 labels what scratch needs 430 for: 3.6× fewer (95 % 2.9–4.4).",
        ),
        (
            saving(1000, ">1000", ">1000", ">1000"),
            "with 1,000 labels, the most there are, it has more than scratch: how many labels that "
            "saves lies beyond the curve.",
        ),
        (
            saving(40, ">1000", ">1000", ">1000"),
            "it reaches with 40 labels more than scratch does with 1,000, the most there are: more "
            "than 25× fewer (95 % more than 25).",
        ),
        (
            saving(50, "<50", "<50", "<50"),
            "it reaches with 50 labels less than scratch does with 50, the fewest there are.",
        ),
    ],
)
def test_saving_in_a_sentence(saving, sentence):
    assert saving_sentence("it", saving) == sentence


def test_differences_are_drawn_for_each_budget(reported):
    compared = comparison()
    svg = differences_svg(compared, 50)
    assert "currentColor" in svg
    assert "denoising, fine-tuned" in svg
    assert ">scratch<" not in svg
    assert svg != differences_svg(compared, 200)
    with Image.open(reported / "differences.png") as picture:
        assert picture.width > picture.height
    tags = Tags((reported / "index.html").read_text()).found
    assert len([tag for tag, _ in tags if tag == "svg"]) == 2 + len(SCRATCH) + 3 + 4


def test_curves_take_the_colour_of_the_page():
    svg = curves_svg(comparison(), "finetune")
    assert "currentColor" in svg
    assert "#010203" not in svg
    assert "denoising, fine-tuned" in svg
    assert "denoising, frozen" not in svg
    assert "PCA codes, frozen" in svg


def test_show(reported, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    show_study(reported)
    printed = capsys.readouterr().out
    *table, _ = printed.split("page: ")[0].splitlines()
    assert max(map(len, table)) <= 80
    assert sum(line.startswith("reconstruction, fine-tuned 0.") for line in table) == 3
    assert "<0.001    1.00" in printed
    assert "Does pretraining help on few labels?" in printed
    assert "With 50 labels" in printed
    assert str(reported / "index.html") in printed


def test_show_without_results():
    with pytest.raises(UserError) as raised:
        show_study(Path("reports/x"))
    assert str(raised.value) == "reports/x/results.json is missing; run: make run STUDY=x"


def test_show_of_another_version(tmp_path):
    write_json(tmp_path / "results.json", {"study": "old"})
    with pytest.raises(UserError, match="is not of this version"):
        show_study(tmp_path)


def test_no_torch():
    modules = [
        *("page", "plots", "rank_plot", "tables", "terminal", "markdown", "mirror"),
        *("data_page", "data_terminal"),
    ]
    names = [f"narrows.report.{module}" for module in modules]
    check = (
        "import importlib, sys\n"
        f"for name in {[*names, 'narrows.study.ranks', 'narrows.study.plan']}:\n"
        "    importlib.import_module(name)\n"
        "    assert not {'torch', 'lightning', 'pytorch_lightning'} & set(sys.modules), name\n"
    )
    subprocess.run([sys.executable, "-c", check], check=True)


def test_a_failed_run_is_told_and_the_rest_compared(tmp_path):
    evaluation = made_up()
    study = declared(evaluation)
    bad = next(r for r in evaluation["runs"] if r["run"] == "denoising-finetune-50-seed3")
    evaluation["runs"].remove(bad)
    evaluation["failed"] = [{**bad, "failed": "training diverged: the loss is nan"}]
    build(tmp_path, evaluation, study)
    assert compare_here(tmp_path) == 0
    page = (tmp_path / "reports/digits/index.html").read_text()
    line = "denoising, fine-tuned, 50 labels, seed 3: training diverged: the loss is nan"
    assert line in page
    comparison = compare(evaluation, study)
    assert comparison.failed == [line]
    row = next(
        r for r in comparison.at(50) if (r.strategy, r.transfer) == ("denoising", "finetune")
    )
    assert row.measures["average_precision"].seeds == 4
    assert row.against is not None
    assert set(row.against.by_seed) == {0, 1, 2, 4}


def test_numbers_over_different_seeds_are_told():
    evaluation = made_up()
    study, lost = declared(evaluation), []
    for name in ("denoising-finetune-50-seed3", "scratch-scratch-50-seed1"):
        lost += [run for run in evaluation["runs"] if run["run"] == name]
    evaluation["runs"] = [run for run in evaluation["runs"] if run not in lost]
    evaluation["failed"] = [run | {"failed": "training diverged"} for run in lost]
    answers = compare(evaluation, study).answers
    told = "these means are over 4 and 4 seeds, and the difference over the 3 that both have."
    assert told in answers[0]
    assert "that both have" not in answers[1]
    assert "that both have" not in "".join(comparison().answers)


def test_a_study_of_which_no_run_finished(tmp_path, capsys):
    evaluation = all_failed()
    build(tmp_path, evaluation, declared(evaluation | {"runs": evaluation["failed"]}))
    done = run_compare(tmp_path)
    assert done.returncode == 0, done.stderr
    folder = tmp_path / "reports/digits"
    told = "No run finished, so there is no answer."
    line = "scratch, 50 labels, seed 0: training diverged: the loss is nan"
    for name in ("index.html", "report.md"):
        text = (folder / name).read_text()
        assert told in text
        assert line in text
    page = (folder / "index.html").read_text()
    check_needs_no_other_file(page, scripts=1)
    assert not {"Results", "Tuning", "Pretraining"} & set(re.findall("<h2>(.*?)</h2>", page))
    for name in ("curves.png", "differences.png"):
        with Image.open(folder / name) as picture:
            assert picture.width > 100
    show_study(folder)
    assert told in capsys.readouterr().out


def test_baselines_are_shown_where_no_network_has_finished(tmp_path):
    evaluation, found = all_failed(), made_up()
    fitted = {"strategy": "svm", "transfer": "scikit-learn", "pretrained": None}
    for run in found["runs"]:
        if run["strategy"] == "scratch":
            run["details"].pop("cooccurrence", None)
            evaluation["runs"].append(run | fitted | {"run": f"svm-{run['run']}"})
    both = evaluation["failed"] + evaluation["runs"]
    build(tmp_path, evaluation, declared(evaluation | {"runs": both}))
    done = run_compare(tmp_path)
    assert done.returncode == 0, done.stderr
    compared = read_comparison(tmp_path / "reports/digits/results.json")
    assert {row.name for row in compared.rows} == {"SVM"}
    assert compared.headline == "With 50, 200 and 1,000 labels there is nothing to compare."
    page = (tmp_path / "reports/digits/index.html").read_text().replace(",\xa0", ", ")
    assert all(interval(row.measures["average_precision"]) in page for row in compared.rows)


def test_a_failed_baseline_is_told_and_the_rest_compared(tmp_path):
    evaluation = made_up()
    reason = "with c 0.001: ValueError: Input X contains NaN."
    one = {"transfer": "scikit-learn", "labels": 50, "pretrained": None}
    scored = next(r for r in evaluation["runs"] if (r["strategy"], r["labels"]) == ("scratch", 50))
    evaluation["runs"] += [
        {**scored, **one, "strategy": "svm", "seed": seed, "run": f"svm-seed{seed}"}
        for seed in range(1, 5)
    ]
    failed = [("svm", 0), *(("linear", seed) for seed in range(5))]
    evaluation["failed"] = [
        {**one, "strategy": name, "seed": seed, "run": f"{name}-seed{seed}", "failed": reason}
        for name, seed in failed
    ]
    study = declared(evaluation)
    study["runs"] += declared({"runs": evaluation["failed"]})["runs"]
    build(tmp_path, evaluation, study)
    assert compare_here(tmp_path) == 0
    compared = read_comparison(tmp_path / "reports/digits/results.json")
    assert compared.failed == [
        f"{name}, 50 labels, seed {seed}: {reason}"
        for name, seed in [("SVM", 0), *(("logistic regression", seed) for seed in range(5))]
    ]
    found = {row.strategy: row.measures["average_precision"].seeds for row in compared.at(50)}
    assert found["svm"] == 4
    assert "linear" not in found
    for name in ("index.html", "report.md"):
        text = (tmp_path / "reports/digits" / name).read_text()
        assert f"SVM, 50 labels, seed 0: {reason}" in text


def test_the_page_tells_what_was_tuned(tmp_path):
    evaluation = made_up()
    choices = [["optimizer.lr=0.002"], ["optimizer.lr=0.0005"]]
    for run in evaluation["runs"]:
        if run["transfer"] == "finetune":
            best = "optimizer.lr=0.002" if run["labels"] > 50 else "optimizer.lr=0.0005"
            run |= {"choice": best, "validation": {"optimizer.lr=0.002": 0.3, best: 0.4}}
            run["validation"].setdefault("optimizer.lr=0.0005", 0.2)
    study = declared(evaluation) | {
        "tune": {"seeds": 2, "transfers": ["finetune"], "choices": choices}
    }
    build(tmp_path, evaluation, study)
    assert compare_here(tmp_path) == 0
    page = (tmp_path / "reports/digits/index.html").read_text()
    assert "tried the same 2 choices" in page
    assert page.count("<td>optimizer.lr=0.0005</td>") == 2
