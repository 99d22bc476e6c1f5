"""Which line is named: one of a person's own code, wherever it stands among those of libraries."""

import logging
import sysconfig
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from chatkit.server.tracebacks import OwnLines, running_line

LIBRARY = """
def fails():
    try:
        raise LookupError("of the library")
    except LookupError:
        raise ValueError("look here")

def calls(function):
    function()
"""


def library() -> dict[str, Any]:
    """Functions that stand where the standard library does."""
    names: dict[str, Any] = {}
    exec(compile(LIBRARY, str(Path(sysconfig.get_path("stdlib"), "made_up.py")), "exec"), names)
    return names


def formatted(function: Callable[[], None]) -> str:
    try:
        function()
    except Exception as error:
        info = (type(error), error, error.__traceback__)
        record = logging.LogRecord("chatkit", logging.ERROR, "", 0, "failed", (), info)
        return OwnLines().format(record)
    return ""


def test_what_a_library_has_caught_says_nothing_new() -> None:
    fails = library()["fails"]

    def calls_it() -> None:
        fails()

    said = formatted(calls_it)
    assert "ValueError: look here" in said
    assert "in calls_it" in said
    assert "of the library" not in said
    assert "During handling" not in said
    assert "made_up.py" not in said


def test_what_own_code_has_caught_is_kept() -> None:
    def fails() -> None:
        try:
            raise LookupError("mine")
        except LookupError:
            raise ValueError("look here")  # noqa: B904

    said = formatted(fails)
    assert said.index("LookupError: mine") < said.index("During handling")
    assert said.endswith("ValueError: look here")


def test_line_that_a_thread_waits_at_is_that_of_own_code() -> None:
    over = threading.Event()

    def waits() -> None:
        over.wait(60)

    thread = threading.Thread(target=library()["calls"], args=(waits,))
    thread.start()
    line = ""
    deadline = time.monotonic() + 5
    while "over.wait" not in line and time.monotonic() < deadline:
        line = running_line(thread.ident or 0)
    over.set()
    thread.join()
    first = waits.__code__.co_firstlineno
    assert line == f"{__file__}, line {first + 1}, in waits: over.wait(60)"
    assert running_line(0) == "an unknown line"
