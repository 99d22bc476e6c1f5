"""Break `chatkit/sse.py` in one place at a time: some test has to catch each.

    python tests/unit/support/mutate_sse.py

prints which test catches which mutation. The tests are those of `SUITE`: functions, called one
after the other in this process, with the names of `chatkit.sse` taken from the broken source.
"""

import importlib
import itertools
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import pytest

SOURCE = Path(__file__).parents[3] / "chatkit" / "sse.py"
SUITE = ["test_sse", "test_sse_rules", "test_sse_properties"]
ENDLESS = 30.0  # seconds after which a test counts as one that will never end; most take 1 ms


class Mutation(NamedTuple):
    """What stands in the source exactly once, and what stands there instead."""

    old: str
    new: str

    def __str__(self) -> str:
        return f"{self.old.strip()!r} -> {self.new.strip()!r}"

    def applied(self) -> str:
        source = SOURCE.read_text("utf-8")
        if (count := source.count(self.old)) != 1:
            raise ValueError(f"{self.old!r} stands {count} times in {SOURCE.name}, not once")
        return source.replace(self.old, self.new)


# A mutation that nobody could tell from the original does not belong here, nor an endless loop.
PAIRS = [
    # The line ends that encode() knows.
    (r'"\r\n|\n|\r"', r'"\n|\r"'),
    (r'"\r\n|\n|\r"', r'"\r\n|\r"'),
    (r'"\r\n|\n|\r"', r'"\r\n|\n"'),
    (r'"\r\n|\n|\r"', r'"\r\n|\n|\r|\x85"'),
    # The byte that _lines() looks for.
    (r'_CR = ord("\r")', r'_CR = ord("\n")'),
    (r'_CR = ord("\r")', r'_CR = ord("\v")'),
    # Event and EventTooLarge.
    ('    data: str = ""', '    data: str = "\\n"'),
    ('type: str = "message"', 'type: str = ""'),
    ('    id: str = ""', '    id: str = "0"'),
    ("class EventTooLarge(ValueError):", "class EventTooLarge(Exception):"),
    ("limit of {limit:,} bytes", "limit of {limit} bytes"),
    ("        self.events = events", "        self.events = []"),
    # encode().
    ("data: str | None = None,\n    *,", 'data: str | None = "",\n    *,'),
    ("    event: str | None = None,", '    event: str | None = "",'),
    ("    id: str | None = None,", '    id: str | None = "",'),
    ("    retry: int | None = None,", "    retry: int | None = 0,"),
    ("    comment: str | None = None,", '    comment: str | None = "",'),
    ("    if comment is not None:", "    if comment:"),
    ('f": {line}"', 'f":{line}"'),
    ('f": {line}"', 'f"{line}"'),
    ("_LINE_END.split(comment)", "[comment]"),
    ("_LINE_END.split(comment)", r'comment.split("\n")'),
    ("_LINE_END.split(comment)", "comment.splitlines()"),
    ("    if retry is not None:", "    if retry:"),
    ("type(retry) is not int", "not isinstance(retry, int)"),
    ("type(retry) is not int or retry < 0", "type(retry) is not int"),
    ("retry < 0:", "retry < 1:"),
    ("retry < 0:", "retry < -1:"),
    ('f"retry must be', 'f"it must be'),
    ("not {retry!r}", "not so"),
    ('f"retry: {retry}"', 'f"retry: {retry:,}"'),
    ('f"retry: {retry}"', 'f"retry {retry}"'),
    ("    if id is not None:", "    if id:"),
    ("_one_line('id', id)", "id"),
    ("_one_line('id', id)", "_one_line('event', id)"),
    ('f"id: {', 'f"id:{'),
    ("    if event is not None:", "    if event:"),
    ("_one_line('event', event)", "event"),
    ("_one_line('event', event)", "_one_line('id', event)"),
    ('f"event: {', 'f"event:{'),
    ("    if data is not None:\n        lines", "    if data:\n        lines"),
    ('f"data: {line}"', 'f"data:{line}"'),
    ('f"data: {line}"', 'f"data: {line.strip()}"'),
    ('[f"data: {line}"', '[line and f"data: {line}"'),
    ("_LINE_END.split(data)", "[data]"),
    ("_LINE_END.split(data)", r'data.split("\n")'),
    ("_LINE_END.split(data)", "data.splitlines()"),
    ("_LINE_END.split(data)", r'_LINE_END.split(data.rstrip("\n"))'),
    (r'"\n".join(lines) + "\n\n"', r'"\n".join(lines) + "\n"'),
    (r'"\n".join(lines) + "\n\n"', r'"\r".join(lines) + "\r"'),
    (r'"\n".join(lines) + "\n\n"', r'"\n".join(lines) + "\n\n\n"'),
    (r'"\n".join(lines) + "\n\n"', r'"".join(lines) + "\n\n"'),
    ('\\n\\n").encode()', '\\n\\n").encode("utf-8", "replace")'),
    ('\\n\\n").encode()', '\\n\\n").encode("utf-8", "ignore")'),
    ('\\n\\n").encode()', '\\n\\n").encode("utf-8", "surrogatepass")'),
    ('\\n\\n").encode()', '\\n\\n").encode("utf-8-sig")'),
    ("error.object[error.start]", "error.object[0]"),
    ("error.object[error.start]", "error.object[error.end]"),
    # _one_line().
    ("_LINE_END.search(value)", "_LINE_END.match(value)"),
    ("_LINE_END.search(value)", "_LINE_END.fullmatch(value)"),
    ("_LINE_END.search(value)", r'"\n" in value'),
    ('(name == "id" and "\\0" in value)', '"\\0" in value'),
    ('name == "id" and', 'name == "event" and'),
    ('"\\0" in value)', 'value == "\\0")'),
    ('f"{name} must be', 'f"it must be'),
    ("not {value!r}", "not so"),
    ("    return value\n", "    return value.strip()\n"),
    # Parser.__init__().
    ("limit < 1:", "limit < 0:"),
    ("limit < 1:", "limit < 2:"),
    ("limit is not None and limit < 1:", "limit == 0:"),
    ("limit must be at least", "it must be at least"),
    ("byte, not {limit!r}", "byte"),
    ('self.last_event_id = ""', 'self.last_event_id = "0"'),
    ("self.retry: int | None = None", "self.retry: int | None = 3000"),
    ("self._limit = limit", "self._limit = None"),
    ("        self._at_start = True", "        self._at_start = False"),
    (
        "        self._after_cr = False\n        self._line",
        "        self._after_cr = True\n        self._line",
    ),
    ("self._data: str | None = None", 'self._data: str | None = ""'),
    (
        "        self._more_size = 0\n        self._type",
        "        self._more_size = 1\n        self._type",
    ),
    ('self._type = "message"', 'self._type = ""'),
    ('self._id = ""', 'self._id = "0"'),
    # Parser.feed().
    ("        if self._limit is None:", "        if self._limit:"),
    ("        if self._limit is None:", "        if True:"),
    ("        start = 0", "        start = 1"),
    ("while start < len(chunk):", "while start < len(chunk) - 1:"),
    ("while start < len(chunk):", "if chunk:"),
    ("self._limit - self._held() + 1", "self._limit - self._held() + 2"),
    ("self._limit - self._held() + 1", "self._limit + 1"),
    ("self._limit - self._held() + 1", "self._limit + self._held() + 1"),
    ("            events += self._interpret", "            events = self._interpret"),
    ("chunk[start:end]", "chunk[start : end - 1]"),
    ("chunk[start:end]", "chunk[start:]"),
    ("self._held() > self._limit", "self._held() >= self._limit"),
    ("self._held() > self._limit", "self._held() > self._limit + 1"),
    ("raise EventTooLarge(self._limit, events)", "raise EventTooLarge(self._limit, [])"),
    ("raise EventTooLarge(self._limit, events)", "return events"),
    ("start = end", "start = end + 1"),
    ("start = end", "start = end - 1"),
    # Parser._held().
    ('len(self._line) + len(self._data or "") + self._more_size', "len(self._line)"),
    ('len(self._line) + len(self._data or "")', 'len(self._data or "")'),
    ('len(self._line) + len(self._data or "")', "len(self._line)"),
    ('len(self._data or "") + self._more_size', 'len(self._data or "")'),
    ('len(self._data or "") + self._more_size', 'max(len(self._data or ""), self._more_size)'),
    # Parser._lines().
    ("        if self._after_cr and chunk:", "        if self._after_cr:"),
    ("        if self._after_cr and chunk:", "        if chunk:"),
    ("        if self._after_cr and chunk:", "        if False:"),
    ("            self._after_cr = False", "            pass"),
    ('chunk.removeprefix(b"\\n")', 'chunk.lstrip(b"\\n")'),
    ('chunk.removeprefix(b"\\n")', 'chunk.removeprefix(b"\\r\\n")'),
    ('chunk.removeprefix(b"\\n")', "chunk[1:]"),
    ("        if _CR in chunk:", '        if b"\\r\\n" in chunk:'),
    ("        if _CR in chunk:", '        if b"\\n" not in chunk:'),
    ('chunk.endswith(b"\\r")', "True"),
    ('chunk.endswith(b"\\r")', "False"),
    ('chunk.endswith(b"\\r")', 'chunk.endswith(b"\\n")'),
    ('.replace(b"\\r\\n", b"\\n")', ""),
    ('.replace(b"\\r", b"\\n")', ""),
    ('.replace(b"\\r", b"\\n")', '.replace(b"\\r", b"")'),
    ('.replace(b"\\r", b"\\n")', '.replace(b"\\r", b"\\n").replace(b"\\x0b", b"\\n")'),
    ("chunk.rpartition", "chunk.partition"),
    ("        if not line_end:", "        if not whole:"),
    ("        if not line_end:", "        if not rest:"),
    ("self._line += rest", "self._line = bytearray(rest)"),
    ("self._line += rest", "self._line += chunk[:-1]"),
    ("self._line += whole", "self._line = bytearray(whole)"),
    ("self._line += whole", "self._line += chunk"),
    ('decode("utf-8", "replace")', 'decode("utf-8", "ignore")'),
    ('decode("utf-8", "replace")', 'decode("utf-8", "strict")'),
    ('decode("utf-8", "replace")', 'decode("utf-8", "surrogateescape")'),
    ('decode("utf-8", "replace")', 'decode("utf-8", "backslashreplace")'),
    ('decode("utf-8", "replace")', 'decode("utf-8-sig", "replace")'),
    ('decode("utf-8", "replace")', 'decode("latin-1", "replace")'),
    ('decode("utf-8", "replace")', 'decode("cp1252", "replace")'),
    ("self._line = bytearray(rest)", "self._line = bytearray()"),
    ("self._line = bytearray(rest)", "self._line += rest"),
    ("        if self._at_start:", "        if True:"),
    ("            self._at_start = False", "            pass"),
    ('removeprefix("\\ufeff")', 'lstrip("\\ufeff")'),
    ('removeprefix("\\ufeff")', 'replace("\\ufeff", "")'),
    ('removeprefix("\\ufeff")', "strip()"),
    ('text.split("\\n")', "text.splitlines()"),
    ('text.split("\\n")', 'text.rstrip("\\n").split("\\n")'),
    # Parser._interpret().
    ("            if not line:", "            if not line.strip():"),
    ("            if not line:", '            if not line.strip("\\0"):'),
    ("self.last_event_id = id\n", "pass\n"),
    ("self.last_event_id = id\n", "self.last_event_id = self.last_event_id or id\n"),
    (
        "self.last_event_id = id\n",
        "self.last_event_id = id if data is not None else self.last_event_id\n",
    ),
    ("                if data is not None:", "                if data:"),
    (
        "                if data is not None:",
        '                if data is not None or type != "message":',
    ),
    ("                if data is not None:", "                if data is not None or id:"),
    ("                    if more:", "                    if False:"),
    ("                    if more:", "                    if more and data:"),
    ('"\\n".join([data, *more])', '"".join([data, *more])'),
    ('"\\n".join([data, *more])', '"\\n".join(more)'),
    ('"\\n".join([data, *more])', '"\\n".join([*more, data])'),
    ('"\\n".join([data, *more])', '"\\n".join([data, *more, ""])'),
    ('"\\n".join([data, *more])', '"\\n".join([data, *more]).rstrip("\\n")'),
    ("more.clear()", "pass"),
    ("                        self._more_size = 0\n", ""),
    ("(data, type, id)))", '(data, "message", id)))'),
    ("(data, type, id)))", '(data, type, "")))'),
    ("(data, type, id)))", "(data, type, self._id)))"),
    ("(data, type, id)))", "(data.strip(), type, id)))"),
    ("_new(Event, (data, type, id))", "(data, type, id)"),
    ("                    data = None", '                    data = ""'),
    ("                    data = None", "                    pass"),
    ('                type = "message"\n', ""),
    (
        "                    data = None\n                type",
        "                    data = None\n                    type",
    ),
    ('line.partition(": ")', 'line.partition(":")'),
    ('line.partition(": ")', 'line.rpartition(": ")'),
    ('line.partition(": ")', 'line.lstrip().partition(": ")'),
    ('line.partition(": ")', 'line.lstrip("\\ufeff").partition(": ")'),
    ('line.partition(": ")', 'line.replace("\\0", "").partition(": ")'),
    ('if field == "data":', 'if field.lower() == "data":'),
    ('if field == "data":', 'if field.strip() == "data":'),
    ('if field == "data":', 'if field.startswith("data"):'),
    ('if field == "data":', 'if field in ("data", ""):'),
    ("                    if data is None:", "                    if not data:"),
    ("                    if data is None:", "                    if True:"),
    ("                        data = value", "                        data = value.strip()"),
    ("                        data = value", '                        data = value.lstrip(" ")'),
    ("                        data = value", "                        data = value or None"),
    ("more.append(value)", "more.insert(0, value)"),
    ("more.append(value)", "more.append(value.lstrip())"),
    ("more.append(value)", "value and more.append(value)"),
    ("self._more_size += len(line) + 1", "self._more_size += len(line)"),
    ("self._more_size += len(line) + 1", "self._more_size += len(value)"),
    ("self._more_size += len(line) + 1", "self._more_size = len(line) + 1"),
    ("self._more_size += len(line) + 1", "self._more_size += 1"),
    ('elif field == "id":', 'elif field.lower() == "id":'),
    ('elif field == "id":', 'elif field.strip() == "id":'),
    ('elif field == "id":', 'elif field == "id" and value:'),
    ('if "\\0" not in value:', "if True:"),
    ('if "\\0" not in value:', 'if value != "\\0":'),
    ('if "\\0" not in value:', 'if not value.startswith("\\0"):'),
    (
        "                        id = value",
        "                        id = self.last_event_id = value",
    ),
    ("                        id = value", "                        id = value.strip()"),
    ("                        id = value", '                        id = value.lstrip("0")'),
    ("                        id = value", "                        id = id or value"),
    ('elif field == "event":', 'elif field.lower() == "event":'),
    ('elif field == "event":', 'elif field.strip() == "event":'),
    ('elif field == "event":', 'elif field in ("event", "type"):'),
    ('elif field == "event":', 'elif field == "event" and value:'),
    ('type = value or "message"', "type = value"),
    ('type = value or "message"', 'type = value.strip() or "message"'),
    ('type = value or "message"', 'type = value.lower() or "message"'),
    ('elif field == "retry" and', 'elif field.lower() == "retry" and'),
    ('elif field == "retry" and', 'elif field.strip() == "retry" and'),
    ('elif field == "retry" and', 'elif field == "retry" and data is None and'),
    ("value.isascii() and value.isdigit()", "value.isdigit()"),
    ("value.isascii() and value.isdigit()", "value.isascii()"),
    ("value.isascii() and value.isdigit()", "value.isdecimal()"),
    ("value.isascii() and value.isdigit()", "value.strip().isascii() and value.strip().isdigit()"),
    ("value.isascii() and value.isdigit()", 'value.isascii() and value.lstrip("+").isdigit()'),
    ("value.isascii() and value.isdigit()", 'value.isascii() and value.replace("_", "").isdigit()'),
    ('value.lstrip("0")', "value"),
    ('value.lstrip("0")', 'value.strip("0")'),
    ("[:4000]", ""),
    ("[:4000]", "[:2000]"),
    (' or "0")', ")"),
    (' or "0")', ' or "1")'),
    ("self.retry = int(", "self.retry = self.retry or int("),
    ('elif ":" in field:', 'elif field.endswith(":"):'),
    ('elif ":" in field:', 'elif field.count(":") == 1:'),
    ('elif ":" in field:', 'elif ":" in field and not value:'),
    ('elif ":" in field:', "elif False:"),
    ('line.partition(":")', 'field.partition(":")'),
    ('line.partition(":")', 'line.replace(": ", ":").partition(":")'),
    ("self._data, self._type, self._id = data, type, id", "pass"),
    ("self._data, self._type, self._id = data, type, id", "self._data, self._type = data, type"),
    ("self._data, self._type, self._id = data, type, id", "self._data, self._id = data, id"),
    ("self._data, self._type, self._id = data, type, id", "self._type, self._id = type, id"),
]
MUTATIONS = [Mutation(*pair) for pair in PAIRS]


class Endless(BaseException):
    """The broken source does not come to an end. No test catches this by mistake."""


@contextmanager
def interrupted() -> Iterator[None]:
    """Raise `Endless` in the code inside, after a while. (Windows cannot: there it may hang.)"""
    if not hasattr(signal, "setitimer"):
        yield
        return

    def stop(*_: object) -> None:
        raise Endless

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, ENDLESS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


class Test(NamedTuple):
    """A test function with one set of its parameters."""

    name: str
    function: Callable[..., object]
    parameters: dict[str, Any]

    def fails(self) -> bool:
        try:
            with interrupted():
                self.function(**self.parameters)
        except (Exception, pytest.fail.Exception, Endless):
            return True
        return False


def suite() -> list[ModuleType]:
    return [importlib.import_module(name) for name in SUITE]


def tests_of(module: ModuleType) -> Iterator[Test]:
    for name, function in vars(module).items():
        if not name.startswith("test_"):
            continue
        marks = [m for m in getattr(function, "pytestmark", []) if m.name == "parametrize"]
        for rows in itertools.product(*map(parameters_of, marks)):
            parameters = {key: value for row in rows for key, value in row.items()}
            yield Test(name, function, parameters)


def parameters_of(mark: Any) -> list[dict[str, Any]]:
    names, rows = mark.args
    if isinstance(names, str):
        return [{names: value} for value in rows]
    return [dict(zip(names, row, strict=True)) for row in rows]


@contextmanager
def tested(source: str) -> Iterator[None]:
    """Let the suite test this source in place of `chatkit.sse`."""
    code = ModuleType("sse")
    exec(compile(source, "sse.py", "exec"), vars(code))
    names = ["Event", "EventTooLarge", "Parser", "encode"]
    places = [(module, name) for module in suite() for name in names if hasattr(module, name)]
    originals = [getattr(module, name) for module, name in places]
    try:
        for module, name in places:
            setattr(module, name, getattr(code, name))
        yield
    finally:
        for (module, name), original in zip(places, originals, strict=True):
            setattr(module, name, original)


@cache
def tests() -> list[Test]:
    """The tests of the suite, the quickest first. None of them fails on the source as it is."""
    seconds: list[tuple[float, Test]] = []
    with tested(SOURCE.read_text("utf-8")):
        for test in [test for module in suite() for test in tests_of(module)]:
            start = time.perf_counter()
            assert not test.fails(), f"{test.name} fails on the source as it is"
            seconds.append((time.perf_counter() - start, test))
    return [test for _, test in sorted(seconds, key=lambda pair: pair[0])]


def caught_by(mutation: Mutation) -> str | None:
    """The name of a test that fails, or None where all of them pass."""
    in_order = tests()
    with tested(mutation.applied()):
        return next((test.name for test in in_order if test.fails()), None)


def main() -> int:
    survivors = 0
    for mutation in MUTATIONS:
        test = caught_by(mutation)
        survivors += test is None
        print(f"{mutation}\n    {test or 'NOT CAUGHT'}", flush=True)
    print(f"{len(MUTATIONS)} mutations, {survivors} not caught")
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.path[:0] = [str(Path(__file__).parents[n]) for n in (1, 2)]  # for the tests, and cases
    sys.exit(main())
