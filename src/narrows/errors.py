"""Mistakes that a user can mend, told in one line."""

import sys
from collections.abc import Callable, Iterable
from difflib import get_close_matches


class UserError(Exception):
    """A mistake in the input: its text names the thing and the remedy; the exit code is 2."""


class UnfinishedError(UserError):
    """Work was cut off by something outside it; the same command goes on from there."""


class FailedRunError(UserError):
    """A run has no result: this is what came of it, and would come of it again."""


class DivergedError(FailedRunError):
    """Training went to infinity."""


class PrunedError(FailedRunError):
    """A sweep has stopped the run, since it promises less than others."""


def nearest(name: str, known: Iterable[str]) -> str:
    """Return "; did you mean 'x'?" for the known name closest to `name`, else the known names."""
    names = sorted(known)
    if close := closest(name, names):
        return f"; did you mean '{close}'?"
    return f"; known: {', '.join(names)}" if names else ""


def closest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name closest to `name`; None if none is near."""
    return next(iter(get_close_matches(name, sorted(known), n=1, cutoff=0.5)), None)


USER_MISTAKE, FAILURE, INTERRUPTED = 2, 1, 130


def exit_code(work: Callable[[], object], traceback: bool = False) -> int:
    """Do `work` and return the process's exit code; what goes wrong is told in one line.

    Args:
        work: to do.
        traceback: raise a mistake instead, to show where in the code it was found.
    """
    try:
        work()
    except (UserError, OSError) as error:
        if traceback:
            raise
        print(f"narrows: error: {error}", file=sys.stderr)  # noqa: T201
        return USER_MISTAKE if isinstance(error, UserError) else FAILURE
    except KeyboardInterrupt:
        print("narrows: stopped; the same command goes on from here", file=sys.stderr)  # noqa: T201
        return INTERRUPTED
    return 0
