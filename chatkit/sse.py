"""The wire format of Server-Sent Events: bytes to events, events to bytes. No I/O.

Source: HTML Standard, section 9.2.5 "Parsing an event stream" and 9.2.6 "Interpreting an
event stream". The words used here (event, data, event type, last event ID, reconnection
time) are the standard's.
"""

import re
from dataclasses import dataclass

_LINE_END = re.compile("\r\n|\n|\r")


@dataclass(frozen=True, slots=True)
class Event:
    """One dispatched event.

    `data` is its text, `type` its event type, and `id` the last event ID at the moment of
    dispatch, which an earlier event may have set.
    """

    data: str = ""
    type: str = "message"
    id: str = ""


class EventTooLarge(ValueError):
    """One event would hold more than the parser's `limit`.

    `events` holds the events that the same chunk had completed before.
    """

    def __init__(self, limit: int, events: list[Event]) -> None:
        super().__init__(f"one event is larger than the limit of {limit:,} bytes")
        self.events = events


def encode(
    data: str | None = None,
    *,
    event: str | None = None,
    id: str | None = None,
    retry: int | None = None,
    comment: str | None = None,
) -> bytes:
    r"""Write one block of an event stream, in UTF-8, with its closing blank line.

    `data=None` writes no data, and such a block dispatches nothing; `data=""` dispatches an
    event with empty data. Every line of `data` becomes a `data:` line, so "\r\n" and "\r"
    arrive as "\n". `retry` is the reconnection time in milliseconds.

    Raises `ValueError`, naming the argument, for what a reader would not get back: a line
    break in `event` or `id`, NUL in `id`, a `retry` that is not a whole number >= 0, and
    text that UTF-8 cannot carry (a lone surrogate).
    """
    lines = []
    if comment is not None:
        lines += [f": {line}" for line in _LINE_END.split(comment)]
    if retry is not None:
        if type(retry) is not int or retry < 0:
            raise ValueError(f"retry must be a whole number of milliseconds >= 0, not {retry!r}")
        lines.append(f"retry: {retry}")
    if id is not None:
        lines.append(f"id: {_one_line('id', id)}")
    if event is not None:
        lines.append(f"event: {_one_line('event', event)}")
    if data is not None:
        lines += [f"data: {line}" for line in _LINE_END.split(data)]
    try:
        return ("\n".join(lines) + "\n\n").encode()
    except UnicodeEncodeError as error:
        bad = error.object[error.start]
        raise ValueError(f"text with the lone surrogate {bad!r} is not valid Unicode") from error


def _one_line(name: str, value: str) -> str:
    if _LINE_END.search(value) or (name == "id" and "\0" in value):
        raise ValueError(f"{name} must be one line of text without NUL, not {value!r}")
    return value


class Parser:
    """Bytes of an event stream in, events out, whatever the size of the chunks.

    `last_event_id` is what a client that reconnects now would send, and `retry` the
    reconnection time in milliseconds, or None while the stream has set none.

    `limit` bounds what one event may hold in memory, in bytes: the unfinished line plus the
    data lines before it. Past it `feed` raises `EventTooLarge`. Nothing else ever raises: what
    the standard does not know it ignores, and bytes that are not UTF-8 become U+FFFD.

    An event that the end of the stream finds unfinished is never dispatched.
    """

    def __init__(self, limit: int | None = None) -> None:
        self.last_event_id = ""
        self.retry: int | None = None
        self._limit = limit
        self._line: list[bytes] = []  # the pieces of a line whose end has not come yet
        self._line_size = 0
        self._after_cr = False
        self._at_start = True
        self._data: list[str] = []
        self._data_size = 0
        self._type = ""
        self._id = ""

    def feed(self, chunk: bytes) -> list[Event]:
        """Take the next bytes; return the events that they complete, in order."""
        if not chunk:
            return []
        # A CR ends a line at once. An LF that opens the next chunk is its other half.
        if self._after_cr and chunk.startswith(b"\n"):
            chunk = chunk[1:]
        self._after_cr = chunk.endswith(b"\r")
        if b"\r" in chunk:
            chunk = chunk.replace(b"\r\n", b"\n").replace(b"\r", b"\n")

        events: list[Event] = []
        whole, line_end, rest = chunk.rpartition(b"\n")
        if line_end:
            self._line.append(whole)
            lines = b"".join(self._line).decode("utf-8", "replace").split("\n")
            self._line = []
            self._line_size = 0
            if self._at_start:
                self._at_start = False
                lines[0] = lines[0].removeprefix("\ufeff")
            for line in lines:
                self._take(line, events)
        self._line.append(rest)
        self._line_size += len(rest)
        self._check(events)
        return events

    def _take(self, line: str, events: list[Event]) -> None:
        if not line:
            self._dispatch(events)
            return
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if field == "data":
            self._data.append(value)
            self._data_size += len(value)
            self._check(events)
        elif field == "event":
            self._type = value
        elif field == "id":
            if "\0" not in value:
                self._id = value
        elif field == "retry" and value.isascii() and value.isdigit():
            # int() refuses more than 4,300 digits; 4,000 of them are for ever too.
            self.retry = int(value.lstrip("0")[:4000] or "0")

    def _dispatch(self, events: list[Event]) -> None:
        self.last_event_id = self._id
        if self._data:
            events.append(Event("\n".join(self._data), self._type or "message", self._id))
            self._data = []
            self._data_size = 0
        self._type = ""

    def _check(self, events: list[Event]) -> None:
        if self._limit is not None and self._line_size + self._data_size > self._limit:
            raise EventTooLarge(self._limit, events)
