"""Files are whole or not there."""

import errno
import os
import stat
from pathlib import Path

import pytest

from narrows.files import (
    read_json,
    read_yaml,
    replacing,
    write_compact,
    write_json,
    write_text,
    write_with,
    write_yaml,
)


def test_values_come_back(tmp_path):
    value = {"b": [1, 2.5, None], "a": "µ"}
    for write, read in ((write_json, read_json), (write_yaml, read_yaml)):
        write(tmp_path / "deep" / "file", value)
        assert read(tmp_path / "deep" / "file") == value
        assert list(read(tmp_path / "deep" / "file")) == ["b", "a"]
    assert [p.name for p in (tmp_path / "deep").iterdir()] == ["file"]


def test_many_numbers_take_few_lines(tmp_path):
    value = {"a": "µ", "runs": [{"x": [1, 2.5, [None]]}, {"x": []}], "none": [], "b": {"c": [1]}}
    write_compact(tmp_path / "file", value)
    assert read_json(tmp_path / "file") == value
    assert len((tmp_path / "file").read_text().splitlines()) == 9


def test_failed_write_keeps_the_old_file(tmp_path):
    path = tmp_path / "file"
    write_text(path, "old")

    def fail(temporary: Path) -> None:
        temporary.write_text("half")
        raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011
        write_with(path, fail)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_full_disk_names_the_file(tmp_path):
    path = tmp_path / "file"
    with (
        pytest.raises(OSError, match=r"No space left on device: '.*/file'$") as caught,
        replacing(path),
    ):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert caught.value.errno == errno.ENOSPC
    assert list(tmp_path.iterdir()) == []


def test_error_about_another_file_keeps_its_name(tmp_path):
    with pytest.raises(FileNotFoundError, match="elsewhere"), replacing(tmp_path / "file"):
        (tmp_path / "elsewhere").read_text()


def test_failed_move_leaves_nothing(tmp_path, monkeypatch):
    def fail(self, target):
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(OSError, match="file"):
        write_text(tmp_path / "file", "x")
    assert list(tmp_path.iterdir()) == []


def test_new_file_has_usual_permissions(tmp_path):
    old = os.umask(0o027)
    try:
        write_text(tmp_path / "file", "x")
        assert os.umask(0o027) == 0o027
    finally:
        os.umask(old)
    assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == 0o640


def test_text_is_on_disk_before_it_is_moved(tmp_path, monkeypatch):
    events = []
    monkeypatch.setattr(os, "fsync", lambda handle: events.append("fsync"))
    move = Path.replace
    monkeypatch.setattr(Path, "replace", lambda self, to: (events.append("move"), move(self, to)))
    write_text(tmp_path / "file", "x")
    assert events == ["fsync", "move"]
