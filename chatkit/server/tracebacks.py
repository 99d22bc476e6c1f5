"""Finds the line of a person's own code that blocks the event loop, or that raised an error."""

import linecache
import logging
import sys
import sysconfig
import traceback
from types import FrameType
from typing import Any

from chatkit.resources import PACKAGE

_PATHS = sysconfig.get_paths()
_LIBRARIES = (
    *(_PATHS[name] for name in ("stdlib", "platstdlib", "purelib", "platlib")),
    str(PACKAGE),
    "<frozen",
)
LONGEST = 5000  # characters of one traceback


def running_line(thread: int) -> str:
    """The line that the thread with this identifier is executing now."""
    frames = []
    frame = sys._current_frames().get(thread)
    while frame is not None:
        frames.append(frame)
        frame = frame.f_back
    return _describe(frames)


def is_own(file: str) -> bool:
    return not file.startswith(_LIBRARIES)


def _describe(frames: list[FrameType]) -> str:
    """Name the innermost frame of a person's own code, or of any code. Innermost comes first."""
    own = [frame for frame in frames if is_own(frame.f_code.co_filename)]
    for frame in own + frames:
        file, line = frame.f_code.co_filename, frame.f_lineno
        source = linecache.getline(file, line).strip()
        return f"{_name(file)}, line {line}, in {frame.f_code.co_name}: {source}"
    return "an unknown line"


def _name(file: str) -> str:
    """A file as a person knows it: a notebook's cells are files too, with a made-up name."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    cell = shell.compile.format_code_name(file) if shell else None
    return " ".join(cell) if cell else file


class OwnLines(logging.Formatter):
    """Formats an error with the lines of a person's own code that led to it.

    An error without any has the one line that raised it. What is longer than `LONGEST` characters
    is cut in the middle.
    """

    def formatException(self, ei: Any) -> str:  # noqa: N802 (the name is logging's)
        try:
            error = traceback.TracebackException(*ei)
            _leave_own_lines(error)
            text = "".join(error.format()).rstrip()
        except Exception:  # an error can be so odd that Python itself cannot format it
            text = f"{ei[0].__name__}: this error cannot be shown"
        if len(text) > LONGEST:
            text = f"{text[: LONGEST // 2]}\n...\n{text[-LONGEST // 2 :]}"
        return text


def _leave_own_lines(error: traceback.TracebackException) -> None:
    """Shorten an error, and those that led to it, as `OwnLines` says."""
    errors = [error]
    for one in errors:  # which grows meanwhile
        errors += filter(None, (one.__cause__, one.__context__, *(one.exceptions or [])))
    lines: dict[int, set[tuple[str, int | None]]] = {}  # by the id() of the error
    for one in reversed(errors):  # what led to an error comes before it
        own = [frame for frame in one.stack if is_own(frame.filename)]
        one.stack[:] = own or one.stack[-1:]
        found = {(frame.filename, frame.lineno) for frame in own}
        for frame in one.stack:
            frame.filename = _name(frame.filename)
        for other in filter(None, (one.__cause__, *(one.exceptions or []))):
            found |= lines[id(other)]
        if one.__context__ and lines[id(one.__context__)] <= found:
            one.__context__ = None  # it says nothing new: an error meets many on its way
        elif one.__context__:
            found |= lines[id(one.__context__)]
        lines[id(one)] = found
