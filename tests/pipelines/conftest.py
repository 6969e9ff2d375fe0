"""What tests of sharing results start from."""

import pytest
from clones import Clone


@pytest.fixture(scope="session")
def studied(tmp_path_factory):
    """A copy of the project whose study has run and is committed, with a remote for Git."""
    made = Clone.of_project(tmp_path_factory.mktemp("studied") / "narrows")
    made.repro()
    made.commit("results")
    hub = made.folder.parent / "hub.git"
    made.run("git", "init", "-q", "--bare", str(hub))
    made.run("git", "remote", "add", "origin", str(hub))
    return made
