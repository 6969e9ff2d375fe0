"""A study's file says which runs there are: complete, comparable and each with its own name."""

import importlib.util
from collections import Counter

import pytest
from helpers import ROOT, node

from narrows.build import prune
from narrows.config import run_name
from narrows.errors import UserError
from narrows.files import read_yaml, write_yaml
from narrows.study.plan import (
    Strategy,
    baseline_configs,
    compose_strategy,
    declared_baselines,
    declared_runs,
    known_baselines,
    overrides_of,
    read_study,
)

pytestmark = pytest.mark.xdist_group("study")

# How many methods with an encoder each has, counted in its file.
TRANSFERS = {
    "digits": 7,
    "mnist_few_labels": 13,
    "mulan_yeast": 15,
}


@pytest.fixture(scope="module", params=TRANSFERS)
def planned(request):
    """A study and its composed strategies."""
    return plan(request.param)


def plan(name, overrides=""):
    study = read_study(name, overrides)
    return study, [compose_strategy(study, s, prune) for s in study.strategies]


def planned_baselines(study, strategies):
    options = study.options
    one = next(iter(strategies[0].transfers["scratch"].values()))
    return baseline_configs(
        options["baselines"], options["labels"], options["seeds"], one["dataset"], one["task"]
    )


def configs(strategies):
    """Return every config of the strategies, without what differs from run to run."""
    pretraining = [s.pretrain for s in strategies if s.pretrain]
    return pretraining + [c for s in strategies for m in s.transfers.values() for c in m.values()]


def test_every_transfer_runs_for_every_budget_and_seed(planned):
    study, strategies = planned
    runs = declared_runs(study, strategies)
    transfers = sum(len(s.transfers) for s in strategies)
    assert transfers == TRANSFERS[study.name]
    assert len(runs) == transfers * len(study.options["labels"]) * len(study.options["seeds"])
    methods = {(r["strategy"], r["transfer"]) for r in runs}
    assert len(methods) == transfers


def test_names_are_unique(planned):
    study, strategies = planned
    runs = declared_runs(study, strategies)
    names = Counter(name for r in runs for name in r["runs"].values())
    for strategy in strategies:
        names.update(run_name(c) for c in strategy.pretrain_runs(study.options["seeds"]))
    named = declared_baselines(planned_baselines(study, strategies))
    names.update(name for r in named for name in r["runs"].values())
    assert set(names.values()) == {1}


def test_every_method_meets_the_same_data_and_labels(planned):
    study, strategies = planned
    datasets = [c["dataset"] for c in configs(strategies)]
    assert all(dataset == datasets[0] for dataset in datasets)
    chosen = study.options["common"][0].removeprefix("dataset=")
    assert datasets[0]["_target_"] == node("dataset", chosen)["_target_"]
    # labelled_subset draws from these two alone, given the same data.
    same = [(n, s) for n in study.options["labels"] for s in study.options["seeds"]]
    runs = declared_runs(study, strategies)
    for method in {(r["strategy"], r["transfer"]) for r in runs}:
        mine = [r for r in runs if (r["strategy"], r["transfer"]) == method]
        assert [(r["labels"], r["seed"]) for r in mine] == same


def test_baselines_meet_the_same_budgets_and_seeds(planned):
    study, strategies = planned
    runs = declared_baselines(planned_baselines(study, strategies))
    same = [(n, s) for n in study.options["labels"] for s in study.options["seeds"]]
    assert len(study.options["baselines"]) >= 2
    for name in study.options["baselines"]:
        mine = [r for r in runs if r["strategy"] == name]
        assert [(r["labels"], r["seed"]) for r in mine] == same
    keys = set(declared_runs(study, strategies)[0])
    assert all(set(r) == keys and r["pretrained"] is None for r in runs)


def test_the_menu_of_baselines_is_the_folder():
    assert known_baselines() == ["chain", "extra_trees", "linear", "svm"]


def test_a_run_starts_from_the_encoder_of_its_own_seed(planned):
    study, strategies = planned
    seeds = study.options["seeds"]
    encoders = {
        (s.name, c["seed"]): run_name(c) for s in strategies for c in s.pretrain_runs(seeds)
    }
    runs = declared_runs(study, strategies)
    assert all(r["pretrained"] == encoders.get((r["strategy"], r["seed"])) for r in runs)
    assert {r["strategy"] for r in runs if r["pretrained"] is None} == {"scratch", "independent"}


def test_pretraining_depends_on_no_labels(planned):
    study, strategies = planned
    one = [c for s in strategies for c in s.pretrain_runs(study.options["seeds"])]
    assert one
    assert all(c["labels"] is None and c["pretrained"] is None for c in one)


def test_overrides_replace_seeds_and_labels():
    study, strategies = plan("digits", "seeds=[7] labels=[20,30]")
    runs = declared_runs(study, strategies)
    assert {(r["seed"], r["labels"]) for r in runs} == {(7, 20), (7, 30)}
    assert len(runs) == 14


def test_a_run_keeps_its_name_when_seeds_or_labels_are_added():
    few = declared_runs(*plan("digits", "seeds=[0] labels=[50]"))
    more = declared_runs(*plan("digits", "seeds=[3,0] labels=[20,50]"))
    named = [{n for r in runs for n in r["runs"].values()} for runs in (few, more)]
    assert named[0] < named[1]


def test_overrides_reach_every_run():
    _, strategies = plan("digits", "optimizer.lr=0.5 'optimizer.weight_decay=0.25'")
    for config in configs(strategies):
        assert config["optimizer"]["lr"] == 0.5
        assert config["optimizer"]["weight_decay"] == 0.25


def tries(study):
    """Return the choices of each transfer of each strategy."""
    return [
        list(m) for name in study.strategies for m in overrides_of(study, name).transfers.values()
    ]


def test_what_an_override_says_is_not_tuned():
    _, tuned = plan("digits")
    study = read_study("digits", "epochs=3")
    assert len(study.options["tune"]["choices"]) == 2
    assert {len(m) for m in tries(study)} == {1, 2}
    assert tries(study) == [list(m) for s in tuned for m in s.transfers.values()]
    assert {len(m) for m in tries(read_study("digits", "optimizer.lr=0.5"))} == {1}


def test_a_study_that_does_not_exist():
    with pytest.raises(UserError, match="no study digit; did you mean 'digits'"):
        read_study("digit")
    with pytest.raises(UserError, match="no study xyz; known: corel5k, digits"):
        read_study("xyz")


@pytest.mark.parametrize(
    "overrides",
    [
        "seeds=",
        "seeds=3",
        "seeds=[]",
        "seeds=[a]",
        "seeds=[-1]",
        "seeds=[0.5]",
        "seeds=[true]",
        "seeds=[0,0]",
        "seeds=[0",
        "labels=[0]",
        "labels=[50,50]",
        "labels=all",
    ],
)
def test_bad_seeds_and_labels(overrides):
    with pytest.raises(UserError, match=r"(seeds|labels)=(\[0,1\]|\[50,200\])$"):
        read_study("digits", overrides)


@pytest.mark.parametrize("word", ["seed=3", "labels=[50] seed=3", "pretrained=x"])
def test_what_the_study_sets_for_each_run_cannot_be_overridden(word):
    with pytest.raises(UserError, match="is set by the study"):
        read_study("digits", word)


def test_an_unclosed_quote():
    with pytest.raises(UserError, match=r"overrides: .*quot"):
        read_study("digits", "optimizer.lr='0.1")


def test_an_override_that_does_not_exist():
    study = read_study("digits", "epoch=3")
    with pytest.raises(UserError, match="epoch is not an option; did you mean 'epochs'"):
        compose_strategy(study, "scratch", prune)


def test_runs_on_different_data_are_no_study(tmp_path):
    spec = importlib.util.spec_from_file_location("compose", ROOT / "pipelines" / "compose.py")
    assert spec is not None
    assert spec.loader is not None
    compose = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(compose)
    study, strategies = plan("digits", "seeds=[0] labels=[50]")
    compose.write(study, strategies, tmp_path / "same")
    # Another version of torch is another input of every stage that computes with it.
    for path in (tmp_path / "same").rglob("*.yaml"):
        assert ("torch" in read_yaml(path)) == (path.name != "dataset.yaml"), path
    assert (tmp_path / "same" / "study.yaml").is_file()
    scratch = next(iter(strategies[0].transfers["scratch"].values()))
    seed = scratch["dataset"]["seed"] + 1
    other = {**scratch, "dataset": {**scratch["dataset"], "seed": seed}}
    compose.check_the_same(study, strategies)
    with pytest.raises(UserError, match=r"study digits: .*same dataset"):
        compose.check_the_same(study, [*strategies, Strategy("other", None, {"x": {"": other}})])
    other = {**scratch, "task": {**scratch["task"], "only": ["3"]}}
    with pytest.raises(UserError, match=r"study digits: .*same task"):
        compose.check_the_same(study, [*strategies, Strategy("other", None, {"x": {"": other}})])


@pytest.mark.parametrize("key", ["labels", "finetune"])
def test_a_study_file_that_lacks_something_is_told(tmp_path, monkeypatch, key):
    with pytest.raises(UserError, match=rf"digits\.yaml: studies\.digits has no {key}"):
        file_with(tmp_path, monkeypatch, lambda c: c["studies"]["digits"].pop(key))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"baselines": ["linear", "smv"]}, r"there is no baseline smv; did you mean 'svm'"),
        ({"baselines": ["svm", "svm"]}, r"studies.digits.baselines names one twice"),
        ({"baselines": "svm"}, r"studies.digits.baselines=\"svm\": input should be a valid array"),
        ({"baselines": [3]}, r"studies.digits.baselines\[0\]=3: input should be a valid string"),
        ({"baselines": ["base"]}, r"there is no baseline base"),
        ({"labels": 50}, r"studies.digits.labels=50: input should be a valid array"),
        ({"labels": [50, 0]}, r"studies.digits.labels\[1\]=0: input should be greater than 0"),
        ({"labels": [50, 50]}, r"studies.digits.labels names one twice"),
        ({"seeds": []}, r"studies.digits.seeds=\[\]: list should have at least 1 item"),
        ({"seed": [0]}, r"studies.digits has seed; did you mean 'seeds'"),
        ({"tune": {"seeds": 2}}, r"studies.digits.tune has no transfers"),
        (
            {"tune": {"seeds": 0, "transfers": ["scratch"], "choices": [["epochs=1"]]}},
            r"studies.digits.tune.seeds=0: input should be greater than 0",
        ),
        (
            {"tune": {"seeds": 2, "transfers": ["scratch"], "choices": ["epochs=1"]}},
            r"studies.digits.tune.choices\[0\]=\"epochs=1\": input should be a valid array",
        ),
        (
            {"tune": {"seeds": 2, "transfers": ["fintune"], "choices": [["epochs=1"]]}},
            r"studies.digits.tune.transfers has fintune; did you mean 'finetune'",
        ),
    ],
)
def test_what_does_not_fit_in_a_study_is_told(tmp_path, monkeypatch, options, message):
    with pytest.raises(UserError, match=rf"digits\.yaml: {message}"):
        study_with(tmp_path, monkeypatch, **options)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda c: c.clear(), "has to have studies and strategies"),
        (lambda c: c.update(studies=None), "studies has no entries"),
        (lambda c: c["strategies"]["digits-pca"].update(study="digit"), "study=digit; did you"),
        (lambda c: c["strategies"]["digits-pca"].pop("strategy"), "digits-pca has no strategy"),
        (lambda c: c["strategies"]["digits-pca"].update(transfers={}), "at least 1 item"),
        (
            lambda c: c["studies"].update(other=c["studies"]["digits"]),
            "no strategy is of studies",
        ),
        (
            lambda c: c["strategies"]["digits-scratch"].update(strategy="strach"),
            "no strategy called scratch in studies.digits; .* did you mean 'strach'",
        ),
        (
            lambda c: c["strategies"]["digits-scratch"]["transfers"].update(finetune=[]),
            "2 transfers of strategies called scratch",
        ),
    ],
)
def test_what_does_not_fit_in_a_file_of_studies_is_told(tmp_path, monkeypatch, change, message):
    with pytest.raises(UserError, match=rf"digits\.yaml.*{message}"):
        file_with(tmp_path, monkeypatch, change)


@pytest.mark.parametrize("none", [[], None])
def test_a_study_without_baselines(tmp_path, monkeypatch, none):
    study = study_with(tmp_path, monkeypatch, baselines=none)
    assert study.options["baselines"] == []


def study_with(tmp_path, monkeypatch, **options):
    """Read the study digits, some of its options being others."""
    return file_with(tmp_path, monkeypatch, lambda c: c["studies"]["digits"].update(options))


def file_with(tmp_path, monkeypatch, change):
    """Read the study digits, its file being changed."""
    content = read_yaml(ROOT / "conf/study/digits.yaml")
    change(content)
    (tmp_path / "conf").mkdir()
    (tmp_path / "conf/config.yaml").touch()
    write_yaml(tmp_path / "conf/study/digits.yaml", content)
    monkeypatch.chdir(tmp_path)
    return read_study("digits")


@pytest.mark.parametrize("file", sorted(p.stem for p in (ROOT / "conf" / "study").glob("*.yaml")))
def test_every_file_of_studies_composes_and_is_in_dvc_yaml(file):
    path = ROOT / "conf" / "study" / f"{file}.yaml"
    assert f"conf/study/{path.name}:studies,strategies" in read_yaml(ROOT / "dvc.yaml")["vars"]
    declared = read_yaml(path)
    (name, options), *_ = declared["studies"].items()
    # With nothing to choose from there are fewer configs to compose.
    study, strategies = plan(name, "" if name in TRANSFERS else "optimizer.lr=0.001")
    own = [s for s in declared["strategies"].values() if s["study"] == name]
    methods = sum(len(strategy["transfers"]) for strategy in own)
    expected = methods * len(options["labels"]) * len(options["seeds"])
    assert len(declared_runs(study, strategies)) == expected > 0


def test_a_choice_that_is_replaced_takes_its_options_with_it():
    study = read_study("mulan_yeast")
    assert "encoder.hidden=[256]" in study.options["common"]
    composed = compose_strategy(study, "pca", prune)
    assert composed.pretrain is not None
    assert composed.pretrain["encoder"] == node("encoder", "pca")
