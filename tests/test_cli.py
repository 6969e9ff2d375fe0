"""Mistakes on the command line: one line that names the thing, exit code 2, nothing written."""

import subprocess
import sys
from pathlib import Path

import pytest
from helpers import CONF

from narrows.cli import main

NARROWS = Path(sys.executable).parent / "narrows"

# The overrides, and what the line has to say.
MISTAKES = {
    # Misspelt.
    "encoder.code_siez=3": ["encoder.code_siez is not an option", "did you mean 'code_size'?"],
    "encoder.latnet=3": ["encoder.latnet is not an option", "code_size"],
    "encodr=mlp": ["encodr is not an option", "did you mean 'encoder'?"],
    "sed=3": ["sed is not an option", "did you mean 'seed'?"],
    "epoch=3": ["epoch is not an option", "did you mean 'epochs'?"],
    "++epoch=3": ["epoch is not an option", "did you mean 'epochs'?"],
    "++encoder.widht=3": ["encoder.widht is not an option", "hidden"],
    "++encoder.code_siez=3": ["encoder.code_siez is not an option", "did you mean 'code_size'?"],
    "+foo=1": ["foo is not an option", "seed"],
    "optimizer=sgd optimizer.momentun=0": ["optimizer.momentun", "did you mean 'momentum'?"],
    "encoder=conv encoder.dropout=0.5": ["encoder.dropout is not an option", "channels"],
    "+trainer.gradient_clip_val=1": ["trainer.gradient_clip_val is not an option"],
    "+trainer.max_time=1": ["trainer.max_time is not an option"],
    "decoder=conv decoder.channels=[]": ["decoder.channels=[]", "at least 1 item"],
    "trainer.max_epochs=3": ["trainer.max_epochs is not an option"],
    "++trainer.max_epochs=3": ["trainer.max_epochs is not an option"],
    "hydra.run.dir=x": ["hydra.run.dir has no effect"],
    "encoder": ["'encoder' is no option", "group=choice"],
    "=3": ["'=3' is no option"],
    "encoder=[mlp": ["cannot read encoder=[mlp"],
    "dataset.split_seed=;": ["cannot read dataset.split_seed=;", "'dataset.split_seed=\";\"'"],
    "encoder.hidden=3,4": ["several values need brackets", "'encoder.hidden=[a,b]'"],
    # Choices that are not there.
    "encoder=zzz": ["encoder=zzz", "no such encoder", "mlp"],
    "encoder=covn": ["encoder=covn", "did you mean 'conv'?"],
    "experiment=denoise_digit": ["experiment=denoise_digit", "did you mean 'denoise_digits'?"],
    "encoder=null": ["encoder=null", "choose one of conv"],
    "experiment=null": ["experiment=null", "denoise_digits"],
    "encoder={_target_:os.system,command:ls}": ["encoder=", "choose one of conv"],
    # Wrong types and values.
    "epochs=abc": ['epochs="abc"', "integer"],
    "epochs=1.5": ["epochs=1.5", "integer"],
    "epochs=0": ["epochs=0", "greater than 0"],
    "seed=-1": ["seed=-1", "greater than or equal to 0"],
    "encoder.code_size=-1": ["encoder.code_size=-1", "greater than 0"],
    "encoder.code_size='3'": ['encoder.code_size="3"', "integer"],
    "encoder.code_size=null": ["encoder.code_size=null", "integer"],
    "encoder.hidden=[8,a]": ['encoder.hidden[1]="a"', "integer"],
    "encoder.dropout=7": ["encoder.dropout=7", "less than or equal to 1"],
    "encoder.activation=rleu": ['encoder.activation="rleu"', "'relu'"],
    "optimizer.lr=1e400": ["optimizer.lr=Infinity", "finite"],
    "transfer=frozen transfer.penalty=1e400": ["transfer.penalty=Infinity", "finite"],
    "optimizer.lr=abc": ['optimizer.lr="abc"', "number"],
    "task=denoising corruption=masking corruption.fraction=2": ["corruption.fraction=2"],
    "dataset=digit_scenes dataset.train=0": ["dataset.train=0", "greater than 0"],
    # Without a value.
    "encoder.code_size=???": ["encoder.code_size has no value", "encoder.code_size=…"],
    "~encoder.code_size": ["encoder.code_size has no value", "encoder.code_size=…"],
    "~seed": ["seed has no value"],
    "~encoder": ["encoder has no value"],
    "encoder.code_size=${nope}": ["nope"],
    # What may not be built.
    "encoder._target_=os.system": ["encoder._target_=os.system is not allowed"],
    "encoder._target_=torch.hub.load": ["encoder._target_=torch.hub.load is not allowed"],
    "encoder._target_=narrowsness.X": ["encoder._target_=narrowsness.X is not allowed"],
    "trainer._target_=pytorch_lightning.Trainer.from_argparse": ["is not allowed"],
    "loss._target_=narrows.training.train": ["must start with 'narrows.losses.'"],
    "dataset._target_=narrows.losses.logistic.Logistic": ["must start with 'narrows.datasets.'"],
    "dataset._target_=narrows.datasets.fonts.os.system": ["is not allowed; it is posix.system"],
    "loss._target_=narrows.losses.nope.Nope": ["narrows.losses.nope.Nope does not exist"],
    "loss._target_=narrows.losses.base": ["loss._target_=narrows.losses.base does not exist"],
    "~loss._target_": ["loss has no _target_"],
    "++trainer.profiler={_target_:os.system,command:ls}": ["trainer.profiler holds a _target_"],
    "++encoder.hidden=[{_target_:os.system,command:ls}]": ["encoder.hidden holds a _target_"],
    "++encoder._args_=[1]": ["encoder._args_ is not an option"],
    # Shapes that do not fit.
    "task=multi_label decoder=conv": ["decoder=conv", "(10,)", "decoder=linear"],
    "encoder=pca encoder.code_size=9999": ["encoder.code_size=9999", "64"],
    "decoder=independent": ["decoder=independent", "encoder=independent"],
    "decoder=independent task=multi_label": ["decoder=independent", "encoder=independent"],
    # What has no effect, or lacks something.
    "transfer=frozen": ["transfer=frozen", "decoder=linear loss=logistic"],
    "transfer=frozen task=multi_label decoder=linear loss=logistic": ["pretrained=RUN"],
    "transfer=finetune": ["pretrained=RUN"],
    "transfer=finetune pretrained=nowhere": ["pretrained=nowhere", "no finished run"],
    "labels=30": ["labels=…", "task=multi_label"],
    "corruption=masking": ["corruption=…", "task=denoising"],
    "corruption.sigma=0.1": ["corruption=…", "task=denoising"],
}


@pytest.mark.parametrize("overrides", MISTAKES)
def test_a_mistake_is_told_in_one_line(overrides, workdir, capfd):
    assert main(["train", "tracker=none", "trainer=cpu", *overrides.split(" ")]) == 2
    told = capfd.readouterr()
    assert told.out == ""
    assert told.err.startswith("narrows: error: ")
    assert told.err.count("\n") == 1
    for words in MISTAKES[overrides]:
        assert words in told.err
    assert not list(workdir.iterdir())


def test_traceback_shows_where_a_mistake_was_found(workdir):
    with pytest.raises(Exception, match="sed is not an option") as raised:
        main(["train", "sed=3", "--traceback"])
    assert type(raised.value).__name__ == "UserError"


def test_help_lists_the_menu(workdir, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["train", "--help"])
    assert ended.value.code == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    others = ("study", "launcher", "sweep")
    folders = [f for f in CONF.iterdir() if f.is_dir() and f.name not in others]
    assert len(folders) > 5
    for folder in folders:
        assert [folder.name, *sorted(p.stem for p in folder.glob("*.yaml"))] in lines


def test_no_command_gets_the_list_of_them(capsys):
    assert main([]) == 2
    told = capsys.readouterr().err
    assert all(f"\n    {name} " in told for name in ("train", "study", "predict", "outliers"))


def call(folder, *arguments):
    return subprocess.run(
        [NARROWS, *arguments], cwd=folder, capture_output=True, text=True, check=False, timeout=60
    )


def test_the_command_itself_tells_a_mistake(workdir):
    done = call(workdir, "train", "loss._target_=narrows.losses.nope.Nope", "tracker=none")
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.splitlines() == [
        "narrows: error: loss._target_=narrows.losses.nope.Nope does not exist"
    ]
    assert not list(workdir.iterdir())


def test_mistakes_in_names_are_told_without_importing_torch(workdir):
    code = (
        "import sys; from narrows.cli import main; "
        "code = main(['train', 'encodr=mlp']); assert 'torch' not in sys.modules; sys.exit(code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 2, done.stderr
    assert "did you mean 'encoder'?" in done.stderr
