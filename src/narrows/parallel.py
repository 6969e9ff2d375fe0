"""Worker processes that end when their parent does. Imports no torch."""

import multiprocessing
import os
import signal
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future
from multiprocessing import forkserver, resource_tracker
from multiprocessing.connection import wait
from types import ModuleType
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


def cores() -> int:
    """Return the number of processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def start_forkserver(modules: Iterable[str]) -> None:
    """Start the server that workers are forked from, with Ctrl-C left to the parent.

    Ctrl-C reaches the whole group of processes, but the parent ends the workers: they inherit the
    mask that is set here.

    Args:
        modules: that the server imports once, so that no worker has to; without effect on a server
            that runs already.
    """
    forkserver.set_forkserver_preload(["__main__", *sorted({*modules, *_imported_by_main()})])
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


def _imported_by_main() -> set[str]:
    """Return modules that the main script has names from: each worker runs that script again."""
    values = vars(sys.modules["__main__"]).values()
    modules = {value.__name__ for value in values if isinstance(value, ModuleType)}
    others = {getattr(value, "__module__", None) for value in values}
    return modules | {name for name in others if isinstance(name, str)}


def end_with_parent() -> None:
    """Have this worker end as soon as its parent has, however that ended."""
    threading.Thread(target=_wait_for_parent, daemon=True).start()


def _wait_for_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)
