"""The engine on Valkey or Redis: its turns are there for every process that uses the same one.

`valkey_scripts` says what is kept under which key. Each process has three tasks:

- `_send_on` sends what its writers have appended: all that has gathered, in one round trip, one
  after the other. So a piece costs a small part of a round trip, and waits for one at most.
- `_read_on` reads the logs that are followed here: all of them on one connection, each once,
  whoever follows it. It goes on after the last event that has come, whatever was in between.
- `_sweep_on` renews the lease of the turns that are written here, and finishes those whose lease
  has run out: the process that wrote them is gone.
"""

import asyncio
import json
import logging
import secrets
from collections.abc import Callable, Coroutine
from functools import partial
from types import EllipsisType
from typing import Any
from weakref import WeakValueDictionary

from chatkit.turns.engine import ChatFull, Counts, EngineDown, OtherChat, TooManyTurns
from chatkit.turns.turn import Limits, Status, Turn
from chatkit.turns.valkey_calls import DOWN, PAUSES, Call, ValkeyCalls
from chatkit.turns.valkey_scripts import (
    APPEND,
    CANCEL,
    CHAT,
    COUNTS,
    FINISH,
    GET,
    NOTHING,
    NOW,
    SAY,
    SWEEP,
    WAKE,
)
from chatkit.turns.valkey_turn import KeptTurn, Mirror, WrittenTurn

messages = logging.getLogger("chatkit")

EVENTS = 500  # of each log, that are read at once
BLOCK = 1000  # milliseconds that a read waits for news
# With many logs, a task waits a moment for more to gather: each round trip costs them all.
MANY = 50
MOMENT = 0.001  # seconds, for each MANY of them
REFUSED = {  # what SAY answers
    "late": (EngineDown, DOWN),
    "other": (OtherChat, "The turn that the message is to follow is in another chat."),
    "live": (TooManyTurns, "{:,} replies are being written, which is the limit."),
    "chat_bytes": (ChatFull, "The chat has more than {:,} bytes. Start a new one."),
    "chat_live": (TooManyTurns, "Replies being written in this chat: {:,}, which is the limit."),
}
LOST = "The server that keeps the replies could not be reached for {:g} seconds."
GONE = "The server that keeps the replies has lost this one, or a part of it."
CLOSED = "The server stopped before the reply was complete."
BROKE = "The server failed, and this reply with it. Its messages say why."
WRITER_GONE = "The server that wrote this reply is gone."


class ValkeyTurns:
    """All turns of all processes that use the same `url` and `prefix`. An `Engine`.

    - `url`: as in "redis://user:password@host:6379/0", "rediss://..." or "unix:///path"
    - `limits`: of all processes together; each has to say the same
    - `prefix`: what all keys begin with
    - `lease`: seconds after which a process that is not heard of has lost its turns. One whose
      event loop is blocked for so long is not heard of.
    - `patience`: seconds that a writer tries again while Valkey is away; then its turn fails
    - `timeout`: seconds in which Valkey has to answer
    """

    def __init__(
        self,
        url: str = "redis://127.0.0.1:6379",
        limits: Limits | None = None,
        *,
        prefix: str = "chatkit:",
        lease: float = 3.0,
        patience: float = 30.0,
        timeout: float = 3.0,
    ) -> None:
        self.limits = limits or Limits()
        self.prefix = prefix
        self.lease = lease
        self.patience = patience
        self.process = secrets.token_urlsafe(8)
        self._connect = partial(ValkeyCalls, url, prefix, timeout)
        self._valkey = self._connect()
        self._kept = (int(self.limits.age * 1000), self.limits.kept, self.limits.kept_bytes)
        # Both forget what nobody else holds: a turn its writer, a mirror its readers.
        self._writing: WeakValueDictionary[str, WrittenTurn] = WeakValueDictionary()
        self._mirrors: WeakValueDictionary[str, Mirror] = WeakValueDictionary()
        self._unsent: dict[str, WrittenTurn] = {}
        self._wake = False  # the reading task has to be told of a log that it does not read yet
        self._tasks: list[asyncio.Task[None]] = []

    # What an engine does

    async def say(
        self, message: str, chat: str | None = None, parent: str | EllipsisType | None = ...
    ) -> Turn:
        """Start a turn in `chat`, or in a new chat. Raises as `Engine.say` says."""
        self._start()
        turn = WrittenTurn(message, self.limits, self._send)
        # A script that Valkey gets to only when we have given up does nothing.
        deadline = await self._valkey.ask(NOW) + int(self._valkey.timeout * 1_000_000)
        answer = await self._valkey.ask(
            SAY,
            *(turn.id, chat or "", "*" if parent is ... else parent or "", message, turn.size),
            *(NOTHING, self.process, secrets.token_urlsafe(16), self._lease, *self._kept),
            *(self.limits.live, self.limits.chat_bytes, self.limits.chat_live, deadline),
        )
        if answer[0] == "unknown":
            raise KeyError(parent)
        if answer[0] != "said":
            error, words = REFUSED[answer[0]]
            raise error(words.format(int(answer[1])))
        turn.chat, turn.parent = answer[1], answer[2] or None
        self._writing[turn.id] = turn
        self._mirrors[turn.id] = turn.mirror
        return turn

    async def get(self, turn_id: str) -> Turn:
        """The turn with this id, as it stands now. Raises `KeyError` if there is none."""
        return self._kept_turn(await self._valkey.ask(GET, turn_id), turn_id)

    async def chat(self, chat_id: str) -> list[Turn]:
        """The turns of a chat that are still kept, oldest first; none: an empty list."""
        return [self._kept_turn(state, chat_id) for state in await self._valkey.ask(CHAT, chat_id)]

    async def cancel(self, turn_id: str) -> Turn:
        """Finish a turn as cancelled, wherever it is written. Its writer is stopped there."""
        state = await self._valkey.ask(CANCEL, turn_id, self._kept[0], self.process)
        turn = self._kept_turn(state, turn_id)
        if mirror := self._mirrors.get(turn_id):  # its readers need not wait until it is read
            mirror.end(turn)
        self._stop(turn_id, turn.status)
        return turn

    async def counts(self) -> Counts:
        """How many turns there are, in all processes: kept, and being written."""
        return Counts(*await self._valkey.ask(COUNTS))

    async def close(self) -> None:
        """End the tasks and the connections. What is still written here fails with its lease."""
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
        for id in list(self._writing):
            await self._lose(id, CLOSED)
        await self._valkey.close()
        self._valkey = self._connect()  # in case that another event loop uses the engine

    # Its turns in this process

    def _kept_turn(self, state: list[Any] | None, id: str) -> KeptTurn:
        if state is None:
            raise KeyError(id)
        return KeptTurn(state, self.limits, self._mirror)

    def _mirror(self, turn: Turn) -> Mirror:
        """The log of a turn in this process. If it is not there yet, it is read from now on."""
        self._start()
        mirror = self._mirrors.get(turn.id)
        if mirror is None:
            mirror = Mirror(turn.message, turn.chat, turn.parent, self.limits)
            self._mirrors[turn.id] = mirror
            self._read_too()
        mirror.known = max(mirror.known, turn.last)
        return mirror

    def _stop(self, id: str, status: Status) -> None:
        """A turn has been finished, but not by the one who writes it here, if it is here."""
        turn = self._writing.pop(id, None)
        if turn is not None and turn.status == "streaming":
            turn.ended(status)
            if turn.writer is not None:
                turn.writer.cancel()

    def _send(self, turn: WrittenTurn) -> None:
        self._unsent[turn.id] = turn
        self._something.set()

    def _read_too(self) -> None:
        self._wake = True
        self._something.set()

    @property
    def _lease(self) -> int:
        return int(self.lease * 1000)

    def _start(self) -> None:
        """Begin the tasks, in the event loop that runs now."""
        if self._tasks:
            return
        self._something = asyncio.Event()
        for does in (self._send_on, self._read_on, self._sweep_on):
            self._tasks.append(asyncio.create_task(self._go_on(does)))

    # The tasks

    async def _go_on(self, does: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Do it. After a mistake of ours, which costs the turns that are here, do it again."""
        while True:
            try:
                return await does()
            except Exception:
                messages.exception("the engine on Valkey broke")
                for id in list(self._mirrors):
                    await self._lose(id, BROKE)
                await asyncio.sleep(PAUSES[-1])

    async def _send_on(self) -> None:
        while True:
            await self._something.wait()
            await asyncio.sleep(MOMENT * (len(self._writing) // MANY))
            self._something.clear()
            turns, self._unsent = list(self._unsent.values()), {}
            calls, takers = self._calls(turns)
            try:
                answers = await self._valkey.run_patiently(calls, self.patience)
            except EngineDown:
                for turn in turns:
                    messages.error("the reply of turn %s failed: Valkey is away", turn.id)
                    await self._lose(turn.id, LOST.format(self.patience))
            else:
                for take, answer in zip(takers, answers, strict=False):
                    take(answer)

    def _calls(self, turns: list[WrittenTurn]) -> tuple[list[Call], list[Callable[[Any], None]]]:
        """What is sent next, and what takes the answers. Nobody takes that of the last, WAKE."""
        calls: list[Call] = []
        takers: list[Callable[[Any], None]] = []
        for turn in turns:
            if turn.status != "streaming":
                self._wake = True  # another has finished it: the end is read
                continue
            if batch := turn.batch():
                calls.append((APPEND, batch))
                takers.append(turn.appended)
            if turn.ending:
                calls.append((FINISH, [turn.id, turn.last, *turn.ending, self._kept[0]]))
                takers.append(turn.finished)
        if self._wake:
            calls.append((WAKE, [self.process]))
        self._wake = False
        return calls, takers

    async def _read_on(self) -> None:
        pauses = iter(PAUSES)
        inbox = f"{self.prefix}inbox:{self.process}"
        seen: str | int = 0
        while True:
            try:
                read = await self._valkey.read({inbox: seen} | self._cursors(), EVENTS, BLOCK)
            except EngineDown:
                await asyncio.sleep(next(pauses, PAUSES[-1]))
                continue
            pauses = iter(PAUSES)
            for key, entries in read:
                if key == inbox:
                    seen = self._take_inbox(entries)
                else:
                    self._take_log(key, entries)
            await asyncio.sleep(MOMENT * (len(self._mirrors) // MANY))

    def _cursors(self) -> dict[str, str | int]:
        """The logs that are read here, each with the number of the last event that has come."""
        return {
            f"{self.prefix}log:{id}": mirror.last
            for id, mirror in self._mirrors.items()
            if mirror.status == "streaming" and (mirror.read or id not in self._writing)
        }

    def _take_log(self, key: str, entries: list[tuple[str, dict[str, str]]]) -> None:
        mirror = self._mirrors.get(key.removeprefix(f"{self.prefix}log:"))
        if mirror is None:  # its last reader has left
            return
        for id, fields in entries:
            ((type, data),) = fields.items()
            mirror.feed(int(id.partition("-")[0]), type, data)

    def _take_inbox(self, entries: list[tuple[str, dict[str, Status]]]) -> str:
        for _, fields in entries:
            for id, status in fields.items():
                self._stop(id, status)  # none of our turns is called "wake"
        return entries[-1][0]

    async def _sweep_on(self) -> None:
        away = False
        while True:
            try:
                gone = await self._sweep()
            except EngineDown as error:
                if not away:
                    messages.error("Valkey is away: %r", error.__cause__)
                away = True
            else:
                if away:
                    messages.warning("Valkey is back")
                away = False
                for id in gone:
                    await self._lose(id, GONE)
            await asyncio.sleep(self.lease / 6)

    async def _sweep(self) -> list[str]:
        """Renew the lease of what is written here, and finish what nobody writes any more."""
        written = [id for id, turn in self._writing.items() if turn.status == "streaming"]
        followed = [
            part
            for id, mirror in self._mirrors.items()
            if mirror.status == "streaming"
            for part in (id, mirror.last)
        ]
        arguments = [self.process, self._lease, *self._kept, json.dumps(WRITER_GONE)]
        arguments += [len(written), *written, *followed]
        found: list[str] = await self._valkey.ask(SWEEP, *arguments)
        return found

    async def _lose(self, id: str, words: str) -> None:
        """A log cannot be had any more: what is here of it ends, with these words."""
        mirror = self._mirrors.get(id)
        if mirror is not None and mirror.status == "streaming":
            await mirror.finish("failed", words)
        self._stop(id, "failed")
