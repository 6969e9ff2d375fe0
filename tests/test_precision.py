"""A precision that the processor only imitates is told, and the run has it all the same."""

import pytest
from running import SMALL, train

from narrows import precision

TOLD = "this processor has no bfloat16 in hardware"


@pytest.mark.parametrize(
    ("has", "asked", "told"),
    [(False, "bf16-mixed", True), (False, "32-true", False), (True, "bf16-mixed", False)],
)
def test_imitated_precision_is_told_once(tmp_path, monkeypatch, capsys, has, asked, told):
    monkeypatch.setattr(precision, "_has_bfloat16", lambda: has)
    options = [*SMALL, "task=denoising", "epochs=1", "trainer=cpu", f"trainer.precision={asked}"]
    folder = train(tmp_path, *options)
    said = capsys.readouterr().err
    assert said.count(TOLD) == told
    assert (f"{folder.name}: {TOLD}" in said) == told
    assert f"precision: {asked}" in (folder / "config.yaml").read_text()
