"""Font files: which of their faces have complete letters and digits.

Fonts are judged in processes of their own (`examine`), since a broken one may take the font
library down or keep it busy without end. What was judged well there is drawn again, by `glyphs`,
where it is asked for.
"""

import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, suppress
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import IO, Any, NamedTuple

import numpy as np

from narrows.readers.glyphs import CHARACTERS, pictures
from narrows.readers.letters import Letters, known_fonts

# 'l' and 'I', 'O' and '0' and some more may look the same, but not all capitals and small letters.
_DIFFERENT = 52
# Characters whose glyph is said to be another one's: more are a symbol font.
_MISNAMED = 4
# What a font of symbols does not reach (0.5 on average), and handwriting does.
_LIKE_LETTERS = 0.62
_CPU_SECONDS = 20
_FILES_PER_WORKER = 50
_MEMORY = 1 << 30
# How the font library says that a font has bitmaps alone.
_NO_OUTLINES = "invalid pixel size"
_READY = "ready"


class Face(NamedTuple):
    """One face of a font file, with complete letters and digits.

    Attributes:
        path: of the file.
        number: of the face in the file, 0 but for collections.
        family: its family's name.
        style: such as 'Bold Italic'.
        weight: 400 for regular, 700 for bold.
        width: 5 for normal, less for condensed.
        slanted: whether it is italic or oblique.
        pictures: (62,) uint64, a hash of each character's picture.
    """

    path: str
    number: int
    family: str
    style: str
    weight: int
    width: int
    slanted: bool
    pictures: np.ndarray


class Found(NamedTuple):
    """What a font file has to offer.

    Attributes:
        faces: that can be used.
        unfit: why each other face cannot.
        broken: why the file cannot be read, if so.
    """

    faces: list[Face]
    unfit: list[str]
    broken: str | None = None


def examine(files: Sequence[Path], size: int, workers: int) -> dict[Path, Found]:
    """Judge font files.

    Args:
        files: to read.
        size: of the pictures.
        workers: how many processes share them, at most.
    """
    # A process takes a second to start.
    workers = min(workers, -(-len(files) // _FILES_PER_WORKER))
    found: dict[Path, Found] = {}
    while left := [file for file in files if file not in found]:
        lots = [left[i::workers] for i in range(min(workers, len(left)))]
        for lot, (answers, end) in zip(lots, _ask(lots, size), strict=True):
            found |= zip(lot, answers, strict=False)
            if len(answers) < len(lot):
                found[lot[len(answers)]] = Found([], [], end)
    return found


def _ask(lots: list[list[Path]], size: int) -> list[tuple[list[Found], str]]:
    """Return for each lot the answers that its process gave, and how it ended."""
    with ExitStack() as stack:
        children = [_start(lot, size, stack) for lot in lots]
        return [
            _answers(child, told, lot) for lot, (child, told) in zip(lots, children, strict=True)
        ]


def _start(lot: list[Path], size: int, stack: ExitStack) -> tuple[subprocess.Popen, IO[bytes]]:
    """Start a process that judges the files of a lot, one after another, until it falls."""
    # Files, not pipes: nobody waits for anybody to read.
    asked = stack.enter_context(tempfile.TemporaryFile())  # noqa: SIM115
    told = stack.enter_context(tempfile.TemporaryFile())  # noqa: SIM115
    asked.write("".join(json.dumps([str(file), size]) + "\n" for file in lot).encode())
    asked.seek(0)
    child = subprocess.Popen(  # noqa: S603
        [sys.executable, "-P", "-m", __name__],
        stdin=asked,
        stdout=told,
        stderr=subprocess.DEVNULL,
        # Threads of numpy's would count against the memory that it may take.
        env=os.environ | {"OPENBLAS_NUM_THREADS": "1"},
    )
    stack.enter_context(child)
    # Called first at the end, so that nobody is waited for when this process is interrupted.
    stack.callback(child.kill)
    return child, told


def _answers(child: subprocess.Popen, told: IO[bytes], lot: list[Path]) -> tuple[list[Found], str]:
    code = child.wait()
    told.seek(0)
    ready, *lines = told.read().decode().split("\n")[:-1] or [""]
    if ready != _READY:
        raise RuntimeError(f"python -m {__name__} does not start (exit code {code})")
    answers = [_found(str(file), json.loads(line)) for file, line in zip(lot, lines, strict=False)]
    slow = code == -signal.SIGPROF
    return answers, f"takes over {_CPU_SECONDS} s" if slow else "makes the font library crash"


def _found(path: str, answer: dict[str, Any]) -> Found:
    faces = [
        Face(path, **face | {"pictures": np.frombuffer(bytes.fromhex(face["pictures"]), np.uint64)})
        for face in answer["faces"]
    ]
    return Found(faces, answer["unfit"], answer["broken"])


def main() -> None:
    """Judge the files that standard input names, one answer a line."""
    _limit()
    print(_READY, flush=True)  # noqa: T201
    for line in sys.stdin:
        path, size = json.loads(line)
        # The processor's time, not the clock's: the answer must not hang on what else runs.
        signal.setitimer(signal.ITIMER_PROF, _CPU_SECONDS)
        print(json.dumps(_examined(path, size)), flush=True)  # noqa: T201


def _limit() -> None:
    """Let this process have so much memory, and leave no dump when it falls."""
    for what, most in ((resource.RLIMIT_AS, _MEMORY), (resource.RLIMIT_CORE, 0)):
        # Some systems know such a limit by name alone.
        with suppress(ValueError, OSError):
            resource.setrlimit(what, (most, resource.getrlimit(what)[1]))


def _examined(path: str, size: int) -> dict[str, Any]:
    faces: list[dict[str, Any]] = []
    unfit: list[str] = []
    try:
        for number, face in enumerate(_opened(path)):
            if fault := _fault(face):
                unfit.append(fault)
                continue
            drawn = pictures(path, number, size)
            if fault := _fault_of_pictures(drawn):
                unfit.append(fault)
            else:
                faces.append(_described(face, number, drawn))
    # Readers of fonts let through all that can go wrong with wrong numbers.
    except Exception as error:
        told = error.strerror if isinstance(error, OSError) and error.strerror else error
        if str(told) == _NO_OUTLINES:
            return {"faces": [], "unfit": ["has no outlines"], "broken": None}
        return {"faces": [], "unfit": [], "broken": f"cannot be read ({_clean(str(told))})"}
    return {"faces": faces, "unfit": unfit, "broken": None}


def _opened(path: str) -> Iterator[Any]:
    """Yield each face of a font file as a fontTools.ttLib.TTFont."""
    # Not needed to draw, and takes a while.
    from fontTools.ttLib import TTFont

    with Path(path).open("rb") as file:
        head = file.read(12)
        faces = int.from_bytes(head[8:]) if head.startswith(b"ttcf") else 1
        # One after another: together, the faces of a large collection take half a GiB.
        for number in range(max(faces, 1)):
            yield TTFont(file, lazy=True, fontNumber=number)


def _fault(face: Any) -> str | None:
    """Tell by its tables why a face has no complete letters and digits."""
    from fontTools import agl

    # Fonts of bitmaps have none of these tables, or one without content.
    tables = face.reader.tables
    if not any(table in tables and tables[table].length > 1 for table in ("glyf", "CFF ", "CFF2")):
        return "has no outlines"
    glyphs = face.getBestCmap() or {}
    missing = [c for c in CHARACTERS if glyphs.get(ord(c), ".notdef") == ".notdef"]
    if missing:
        return f"has no {missing[0]!r}" + (f" and {len(missing) - 1} more" if missing[1:] else "")
    named = [(agl.toUnicode(glyphs[ord(c)]), c) for c in CHARACTERS]
    # Old-style figures and the like have characters of their own for private use.
    wrong = [n for n, c in named if n not in ("", c) and not 0xE000 <= ord(n[0]) < 0xF900]
    return "is a font of symbols" if len(wrong) > _MISNAMED or _is_pictorial(face) else None


def _is_pictorial(face: Any) -> bool:
    return "OS/2" in face and face["OS/2"].panose.bFamilyType == 5


def _fault_of_pictures(drawn: np.ndarray) -> str | None:
    """Tell by the pictures why a face has no complete letters and digits."""
    blank = ~drawn.any((1, 2))
    if blank.any():
        return f"draws nothing for {CHARACTERS[int(blank.argmax())]!r}"
    different = len(np.unique(drawn, axis=0))
    if different < _DIFFERENT:
        return f"draws {different} different pictures for {len(CHARACTERS)} characters"
    alike = _letters(drawn.shape[1]).likeness(drawn)
    return "is a font of symbols" if alike < _LIKE_LETTERS else None


@cache
def _letters(size: int) -> Letters:
    return Letters(CHARACTERS, [pictures(font, 0, size) for font in known_fonts()])


def _described(face: Any, number: int, drawn: np.ndarray) -> dict[str, Any]:
    names, os2 = face["name"], face.get("OS/2")
    mac = face["head"].macStyle
    slanted = bool(mac & 2 or (os2 and os2.fsSelection & 0x201))
    hashes = [blake2b(picture.tobytes(), digest_size=8).hexdigest() for picture in drawn]
    return {
        "number": number,
        "family": _clean(names.getDebugName(16) or names.getDebugName(1) or ""),
        "style": _clean(names.getDebugName(17) or names.getDebugName(2) or ""),
        "weight": os2.usWeightClass if os2 else 700 if mac & 1 else 400,
        "width": os2.usWidthClass if os2 else 5,
        "slanted": slanted,
        "pictures": "".join(hashes),
    }


def _clean(text: str) -> str:
    """Return `text` in one line, without what cannot be shown."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


if __name__ == "__main__":
    main()
