"""How far a long piece of work is: a bar on a terminal, else a line now and then."""

import sys
import time

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

_LINE_SECONDS = 5.0
# What is done sooner is not worth a line.
_SHORT_SECONDS = 1.0


class Display:
    """Shows the share of some work that is done; a context manager.

    Args:
        title: of the work.
        total: how much there is.
        unit: what is counted.
    """

    def __init__(self, title: str, total: int, unit: str) -> None:
        self.title, self.total, self.unit = title, total, unit
        self.bar: Progress | None = None
        if sys.stderr.isatty():
            self.bar = Progress(
                TextColumn("{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                TimeRemainingColumn(elapsed_when_finished=True),
                console=Console(stderr=True),
            )
            self.task = self.bar.add_task(title, total=total)
        self.started = self.printed = time.monotonic()

    def __enter__(self) -> "Display":
        if self.bar:
            self.bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self.bar:
            self.bar.stop()

    def show(self, done: float, finished: int | None = None) -> None:
        """Show how much is done.

        Args:
            done: so far, begun pieces counted by their share.
            finished: whole pieces, where that differs.
        """
        finished = int(done) if finished is None else finished
        if self.bar:
            self.bar.update(self.task, completed=done)
            return
        now = time.monotonic()
        ended = finished == self.total and now - self.started > _SHORT_SECONDS
        if ended or now - self.printed > _LINE_SECONDS:
            self.printed = now
            percent = 100 * done / max(1, self.total)
            line = f"{self.title}: {percent:.0f} %, {finished} of {self.total} {self.unit}"
            print(line, file=sys.stderr, flush=True)  # noqa: T201
