"""A reply as an append-only log of events, called a turn. No HTTP here.

Writing a turn and reading it are two separate things. One task appends; any number of
readers follow, each from any point. Nothing a reader does can change what is written.
"""

import asyncio
import hashlib
import json
import re
import secrets
import time
from collections.abc import AsyncGenerator, Iterable
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from chatkit.turns.pieces import Finish, sayable, whole

Status = Literal["streaming", "done", "failed", "cancelled"]

BYTES_AT_ONCE = 65_536  # bytes: when so many are together, a reader has to take them first
EVENTS_AT_ONCE = 2000  # events: the same
# Line ends to Python's str.splitlines(), not to an event stream. Some readers take one for the
# other: https://github.com/florimondmanca/httpx-sse/issues/34
OTHER_LINE_ENDS = re.compile("[\x85\u2028\u2029]")
to_json = json.JSONEncoder(ensure_ascii=False).encode  # json.dumps would make one each time


class TurnFinished(RuntimeError):
    """The turn has had its last event: nothing can be added."""


class TurnTooLarge(RuntimeError):
    """The reply has reached a limit of its turn."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What an engine may hold. Every bound is a whole number >= 0 or seconds."""

    events: int = 100_000  # pieces in one turn
    bytes: int = 4_000_000  # in one turn: its message, and its reply as encoded for the wire
    chat_bytes: int = 16_000_000  # in the turns of a chat, when another is to begin
    chat_live: int = 5  # turns of a chat being written at once
    live: int = 1_000  # turns being written at once
    kept: int = 1_000  # finished turns kept
    kept_bytes: int = 256_000_000  # in all finished turns kept
    age: float = 3600.0  # seconds that a finished turn is kept
    silence: float = 120.0  # seconds until the next piece of a reply; 0: as long as it likes

    def __post_init__(self) -> None:
        check_numbers(**vars(self))


def check_numbers(**settings: float) -> None:
    """Raise `ValueError` for a setting that is not a number >= 0."""
    for name, value in settings.items():
        if type(value) not in (int, float) or not value >= 0:
            raise ValueError(f"{name} is a number >= 0, and not {value!r}")


class LogEvent(NamedTuple):
    """An event of a turn's log. Its data is text, or for the terminal event a summary.

    `number` counts from 1. On the wire the data is JSON, and the number is the id.
    """

    number: int
    # "message", "reasoning", "end" or "failure"; "reset" is said to one reader, as number 0
    type: str
    data: Any

    def encode(self) -> bytes:
        """The event as it stands on the wire.

        JSON is always one line, and the types are known, so there is nothing to check.
        """
        data = to_json(self.data)
        if not data.isascii():
            data = OTHER_LINE_ENDS.sub(lambda found: f"\\u{ord(found[0]):04x}", data)
        event = "" if self.type == "message" else f"event: {self.type}\n"
        return f"id: {self.number}\n{event}data: {data}\n\n".encode()


class Turn:
    """One message, and the log of events that is its reply.

    `parent` is the id of the turn that the message follows; None: it begins a conversation.
    `status` is "streaming" until the one terminal event is in the log.
    """

    def __init__(self, message: str, chat: str, parent: str | None, limits: Limits) -> None:
        self.id = secrets.token_urlsafe(16)
        self.chat = chat
        self.parent = parent
        self.message = message
        self.status: Status = "streaming"
        self.limits = limits
        self.writer: asyncio.Task[None] | None = None  # which writes the reply, in this process
        # Bytes of the message as it is sent; those of the events are added.
        self.size = len(to_json(message).encode(errors="replace"))
        self.finished_at: float | None = None  # on the clock of time.monotonic()
        self.summary: dict[str, Any] = {}  # the data of the terminal event, once it is there
        self._texts: dict[str, str] = {}  # of a finished turn: one copy for all who ask
        self.log: list[LogEvent] = []
        self.frames: list[bytes] = []  # the same events, encoded once for all readers
        self._readers: set[asyncio.Future[None]] = set()  # one for each reader who has it all

    @property
    def last(self) -> int:
        """The number of the newest event; 0 while there is none."""
        return len(self.log)

    @property
    def reply(self) -> str:
        """The text written so far."""
        return self._text("message")

    @property
    def reasoning(self) -> str:
        """What the model has thought so far. It is not part of the reply."""
        return self._text("reasoning")

    def _text(self, type: str) -> str:
        if type in self._texts:
            return self._texts[type]
        return "".join(event.data for event in self.log if event.type == type)

    async def append(self, text: str, type: Literal["message", "reasoning"] = "message") -> None:
        """Add one piece of text, or of reasoning. Raises `TurnFinished` or `TurnTooLarge`."""
        self._raise_if_finished()
        if not text.isascii():
            text = whole(text)
        event = LogEvent(self.last + 1, type, text)
        frame = event.encode()
        if event.number > self.limits.events:
            raise TurnTooLarge(f"The reply has more than {self.limits.events:,} pieces.")
        if self.size + len(frame) > self.limits.bytes:
            raise TurnTooLarge(f"Message and reply take more than {self.limits.bytes:,} bytes.")
        self._write(event, frame)

    async def finish(
        self, status: Status = "done", message: str = "", finish: Finish | None = None
    ) -> None:
        """Add the terminal event: `failure` with `message` if the status is "failed", else `end`.

        Both describe the whole reply: its events, its characters (Unicode code points), and
        the SHA-256 of its UTF-8 bytes; and what a model has said of its end, as `finish`.
        Raises `TurnFinished` the second time.
        """
        self._raise_if_finished()
        self._texts = {"message": self.reply, "reasoning": self.reasoning}
        reply = self.reply
        summary: dict[str, Any] = {
            "status": status,
            "events": self.last,
            "chars": len(reply),
            "sha256": hashlib.sha256(reply.encode()).hexdigest(),
        }
        if finish is not None:
            summary["finish"] = finish.known()
        name = "end"
        if status == "failed":
            name, summary = "failure", {"message": sayable(message)} | summary
        event = LogEvent(self.last + 1, name, summary)
        self._write(event, event.encode())
        self.status = status
        self.summary.update(summary)
        self.finished_at = time.monotonic()

    def _raise_if_finished(self) -> None:
        if self.status != "streaming":
            raise TurnFinished(f"turn {self.id} is {self.status}")

    def _write(self, event: LogEvent, frame: bytes) -> None:
        self.log.append(event)
        self.frames.append(frame)
        self.size += len(frame)
        for reader in self._readers:
            if not reader.done():
                reader.set_result(None)

    async def _news(self) -> None:
        """Wait until the log grows."""
        reader = asyncio.get_running_loop().create_future()
        self._readers.add(reader)
        try:
            await reader
        finally:  # also if the reader leaves
            self._readers.discard(reader)

    def _missed(self, after: int) -> list[bytes]:
        """The frames after number `after`, as many as a reader takes at once."""
        missed = self.frames[after : after + EVENTS_AT_ONCE]
        size = 0
        for count, frame in enumerate(missed, 1):
            size += len(frame)
            if size >= BYTES_AT_ONCE:
                return missed[:count]
        return missed

    def _reset(self, after: int) -> LogEvent | None:
        """What is said to a reader whose cursor is beyond the end of the log."""
        if 0 <= after <= self.last:
            return None
        return LogEvent(0, "reset", {"after": after, "last": self.last})

    async def events(self, after: int = 0) -> AsyncGenerator[LogEvent, None]:
        """Yield the events after number `after`, as they come, until the turn is finished.

        A cursor beyond the end of the log is answered with `reset`, then the log from its start.
        """
        if reset := self._reset(after):
            yield reset
            after = 0
        while True:
            if after < self.last:
                yield self.log[after]
                after += 1
            elif self.status == "streaming":
                await self._news()
            else:
                return

    async def follow(self, after: int = 0) -> AsyncGenerator[bytes, None]:
        """Yield the same as `events`, encoded for the wire.

        What a reader has missed comes joined, in pieces of `BYTES_AT_ONCE` bytes or a little more.
        """
        if reset := self._reset(after):
            yield reset.encode()
            after = 0
        while True:
            if after < len(self.frames):
                missed = self._missed(after)
                after += len(missed)
                yield b"".join(missed)  # of one frame: the very object, for all who read it
            elif self.status == "streaming":
                await self._news()
            else:
                return


def path_to(turn: Turn, turns: Iterable[Turn]) -> list[Turn]:
    """The turns of a chat that lead to `turn`, from the first to `turn` itself.

    What is no longer kept ends the path.
    """
    known = {other.id: other for other in turns}
    path = [turn]
    while (parent := known.get(path[-1].parent or "")) is not None:
        path.append(parent)
    return path[::-1]
