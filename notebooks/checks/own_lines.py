"""What went wrong in the learner's code, and in which of its lines: never a line of a library."""

import asyncio
import gc
import linecache
import re
import sysconfig
import traceback
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from chatkit.resources import PACKAGE
from chatkit.server.background import Server

LINE = re.compile(r'File "(.+?)", line \d+, in .+\n[ |]*(.+)')
ERROR = re.compile(r"^[ |]*(\w[\w.]*(?:: .*)?)$", re.MULTILINE)
NEVER_AWAITED = re.compile(r"coroutine '(?:.*<locals>\.)?(.+)' was never awaited")
LIBRARIES = (
    *(sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")),
    *(str(PACKAGE), str(Path(__file__).parent), "<frozen"),
)
MEANT = {  # what an error of a library's says to somebody who does not know the library
    r"ServerSentEvent.* unexpected keyword argument ('\w+')": "an event has `data`, `event`, `id` "
    r"and `retry`, and not \1",
    r"'(int|float)' object has no attribute 'encode'": "a text is needed there, such as '5', and "
    "not a number",
    r"^ValueError: \[TypeError.*async_generator": "a generator is not an answer, but what an "
    "`EventSourceResponse(...)` takes",
    r"'async_generator' object is not iterable": "`async for` goes through it, and not `for`",
    r"'async for' requires .* got coroutine": "what an `async def` without a `yield` gives is "
    "awaited, and not gone through with `async for`",
    r"'coroutine' object (is not|has no|does not)|cannot unpack .* coroutine": "an `await` is "
    "missing before a call, or an `async def` should be a `def`",
    r"object (\w+) can't be used in 'await' expression": r"there is nothing to await in a \1",
    r"'function' object|got function": "the response takes a generator that is called, with `()`",
}


def is_own(file: str) -> bool:
    return not file.startswith(LIBRARIES)


async def why(server: Server) -> str:
    """The last error in a server, as the end of a sentence; empty if there was none."""
    for _ in range(50):  # it is written down after the answer
        if "Traceback" in server.messages:
            break
        await asyncio.sleep(0.01)
    text = server.messages.rpartition("Traceback")[2]
    errors = ERROR.findall(text)
    own = [line for file, line in LINE.findall(text) if is_own(file)]
    return (f": {errors[-1]}{meant(errors[-1])}" if errors else "") + your_line(own)


def describe(error: BaseException) -> str:
    """An error in a function of the learner's."""
    return f"it raises {error!r}{meant(repr(error))}{line_of(error)}"


def meant(error: str) -> str:
    """What an error means, as the end of a sentence; empty if it speaks for itself."""
    for known, meaning in MEANT.items():
        if found := re.search(known, error):
            return ": " + found.expand(meaning)
    return ""


def line_of(error: BaseException) -> str:
    """Where in the learner's code it was raised, if it was."""
    frames = traceback.extract_tb(error.__traceback__)
    return your_line([frame.line for frame in frames if frame.line and is_own(frame.filename)])


def your_line(lines: list[str]) -> str:
    """The last of the learner's lines, if there are any."""
    return f"\n  your line: {lines[-1].strip()}" if lines and lines[-1] else ""


@contextmanager
def never_awaited() -> Iterator[list[str]]:
    """What is called meanwhile, and never awaited, in whatever thread: Python warns of it."""
    found: list[str] = []
    gc.collect()  # what was forgotten before is no business of this one
    with warnings.catch_warnings():
        show: Any = warnings.showwarning
        warnings.filterwarnings("always", "coroutine .* was never awaited", RuntimeWarning)

        def note(message: Any, category: Any, file: str, line: int, *rest: Any) -> None:
            if name := NEVER_AWAITED.match(str(message)):
                source = linecache.getline(file, line) if is_own(file) else ""
                what = f"`{name[1]}` is called, and nobody awaits it: is an `await` missing?"
                found.append(f"\n  {what}{your_line([source])}")
            else:
                show(message, category, file, line, *rest)

        warnings.showwarning = note
        yield found
