"""Mutated files: bytes changed, cut out, put in."""

import os
import random

FUZZ = int(os.environ.get("NARROWS_FUZZ", "1000"))


def mutated(seeds, count):
    """Yield mutations of the seeds, the same ones each time."""
    draw = random.Random(0)
    for _ in range(count):
        data = bytearray(draw.choice(seeds))
        for _ in range(draw.randint(1, 4)):
            at = draw.randrange(len(data) + 1)
            kind = draw.randrange(5)
            if kind == 0 and at < len(data):
                data[at] ^= 1 << draw.randrange(8)
            elif kind == 1:
                del data[at : at + draw.randint(1, 20)]
            elif kind == 2 and draw.random() < 0.3:
                del data[at:]
            elif kind == 3:
                data[at : at + 1] = draw.choice([b"\xff", b"\0", b"9", b"(", b"'", b"-"])
            else:
                data[at:at] = draw.randbytes(draw.randint(1, 4))
        yield bytes(data)
