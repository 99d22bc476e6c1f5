"""An end for a loop that never waits: asyncio can cancel only what is at an `await`."""

import asyncio
import ctypes
import linecache
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from checks.own_lines import is_own

TICK = 0.25  # seconds
IN_VAIN = 20  # ticks: so long the event loop may do nothing else than one step of a task


class NeverPauses(BaseException):
    """Raised in the middle of a learner's loop. It is no `Exception`, which they may catch."""


@contextmanager
def interrupted() -> Iterator[list[str]]:
    """Raise `NeverPauses` in a learner's loop that keeps the event loop from all else.

    Only in a task that was made meanwhile, and in code of the learner's. Yields a list to which
    the line is added where the loop was.
    """
    loop, thread = asyncio.get_running_loop(), threading.get_ident()
    of_others, ended = asyncio.all_tasks(), threading.Event()
    lines: list[str] = []
    in_vain = 0

    def beat() -> None:
        nonlocal in_vain
        in_vain = 0

    def watch() -> None:
        nonlocal in_vain
        while not ended.wait(TICK):
            in_vain += 1
            try:
                loop.call_soon_threadsafe(beat)
            except RuntimeError:  # it is closed
                return
            if in_vain <= IN_VAIN:
                continue
            # From here on this thread holds the interpreter: the other cannot go on meanwhile.
            task, frame = asyncio.current_task(loop), own_frame(thread)
            if task is not None and task not in of_others and frame is not None:
                lines.append(linecache.getline(frame.f_code.co_filename, frame.f_lineno).strip())
                ctypes.pythonapi.PyThreadState_SetAsyncExc(
                    ctypes.c_ulong(thread), ctypes.py_object(NeverPauses)
                )

    threading.Thread(target=watch, name="check", daemon=True).start()
    try:
        yield lines
    finally:
        ended.set()


def own_frame(thread: int) -> FrameType | None:
    """The innermost frame of a learner's code in this step of the thread's event loop."""
    frame = sys._current_frames().get(thread)
    while frame is not None and frame.f_code is not asyncio.Handle._run.__code__:
        if is_own(frame.f_code.co_filename):
            return frame
        frame = frame.f_back
    return None
