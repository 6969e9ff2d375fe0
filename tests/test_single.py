"""Starting from a pretrained run, by the command line."""

import re
from dataclasses import asdict

import numpy as np
import pytest
from helpers import small_config

from narrows import runs
from narrows.cli import main
from narrows.datasets.digits import Digits
from narrows.files import read_json, write_json, write_yaml
from narrows.loading import PackedDataset

FINETUNE = ("task=multi_label", "decoder=linear", "loss=logistic", "transfer=finetune")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["encoder.code_size=30"], "encoder.code_size=30"),
        (["encoder=conv"], "encoder._target_=narrows.encoders.conv.Encoder"),
        (["dataset=digit_scenes"], "(1, 20, 20)"),
    ],
)
def test_an_encoder_that_does_not_fit_is_told_before_data_is_read(
    tmp_path, monkeypatch, capsys, words, told
):
    monkeypatch.chdir(tmp_path)
    write_yaml(tmp_path / "runs/first" / runs.CONFIG, small_config())
    write_json(tmp_path / "runs/first" / runs.SPEC, asdict(Digits().spec()))
    (tmp_path / "runs/first" / runs.WEIGHTS).touch()
    assert main(["train", *FINETUNE, "pretrained=first", "tracker=none", *words]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert told in lines[0]
    assert "first" in lines[0]
    assert sorted(p.name for p in tmp_path.rglob("*")) == [
        "config.yaml",
        "first",
        "model.safetensors",
        "runs",
        "spec.json",
    ]


def test_an_encoder_of_another_split_is_refused(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    short = ["epochs=1", "steps_per_epoch=1", "tracker=none"]
    assert main(["train", *short]) == 0
    (first,) = (p.name for p in (tmp_path / "runs").iterdir())
    words = ["train", *FINETUNE, *short, f"pretrained={first}"]
    # Examples that it was trained on may be in the other split's test part.
    assert main([*words, "dataset.split_seed=1"]) == 2
    assert "was trained on other data, or on another split" in capsys.readouterr().err
    assert main(words) == 0


@pytest.mark.parametrize(("loss", "code"), [("squared_error", 0), ("logistic", 2)])
def test_values_beyond_0_and_1_are_not_for_every_loss(tmp_path, monkeypatch, capsys, loss, code):
    monkeypatch.chdir(tmp_path)
    x = np.random.default_rng(0).normal(size=(60, 5)).astype(np.float32)
    np.savez(tmp_path / "measured.npz", x=x)
    words = ["dataset=arrays", "dataset.path=measured.npz", "epochs=1", "tracker=none"]
    assert main(["train", *words, "encoder.code_size=2", f"loss={loss}"]) == code
    told = capsys.readouterr().err
    assert ("loss=logistic is for values from 0 to 1" in told) == (loss == "logistic")


def test_more_labels_than_examples_start_no_run(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    words = ["task=multi_label", "decoder=linear", "loss=logistic", "labels=1001", "tracker=none"]
    assert main(["train", *words]) == 2
    assert capsys.readouterr().err == (
        "narrows: error: labels=1001, but 1000 training examples have labels\n"
    )
    assert not (tmp_path / "runs").exists()


def test_measures_are_printed_in_the_groups_of_a_report(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    # Their examples have several labels, so that co-occurrence is measured too.
    scenes = ["dataset=digit_scenes", *(f"dataset.{part}=64" for part in ("train", "val", "test"))]
    short = ["epochs=1", "steps_per_epoch=4", "tracker=none"]
    assert main(["train", *scenes, *FINETUNE[:3], *short]) == 0
    lines = capsys.readouterr().out.splitlines()
    (folder,) = (tmp_path / "runs").iterdir()
    assert lines[-1] == f"results: runs/{folder.name}"
    assert max(map(len, lines)) <= 80
    measures = read_json(folder / runs.EVALUATION)
    assert len(measures) == 32
    groups = printed(lines)
    assert list(groups) == [
        "Ranking of examples, for each label",
        "Ranking of labels, for each example",
        "Decisions at probability 1/2",
        "Decisions with one threshold",
        "Decisions with a threshold per label",
        "Probabilities",
        "Co-occurrence of labels",
        "The test part",
    ]
    assert sorted(v for group in groups.values() for v in group.values()) == sorted(
        f"{value:.5g}" for value in measures.values()
    )
    assert groups["Decisions with one threshold"]["Hamming loss, one threshold ↓"] == (
        f"{measures['hamming_loss_tuned']:.5g}"
    )
    assert groups["Ranking of labels, for each example"]["precision at 3"] == (
        f"{measures['precision_at_3']:.5g}"
    )


def printed(lines):
    """Return the measures under each heading; what has no heading is under ''."""
    groups, heading = {}, ""
    for line in lines[lines.index(next(x for x in lines if "──" in x)) + 1 :]:
        name, *value = re.split(r"\s{2,}", line.strip())
        if line.strip().startswith(("↓", "results:")):
            break
        if name and value:
            groups.setdefault(heading, {})[name] = value[0]
        else:
            heading = name or heading
    return groups


def test_few_measures_have_no_heading(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["train", "epochs=1", "steps_per_epoch=1", "tracker=none"]) == 0
    (folder,) = (tmp_path / "runs").iterdir()
    measures = read_json(folder / runs.EVALUATION)
    (group,) = printed(capsys.readouterr().out.splitlines()).values()
    own = [value for name, value in measures.items() if not name.endswith("_training_mean")]
    assert sorted(group.values()) == sorted(f"{value:.5g}" for value in own)


@pytest.mark.parametrize(("steps", "hinted"), [(1, True), (600, False)])
def test_what_the_training_mean_is_worth_stands_beside_a_reconstruction(
    tmp_path, monkeypatch, capsys, steps, hinted
):
    monkeypatch.chdir(tmp_path)
    assert main(["train", "epochs=1", f"steps_per_epoch={steps}", "tracker=none"]) == 0
    (folder,) = (tmp_path / "runs").iterdir()
    measures = read_json(folder / runs.EVALUATION)
    (data,) = (path.parent for path in (tmp_path / "data").rglob("card.json"))
    train, test = (
        PackedDataset.open(data, part).x.numpy().reshape(-1, 64) / 255 for part in ("train", "test")
    )
    expected = ((test - train.mean(0)) ** 2).sum(1).mean()
    assert measures["sse_training_mean"] == pytest.approx(expected, rel=1e-4)
    # Both are far from where the hint begins.
    share = measures["sse"] / expected
    assert share > 1 if hinted else share < 0.5
    assert ("hardly better than “training mean”" in capsys.readouterr().out) == hinted


def test_what_the_input_is_worth_stands_beside_what_the_network_makes_of_it(
    tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    short = ["epochs=1", "steps_per_epoch=1", "tracker=none"]
    assert main(["train", "task=denoising", *short]) == 0
    (folder,) = (tmp_path / "runs").iterdir()
    measures = read_json(folder / runs.EVALUATION)
    assert sorted(measures) == ["psnr", "psnr_corrupted", "sse", "sse_corrupted"]
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["measure", "test", "part", "corrupted"] in lines
    assert ["SSE", "↓", *(f"{measures[name]:.5g}" for name in ("sse", "sse_corrupted"))] in lines
