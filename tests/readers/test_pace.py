"""A thread that reads ahead is held back, and never for good."""

import threading
import time

from narrows.readers import pace as module
from narrows.readers.pace import Pace


def start(pace, blocks):
    """Read blocks of one byte in a thread of its own; return what it has read."""
    done = []

    def read():
        for block in range(blocks):
            done.append(block)
            pace.read(1)

    thread = threading.Thread(target=read, daemon=True)
    thread.start()
    return thread, done


def test_a_reader_stays_near_one_who_takes_slowly():
    pace = Pace(ahead=3)
    thread, done = start(pace, 20)
    furthest = 0
    for taken in pace.taking(range(20), 1):
        time.sleep(0.02)
        furthest = max(furthest, len(done) - (taken + 1))
    thread.join(10)
    assert len(done) == 20
    # Three ahead, and one that was read before it waits.
    assert furthest <= 4


def test_one_who_waits_gets_more_than_that(monkeypatch):
    monkeypatch.setattr(module, "_PATIENCE", 0.01)
    thread, done = start(Pace(ahead=1), 8)
    thread.join(10)
    assert len(done) == 8


def test_at_the_end_nobody_is_held_back():
    pace = Pace(ahead=0)
    for _ in pace.taking(range(1), 0):
        thread, _ = start(pace, 50)
        thread.join(0.02)
        assert thread.is_alive()
        pace.end()
        thread.join(10)
        assert not thread.is_alive()
