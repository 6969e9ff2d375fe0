"""What a study's page says of labels, other measures, and cost."""

import re
import shlex
from html import unescape

import numpy as np
import pytest
import torch
from pages import Tags
from studies import (
    CARD,
    METHODS,
    comparison,
    declared,
    made_up,
    many_labels,
    undrawn,
    with_tuning,
)  # fmt: skip

from narrows.measuring.decisions import decide
from narrows.measuring.measures import label_precision, measure
from narrows.report.cost_plot import cost_svg
from narrows.report.label_rows import SHOWN
from narrows.report.markdown import render_markdown
from narrows.report.measures import grouped_measures, less_is_better, measure_name
from narrows.report.page import render_page
from narrows.report.plots import hues
from narrows.report.tables import RESULTS, compare, write_comparison
from narrows.report.terminal import show_study
from narrows.report.together import HeatMap, alone_in
from narrows.report.together_plot import lifts
from narrows.study.intervals import estimate

pytestmark = pytest.mark.xdist_group("report")


def joined(text):
    """Return a page whose intervals have plain spaces: in it, lines do not end within one."""
    return text.replace(",\xa0", ", ")


def labelled(card):
    """Return how many examples of the validation part have labels."""
    part = card["parts"].get("val", {"examples": 0})
    return part.get("labelled", part["examples"])


def drawn_page(evaluation, study=None, card=CARD):
    study = study or declared(evaluation)
    compared = compare(evaluation, study, labelled(card))
    return joined(render_page(compared, study, card, []))


def page(evaluation, study=None, card=CARD):
    """Return a page whose pictures are empty, for what it says in words."""
    with undrawn():
        return drawn_page(evaluation, study, card)


@pytest.fixture
def usual(reported):
    """The page of the made-up study as it is, with its pictures."""
    return joined((reported / "index.html").read_text())


def text_of(markup):
    return " ".join("".join(Tags(markup).text).split())


def test_each_labels_mean_and_difference():
    found = comparison().per_label
    assert found.budget == 1000
    assert found.best == "denoising, fine-tuned"
    assert len(found.methods) == len(METHODS)
    row = found.rows[7]
    assert (row.label, row.positives) == ("7", 107)
    assert row.scores["scratch"] == pytest.approx(0.5)
    assert row.scores["denoising, fine-tuned"] == pytest.approx(0.57)
    assert row.difference == pytest.approx(0.07)
    assert found.shown == found.rows


def test_of_many_labels_the_largest_differences_are_shown():
    evaluation = many_labels()
    found = compare(evaluation, declared(evaluation)).per_label
    shown = [int(row.label.split()[1]) for row in found.shown]
    assert shown == [*range(38, 9, -1), 39]
    assert len(shown) == SHOWN
    assert "Of 40 labels these are the 30 with the largest differences" in text_of(page(evaluation))


def test_without_pretraining_the_most_frequent_labels_are_shown():
    evaluation = many_labels()
    study = declared(evaluation)
    study["runs"] = [run for run in study["runs"] if run["strategy"] == "scratch"]
    found = compare(evaluation, study).per_label
    assert [row.positives for row in found.shown] == list(range(39, 9, -1))
    assert "30 most frequent" in text_of(page(evaluation, study))


def test_a_label_without_a_positive_has_no_score():
    evaluation = made_up()
    for run in evaluation["runs"]:
        run["details"]["per_label"]["average_precision"][3] = None
        run["details"]["per_label"]["positives"][3] = 0
    found = compare(evaluation, declared(evaluation)).per_label
    assert found.rows[3].difference is None
    assert set(found.rows[3].scores.values()) == {None}
    assert "<td>0</td><td>–</td><td>–</td>" in page(evaluation)


def test_runs_with_labels_of_their_own_are_left_out():
    evaluation = made_up()
    for run in evaluation["runs"]:
        if run["strategy"] == "pca":
            run["details"]["labels"] = [str(n) for n in range(1, 11)]
    assert "PCA codes, frozen" not in compare(evaluation, declared(evaluation)).per_label.methods


def test_nothing_of_labels_where_the_task_has_none():
    evaluation = made_up() | {"labels": []}
    for run in evaluation["runs"]:
        run["details"] = {}
    compared = compare(evaluation, declared(evaluation))
    assert compared.per_label is None
    assert compared.together is None
    assert "Each label" not in page(evaluation)
    assert "come together" not in page(evaluation)


def test_heat_maps_are_of_the_best_and_of_independent_networks():
    evaluation = made_up()
    found = compare(evaluation, declared(evaluation)).together
    assert [it.name for it in found.maps] == [
        "observed",
        "predicted by the shared encoder (denoising, fine-tuned)",
        "predicted by k independent networks",
        "its predictions shuffled, as a control",
    ]
    run = next(r for r in evaluation["runs"] if r["run"] == "denoising-finetune-1000-seed0")
    alone = next(r for r in evaluation["runs"] if r["run"] == "independent-scratch-1000-seed0")
    assert found.maps[1].values == run["details"]["cooccurrence"]["predicted"]
    assert found.maps[2].values == alone["details"]["cooccurrence"]["predicted"]
    assert found.labels == list("9876543210")
    assert [error.value.mean for error in found.errors] == pytest.approx(
        [0.19, 0.205, 0.302], abs=1e-3
    )
    assert "captures some of which labels go together" in found.sentence


@pytest.mark.parametrize("means", [[0.5, 0.2, 0.1, 0.05], [0.9, 0.05, 0.05], [0.25] * 10])
def test_how_frequent_labels_are_is_read_off_shuffled_predictions(means):
    shuffled = np.outer(means, means)
    # What stands on the diagonal is of no pair.
    np.fill_diagonal(shuffled, 0.7)
    assert alone_in(shuffled.tolist()) == pytest.approx(means, rel=1e-3)


def test_nothing_predicted_is_nothing_frequent():
    assert alone_in([[0.0, 0.0], [0.0, 0.0]]) == [0.0, 0.0]


def test_heat_maps_are_of_lifts():
    shares = [[0.5, 0.2, 0.0], [0.2, 0.2, 0.0], [0.0, 0.0, 0.0]]
    found = lifts(HeatMap("observed", shares, [0.5, 0.2, 0.0]))
    # 0.2 where independent labels would have 0.5 · 0.2; and a label that there is none of.
    assert found == pytest.approx(
        np.array([[np.nan, 2.0, 1.0], [2.0, np.nan, 1.0], [1.0, 1.0, np.nan]]), nan_ok=True
    )


def test_predictions_as_frequent_labels_come_are_no_lift():
    """Of observed labels the diagonal says how frequent they are."""
    evaluation = made_up()
    for run in evaluation["runs"]:
        if "cooccurrence" in run["details"]:
            observed = np.full((10, 10), 0.04)
            np.fill_diagonal(observed, 0.2)
            run["details"]["cooccurrence"]["observed"] = observed.tolist()
    maps = compare(evaluation, declared(evaluation)).together.maps
    for shown in (maps[0], maps[-1]):
        apart = lifts(shown)[~np.eye(10, dtype=bool)]
        assert apart == pytest.approx(np.ones(90))


def test_it_is_said_where_nothing_is_captured():
    evaluation = made_up()
    for run in evaluation["runs"]:
        run["measures"]["cooccurrence_lift_error"] = 0.3 + run["seed"] / 1000
    found = compare(evaluation, declared(evaluation)).together
    assert "not shown that the shared encoder captures" in found.sentence
    assert "no interval" in comparison(seeds=1).together.sentence


def test_it_is_said_where_predictions_are_worse_than_the_control():
    evaluation = made_up()
    for run in evaluation["runs"]:
        run["measures"]["cooccurrence_lift_error"] = 0.4 + run["seed"] / 500
    found = compare(evaluation, declared(evaluation)).together
    assert found.below_control.low > 0
    assert "it is worse, so the shared encoder says wrongly which labels go" in found.sentence


def test_what_is_captured_is_told_by_the_difference_of_each_seed():
    """Seeds differ by more than the two do, and in each seed the predictions are the better."""
    evaluation = made_up()
    for run in evaluation["runs"]:
        error = 0.2 + run["seed"] / 10
        run["measures"] |= {
            "cooccurrence_lift_error": error,
            "cooccurrence_lift_error_shuffled": error + 0.01 + run["seed"] / 1000,
        }
    found = compare(evaluation, declared(evaluation)).together
    assert found.errors[0].value.high > found.errors[-1].value.low
    expected = estimate([-0.01 - seed / 1000 for seed in range(5)])
    assert vars(found.below_control) == pytest.approx(vars(expected))
    assert "differs from the last by −0.012 [−0.014, −0.010]: the shared encoder captures" in (
        found.sentence
    )


def test_the_page_says_which_networks_the_independent_ones_are(usual):
    text = text_of(usual)
    assert "k independent networks have one hidden layer each, on the example’s values" in text
    assert "they differ from the shared encoder in architecture too" in text


def test_no_heat_map_where_no_labels_come_together():
    evaluation = made_up()
    for run in evaluation["runs"]:
        if "cooccurrence" in run["details"]:
            k = range(10)
            run["details"]["cooccurrence"]["observed"] = [[0.1 * (a == b) for a in k] for b in k]
    assert compare(evaluation, declared(evaluation)).together is None


def test_a_study_without_independent_networks_has_three_heat_maps():
    evaluation = made_up()
    evaluation["runs"] = [r for r in evaluation["runs"] if r["strategy"] != "independent"]
    assert len(compare(evaluation, declared(evaluation)).together.maps) == 3


def all_measures():
    generator = torch.Generator().manual_seed(0)
    y = (torch.rand(60, 6, generator=generator) < 0.4).long()
    p = torch.rand(60, 6, generator=generator)
    return measure(p, y, label_precision(p, y), decide(p, y))


def test_each_measure_has_a_group_and_a_name_of_its_own():
    measured = all_measures()
    groups = grouped_measures(measured)
    assert "Others" not in [group.name for group in groups]
    shown = [name for group in groups for name in group.measures]
    assert sorted(shown) == sorted(
        set(measured) - {"labels_without_positive", "examples_without_label"}
    )
    assert len({measure_name(name) for name in shown}) == len(shown)
    assert not [name for name in shown if "_" in measure_name(name)]
    assert grouped_measures(["accuracy"])[0].name == "Others"


def test_less_is_better_where_the_truth_scores_less():
    """The truth as a prediction has the best value of each measure, a wrong one does not."""
    y = torch.tensor([[1, 0, 0], [0, 1, 0], [0, 1, 1], [1, 0, 1]] * 5)
    wrong = 0.9 - 0.8 * y
    good, bad = (measure(p.float(), y, label_precision(p, y), decide(p, y)) for p in (y, wrong))
    for name, value in good.items():
        if value != bad[name] and not name.startswith("cooccurrence"):
            assert less_is_better(name) == (value < bad[name]), name


def test_names_of_measures():
    assert measure_name("micro_f1_tuned") == "micro-F1, one threshold"
    name = measure_name("calibration_error_tuned_per_label")
    assert name == "calibration error, calibrated per label"


def test_the_page_has_all_measures_of_each_budget(usual):
    text = usual
    assert text.count("<details>") == 3
    assert text.count("Hamming loss, one threshold ↓") == 3
    assert "<td>0.100</td>" in text


@pytest.mark.parametrize("cost", ["seconds", "weights", "memory"])
def test_cost_is_drawn_for_each_method(cost):
    compared = comparison()
    drawn = cost_svg(compared, cost)
    for row in compared.at(1000):
        assert row.name in drawn
    assert drawn == cost_svg(compared, cost)


def test_spent_seconds_have_pretraining_in_them():
    row = next(r for r in comparison().at(50) if r.strategy == "denoising")
    assert row.spent == 11.5


def test_memory_is_the_most_of_training_and_pretraining(usual):
    rows = {(row.strategy, row.transfer): row for row in comparison().at(200)}
    # 400 to 404 MB over seeds, and 500 for the pretraining of denoising.
    assert rows["scratch", "scratch"].memory == 402
    assert rows["denoising", "frozen"].memory == 500
    assert {it.strategy: it.memory for it in comparison().pretraining}["pca"] == 500
    text = usual
    cells = re.findall(r"<td>([^<]*)</td></tr>", text[text.index("<h2>Results") :])
    assert cells[:7].count("402") == 5
    assert cells[:7].count("500") == 2
    assert render_markdown(comparison()).count("| 1.2 | 10.2 | 500 |") == 2 * 3


def test_what_was_not_measured_is_a_dash():
    evaluation = made_up()
    for run in (*evaluation["runs"], *evaluation["pretraining"]):
        if run["strategy"] != "scratch" or run["seed"] > 1:
            del run["memory_mb"]
    compared = compare(evaluation, declared(evaluation))
    memory = {row.strategy: row.memory for row in compared.rows}
    # Of the two seeds that have it.
    assert memory == {**dict.fromkeys(memory), "scratch": 400.5}
    assert {row.memory for row in compared.pretraining} == {None}
    assert "denoising" not in cost_svg(compared, "memory")
    text = render_markdown(compared)
    assert text.count(" | 400 |") == 3
    assert text.count(" | – |\n") == len(compared.rows) - 3
    assert "Cost against quality" in drawn_page(evaluation)


def test_nothing_is_drawn_of_memory_that_is_known_of_no_run(usual):
    evaluation = made_up()
    for run in evaluation["runs"]:
        del run["memory_mb"]
    assert page(evaluation).count("<svg") == usual.count("<svg") - 1


def test_no_saving_is_told_where_nothing_was_tested(usual):
    cells = re.findall(r'<th scope="row">(.*?)</th>(.*?)</tr>', usual)
    saved = {name: re.findall("<td[^>]*>(.*?)</td>", row)[4] for name, row in cells[: len(METHODS)]}
    assert saved["PCA codes, frozen"] == saved["k independent networks"] == "–"
    assert "×" in saved["denoising, fine-tuned"]
    text = page(made_up(seeds=1))
    assert "×</td>" not in text
    assert "unclear</td>" not in text


def test_each_kind_of_pretraining_has_a_table_of_its_own(usual):
    evaluation = made_up()
    views = {"alignment": 0.25, "uniformity": -2.5, "matched": 0.75}
    labels = {"average_precision": 0.625, "micro_f1": 0.5, "macro_f1": 0.45, "micro_f1_tuned": 0.55}
    kinds = {"reconstruction": views, "pca": labels}
    for run in evaluation["pretraining"]:
        run["measures"] = kinds.get(run["strategy"], run["measures"])
    text = page(evaluation)
    text = text[text.index("<h2>Pretraining") : text.index("<h2>Data")]
    heads = [re.findall(r'<th scope="col">(.*?)</th>', head) for head in text.split("<thead>")[1:]]
    assert [head[1:-3] for head in heads] == [
        ["average precision", "micro-F1"],
        ["alignment", "uniformity", "matched"],
        ["SSE", "PSNR (dB)"],
    ]
    assert "<td>0.75 [0.75, 0.75]</td>" in text
    assert "<td>–</td>" not in text
    assert "There is a table for each kind of task" in text
    assert "gives back its target" not in text
    assert "There is no target: two views" in text
    assert "The targets are labels" in text
    assert "for each kind of task" not in usual


def test_the_page_says_how_many_labelled_examples_chose(usual):
    start = "Besides these labelled examples, 1,000 labelled ones of the validation part chose "
    assert f"{start}thresholds and calibration." in text_of(usual)
    assert f"{start}options, thresholds and calibration." in text_of(page(with_tuning(made_up())))
    part = CARD["parts"] | {"val": CARD["parts"]["val"] | {"labelled": 77}}
    evaluation = made_up()
    study = declared(evaluation)
    text = text_of(page(evaluation, study, CARD | {"parts": part}))
    assert "Besides these labelled examples, 77 labelled ones" in text
    for run in evaluation["runs"]:
        run["measures"] = {"average_precision": 0.5 + run["seed"] / 10}
    assert "of the validation part chose" not in text_of(page(evaluation))


def test_markdown_and_terminal_say_it_too(tmp_path, capsys):
    evaluation = made_up()
    compared = compare(evaluation, declared(evaluation), 1000)
    start = "Besides these labelled examples, 1,000 labelled ones of the validation part chose "
    assert f"\n\n{start}thresholds and calibration.\n\n" in render_markdown(compared)
    write_comparison(tmp_path / RESULTS, compared)
    show_study(tmp_path)
    assert start in " ".join(capsys.readouterr().out.split())


def test_labels_that_were_not_learned_are_not_counted():
    evaluation = made_up()
    evaluation["labels"] = evaluation["labels"][:6]
    for run in evaluation["runs"]:
        run["measures"]["labels_without_positive"] = 2
        run["details"]["per_label"] = {
            name: values[:6] for name, values in run["details"]["per_label"].items()
        }
    assert "2 of 6 labels have no positive in the test part" in text_of(page(evaluation))


def test_rows_say_of_how_many_seeds_they_are(usual):
    evaluation = made_up()
    study = declared(evaluation)
    lost = next(r for r in evaluation["runs"] if r["run"] == "denoising-finetune-50-seed3")
    evaluation["runs"].remove(lost)
    evaluation["failed"] = [lost | {"failed": "training diverged"}]
    text = text_of(page(evaluation, study))
    assert text.count("(4 of 5 seeds)") == 1
    assert "Student’s t over 5 seeds, fewer where runs failed." in text
    assert "fewer where runs failed" not in usual


def test_the_page_is_exact_about_thresholds_seconds_and_the_test_part(usual):
    text = text_of(usual)
    assert "a label is predicted where its probability is more than 1/2" in text
    assert "no threshold, calibration, epoch or option was chosen on it" in text
    assert "Which method is called the best is read off it." in text
    assert "but the cross-validation of an exact head is" in text
    for untrue in ("at least 1/2", "looked at once", "tuning is not in them", "All else is the"):
        assert untrue not in text


def commands(markup):
    """Return what stands under each method's heading, as a shell takes it apart."""
    blocks = re.findall(r'<h3>([^<]*)</h3>\s*<pre class="commands">(.*?)</pre>', markup, re.DOTALL)
    return {
        unescape(heading): [
            shlex.split(unescape(line)) for line in re.findall("<code>(.*?)</code>", block)
        ]
        for heading, block in blocks
    }


def test_the_page_has_the_commands_of_a_run_of_each_method():
    evaluation = made_up()
    lost = next(r for r in evaluation["runs"] if r["run"] == "denoising-finetune-50-seed0")
    study = declared(evaluation)
    evaluation["runs"].remove(lost)
    evaluation["failed"] = [{**lost, "failed": "training diverged"}]
    found = commands(page(evaluation, study))
    assert len(found) == len(METHODS)
    chosen = "chosen='as it is'"
    assert found["scratch, 50 labels, seed 0"] == [
        ["narrows", "train", "then=scratch", "layers=[scratch]", chosen, "labels=50", "seed=0"]
    ]
    # Its first seed has diverged.
    assert found["denoising, fine-tuned, 50 labels, seed 1"] == [
        ["narrows", "train", "first=denoising", "seed=1"],
        ["narrows", "train", "then=denoising", "layers=[finetune]", chosen, "labels=50", "seed=1",
         "pretrained=denoising-seed1"],
    ]  # fmt: skip


def test_baselines_have_no_command_of_their_own(usual):
    evaluation = made_up()
    assert "baselines@digits" not in usual
    for run in evaluation["runs"]:
        if run["strategy"] == "pca":
            run |= {"strategy": "svm", "transfer": "scikit-learn", "pretrained": None}
    text = page(evaluation)
    assert "dvc repro baselines@digits" in text
    assert len(commands(text)) == len(METHODS) - 1


@pytest.mark.parametrize("more_strategies", [6, 16])
def test_no_two_strategies_look_the_same(more_strategies):
    evaluation = made_up()
    more = [
        run | {"strategy": f"more{n}", "run": f"more{n}-{run['run']}"}
        for n in range(more_strategies)
        for run in evaluation["runs"]
        if (run["strategy"], run["transfer"]) == ("denoising", "frozen")
    ]
    evaluation["runs"] += more
    looks = hues(compare(evaluation, declared(evaluation)), "black")
    assert len(looks) == 1 + 4 + more_strategies
    assert len(set(looks.values())) == len(looks)
    if more_strategies == 6:
        # Neither by colour nor by shape alone.
        assert len({hue for hue, _ in looks.values()}) == len(looks)
        assert len({marker for _, marker in looks.values()}) == len(looks)


def test_a_table_of_data_has_no_column_for_each_of_many_labels():
    labels = [f"word {n}" for n in range(374)]
    spec = CARD["spec"] | {"labels": labels}
    parts = {"test": {"examples": 9, "positives": dict.fromkeys(labels, 1)}}
    evaluation = made_up()
    study = declared(evaluation)
    card = CARD | {"spec": spec, "parts": parts}
    found = page(evaluation, study, card)
    assert "“word 7”" not in found
    assert "374 labels: how many examples" in text_of(found)


def test_versions_and_commit_are_told(usual):
    text = usual
    assert "<dt>torch</dt><dd>2.13.0</dd>" in text
    assert "<dt>commit</dt><dd>0123abc+</dd>" in text


def test_markdown_has_the_answer_and_the_table():
    compared = comparison()
    text = render_markdown(compared)
    table = [line for line in text.splitlines() if line.startswith("|")]
    assert len(table) == 2 + len(compared.rows)
    assert {len(re.findall(r"(?<!\\)\|", line)) for line in table} == {12}
    assert text.startswith("## Does pretraining help on few labels?\n\n**With 50 and 200 labels")
    assert text.count("\n- ") == 3
    assert text.count("| **+") == sum(row.clear for row in compared.rows) > 0


def test_markdown_shows_text_as_it_is():
    evaluation = made_up() | {"question": "Is a_b | <c> *good*?"}
    study = declared(evaluation) | {"question": evaluation["question"]}
    assert r"## Is a\_b \| \<c\> \*good\*?" in render_markdown(compare(evaluation, study))
