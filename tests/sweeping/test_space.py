"""What options may be: read from a file or in Hydra's words, and written as overrides again."""

import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser

from narrows.errors import UserError
from narrows.sweeping.space import Choices, Range, read_space, text_of, tried_params, words_of


@pytest.mark.parametrize(
    ("text", "mapping"),
    [
        ("interval(0.1, 1)", {"low": 0.1, "high": 1.0}),
        ("tag(log, interval(1e-4, 1e-2))", {"low": 1e-4, "high": 1e-2, "log": True}),
        ("int(interval(1, 10))", {"low": 1, "high": 10}),
        # Python's ranges leave their end out.
        ("range(8, 65, 8)", {"low": 8, "high": 64, "step": 8}),
        ("tag(log, range(1, 9))", {"low": 1, "high": 8, "log": True}),
        ("choice(mlp, conv)", {"choices": ["mlp", "conv"]}),
        ("mlp,conv", {"choices": ["mlp", "conv"]}),
        ("shuffle([8],[16,8])", {"choices": [[8], [16, 8]]}),
        ("null,true,0.5", {"choices": [None, True, 0.5]}),
    ],
)
def test_hydras_words_mean_what_a_mapping_says(text, mapping):
    assert read_space({"x": text}) == read_space({"x": mapping})


def test_a_glob_has_the_choices_of_its_group():
    (dimension,) = read_space({"schedule": "glob(*,exclude=linear)"}).values()
    assert dimension.values == Choices(("constant", "cosine"))


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        ({"low": 2, "high": 1}, ["space.x", "low=2 is above high=1"]),
        ({"low": 0, "high": 1, "log": True}, ["space.x", "logarithm"]),
        ({"low": 1, "high": 8, "log": True, "step": 1}, ["log and step"]),
        ({"low": 1, "high": 8, "step": 0}, ["space.x.step=0"]),
        ({"low": 1}, ["space.x has no high"]),
        ({"low": "a", "high": 1}, ["space.x.low=a is no number"]),
        ({"low": True, "high": 1}, ["space.x.low=True is no number"]),
        ({"low": 0.0, "high": float("inf")}, ["space.x.high=inf"]),
        ({"low": 0, "high": 1, "log": "yes"}, ["space.x.log=yes"]),
        ({"low": 0, "heigh": 1}, ["space.x has heigh", "did you mean 'high'?"]),
        ({"choices": [1, 2], "low": 0}, ["choices and a range"]),
        ({"choices": []}, ["space.x.choices"]),
        ({"choices": [1, 1]}, ["has 1 twice"]),
        ({"choices": [{"a": 1}]}, ["space.x.choices has {'a': 1}"]),
        ({"choices": [1, 2], "when": {"y": 1}}, ["space.x.when has y", "before it"]),
        ("interval(1", ["space.x", "cannot read interval(1"]),
        ("5", ["space.x", "is one value"]),
        (5, ["space.x", "write {low"]),
    ],
)
def test_a_mistake_is_told_with_its_option(entry, told):
    with pytest.raises(UserError) as error:
        read_space({"x": entry})
    for words in told:
        assert words in str(error.value)


def test_a_condition_needs_one_of_the_choices():
    with pytest.raises(UserError, match="encoder=pca is none of its choices"):
        read_space(
            {"encoder": {"choices": ["mlp", "conv"]},
             "encoder.hidden": {"choices": [[8]], "when": {"encoder": "pca"}}}
        )  # fmt: skip


@pytest.mark.parametrize(
    "value", ["mlp", "salt_and_pepper", "runs/1f0c-seed0", "a b, c", "it's", "true", "1", "null",
              None, True, 7, 1e-5, 0.25]
)  # fmt: skip
def test_a_value_is_read_back_from_the_word_that_it_is_written_as(value):
    (override,) = OverridesParser.create().parse_overrides([f"x={text_of(value)}"])
    assert override.value() == value
    assert type(override.value()) is type(value)


def test_a_list_is_written_as_one():
    space = read_space({"x": {"choices": [[8, 4], ["a", "b c"]]}})
    for text, value in zip(space["x"].values.tried, [[8, 4], ["a", "b c"]], strict=True):
        (word,) = words_of({"x": text})
        assert OverridesParser.create().parse_override(word).value() == value


def test_each_choice_and_each_end_is_tried_with_what_it_needs():
    space = read_space(
        {
            "encoder": {"choices": ["pca", "mlp"]},
            "encoder.hidden": {"choices": [[8], [4]], "when": {"encoder": "mlp"}},
            "lr": {"low": 1, "high": 3},
        }
    )
    assert space["lr"].values == Range(1, 3)
    assert tried_params(space) == [
        {"encoder": "pca", "lr": 1},
        {"encoder": "mlp", "encoder.hidden": "[8]", "lr": 1},
        {"encoder": "mlp", "encoder.hidden": "[4]", "lr": 1},
        {"encoder": "pca", "lr": 3},
    ]
