"""Which launcher words ask for, and what is said of wrong ones."""

import pytest

from narrows.errors import UserError
from narrows.launching.choice import WORDS, launcher_node, make_launcher, stage_launcher
from narrows.launching.local import Local
from narrows.parallel import cores


def test_processes_of_this_machine_unless_words_say_else():
    for words in ([], ["launcher=local"], ["launcher=slurm", "launcher=local"]):
        launcher = make_launcher(words)
        assert isinstance(launcher, Local)
        assert launcher.workers == cores()
    assert make_launcher(["launcher.workers=3"]).workers == 3


def test_options_are_read_as_yaml():
    node = launcher_node(["launcher.gpus=2", "launcher=slurm", "launcher.setup=[module load x]"])
    assert node["gpus"] == 2
    assert node["setup"] == ["module load x"]
    assert node["partition"] is None


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["launcher=slrum"], "launcher=slrum: there is no such launcher; did you mean 'slurm'?"),
        (["launcher.worker=1"], "launcher.worker is not an option; did you mean 'workers'?"),
        (["launcher.workers=0"], "launcher.workers=0"),
        (["launcher.workers=many"], 'launcher.workers="many"'),
        (["launcher=slurm", "launcher.minutes=-1"], "launcher.minutes=-1"),
        (["seed=1"], "'seed=1' is no option of a launcher; write launcher.option=value"),
        (["launcher"], "'launcher' is no option of a launcher; write launcher.option=value"),
    ],
)
def test_wrong_words(words, told):
    with pytest.raises(UserError) as error:
        launcher_node(words)
    assert str(error.value).startswith(told)
    assert "\n" not in str(error.value)


def test_a_stage_asks_the_command_first_then_the_parameters(workdir, monkeypatch):
    assert stage_launcher().workers == cores()
    (workdir / "params.yaml").write_text("launcher: launcher=local launcher.workers=5\n")
    assert stage_launcher().workers == 5
    monkeypatch.setenv(WORDS, "launcher.workers=7")
    assert stage_launcher().workers == 7
