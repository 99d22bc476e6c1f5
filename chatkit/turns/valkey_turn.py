"""A turn that is kept in Valkey, as this process sees it: in one of three ways.

- A `Mirror` is its log as far as it has come here. All readers in this process share it, and it
  is gone with the last of them.
- A `KeptTurn` is a picture of it at the moment when it was asked for. Its readers get a mirror.
- A `WrittenTurn` is what its writer holds. A piece waits here until it is sent, and is in the
  mirror when it is known to be in the log.
"""

import asyncio
import hashlib
import json
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Any, Literal

from chatkit.turns.pieces import Finish, sayable
from chatkit.turns.turn import BYTES_AT_ONCE, Limits, LogEvent, Status, Turn, TurnFinished

TERMINAL = ("end", "failure")


class Mirror(Turn):
    """The log of a turn, as far as it has come here.

    `known` is the number of an event that is known to be in the log, come or not. `read` says
    that it is filled by reading; else, by the writer in this process.
    """

    def __init__(self, message: str, chat: str, parent: str | None, limits: Limits) -> None:
        super().__init__(message, chat, parent, limits)
        self.known = 0
        self.read = True

    def feed(self, number: int, type: str, data: str) -> None:
        """Take an event as it is in the log. One that is here already is left out."""
        if number != self.last + 1:
            return
        if type in TERMINAL:
            self._end(LogEvent(number, type, json.loads(data)))
        else:
            event = LogEvent(number, type, data)
            self._write(event, event.encode())

    def _end(self, event: LogEvent) -> None:
        self._write(event, event.encode())
        self.status = event.data["status"]
        self.summary.update(event.data)

    def end(self, turn: Turn) -> None:
        """Take the terminal event of a picture, if all that comes before it is here."""
        if turn.last == self.last + 1:
            name = "failure" if turn.status == "failed" else "end"
            self._end(LogEvent(turn.last, name, turn.summary))

    def take(self, events: list[tuple[LogEvent, bytes]]) -> None:
        """Take events that are in the log by now, with their frames."""
        for event, frame in events:
            if event.number == self.last + 1:
                self._write(event, frame)

    def _reset(self, after: int) -> LogEvent | None:
        last = max(self.last, self.known)
        if 0 <= after <= last:
            return None
        return LogEvent(0, "reset", {"after": after, "last": last})


class KeptTurn(Turn):
    """A turn at the moment when it was asked for. `mirror` finds its log in this process."""

    def __init__(
        self, state: list[Any], limits: Limits, mirror: "Callable[[Turn], Mirror]"
    ) -> None:
        chat, parent, message, status, last, summary, reply, reasoning, id = state
        super().__init__(message, chat, parent or None, limits)
        self.id = id
        self.status = status
        self.summary = json.loads(summary or "{}")
        self._last = int(last)
        self._texts = {"message": reply, "reasoning": reasoning}
        self._mirror = mirror

    @property
    def last(self) -> int:
        return self._last

    def _raise_if_finished(self) -> None:
        raise TurnFinished(f"turn {self.id} is written by the one who began it")

    async def events(self, after: int = 0) -> AsyncGenerator[LogEvent, None]:
        """As `Turn.events`. Whoever has read them all finds the end in `status` and `summary`."""
        mirror = self._mirror(self)
        async with aclosing(mirror.events(after)) as events:
            async for event in events:
                yield event
        self.status, self.summary = mirror.status, mirror.summary

    def follow(self, after: int = 0) -> AsyncGenerator[bytes, None]:
        return self._mirror(self).follow(after)


class WrittenTurn(Turn):
    """A turn that is written here. `last` counts what has been appended, sent or not.

    `send` is called when there is something to send. What is sent then is `batch`; the answer
    is given to `appended` and `finished`, or else the turn is told that it has `ended`.
    """

    def __init__(self, message: str, limits: Limits, send: "Callable[[WrittenTurn], None]") -> None:
        Turn.__init__(self, message, "", None, limits)  # no super(): appendix H takes it apart
        self.mirror = Mirror(message, "", None, limits)
        self.mirror.read = False
        self.log, self.summary = self.mirror.log, self.mirror.summary
        self.ending: list[str] = []  # status, message and what the model said, as FINISH has them
        self._send = send
        self._last = 0
        self._unsent: list[tuple[LogEvent, bytes]] = []
        self._sent: list[tuple[LogEvent, bytes]] = []  # without an answer yet
        self._waiting = 0  # bytes of both
        self._chars = 0
        self._hash = hashlib.sha256()
        self._answered = asyncio.Event()

    @property
    def last(self) -> int:
        return self._last

    def events(self, after: int = 0) -> AsyncGenerator[LogEvent, None]:
        self.mirror.known = max(self.mirror.known, self._last)
        return self.mirror.events(after)

    def follow(self, after: int = 0) -> AsyncGenerator[bytes, None]:
        self.mirror.known = max(self.mirror.known, self._last)
        return self.mirror.follow(after)

    # Writing

    async def append(self, text: str, type: Literal["message", "reasoning"] = "message") -> None:
        """Add one piece. It waits only while `BYTES_AT_ONCE` bytes or more have no answer yet."""
        await Turn.append(self, text, type)
        while self._waiting >= BYTES_AT_ONCE:
            await self._answer()

    def _raise_if_finished(self) -> None:
        if self.ending:
            raise TurnFinished(f"turn {self.id} is being finished")
        Turn._raise_if_finished(self)

    def _write(self, event: LogEvent, frame: bytes) -> None:
        self._unsent.append((event, frame))
        self._waiting += len(frame)
        self.size += len(frame)
        self._last = event.number
        self._send(self)

    async def finish(
        self, status: Status = "done", message: str = "", finish: Finish | None = None
    ) -> None:
        """Add the terminal event, when what was appended is in the log.

        It does not raise if the turn is finished by another while this is under way: it has its
        end, and that was wanted.
        """
        Turn._raise_if_finished(self)
        if not self.ending:
            said = json.dumps(finish.known()) if finish else ""
            self.ending = [status, json.dumps(sayable(message)), said]
            self._send(self)
        while self.status == "streaming":
            await self._answer()

    async def _answer(self) -> None:
        self._answered.clear()
        await self._answered.wait()

    # What the engine does with it

    def batch(self) -> list[Any]:
        """What is appended by the next APPEND: its arguments; empty if there is nothing."""
        self._sent, self._unsent = self._unsent, []
        if not self._sent:
            return []
        text = "".join(event.data for event, _ in self._sent if event.type == "message")
        self._chars += len(text)
        self._hash.update(text.encode())
        first = self._sent[0][0].number
        arguments = [self.id, first, self.size, self._chars, self._hash.hexdigest()]
        for event, _ in self._sent:
            arguments += event.type, event.data
        return arguments

    def appended(self, status: Status | None) -> None:
        """Take the answer to APPEND."""
        if status != "streaming":
            self.ended(status)
            return
        self.mirror.take(self._sent)
        self._waiting -= sum(len(frame) for _, frame in self._sent)
        self._sent = []
        self._answered.set()

    def finished(self, answer: list[Any] | Status | None) -> None:
        """Take the answer to FINISH."""
        if isinstance(answer, list):
            self.mirror.feed(*answer)
            self._last += 1
            self.ended(self.mirror.status)
        else:
            self.ended(answer)

    def ended(self, status: Status | None) -> None:
        """The turn has had its end."""
        if self.status != "streaming":
            return
        self.status = status or "failed"
        self._unsent, self._sent, self._waiting = [], [], 0
        self._answered.set()
        if self.mirror.status == "streaming":  # it was another end than the one that was sent
            self.mirror.read = True
            self._send(self)
