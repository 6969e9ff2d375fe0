"""Which labels are learned, and what is chosen on the validation part alone."""

import numpy as np
import pytest
import torch
from helpers import built, prepare_digits, run, small_config

from narrows import runs
from narrows.assessment import assess, conclude
from narrows.build import validate
from narrows.errors import UserError
from narrows.evaluation import evaluate_run, load_run
from narrows.files import read_json
from narrows.loading import PackedDataset
from narrows.measuring.decisions import decide
from narrows.spec import Spec
from narrows.study.stages import link_run
from narrows.tasks.base import Batch
from narrows.tasks.multi_label import MultiLabel

SPEC = Spec((3,), ("cat", "dog", "7", "crow"), "table")
LABELS = ("task=multi_label", "decoder=linear", "loss=logistic")


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return prepare_digits(tmp_path_factory.mktemp("digits"))


@pytest.mark.parametrize(
    ("options", "columns"),
    [
        ({}, [0, 1, 2, 3]),
        ({"only": ["crow", "cat"]}, [0, 3]),
        ({"only": [7]}, [2]),
        ({"without": ["dog"]}, [0, 2, 3]),
        ({"only": ["cat", "dog"], "without": ["dog", "7"]}, [0]),
    ],
)
def test_the_labels_that_are_learned(options, columns):
    task = MultiLabel(SPEC, **options)
    x, y = torch.rand(5, 3), torch.randint(2, (5, 4), dtype=torch.uint8)
    inputs, target = task.prepare(Batch(x, y))
    assert inputs.equal(x)
    assert target.equal(y[:, columns].float())
    assert task.labels == tuple(SPEC.labels[i] for i in columns)
    assert task.out_shape(SPEC) == (len(columns),)
    measures = task.metrics(SPEC)
    measures.update(torch.rand(5, len(columns)), target.long())
    expected = float((target.sum(0) == 0).sum())
    assert float(measures.compute()["labels_without_positive"]) == expected


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"only": ["cta"]}, "task.only: there is no label 'cta'; did you mean 'cat'?"),
        ({"without": ["cat", "crown"]}, "task.without: there is no label 'crown'; did you mean"),
        ({"without": [8]}, "task.without: there is no label '8'; known: 7, cat, crow, dog"),
        ({"only": []}, "leave no label"),
        ({"only": ["7"], "without": [7]}, "leave no label"),
    ],
)
def test_labels_that_are_not_there_are_told(options, told):
    with pytest.raises(UserError) as caught:
        MultiLabel(SPEC, **options)
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)


def test_no_labels_are_told():
    with pytest.raises(UserError, match="needs a dataset with labels"):
        MultiLabel(Spec((3,), (), "table"))


def test_independent_networks_are_for_the_labels_that_are_learned():
    words = ("encoder=independent", "decoder=independent", *LABELS[::2], "task.without=[3,4]")
    module = validate(small_config(*words)).module
    assert module(torch.zeros(2, 1, 8, 8, device="meta")).shape == (2, 8)


def test_a_network_learns_some_labels(data, tmp_path):
    config = small_config(*LABELS, "task.only=[2,8]", "epochs=2", "steps_per_epoch=20")
    module = load_run(run(config, data, tmp_path / "run")).module
    test = PackedDataset.open(data, "test")
    prediction, target = module.predictions(test)
    assert target.equal(test.y[:, [2, 8]].float())
    assert prediction.shape == target.shape
    assert assess(module, test).details["labels"] == ["2", "8"]


def test_predictions_are_those_of_all_examples_in_order(data):
    module = built(small_config(*LABELS))
    test = PackedDataset.open(data, "test")
    prediction, target = module.predictions(test)
    some = test.subset(torch.tensor([3, 70]))
    ((inputs, labels),) = module.examples(some)
    torch.testing.assert_close(prediction[[3, 70]], module.predict(inputs))
    assert target[[3, 70]].equal(labels)


def test_a_run_keeps_what_was_chosen_on_the_validation_part(data, tmp_path):
    folder = run(small_config(*LABELS, "steps_per_epoch=20"), data, tmp_path / "run")
    module = load_run(folder).module
    found = runs.read_decisions(folder)
    validation, test = (PackedDataset.open(data, part) for part in ("val", "test"))
    expected = decide(*module.predictions(validation)).to_json()
    assert {name: found[name] for name in expected} == expected
    measures = evaluate_run(folder, data).measures
    y, p = (part.numpy() for part in module.predictions(test)[::-1])
    decided = p > np.array(found["thresholds"])
    f1 = 2 * (decided * y).sum() / (decided.sum() + y.sum())
    assert measures["micro_f1_tuned_per_label"] == pytest.approx(f1, abs=1e-6)
    # Nothing is measured with choices on the examples that they were made on.
    final = read_json(folder / runs.METRICS)
    assert "val/example_f1" in final
    assert not [name for name in final if "tuned" in name]
    measured, _ = conclude(module, validation)
    assert {f"val/{name}": value for name, value in measured.items()}.items() <= final.items()


def test_choices_do_not_see_the_test_part(data, tmp_path, monkeypatch):
    opened = []
    whole = PackedDataset.open.__func__

    def noting(cls, folder, part, labelled=False):
        opened.append(part)
        return whole(cls, folder, part, labelled)

    monkeypatch.setattr(PackedDataset, "open", classmethod(noting))
    folder = run(small_config(*LABELS, "steps_per_epoch=2"), data, tmp_path / "run")
    assert set(opened) == {"train", "val"}
    opened.clear()
    evaluate_run(folder, data)
    assert opened == ["test"]


def test_choices_go_with_the_run(data, tmp_path):
    labelled = run(small_config(*LABELS, "steps_per_epoch=2"), data, tmp_path / "labelled")
    plain = run(small_config("steps_per_epoch=2"), data, tmp_path / "plain")
    for folder in (labelled, plain):
        link_run(folder, tmp_path / "out" / folder.name)
    assert runs.read_decisions(tmp_path / "out" / "labelled") == runs.read_decisions(labelled)
    assert runs.read_decisions(plain) is None
    assert not (tmp_path / "out" / "plain" / runs.DECISIONS).exists()
    runs.clear_if_stale(labelled, {"code": "other"})
    assert runs.read_decisions(labelled) is None
