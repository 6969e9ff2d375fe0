"""`make denoiser` and the like: from a config to a run that restores pictures."""

from pathlib import Path

import numpy as np
import pytest
import torch
from test_stages import stage

from narrows.files import read_json, read_yaml
from narrows.restoring import stages
from narrows.restoring.measure import Pair, Protocol
from narrows.restoring.photos import Photo
from narrows.restoring.published import CASES, Case, same
from narrows.restoring.restorer import Restorer

TINY = (
    "encoder=residual encoder.width=4 encoder.depth=1 decoder=subpixel decoder.adds=input"
    " tracker=none trainer=cpu epochs=1 steps_per_epoch=2"
)


@pytest.fixture
def pairs(workdir, monkeypatch):
    """Pictures to measure on, and params.yaml in an empty working folder."""
    torch.manual_seed(0)
    true = [torch.rand(1, 1, 20, 24) for _ in range(3)]
    found = [Pair(x + 0.1, x) for x in true]
    case = Case("three pictures", lambda: found, Protocol(), {"given": same})
    monkeypatch.setitem(CASES, "denoise_digits", case)
    (workdir / "params.yaml").write_text(f"restoration_overrides: {TINY}\n")
    return found


def run_stage(monkeypatch, name, *words):
    monkeypatch.setattr("sys.argv", [f"{name}.py", *words])
    stage(name).main()


def test_a_tiny_override_reaches_the_run_and_its_measures(pairs, monkeypatch, capsys):
    run_stage(monkeypatch, "compose_restoration", "tiny", "denoise_digits")
    run_stage(monkeypatch, "train_restoration", "tiny")
    run_stage(monkeypatch, "measure_restoration", "tiny")
    run_stage(monkeypatch, "measure_restoration", "tiny", "--show")
    *_, line = capsys.readouterr().out.splitlines()
    assert line == (
        "restore your pictures: narrows restore model=build/restorations/tiny/run photo.jpg "
        "-o restored"
    )
    trained = read_yaml(Path("build/restorations/tiny/run/config.yaml"))
    assert (trained["epochs"], trained["steps_per_epoch"]) == (1, 2)
    found = read_json(Path("reports/restorations/tiny.json"))
    assert found["where"] == "three pictures"
    psnr = found["measures"]["psnr"]["methods"]
    assert psnr["given"]["seeds"] == 3
    restorer = Restorer.of("build/restorations/tiny/run")
    restored = [restorer.restore(Photo(to_bytes(given))).pixels for given, _ in pairs]
    errors = [np.mean((r / 255.0 - to_bytes(t) / 255.0) ** 2)
              for r, (_, t) in zip(restored, pairs, strict=True)]  # fmt: skip
    assert psnr["tiny"]["mean"] == pytest.approx(-10 * np.log10(errors).mean(), abs=0.1)


def to_bytes(x):
    return (x[0].clamp(0, 1) * 255).round().byte().numpy()


def test_what_was_not_measured_is_told(workdir):
    with pytest.raises(Exception, match="tiny was not measured yet; run: make tiny"):
        stages.show("tiny")
