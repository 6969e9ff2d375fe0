"""`narrows train --options`: every option of every choice, with what its docstring says."""

import re

import pytest
from helpers import CONF
from omegaconf import OmegaConf

from narrows.cli import main
from narrows.config import groups
from narrows.option_help import explain, meanings_of

OWN = [
    f"{group}={name}"
    for group, names in groups().items()
    for name in names
    if str(OmegaConf.load(CONF / group / f"{name}.yaml").get("_target_")).startswith("narrows.")
]


@pytest.mark.parametrize("choice", OWN)
def test_every_option_of_our_own_is_explained(choice):
    group, _, name = choice.partition("=")
    listed = re.split(rf"\n\n  (?={group}\.)", explain([choice]))[1:]
    options = [k for k in OmegaConf.load(CONF / group / f"{name}.yaml") if not k.startswith("_")]
    assert [entry.partition("=")[0] for entry in listed] == [f"{group}.{k}" for k in options]
    for entry in listed:
        assert re.search(r"=.*\n {6}\S", entry), entry
        assert max(map(len, entry.splitlines())) <= 100


class Base:
    """First.

    Attributes:
        a: of the base,
            over two lines.
        b: old.

    More text: not an option.
    """


class Derived(Base):
    """Second.

    Args:
        b: new: with a colon.
    """


def test_meanings_are_the_docstrings_and_the_nearest_counts():
    found = {"a": "of the base, over two lines.", "b": "new: with a colon."}
    assert meanings_of(Derived) == found


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["dataset=tabel"], "dataset has no choice 'tabel'; did you mean 'table'?"),
        (["epochs=3"], "--options takes a choice, such as dataset=table"),
        (["experiment=denoiser"], "has no options of its own; see conf/experiment/denoiser.yaml"),
    ],
)
def test_mistakes(capsys, words, told):
    assert main(["data", "--options", *words]) == 2
    assert told in capsys.readouterr().err


def test_several_choices_are_printed(capsys):
    assert main(["train", "--options", "encoder=conv", "loss=nt_xent", "epochs=2"]) == 0
    printed = capsys.readouterr().out
    assert printed.index("encoder.code_size=64") < printed.index("loss.temperature=0.5")
