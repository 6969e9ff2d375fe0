"""Holds a thread back that reads ahead, so that memory does not fill with what nobody took yet."""

from collections.abc import Iterable, Iterator
from threading import Condition
from typing import TypeVar

T = TypeVar("T")
# Who waits so long for a block needs more to be read for it.
_PATIENCE = 0.25


class Pace:
    """How far a reader, in a thread of its own, is ahead of the one who takes what it reads.

    Args:
        ahead: how many bytes it may be.
    """

    def __init__(self, ahead: int) -> None:
        self.ahead = ahead
        self._read = self._taken = self._turn = 0
        self._waiting, self._ended = True, False
        self._moved = Condition()

    def read(self, size: int) -> None:
        """Note bytes that were read, and wait until the one who takes them is near, or in need."""
        with self._moved:
            self._read += size
            turn = None
            while not self._moved.wait_for(self._is_near, _PATIENCE):
                if self._waiting and turn == self._turn:
                    return
                turn = self._turn

    def _is_near(self) -> bool:
        return self._ended or self._read - self._taken <= self.ahead

    def taking(self, blocks: Iterable[T], size: int) -> Iterator[T]:
        """Yield the blocks, which have about so many bytes each."""
        for block in blocks:
            self._move(size, waiting=False)
            yield block
            self._move(0, waiting=True)

    def _move(self, size: int, waiting: bool) -> None:
        with self._moved:
            self._taken += size
            self._turn += 1
            self._waiting = waiting
            self._moved.notify_all()

    def end(self) -> None:
        """Let the reader go on: nobody takes anything any more."""
        with self._moved:
            self._ended = True
            self._moved.notify_all()
