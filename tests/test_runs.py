"""A run's folder: finished once, never half-written, one process at a time."""

import io
import json
import resource
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import torch
from running import SMALL, bits, code_of_train, fork, history, run_folder, train

from narrows import files, inputs, recording, runs, training
from narrows.config import compose_config
from narrows.errors import UserError

QUICK = [*SMALL, "tracker=none", "epochs=2"]


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    """A folder with prepared data in it."""
    folder = tmp_path_factory.mktemp("runs")
    train(folder, *QUICK)
    return folder


@pytest.fixture
def case(work, tmp_path):
    """What `training.train` takes: a pruned config, the data, a folder."""
    from narrows.build import prune

    data = tmp_path / "data"
    shutil.copytree(next(p for p in (work / "data").iterdir() if p.name[0] != "."), data)
    return prune(compose_config(QUICK)), data, tmp_path / "run"


class Epochs(list):
    """Notes which epochs were trained."""

    def __call__(self, epoch, epochs, row):
        self.append(epoch)


def test_finished_run_is_kept(case):
    epochs = Epochs()
    assert training.train(*case, epochs)
    assert epochs == [1, 2]
    folder = case[2]
    before = {p.name: (p.stat().st_mtime_ns, p.stat().st_ino) for p in folder.iterdir()}
    assert not training.train(*case, epochs)
    assert epochs == [1, 2]
    # Opening the lock file touches it.
    after = {p.name: (p.stat().st_mtime_ns, p.stat().st_ino) for p in folder.iterdir()}
    assert {k: v for k, v in before.items() if k != ".lock"} == {
        k: v for k, v in after.items() if k != ".lock"
    }
    assert set(before) == {*runs.RESULTS, ".lock"}


def test_finished_run_says_so(work, capfd):
    before = bits(run_folder(work, *QUICK))
    train(work, *QUICK)
    assert "finished before" in capfd.readouterr().err
    assert bits(run_folder(work, *QUICK)) == before


def change_code(case, monkeypatch):
    monkeypatch.setattr(inputs, "code_of", lambda config: "other code")


def change_torch(case, monkeypatch):
    monkeypatch.setattr(inputs, "version", lambda library: "99.0")


def change_data(case, monkeypatch):
    card = case[1] / "card.json"
    card.write_text(card.read_text().replace('"split_rule": "', '"split_rule": "another '))


@pytest.mark.parametrize("change", [change_code, change_data, change_torch])
def test_other_inputs_train_again(case, change, monkeypatch):
    training.train(*case, Epochs())
    result = bits(case[2])
    for name in ("evaluation.json", "examples.png"):
        (case[2] / name).write_text("stale")
    change(case, monkeypatch)
    epochs = Epochs()
    assert training.train(*case, epochs)
    assert epochs == [1, 2]
    assert bits(case[2]) == result
    assert {p.name for p in case[2].iterdir()} == {*runs.RESULTS, ".lock"}


def stop_after_first(epoch, epochs, row):
    raise InterruptedError(4, "stopped by the test")


@pytest.mark.parametrize("change", [None, change_code, change_data])
def test_state_of_other_inputs_is_not_resumed(case, change, monkeypatch):
    with pytest.raises(InterruptedError):
        training.train(*case, stop_after_first)
    assert (case[2] / runs.RESUME).is_file()
    if change:
        change(case, monkeypatch)
    epochs = Epochs()
    training.train(*case, epochs)
    assert epochs == ([1, 2] if change else [2])


def test_other_pretrained_weights_train_again(work, tmp_path, capfd):
    shutil.copytree(work / "data", tmp_path / "data")
    pretrained = train(tmp_path, *QUICK)
    options = [*QUICK, "task=multi_label", "loss=logistic", "decoder=linear", "epochs=1"]
    options = [o for o in options if not o.startswith("decoder.")]
    options += ["transfer=finetune", f"pretrained={pretrained.name}"]
    first = bits(train(tmp_path, *options))
    other = train(tmp_path, *QUICK, "seed=1")
    shutil.copy(other / runs.WEIGHTS, pretrained / runs.WEIGHTS)
    capfd.readouterr()
    second = bits(train(tmp_path, *options))
    assert "finished before" not in capfd.readouterr().err
    assert first[runs.WEIGHTS] != second[runs.WEIGHTS]


def test_lock_waits_and_says_so(tmp_path, capfd):
    entered = threading.Event()

    def enter():
        with runs.locked(tmp_path):
            entered.set()

    thread = threading.Thread(target=enter)
    with runs.locked(tmp_path):
        thread.start()
        assert not entered.wait(0.3)
        assert "in use by another process; waiting" in capfd.readouterr().err
    assert entered.wait(5)
    thread.join()


def test_killed_process_frees_the_lock(tmp_path):
    script = (
        "import sys, time; from pathlib import Path; from narrows.runs import locked\n"
        "with locked(Path(sys.argv[1])): print('in', flush=True); time.sleep(60)"
    )
    command = [sys.executable, "-c", script, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "in\n"
        process.kill()
    with runs.locked(tmp_path):
        pass


def test_two_processes_train_once(work, tmp_path):
    shutil.copytree(work / "data", tmp_path / "data")
    options = [*QUICK, "epochs=12", "steps_per_epoch=200"]
    # Each writes its messages into its own folder, but both train in the same place.
    for name in "ab":
        (tmp_path / name).mkdir()
        for shared in ("data", "runs"):
            (tmp_path / shared).mkdir(exist_ok=True)
            (tmp_path / name / shared).symlink_to(tmp_path / shared)
    processes = [fork(tmp_path / name, *options) for name in "ab"]
    assert [p.wait(60) for p in processes] == [0, 0]
    told = [(tmp_path / name / "stderr").read_text() for name in "ab"]
    assert sum("finished before" in text for text in told) == 1
    assert sum("epoch 12/12" in text for text in told) == 1
    assert len(history(run_folder(tmp_path, *options))) == 12


@pytest.mark.parametrize(
    "options",
    [[], ["task=multi_label", "loss=logistic"], ["task=denoising", "optimizer.lr=1e30"]],
    ids=["reconstruction", "multi_label", "denoising"],
)
def test_divergence_is_one_line_and_no_result(work, capfd, options):
    overrides = [*QUICK, "optimizer=sgd", "optimizer.lr=1e9", *options]
    for _ in range(2):
        assert code_of_train(work, *overrides) == 2
        lines = capfd.readouterr().err.splitlines()
        assert lines[-1].startswith("narrows: error: training diverged: ")
        assert lines[-1].endswith("lower optimizer.lr")
        assert "Traceback" not in "".join(lines)
        folder = run_folder(work, *overrides)
        assert not (folder / runs.METRICS).exists()
        assert not (folder / runs.WEIGHTS).exists()


def test_weights_that_diverge_at_the_very_end(case, monkeypatch):
    """The loss of the last step is taken before that step."""
    config, data, folder = case
    config = {**config, "epochs": 1, "steps_per_epoch": 1, "optimizer": {
        "_target_": "torch.optim.SGD", "lr": 3e38}}  # fmt: skip
    with pytest.raises(UserError, match="weights are not finite after epoch 1"):
        training.train(config, data, folder, Epochs())
    assert not (folder / runs.METRICS).exists()


@pytest.mark.parametrize(
    "name", [runs.CONFIG, runs.ENVIRONMENT, runs.RESUME, runs.HISTORY, runs.WEIGHTS, runs.METRICS]
)
def test_full_disk_leaves_nothing_half_written(case, name, monkeypatch):
    config, data, folder = case
    with monkeypatch.context() as full:
        fill_up(full, name)
        with pytest.raises(OSError, match=f"No space left on device: '.*{name}'"):
            training.train(config, data, folder, Epochs())
    assert not (folder / name).exists() or name == runs.ENVIRONMENT
    assert {p.name for p in folder.iterdir()} <= {*runs.RESULTS, runs.RESUME, ".lock"}
    assert not (folder / runs.METRICS).exists()
    assert training.train(config, data, folder, Epochs())
    assert len(history(folder)) == 2


@pytest.mark.parametrize("room", [100, 20_000, 60_000])
def test_a_disk_that_is_full_within_the_state_is_told_as_that(tmp_path, monkeypatch, room):
    """Wherever it comes in the file: torch's writer has errors of its own in some places."""

    class Full(io.BytesIO):
        def write(self, data):
            if self.tell() + len(data) > room:
                raise OSError(28, "No space left on device")
            return super().write(data)

    monkeypatch.setattr(Path, "open", lambda *_: Full())
    state = {"weights": torch.zeros(5000), "moments": torch.zeros(5000), "rows": [1.0] * 5000}
    with pytest.raises(OSError, match=r"No space left on device: '.*resume.ckpt'"):
        recording.AtomicCheckpointIO().save_checkpoint(state, tmp_path / runs.RESUME)
    assert not list(tmp_path.iterdir())


def fill_up(monkeypatch, name):
    """Let writes to this file fail, as on a full disk."""
    real = files.replacing

    def replacing(path):
        if path.name != name:
            return real(path)
        return failing(path)

    from contextlib import contextmanager

    @contextmanager
    def failing(path):
        with real(path) as temporary:
            yield temporary
            temporary.write_bytes(temporary.read_bytes()[:7])
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(files, "replacing", replacing)
    monkeypatch.setattr(recording, "replacing", replacing)


@pytest.mark.parametrize(
    ("limit", "name"), [(3000, runs.RESUME), (300, runs.CONFIG)], ids=["state", "config"]
)
def test_real_write_errors_are_one_line(work, limit, name, capfd):
    """A limit on the size of files fails as a full disk does: inside of the library's write."""
    options = [*QUICK, f"seed={limit}"]
    old = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, old[1]))
    try:
        code = code_of_train(work, *options)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, old)
    error = capfd.readouterr().err
    assert code == 1
    assert error.splitlines()[-1].startswith("narrows: error: ")
    assert name in error.splitlines()[-1]
    assert "Traceback" not in error
    folder = run_folder(work, *options)
    assert not list(folder.glob(".*.*"))
    assert train(work, *options) == folder


def test_environment_tells_what_made_the_run(case):
    training.train(*case, Epochs())
    environment = json.loads((case[2] / runs.ENVIRONMENT).read_text())
    assert environment["torch"] == torch.__version__
    assert environment["inputs"]["code"] == inputs.code_of(case[0])
    assert environment["seconds"]["training"] > 0
    assert environment["device"] == "cpu"


def test_without_git(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert runs.git_commit() is None
    monkeypatch.setenv("PATH", str(tmp_path))
    assert runs.git_commit() is None
