"""The words of `narrows new-label`: one line for each mistake, before anything is read."""

import pytest

from narrows.cli import main
from narrows.new_label.options import Options, read_options

GIVEN = ["model=m", "label=dog", "positives=p.rows"]


def test_options_are_read_as_what_they_are():
    words = ["model=7", "label=null", "positives=a=b.csv", "penalty=1e-2", "update=True"]
    assert read_options([*words, "replay=0.25", "epochs=3", "lr=1e-4"]) == Options(
        model="7", label="null", positives="a=b.csv", penalty=0.01, update=True, replay=0.25,
        epochs=3, lr=1e-4,
    )  # fmt: skip


MISTAKES = {
    "lable=x": "lable is not an option of new-label; did you mean 'label'?",
    "label": "'label' is no option; write option=value",
    "model=m label=a label=b": "label is given twice",
    "model=m label=a": "positives has no value; give one with positives=…",
    "model=m label= positives=p": 'label="": string should have at least 1 character',
    "GIVEN penalty=0": "penalty=0: input should be greater than 0",
    "GIVEN penalty=1e400": "penalty=Infinity: input should be a finite number",
    "GIVEN update=true lr=1e400": "lr=Infinity: input should be a finite number",
    "GIVEN penalty=much": 'penalty="much": input should be a valid number',
    "GIVEN update=maybe": 'update="maybe"',
    "GIVEN replay=0.3": "replay=… has no effect without update=true",
    "GIVEN epochs=3 update=false": "epochs=… has no effect without update=true",
    "GIVEN update=true replay=1": "replay=1: input should be less than 1",
    "GIVEN update=true replay=0": "give negatives=FILE, or more replay",
    "GIVEN negatives=n background=3": "background=… has no effect where negatives=… are given",
    "GIVEN epochs=1.5 update=true": "epochs=1.5",
    "GIVEN": "model=m: no finished run there; runs/ has none yet, narrows train makes one",
}


@pytest.mark.parametrize("words", MISTAKES)
def test_mistakes(words, workdir, capsys):
    given = words.replace("GIVEN", " ".join(GIVEN)).split()
    assert main(["new-label", *given]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert MISTAKES[words] in lines[0]
    assert not list(workdir.iterdir())


def test_help_names_every_option(capsys):
    with pytest.raises(SystemExit):
        main(["new-label", "--help"])
    told = capsys.readouterr().out
    assert all(f"{name}=" in told for name in Options.__annotations__)
