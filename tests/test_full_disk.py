"""A disk that is full: one line, nothing half-written, and the same command goes on later."""

import json
import shutil
import subprocess
import sys

import pytest
from PIL import Image

SCRIPT = """
import shutil, sys
from pathlib import Path
from narrows import packing
from narrows.datasets.documents import Documents
from narrows.datasets.image_folder import ImageFolder
from narrows.errors import exit_code
kind, source, folder, told = sys.argv[1:]
if told == "no":
    # The room was there at first, and others have taken it since.
    packing._check_room = lambda *_: None
data = {"images": lambda: ImageFolder(path=source, size=64),
        "documents": lambda: Documents(path=source, vocabulary=300, labels="labels")}[kind]()
if __name__ == "__main__":
    sys.exit(exit_code(lambda: packing.prepare(data, {}, Path(folder))))
"""

# A small file system of memory, in a namespace of its own; what came of it is copied out.
INSIDE = """
mount -t tmpfs -o size={size}k none "$1/disk" || exit 77
"$2" "$1/script.py" "$3" "$4" "$1/disk/data" "$5"
code=$?
ls -A "$1/disk" > "$1/left"
exit $code
"""


@pytest.fixture
def disk(tmp_path):
    """Run the script with a small disk; return its exit code, stderr and what is on the disk."""
    unshare = shutil.which("unshare")
    if unshare is None:
        pytest.skip("unshare is not there: no small disk can be made")
    (tmp_path / "disk").mkdir()
    (tmp_path / "script.py").write_text(SCRIPT)

    def run(kind, source, size, told):
        inside = INSIDE.format(size=size)
        words = [str(tmp_path), sys.executable, kind, str(source), "yes" if told else "no"]
        command = [unshare, "-rm", "sh", "-c", inside, "sh", *words]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode == 77 or "unshare" in done.stderr:
            pytest.skip(f"no small disk can be made: {done.stderr.strip()}")
        return done.returncode, done.stderr, (tmp_path / "left").read_text().split()

    return run


@pytest.fixture
def photos(tmp_path):
    """300 images that take 3.7 MB when they are packed."""
    folder = tmp_path / "photos"
    folder.mkdir()
    for i in range(300):
        Image.new("RGB", (70, 70), (i % 256, 3, i // 256)).save(folder / f"{i}.png")
    return folder


@pytest.fixture
def news(tmp_path):
    """3000 documents with 60 of 300 words each."""
    path = tmp_path / "news.jsonl"
    with path.open("w") as file:
        for i in range(3000):
            words = " ".join(f"word{(i * 7 + j * j) % 300}" for j in range(60))
            file.write(json.dumps({"text": words, "labels": [str(i % 3)]}) + "\n")
    return path


def test_too_small_a_disk_is_told_before_anything_is_read(disk, photos):
    code, told, left = disk("images", photos, 1200, told=True)
    assert code == 2
    assert "the packed data set takes 4 MB, but 1 MB are free; free some" in told
    assert len(told.splitlines()) == 1
    assert left == []


@pytest.mark.parametrize("kind", ["images", "documents"])
def test_a_disk_that_fills_while_it_is_written_is_told_in_one_line(disk, photos, news, kind):
    source = photos if kind == "images" else news
    code, told, left = disk(kind, source, 600, told=False)
    lines = [line for line in told.splitlines() if " %, " not in line]
    assert code == 1
    assert len(lines) == 1, told
    assert "No space left on device" in lines[0]
    assert ".data.partial" in lines[0]
    # Nothing has the name of a packed set.
    assert left in ([".data.partial"], [])
