"""What a launcher offers to those who have runs to train."""

from types import TracebackType
from typing import Protocol

from narrows.launching.job import Job, Outcome


class Launcher(Protocol):
    """Trains runs beside each other; a context manager, whose end is the end of what still runs."""

    @property
    def has_room(self) -> bool:
        """Tell whether another run would be begun now rather than wait for one's end."""
        ...

    def start(self, job: Job) -> None:
        """Begin a run."""
        ...

    def wait(self) -> list[tuple[Job, float | Outcome]]:
        """Wait until something is known of the runs begun: the share of one done, or its end."""
        ...

    def __enter__(self) -> "Launcher": ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
        /,
    ) -> None: ...
