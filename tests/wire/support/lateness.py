"""How late a busy machine is: what a test adds to a promise of so many seconds."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

TICK = 0.02  # seconds


@contextmanager
def lateness() -> Iterator[Callable[[], float]]:
    """Seconds by which a clock in this process has been late since then, all ticks together."""
    late = 0.0
    over = threading.Event()

    def watch() -> None:
        nonlocal late
        before = time.monotonic()
        while not over.wait(TICK):
            now = time.monotonic()
            late += now - before - TICK
            before = now

    watching = threading.Thread(target=watch)
    watching.start()
    try:
        yield lambda: late
    finally:
        over.set()
        watching.join()
