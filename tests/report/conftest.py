"""Fixtures that tests of a study's page share."""

import pytest
from studies import build, declared, made_up, run_compare


@pytest.fixture(scope="session")
def reported(tmp_path_factory):
    """The folder of the made-up study's report, as the stage wrote it."""
    folder = tmp_path_factory.mktemp("study")
    evaluation = made_up()
    build(folder, evaluation, declared(evaluation))
    done = run_compare(folder)
    assert done.returncode == 0, done.stderr
    return folder / "reports" / "digits"
