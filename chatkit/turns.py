"""A reply as an append-only log of events, called a turn. No HTTP here.

Writing a turn and reading it are two separate things. One task appends; any number of
readers follow, each from any point. Nothing a reader does can change what is written.

This is the in-memory engine: its turns live as long as the process, within `Limits`.
"""

import asyncio
import hashlib
import json
import logging
import secrets
import time
from collections.abc import AsyncGenerator, AsyncIterator, Collection
from contextlib import aclosing, nullcontext
from dataclasses import dataclass
from typing import Any, Literal

from chatkit.sse import encode

log = logging.getLogger(__name__)

Status = Literal["streaming", "done", "failed", "cancelled"]

AT_ONCE = 65_536  # bytes: when so many are together, a reader has to take them first


class TurnFinished(RuntimeError):
    """The turn has had its last event: nothing can be added."""


class TurnTooLarge(RuntimeError):
    """The reply has reached a limit of its turn."""


class TooManyTurns(RuntimeError):
    """As many turns are being written as the engine allows at once, in all or in one chat."""


class ChatFull(RuntimeError):
    """The turns of a chat are as large as the engine allows."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What the in-memory engine may hold. Every bound is a whole number >= 0 or seconds."""

    events: int = 100_000  # pieces of text in one turn
    bytes: int = 4_000_000  # in one turn: its message, and its reply as encoded for the wire
    chat_bytes: int = 16_000_000  # in the turns of a chat, when another is to begin
    chat_live: int = 5  # turns of a chat being written at once
    live: int = 1_000  # turns being written at once
    kept: int = 1_000  # finished turns kept
    kept_bytes: int = 256_000_000  # in all finished turns kept
    age: float = 3600.0  # seconds that a finished turn is kept
    silence: float = 120.0  # seconds until the next piece of a reply; 0: as long as it likes


class Turn:
    """One message, and the log of events that is its reply.

    `frames[n - 1]` is event number n, encoded for the wire. `status` is "streaming" until
    the one terminal event is in the log.
    """

    def __init__(self, message: str, chat: str, limits: Limits) -> None:
        self.id = secrets.token_urlsafe(16)
        self.chat = chat
        self.message = message
        self.status: Status = "streaming"
        self.frames: list[bytes] = []
        # Bytes of the message as it is sent; those of `frames` are added.
        self.size = len(json.dumps(message, ensure_ascii=False).encode(errors="replace"))
        self.finished_at: float | None = None  # on the clock of time.monotonic()
        self.withdrawn = False  # no longer in its chat
        self._limits = limits
        self._texts: list[str] = []
        self._news: asyncio.Event | None = None  # set when the log grows; None: nobody waits

    @property
    def last(self) -> int:
        """The number of the newest event; 0 while there is none."""
        return len(self.frames)

    @property
    def reply(self) -> str:
        """The text written so far."""
        return "".join(self._texts)

    async def append(self, text: str) -> None:
        """Add one piece of text. Raises `TurnFinished` or `TurnTooLarge`."""
        self._want_unfinished()
        # As in the web platform, half of a surrogate pair becomes U+FFFD.
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        frame = encode(json.dumps(text, ensure_ascii=False), id=str(self.last + 1))
        if self.last >= self._limits.events:
            raise TurnTooLarge(f"The reply has more than {self._limits.events:,} pieces.")
        if self.size + len(frame) > self._limits.bytes:
            raise TurnTooLarge(f"Message and reply take more than {self._limits.bytes:,} bytes.")
        self._write(frame)
        self._texts.append(text)

    async def finish(self, status: Status = "done", message: str = "") -> None:
        """Add the terminal event: `failure` with `message` if the status is "failed", else `end`.

        Both describe the whole reply: its events, its characters (Unicode code points), and
        the SHA-256 of its UTF-8 bytes. Raises `TurnFinished` the second time.
        """
        self._want_unfinished()
        reply = self.reply
        self._texts = [reply]  # so that all who ask for it share one copy
        summary: dict[str, Any] = {
            "status": status,
            "events": self.last,
            "chars": len(reply),
            "sha256": hashlib.sha256(reply.encode()).hexdigest(),
        }
        if status == "failed":
            name, summary = "failure", {"message": message} | summary
        else:
            name = "end"
        self._write(encode(json.dumps(summary), event=name, id=str(self.last + 1)))
        self.status = status
        self.finished_at = time.monotonic()

    def _want_unfinished(self) -> None:
        if self.status != "streaming":
            raise TurnFinished(f"turn {self.id} is {self.status}")

    def _write(self, frame: bytes) -> None:
        self.frames.append(frame)
        self.size += len(frame)
        if self._news is not None:
            self._news.set()
            self._news = None

    async def follow(self, after: int = 0) -> AsyncGenerator[bytes, None]:
        """Yield the frames after event number `after`, as they come, until the turn is finished.

        What a reader has missed comes joined, in pieces of `AT_ONCE` bytes or a little more. A
        cursor that is none of this log is answered with `reset`, then the log from its start.
        """
        if not 0 <= after <= self.last:
            yield encode(json.dumps({"after": after, "last": self.last}), event="reset", id="0")
            after = 0
        while True:
            if after < self.last:
                missed, size = [], 0
                while after < self.last and size < AT_ONCE:
                    missed.append(self.frames[after])
                    size += len(missed[-1])
                    after += 1
                yield b"".join(missed)
            elif self.status == "streaming":
                if self._news is None:
                    self._news = asyncio.Event()
                await self._news.wait()
            else:
                return


async def write(turn: Turn, pieces: AsyncIterator[str], silence: float = 0) -> None:
    """Write what `pieces` yields into `turn`, and finish it, whatever happens.

    `silence` is the number of seconds that the next piece may take; 0: any. A reply that
    blocks the event loop (`time.sleep`) blocks this clock too, and cannot be stopped so.
    """
    waiting = asyncio.timeout(silence or None)
    try:
        async with (
            waiting,
            aclosing(pieces) if isinstance(pieces, AsyncGenerator) else nullcontext(),
        ):
            async for text in pieces:
                if not isinstance(text, str):
                    raise TypeError(f"a reply yields pieces of text (str), not {text!r}")
                if text:
                    await turn.append(text)
                # A reply that never waits would keep everybody else from running.
                if turn.last % 32 == 0:
                    await asyncio.sleep(0)
                put_off(waiting, silence)
        await turn.finish()
    except TurnFinished:
        pass  # cancelled while the reply was between two pieces
    except TurnTooLarge as error:
        await turn.finish("failed", str(error))
    except BaseException as error:  # a SystemExit, too, would end the whole server
        task = asyncio.current_task()
        cancelled = isinstance(error, asyncio.CancelledError) and task and task.cancelling()
        message = "The reply failed on the server. Its log says why."
        if waiting.expired():
            message = f"The reply was silent for {silence:g} seconds, which is the limit."
        elif cancelled:
            message = "The server stopped before the reply was complete."
        if turn.status == "streaming":
            await turn.finish("failed", message)
        if cancelled:
            raise
        log.exception("the reply of turn %s failed", turn.id)


def put_off(waiting: asyncio.Timeout, seconds: float) -> None:
    """Let a timeout end `seconds` from now, or up to 1 % later.

    To move it costs more than to write a piece, so it is not moved for every one.
    """
    end = waiting.when()
    if end is None:
        return
    now = asyncio.get_running_loop().time()
    if end < now + seconds:
        waiting.reschedule(now + 1.01 * seconds)


class Turns:
    """All turns of one process, by turn and by chat, and the tasks that write them."""

    def __init__(self, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self._turns: dict[str, Turn] = {}  # in order of creation
        self._writers: dict[str, asyncio.Task[None]] = {}

    async def create(
        self, message: str, chat: str | None = None, replaced: Collection[Turn] = ()
    ) -> Turn:
        """Start a turn in `chat`, or in a new chat. Raises `TooManyTurns` or `ChatFull`.

        The `replaced` turns are to leave the chat, and take no room in it.
        """
        self._forget()
        limits = self.limits
        if self.live >= limits.live:
            raise TooManyTurns(f"{self.live:,} replies are being written, which is the limit.")
        others = [turn for turn in await self.chat(chat or "") if turn not in replaced]
        if sum(turn.size for turn in others) > limits.chat_bytes:
            raise ChatFull(f"The chat has more than {limits.chat_bytes:,} bytes. Start a new one.")
        live = sum(turn.status == "streaming" for turn in others)
        if live >= limits.chat_live:
            raise TooManyTurns(f"Replies being written in this chat: {live:,}, which is the limit.")
        turn = Turn(message, chat or secrets.token_urlsafe(16), limits)
        self._turns[turn.id] = turn
        return turn

    async def start(self, turn: Turn, pieces: AsyncIterator[str]) -> None:
        """Write `pieces` into `turn` in a task that belongs to no request: see `write`."""
        task = asyncio.create_task(write(turn, pieces, self.limits.silence))
        self._writers[turn.id] = task
        task.add_done_callback(lambda _: self._writers.pop(turn.id))

    async def get(self, turn_id: str) -> Turn:
        """The turn with this id. Raises `KeyError` if there is none, or no longer."""
        turn = self._turns[turn_id]
        if self._too_old(turn):
            raise KeyError(turn_id)
        return turn

    async def chat(self, chat_id: str) -> list[Turn]:
        """The turns of a chat that are still kept, oldest first; none: an empty list."""
        return [
            turn
            for turn in self._turns.values()
            if turn.chat == chat_id and not turn.withdrawn and not self._too_old(turn)
        ]

    async def cancel(self, turn_id: str) -> Turn:
        """Stop the writer of a turn. Its readers get `end` at once. Repeating it is harmless."""
        turn = await self.get(turn_id)
        if turn.status == "streaming":
            await turn.finish("cancelled")
        if task := self._writers.get(turn_id):
            task.cancel()
        return turn

    async def withdraw(self, turn_id: str) -> None:
        """Take a turn out of its chat, and stop its writer. It can still be read by its id."""
        turn = await self.cancel(turn_id)
        turn.withdrawn = True

    async def close(self, grace: float = 1.0) -> None:
        """Stop every writer, waiting `grace` seconds at most for them to end."""
        tasks = list(self._writers.values())
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=grace)

    @property
    def live(self) -> int:
        """How many turns are being written."""
        return sum(turn.status == "streaming" for turn in self._turns.values())

    def __len__(self) -> int:
        return len(self._turns)

    def _too_old(self, turn: Turn) -> bool:
        if turn.finished_at is None:
            return False
        return time.monotonic() - turn.finished_at >= self.limits.age

    def _forget(self) -> None:
        finished = [turn for turn in self._turns.values() if turn.status != "streaming"]
        too_many = len(finished) - self.limits.kept
        too_large = sum(turn.size for turn in finished) - self.limits.kept_bytes
        for turn in finished:  # the oldest first
            if too_many > 0 or too_large > 0 or self._too_old(turn):
                del self._turns[turn.id]
                too_many -= 1
                too_large -= turn.size
