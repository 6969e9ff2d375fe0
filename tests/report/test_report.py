import csv
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from pages import Tags, check_needs_no_other_file
from PIL import Image

from narrows.errors import UserError
from narrows.files import write_json, write_yaml
from narrows.report.figures import interval, plus_minus, signed
from narrows.report.page import headline
from narrows.report.plots import curves_svg, panels
from narrows.report.tables import HARMS, HELPS, compare, method_name, verdict
from narrows.report.terminal import show_study
from narrows.study.statistics import Estimate, estimate

ROOT = Path(__file__).parents[2]
METHODS = {
    ("reconstruction", "frozen"): (0.06, 100_000),
    ("reconstruction", "finetune"): (0.08, 150_000),
    ("scratch", "scratch"): (0.0, 150_000),
    ("pca", "frozen"): (0.02, 1_290),
    ("denoising", "frozen"): (0.09, 100_000),
    ("denoising", "finetune"): (0.12, 150_000),
    ("independent", "scratch"): (-0.03, 400_000),
}
SCRATCH = {50: 0.30, 200: 0.42, 1000: 0.61}


def made_up(seeds=5):
    rng = np.random.default_rng(0)
    runs = []
    for labels, base in SCRATCH.items():
        common = rng.normal(0, 0.015, seeds)
        for (strategy, transfer), (gain, weights) in METHODS.items():
            for seed in range(seeds):
                gained = gain * (1.1 - labels / 1000)
                score = base + gained + common[seed] + rng.normal(0, 0.006)
                runs.append(
                    {
                        "strategy": strategy,
                        "transfer": transfer,
                        "labels": labels,
                        "seed": seed,
                        "run": f"{strategy}-{transfer}-{labels}-seed{seed}",
                        "measures": {
                            "average_precision": score,
                            "micro_f1": score - 0.02,
                            "macro_f1": score - 0.04,
                            "labels_without_positive": 0.0,
                        },
                        "weights": weights,
                        "seconds": 1.25,
                        "pretraining_seconds": 0.0 if transfer == "scratch" else 10.25,
                    }
                )
    return {
        "study": "digits",
        "question": "Does pretraining help on few labels?",
        "monitor": "average_precision",
        "runs": runs,
        "failed": [],
        "pretraining": [
            {
                "strategy": strategy,
                "seed": seed,
                "run": f"{strategy}-seed{seed}",
                "measures": {"sse": sse + rng.normal(0, 0.05), "psnr": 19.1},
                "weights": 250_000,
                "seconds": 10.25,
            }
            for strategy, sse in {"pca": 6.0, "reconstruction": 4.5, "denoising": 4.9}.items()
            for seed in range(seeds)
        ],
        "pictures": {
            "denoising": ["input", "target", "output"],
            "reconstruction": ["target", "output"],
        },
    }


def declared(evaluation):
    keys = ("strategy", "transfer", "labels", "seed")
    runs = [
        {key: run[key] for key in keys} | {"runs": {"as it is": run["run"]}}
        for run in evaluation["runs"]
    ]
    return {
        "study": "digits",
        "question": "Does pretraining help on few labels?",
        "about": "Scenes of one to four handwritten digits; <labels> say which & where.",
        "labels": sorted({run["labels"] for run in runs}),
        "seeds": sorted({run["seed"] for run in runs}),
        "runs": runs,
    }


CARD = {
    "dataset": {"_target_": "narrows.datasets.digit_scenes.DigitScenes", "train": 8000, "seed": 0},
    "spec": {"shape": [1, 20, 20], "labels": [str(n) for n in range(10)], "kind": "image"},
    "split_rule": "scenes composed with seed 0; the digits themselves are split first",
    "parts": {
        part: {"examples": n, "positives": {str(k): n // 4 + k for k in range(10)}}
        for part, n in {"train": 8000, "val": 1000, "test": 2000}.items()
    },
}


def build(folder, evaluation, study):
    build = folder / "build" / "digits"
    write_json(build / "evaluation.json", evaluation)
    write_yaml(build / "configs" / "study.yaml", study)
    write_json(build / "data" / "card.json", CARD)
    (build / "pictures").mkdir(exist_ok=True)
    noise = np.random.default_rng(0)
    for name, rows in evaluation["pictures"].items():
        size = (len(rows) * 22 - 2, 8 * 22 - 2)
        picture = Image.fromarray(noise.integers(0, 255, size, dtype=np.uint8))
        picture.resize((size[1] * 3, size[0] * 3)).save(build / "pictures" / f"{name}.png")


def run_compare(folder):
    return subprocess.run(
        [sys.executable, ROOT / "pipelines" / "compare.py", "digits"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def reported(tmp_path_factory):
    folder = tmp_path_factory.mktemp("study")
    evaluation = made_up()
    build(folder, evaluation, declared(evaluation))
    done = run_compare(folder)
    assert done.returncode == 0, done.stderr
    return folder / "reports" / "digits"


def comparison(seeds=5):
    evaluation = made_up(seeds)
    return compare(evaluation, declared(evaluation))


def test_page_needs_no_other_file(reported):
    check_needs_no_other_file((reported / "index.html").read_text())


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
    text = (reported / "index.html").read_text()
    compared = comparison()
    for row in compared.rows:
        for measure in ("average_precision", "micro_f1"):
            assert interval(row.measures[measure]) in text
        if row.difference is not None:
            assert signed(row.difference) in text
    for answer in compared.answers:
        assert answer in text
    assert headline(compared) in text


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


def test_not_evaluated(tmp_path):
    done = run_compare(tmp_path)
    assert done.returncode == 2
    assert "build/digits/evaluation.json is missing; run: make run STUDY=digits" in done.stderr


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
    assert "Scratch would need about" in compared.answers[0]
    assert headline(compared).startswith("With 50")


def test_answer_names_a_baseline_that_has_more():
    evaluation = made_up()
    for run in evaluation["runs"]:
        if run["strategy"] == "pca":
            run["measures"]["average_precision"] = 0.9
    answers = compare(evaluation, declared(evaluation)).answers
    assert "The baseline PCA codes, frozen has more: 0.900." in answers[0]


def test_one_seed_gives_no_interval_and_no_answer():
    compared = comparison(seeds=1)
    assert compared.rows[0].measures["average_precision"].low is None
    assert set(compared.verdicts) == {"there is no answer, since one seed gives no interval"}
    assert "[" not in " ".join(compared.answers)
    assert "<svg" in curves_svg(compared, "frozen")


def test_nothing_to_compare_without_pretraining():
    evaluation = made_up()
    study = declared(evaluation)
    study["runs"] = [run for run in study["runs"] if run["strategy"] == "scratch"]
    compared = compare(evaluation, study)
    assert compared.answers[0] == "With 50 labels there is nothing to compare."
    assert panels(compared) == ["scratch"]
    assert compared.pretraining == []


@pytest.mark.parametrize(
    ("low", "high", "found"),
    [
        (0.01, 0.2, HELPS),
        (-0.2, -0.01, HARMS),
        (0.0, 0.2, "there is no clear difference"),
        (-0.1, 0.1, "there is no clear difference"),
    ],
)
def test_verdict(low, high, found):
    assert verdict(Estimate((low + high) / 2, low, high, 5)) == found


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


def test_curves_take_the_colour_of_the_page():
    svg = curves_svg(comparison(), "finetune")
    assert "currentColor" in svg
    assert "#010203" not in svg
    assert "denoising, fine-tuned" in svg
    assert "denoising, frozen" not in svg
    assert "PCA codes, frozen" in svg


def test_show(reported, capsys):
    show_study(reported)
    printed = capsys.readouterr().out
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


@pytest.mark.parametrize(
    "module", ["page", "plots", "tables", "terminal", "data_page", "data_terminal"]
)
def test_no_torch(module):
    check = (
        f"import narrows.report.{module}, narrows.study.statistics, sys; "
        "assert not {'torch', 'lightning', 'pytorch_lightning'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", check], check=True)
