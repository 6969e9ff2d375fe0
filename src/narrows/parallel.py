"""Worker processes that end when their parent does. Imports no torch."""

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future
from multiprocessing import forkserver, resource_tracker
from multiprocessing.connection import wait
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


def cores() -> int:
    """Return the number of processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def start_forkserver() -> None:
    """Start the server that workers are forked from, with Ctrl-C left to the parent.

    Ctrl-C reaches the whole group of processes, but the parent ends the workers: they inherit the
    mask that is set here.
    """
    # The tracker would be started by the server's start, and that unblocks the signal.
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        forkserver.ensure_running()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def in_order(pool: Executor, work: Callable[[T], R], items: Iterable[T], ahead: int) -> Iterator[R]:
    """Yield the results in the order of the items; at most `ahead` of them are under way or wait.

    `Executor.map` would keep the results of all items that its caller has not come to yet.
    """
    begun: deque[Future[R]] = deque()
    for item in items:
        if len(begun) == ahead:
            yield begun.popleft().result()
        begun.append(pool.submit(work, item))
    while begun:
        yield begun.popleft().result()


def end_with_parent() -> None:
    """Have this worker end as soon as its parent has, however that ended."""
    threading.Thread(target=_wait_for_parent, daemon=True).start()


def _wait_for_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)
