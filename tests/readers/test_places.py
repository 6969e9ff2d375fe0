"""Where data sets are looked for, and in which order."""

from pathlib import Path

import pytest

from narrows.errors import UserError
from narrows.readers import places
from narrows.readers.places import downloads, find, require


@pytest.fixture
def system(tmp_path, workdir, monkeypatch):
    (tmp_path / "usr").mkdir()
    monkeypatch.setattr(places, "SYSTEM", (str(tmp_path / "usr"),))
    monkeypatch.delenv("NARROWS_DATA", raising=False)
    return tmp_path


def put(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    return path


def test_the_first_place_wins(system, monkeypatch):
    assert find("set", "b", "a") is None
    last = put(system / "usr/set/a")
    assert find("set", "b", "a") == last
    downloaded = put(downloads("set") / "a")
    assert find("set", "b", "a") == downloaded
    monkeypatch.setenv("NARROWS_DATA", str(system / "own"))
    assert find("set", "b", "a") == downloaded
    inner = put(system / "own/set/a")
    assert find("set", "b", "a") == inner
    top = put(system / "own/a")
    assert find("set", "b", "a") == top
    assert find("set", "b", "a", top=False) == inner
    # Of the files of one place, the preferred one.
    assert find("set", "b", "a") == top
    assert find("set", "b", "a") != put(system / "own/b")
    assert find("set", "b", "a") == system / "own/b"


def test_home_is_understood(system, monkeypatch):
    monkeypatch.setenv("HOME", str(system))
    monkeypatch.setenv("NARROWS_DATA", "~/own")
    assert find("set", "a") is None
    assert find("set", "a") != put(system / "own/a") == find("set", "a")


def test_what_to_put_where_is_told(system, monkeypatch):
    told = "Set is not here; put set.npz into a folder and set NARROWS_DATA to it"
    with pytest.raises(UserError, match=f"^{told}$"):
        require("Set", "set", "set.npz", remedy="set.npz")
    monkeypatch.setenv("NARROWS_DATA", "/nowhere")
    with pytest.raises(UserError, match=r"put set\.npz into /nowhere$"):
        require("Set", "set", "set.npz", remedy="set.npz")


def test_a_folder_that_may_not_be_read_is_named(system, monkeypatch):
    def refuse(path):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "exists", refuse)
    with pytest.raises(UserError, match="data/downloads/set/a may not be read"):
        find("set", "a")
