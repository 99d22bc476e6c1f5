"""The wire format of Server-Sent Events: bytes to events, events to bytes. No I/O.

Source: HTML Standard, section 9.2.5 "Parsing an event stream" and 9.2.6 "Interpreting an
event stream". The words used here (event, data, event type, last event ID, reconnection
time) are the standard's.
"""

import re
from typing import NamedTuple

_LINE_END = re.compile("\r\n|\n|\r")
# A frame ends with a blank line: two line ends.
FRAME_END = re.compile(rb"(?>\r\n|\n|\r){2}")
_CR = ord("\r")  # in bytes, a number is found faster than b"\r"


class Event(NamedTuple):
    """One dispatched event. It never changes.

    `data` is its text, `type` its event type, and `id` the last event ID at the moment of
    dispatch, which an earlier event may have set.
    """

    data: str = ""
    type: str = "message"
    id: str = ""


_new = tuple.__new__  # what Event(...) calls in the end; the parser calls it at once


class EventTooLarge(ValueError):
    """One event would hold more than the parser's `limit`.

    `events` holds the events that the same chunk had completed before.
    """

    def __init__(self, limit: int, events: list[Event]) -> None:
        super().__init__(
            f"one event is larger than the limit of {limit:,} bytes: "
            "close the stream, or read it with a larger limit"
        )
        self.events = events


def encode(
    data: str | None = None,
    *,
    event: str | None = None,
    id: str | None = None,
    retry: int | None = None,
    comment: str | None = None,
) -> bytes:
    r"""Write one frame of an event stream, in UTF-8, with its closing blank line.

    `data=None` writes no data, and such a frame dispatches nothing; `data=""` dispatches an
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
        raise ValueError(f"{name} must be one line of text (an id without NUL), not {value!r}")
    return value


class Parser:
    """Bytes of an event stream in, events out, whatever the size of the chunks.

    `last_event_id` is what a client that reconnects now would send, and `retry` the
    reconnection time in milliseconds, or None while the stream has set none.

    `limit` bounds what the stream may make the parser hold: the unfinished line, in bytes, and
    before it the data lines and the type of the unfinished event, and the last id, in characters,
    which are never more than their bytes. (Data lines of one character take some twelve bytes of
    memory for each byte that came.) Past it `feed` raises `EventTooLarge`, wherever the chunks
    were cut; the stream cannot be read on after that. Nothing else that a stream may hold ever
    raises: what the standard does not know it ignores, and bytes that are not UTF-8 become U+FFFD.

    An event that the end of the stream finds unfinished is never dispatched.

    Raises `ValueError` if `limit` is less than 1.
    """

    def __init__(self, limit: int | None = None) -> None:
        if limit is not None and limit < 1:
            raise ValueError(f"limit must be at least 1 byte, not {limit!r}")
        self.last_event_id = ""
        self.retry: int | None = None
        self._limit = limit
        # What of the bytes is not read yet.
        self._at_start = True
        self._after_cr = False
        self._line = bytearray()  # a line whose end has not come
        # What the lines since the last blank one have said.
        self._data: str | None = None  # the first line of data
        self._more_data: list[str] = []  # the lines after it
        self._more_size = 0
        self._type = "message"
        self._id = ""

    def feed(self, chunk: bytes) -> list[Event]:
        """Take the next bytes; return the events that they complete, in order."""
        if not isinstance(chunk, bytes):  # such as what httpx's aiter_text() gives
            raise TypeError(f"feed takes bytes, as from aiter_bytes(), and not {chunk!r:.40}")
        if self._limit is None:
            return self._interpret(self._lines(chunk))
        events: list[Event] = []
        start = 0
        while start < len(chunk):
            # One byte more than there is room for can fill it, and not do more harm.
            end = start + self._limit - self._held() + 1
            events += self._interpret(self._lines(chunk[start:end]))
            if self._held() > self._limit:
                raise EventTooLarge(self._limit, events)
            start = end
        return events

    def _held(self) -> int:
        type = "" if self._type == "message" else self._type
        return len(self._line) + len(self._data or "") + self._more_size + len(type + self._id)

    def _lines(self, chunk: bytes) -> list[str]:
        # A CR has ended its line at once. An LF that comes next is its other half.
        if self._after_cr and chunk:
            self._after_cr = False
            chunk = chunk.removeprefix(b"\n")
        if _CR in chunk:
            self._after_cr = chunk.endswith(b"\r")
            chunk = chunk.replace(b"\r\n", b"\n").replace(b"\r", b"\n")

        whole, line_end, rest = chunk.rpartition(b"\n")
        if not line_end:
            self._line += rest
            return []
        self._line += whole
        text = self._line.decode("utf-8", "replace")
        self._line = bytearray(rest)
        if self._at_start:
            self._at_start = False
            text = text.removeprefix("\ufeff")
        return text.split("\n")

    def _interpret(self, lines: list[str]) -> list[Event]:
        events: list[Event] = []
        data, more, type, id = self._data, self._more_data, self._type, self._id
        for line in lines:
            if not line:  # a blank line dispatches the event
                self.last_event_id = id
                if data is not None:
                    if more:
                        data = "\n".join([data, *more])
                        more.clear()
                        self._more_size = 0
                    events.append(_new(Event, (data, type, id)))
                    data = None
                type = "message"
                continue
            field, _, value = line.partition(": ")
            while True:
                if field == "data":
                    if data is None:
                        data = value
                    else:
                        more.append(value)
                        self._more_size += len(line) + 1
                elif field == "id":
                    if "\0" not in value:
                        id = value
                elif field == "event":
                    type = value or "message"
                elif field == "retry" and value.isascii() and value.isdigit():
                    # int() refuses more than 4,300 digits; a time of 4,000 never ends either.
                    self.retry = int(value.lstrip("0")[:4000] or "0")
                elif ":" in field:  # no space after the first colon: cut there
                    field, _, value = line.partition(":")
                    continue
                break
        self._data, self._type, self._id = data, type, id
        return events
