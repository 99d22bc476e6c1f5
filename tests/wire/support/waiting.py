"""Waiting for a condition, not for a time."""

import time
from collections.abc import Callable
from typing import Any


def until(condition: Callable[[], Any], seconds: float = 60) -> None:
    """Wait for a condition; the time is only there so that a broken test ends."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "what the test waited for did not happen"
        time.sleep(0.002)
