"""Sweeps as files and words declare them, and what is told of mistakes."""

import pytest
import yaml
from helpers import CONF

from narrows.config import choices, compose_config
from narrows.errors import UserError
from narrows.sweeping import declaration as module
from narrows.sweeping.declaration import check_objectives, read_declaration
from narrows.sweeping.space import Choices, Range, tried_params, words_of

GOOD = {
    "space": {"optimizer.lr": {"low": 1e-4, "high": 1e-2, "log": True}},
    "objectives": {"val/sse": "minimize"},
    "trials": 3,
}


@pytest.fixture
def write(tmp_path, monkeypatch):
    """Writes a sweep's file, of which its name is `mine`."""
    monkeypatch.setattr(module, "conf_dir", lambda: tmp_path)
    (tmp_path / "sweep").mkdir()

    def write(content):
        text = content if isinstance(content, str) else yaml.safe_dump(content)
        (tmp_path / "sweep/mine.yaml").write_text(text)

    return write


@pytest.mark.parametrize("name", choices("sweep"))
def test_each_file_is_a_sweep_of_options_that_there_are(name):
    declared = read_declaration([f"sweep={name}"])
    for params in tried_params(declared.space):
        compose_config([*declared.overrides, *words_of(params)])
    first = (CONF / "sweep" / f"{name}.yaml").read_text().splitlines()[0]
    assert first == f"# narrows sweep sweep={name}"


def test_numbers_as_people_write_them(write):
    # PyYAML takes 1e-4 for a text.
    write("space: {optimizer.lr: {low: 1e-4, high: 1e-2}}\nobjectives: {weights: minimize}\n"
          "trials: 2\n")  # fmt: skip
    assert read_declaration(["sweep=mine"]).space["optimizer.lr"].values == Range(1e-4, 1e-2)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"trails": 3}, ["has trails", "did you mean 'trials'?"]),
        ({"space": {}}, ["space has no option"]),
        ({"space": {"seed": {"choices": [0, 1]}}}, ["space has seed", "seeds: […]"]),
        ({"space": {"tracker": {"choices": ["none"]}}}, ["space has tracker"]),
        ({"overrides": ["optimizer.lr=1"]}, ["optimizer.lr is in the space and in overrides"]),
        ({"overrides": ["seed=3"]}, ["seed=3", "sweep.seeds=[…]"]),
        ({"overrides": "epochs=3"}, ["sweep.overrides"]),
        ({"objectives": {"sse": "minimize"}}, ["has sse", "val/MEASURE"]),
        ({"objectives": {"test/sse": "minimize"}}, ["has test/sse", "no other part may choose"]),
        ({"objectives": {"val/sse": "minimise"}}, ["did you mean 'minimize'?"]),
        ({"objectives": {}}, ["one or two"]),
        ({"trials": 0}, ["sweep.trials=0"]),
        ({"seeds": []}, ["sweep.seeds"]),
        ({"seeds": [1, 1]}, ["sweep.seeds has one twice"]),
        ({"pruner": "mean"}, ["sweep.pruner"]),
        (
            {"pruner": "median", "objectives": {"val/sse": "minimize", "weights": "minimize"}},
            ["sweep.pruner=median", "write none"],
        ),
    ],
)
def test_a_mistake_in_a_file(write, change, told):
    write(GOOD | change)
    with pytest.raises(UserError) as error:
        read_declaration(["sweep=mine"])
    for words in told:
        assert words in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("key", GOOD)
def test_what_a_file_must_have(write, key):
    write({name: value for name, value in GOOD.items() if name != key})
    with pytest.raises(UserError, match=f"has no {key}"):
        read_declaration(["sweep=mine"])


@pytest.mark.parametrize("text", ["space: [", "[1, 2]", "trials: 1\ntrials: 2\n", "x: ${y}\n"])
def test_a_file_that_is_no_declaration(write, text):
    write(text)
    with pytest.raises(UserError) as error:
        read_declaration(["sweep=mine"])
    assert "mine.yaml" in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("word", "told"),
    [
        ("sweep=digts", ["there is no such sweep", "did you mean 'digits'?"]),
        ("sweep.trails=3", ["sweep.trails is not an option", "did you mean 'trials'?"]),
        ("sweep.trials=many", ["sweep.trials"]),
        ("seed=1", ["seed=1", "sweep.seeds=[…]"]),
        ("seed=0,1", ["space has seed"]),
        ("=", ["'=' is no option"]),
        ("digits", ["'digits' is no option", "write sweep=digits"]),
        ("epochs=[1", ["cannot read epochs=[1"]),
    ],
)
def test_a_mistake_in_the_words(word, told):
    with pytest.raises(UserError) as error:
        read_declaration([word])
    for words in told:
        assert words in str(error.value)


def test_words_change_the_sweep_and_its_space(write):
    write(GOOD | {"overrides": ["epochs=3"], "seeds": [5]})
    declared = read_declaration(
        ["sweep=mine", "sweep.trials=7", "sweep.seeds=[0,1]", "encoder=mlp,conv", "epochs=4",
         "sweep.objectives={val/sse:minimize,weights:minimize}"]
    )  # fmt: skip
    assert (declared.trials, declared.seeds) == (7, [0, 1])
    assert declared.space["encoder"].values == Choices(("mlp", "conv"))
    assert declared.overrides == ["epochs=3", "epochs=4"]
    assert declared.objectives == {"val/sse": "minimize", "weights": "minimize"}
    # Trials are not compared by one of two objectives.
    assert (declared.pruner, declared.pruned_by) == (None, "none")


def test_an_option_with_one_value_is_not_searched(write):
    write(GOOD | {"space": {"epochs": {"choices": [1, 2]}, **GOOD["space"]}})
    declared = read_declaration(["sweep=mine", "epochs=5"])
    assert list(declared.space) == ["optimizer.lr"]
    assert declared.overrides == ["epochs=5"]
    assert declared.pruned_by == "median"
    with pytest.raises(UserError, match="nothing is left to search"):
        read_declaration(["sweep=mine", "epochs=5", "optimizer.lr=1"])


def test_objectives_are_what_the_task_measures(write):
    write(GOOD | {"objectives": {"val/ssse": "minimize"}})
    declared = read_declaration(["sweep=mine"])
    with pytest.raises(UserError, match=r"val/ssse; did you mean 'val/sse'\?"):
        check_objectives(declared, ["sse", "psnr"])
    write(GOOD)
    check_objectives(read_declaration(["sweep=mine"]), ["sse", "psnr"])
