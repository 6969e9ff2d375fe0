"""Which runs are the same run, and how configs are composed."""

import copy

import pytest
from helpers import CONF, choices, node

from narrows.config import compose_config, conf_dir, groups, identity, run_name
from narrows.errors import UserError

DENOISING = ["dataset=digit_scenes", "task=denoising", "loss=logistic", "transfer=frozen"]


def leaves(node, path=()):
    if isinstance(node, dict):
        for key, value in node.items():
            yield from leaves(value, (*path, key))
    else:
        yield path


def changed(config, path):
    config = copy.deepcopy(config)
    node = config
    for key in path[:-1]:
        node = node[key]
    node[path[-1]] = "something else"
    return config


CONFIG = compose_config(DENOISING)
PATHS = list(leaves(CONFIG))


@pytest.mark.parametrize("path", PATHS, ids=map(".".join, PATHS))
def test_identity_changes_with_all_that_results_depend_on(path):
    same = identity(changed(CONFIG, path)) == identity(CONFIG)
    assert same == (path[0] == "tracker" or path == ("seed",))


def test_identity_does_not_depend_on_where_files_lie():
    paths = ("/here/photos", "there/photos", "/here/scans", None)
    configs = [copy.deepcopy(CONFIG) for _ in paths]
    for config, path in zip(configs, paths, strict=True):
        config["dataset"]["path"] = path
    here, there, others, installed = map(identity, configs)
    assert here == there
    # Runs on two folders of one's own have results of their own.
    assert len({here, others, installed}) == 3


def test_identity_depends_on_values_alone():
    turned = dict(reversed(CONFIG.items()))
    turned["encoder"] = dict(reversed(turned["encoder"].items()))
    assert identity(turned) == identity(CONFIG)
    assert identity(compose_config([*DENOISING, "epochs=20"])) == identity(CONFIG)
    assert identity(compose_config([*DENOISING, "epochs=21"])) != identity(CONFIG)


def test_a_run_is_named_by_identity_and_seed():
    names = [run_name(compose_config([f"seed={seed}"])) for seed in (3, 4)]
    assert names[0].endswith("-seed3")
    assert names[1] == names[0].removesuffix("3") + "4"


def test_groups_are_the_folders_of_conf(workdir):
    expected = {
        folder.name: sorted(p.stem for p in folder.glob("*.yaml"))
        for folder in CONF.iterdir()
        if folder.is_dir() and folder.name not in ("study", "launcher", "sweep")
    }
    assert groups() == expected


def test_a_conf_folder_here_comes_first(workdir):
    assert conf_dir() == CONF
    (workdir / "conf").mkdir()
    (workdir / "conf/config.yaml").write_text("seed: 0\n")
    assert conf_dir() == workdir / "conf"


def test_overrides_choose_and_set():
    config = compose_config(["encoder=conv", "encoder.code_size=7", "experiment=denoise_digits"])
    assert config["encoder"]["_target_"] == "narrows.encoders.conv.Encoder"
    assert config["encoder"]["code_size"] == 7
    assert config["task"]["_target_"] == "narrows.tasks.denoising.Denoising"
    assert config["epochs"] == 40
    assert compose_config(["experiment=denoise_digits", "epochs=3"])["epochs"] == 3
    assert "experiment" not in config


def test_an_experiments_options_are_for_its_own_choice():
    own = compose_config(["experiment=denoiser"])
    assert own["corruption"]["clip"] is False
    words = ["experiment=denoiser", "corruption=blur"]
    assert compose_config(words) == own | {"corruption": node("corruption", "blur")}
    given = compose_config([*words, "corruption.sigma=1.5"])["corruption"]
    assert given == node("corruption", "blur") | {"sigma": 1.5}
    # The same choice, if only by another name, keeps them.
    same = compose_config(["experiment=denoiser", "corruption=gaussian", "dataset=bsd100"])
    assert same["corruption"] == own["corruption"]
    assert same["dataset"] == own["dataset"] | {"name": "bsd100"}
    with pytest.raises(UserError, match=r"corruption\.sgima is not an option"):
        compose_config([*words, "corruption.sgima=1"])


@pytest.mark.parametrize("group", [group for group in groups() if group != "experiment"])
def test_each_group_needs_a_choice(group):
    with pytest.raises(UserError, match=f"^{group} has no value; choose one with {group}="):
        compose_config([f"~{group}"])
    with pytest.raises(UserError, match=f"^{group}=null: choose one of {choices(group)[0]}"):
        compose_config([f"{group}=null"])
