"""Mutated files, by the thousand, for every reader."""

import os
import random

from narrows.errors import UserError

CASES = int(os.environ.get("NARROWS_FUZZ", "1000"))


def mutated(content, rng):
    """Return the content with a few accidents: bits, bytes, cuts, repeats, other pieces."""
    data = bytearray(content)
    for _ in range(rng.choice([1, 1, 1, 2, 4])):
        n = len(data)
        at = rng.randrange(n + 1)
        # What matters most stands at the beginning.
        at = min(at, rng.randrange(40)) if rng.random() < 0.4 else at
        kind = rng.randrange(8)
        if kind == 0 and n:
            data[min(at, n - 1)] ^= 1 << rng.randrange(8)
        elif kind == 1 and n:
            data[min(at, n - 1)] = rng.choice([0, 255, 128, 127, 10, 44, 123, 125, 39, 34, 92])
        elif kind == 2:
            del data[at:]
        elif kind == 3:
            del data[at : at + rng.choice([1, 2, 4, 100])]
        elif kind == 4:
            data[at:at] = data[at : at + rng.choice([1, 4, 60])]
        elif kind == 5:
            data[at:at] = rng.randbytes(rng.choice([1, 4, 60]))
        elif kind == 6:
            data[at : at + 4] = rng.choice([b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", bytes(4)])
        else:
            data[at:at] = rng.choice(
                [b",", b"{", b"}", b"?", b"NaN", b"-1", b"1e999", b"\n", b"9" * 30]
            )
    return bytes(data)


def fuzz(contents, path, read, cases=CASES):
    """Read mutations of files: each is read, or told in one line that names the file."""
    rng = random.Random(0)
    told = []
    for _ in range(cases):
        path.write_bytes(mutated(rng.choice(contents), rng))
        try:
            read(path)
        except UserError as error:
            told.append(str(error))
    for text in told:
        assert text.startswith(str(path)), text
        assert "\n" not in text
        assert len(text) < len(str(path)) + 400
    # Otherwise the mutations would be too tame to show anything.
    assert cases / 5 < len(told) < cases
