"""Starting from a pretrained run, by the command line."""

from dataclasses import asdict

import pytest
from helpers import small_config

from narrows import runs
from narrows.cli import main
from narrows.datasets.digits import Digits
from narrows.files import write_json, write_yaml

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


def test_more_labels_than_examples_start_no_run(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    words = ["task=multi_label", "decoder=linear", "loss=logistic", "labels=1001", "tracker=none"]
    assert main(["train", *words]) == 2
    assert capsys.readouterr().err == (
        "narrows: error: labels=1001, but 1000 training examples have labels\n"
    )
    assert not (tmp_path / "runs").exists()
