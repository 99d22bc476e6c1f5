"""The checks of lesson 06, one log, many readers."""

import asyncio
from collections import Counter
from collections.abc import (
    AsyncGenerator,
    AsyncIterator,
    Callable,
    Coroutine,
    Generator,
    Iterator,
)
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import httpx
from fastapi import FastAPI
from sse_starlette import EventSourceResponse

from chatkit import serve
from chatkit.notebook import Arrival, arrivals
from chatkit.server.background import Server
from chatkit.sse import Parser
from chatkit.turns import Limits, Turn
from checks.judging import PATIENCE, NotYet, Verdict, poster, rest_of, verdict, want
from checks.own_lines import describe, why


class Counted:
    """An awaitable that counts how often what it awaits has run."""

    def __init__(self, awaitable: Any) -> None:
        self.runs = 0
        self._awaitable = awaitable

    def __await__(self) -> Generator[Any, Any, Any]:
        waits = self._awaitable.__await__()
        step, value = waits.send, None
        while True:
            self.runs += 1
            try:
                waited = step(value)
            except StopIteration as done:
                return done.value
            try:
                step, value = waits.send, (yield waited)
            except BaseException as error:
                step, value = waits.throw, error


@contextmanager
def no_circles() -> Iterator[None]:
    """Raise `NotYet` in a task that waits for a flag that is up, again and again.

    It would never let anybody else run, this check included.
    """
    wait, in_vain = asyncio.Event.wait, Counter[Any]()

    async def counted(event: asyncio.Event) -> bool:
        task = asyncio.current_task()
        in_vain[task] = in_vain[task] + 1 if event.is_set() else 0
        want(
            in_vain[task] < 10_000,
            "a reader asks `wait()` in a circle: the flag stays up, so it returns at once",
        )
        return await wait(event)

    with patch.object(asyncio.Event, "wait", counted):
        yield


async def in_own_words(check: Coroutine[Any, Any, None]) -> None:
    """What the learner's code raises is said with their own line."""
    try:
        await check
    except NotYet:
        raise
    except Exception as error:
        raise NotYet(describe(error)) from None


async def at_rest(task: "asyncio.Future[Any]") -> None:
    """Let a task run until it is done or waits for something that nobody does now."""
    for _ in range(20):
        if task.done():
            return
        await asyncio.sleep(0.005)


def check_lost(board_class: Callable[[], Any]) -> Coroutine[Any, Any, Verdict]:
    """A board whose readers get everything, and sleep while there is nothing."""

    async def got(reader: Any, of: str) -> Any:
        task = asyncio.ensure_future(anext(reader))
        await at_rest(task)
        if not task.done():
            task.cancel()
            raise NotYet(f"{of} waits, and what it waits for is in the list")
        try:
            return task.result()
        except StopAsyncIteration:
            raise NotYet(f"{of} has ended, and has not got everything") from None

    async def check() -> None:
        with no_circles():
            await check_board()

    async def check_board() -> None:
        board = board_class()
        board.add("a")
        ada, bob = board.follow(), board.follow()
        for name, reader in (("the first of two readers", ada), ("the second of two readers", bob)):
            piece = await got(reader, name)
            want(piece == "a", f"{name} should get 'a', not {piece!r}")
        board.add("b")
        board.add("c")
        for piece in "bc":
            found = await got(ada, "a fast reader")
            want(found == piece, f"a fast reader should get {piece!r}, not {found!r}")
        waiting = Counted(anext(ada))
        task = asyncio.ensure_future(waiting)
        await asyncio.sleep(0.2)
        if task.done() and isinstance(task.exception(), NotYet):
            task.result()
        want(not task.done(), "a reader that has everything should wait until there is more")
        want(
            waiting.runs < 4,
            f"a reader looks {waiting.runs} times while nothing happens; it should sleep until "
            "it is woken",
        )
        board.add("d")
        await at_rest(task)
        want(task.done(), "a reader that waits should be woken by `add`")
        board.add("e")
        board.close()
        for name, reader, expected in (
            ("a fast reader", ada, ["e"]),
            ("a slow reader", bob, ["b", "c", "d", "e"]),
            ("a reader that comes when the board is closed", board.follow(), list("abcde")),
        ):
            task = asyncio.ensure_future(rest_of(reader))
            await at_rest(task)
            if not task.done():
                task.cancel()
                raise NotYet(f"the board is closed, and the loop of {name} does not end")
            want(
                task.result() == expected,
                f"the board is closed: {name} should get {expected}, and gets {task.result()}",
            )
        for steps in range(5):
            board = board_class()
            task = asyncio.ensure_future(anext(board.follow()))
            for _ in range(steps):
                await asyncio.sleep(0)
            board.add("a")
            await at_rest(task)
            if not task.done():
                task.cancel()
                raise NotYet(
                    "a piece comes after a reader has looked and before it waits: it waits"
                )
        board = board_class()
        readers = [asyncio.ensure_future(rest_of(board.follow())) for _ in range(2)]
        await asyncio.sleep(0.01)
        board.close()
        for task in readers:
            await at_rest(task)
        sleeping = sum(not task.done() for task in readers)
        for task in readers:
            task.cancel()
        want(not sleeping, f"two readers wait when the board is closed, and {sleeping} sleep on")

    return verdict(in_own_words(check()), "06.1")


def check_newest(newest: Callable[[Turn], AsyncIterator[bytes]]) -> Coroutine[Any, Any, Verdict]:
    """One event at a time, the newest, and always the last one."""

    async def next_ids(reader: Any, ready: Any = None) -> list[int]:
        try:
            frame = await asyncio.wait_for(ready or anext(reader), PATIENCE / 5)
        except TimeoutError:
            raise NotYet("there is something new, and it does not yield") from None
        except StopAsyncIteration:
            raise NotYet("it has ended, and the turn has not") from None
        want(isinstance(frame, bytes), f"it should yield bytes, not {type(frame).__name__}")
        return [int(event.id) for event in Parser().feed(frame)]

    async def check() -> None:
        turn = Turn("How far?", "chat", None, Limits())
        for number in range(1, 5):
            await turn.append(f"{number}")
        late, live = newest(turn), newest(turn)
        want(
            hasattr(late, "__aiter__"),
            f"calling it gives {type(late).__name__}, which is not an async generator",
        )
        for reader in (late, live):
            ids = await next_ids(reader)
            want(ids == [4], f"four events are there: it should yield event 4, not {ids}")
        for number in range(5, 8):
            await turn.append(f"{number}")
            ids = await next_ids(live)
            want(ids == [number], f"event {number} comes: it should yield that one, not {ids}")
        ids = await next_ids(late)
        want(ids == [7], f"a reader comes back at event 7: it should get that one, not {ids}")
        waiting = asyncio.ensure_future(anext(live))
        await asyncio.sleep(0.01)
        want(not waiting.done(), "there is nothing new, and still it yields")
        await turn.append("8")
        await turn.finish()
        ids = await next_ids(live, waiting)
        want(ids == [9], f"it ends with event 9: that is what should come, not {ids}")
        for reader in (live, late):
            try:
                rest = await asyncio.wait_for(rest_of(reader), PATIENCE / 5)
            except TimeoutError:
                raise NotYet("the turn has ended, and it waits for more") from None
            rest = [int(event.id) for frame in rest for event in Parser().feed(frame)]
            expected = [9] if reader is late else []
            want(rest == expected, f"after the end it should yield {expected}, and yields {rest}")

        long = Turn("How far?", "chat", None, Limits())
        for number in range(200):
            await long.append(f"{number}".ljust(1000))  # too much for one piece
        reader = newest(long)
        ids = await next_ids(reader)
        want(ids == [200], f"200 events are there: it should yield event 200, not {ids}")
        again = asyncio.ensure_future(anext(reader))
        await asyncio.sleep(0.01)
        if again.done():
            ids = await next_ids(reader, again)
            raise NotYet(f"200 events are there: it yields event 200, and then {ids}")
        again.cancel()

    return verdict(in_own_words(check()), "06.2")


def check_readers(
    counted: Callable[[Turn], AsyncIterator[bytes]], readers_of: dict[str, int]
) -> Coroutine[Any, Any, Verdict]:
    """Readers are counted while they read, however they go."""
    turns = [Turn("How many?", "chat", None, Limits()) for _ in range(2)]
    app = FastAPI()

    @app.get("/{number}/events")
    async def events(number: int) -> EventSourceResponse:
        return EventSourceResponse(counted(turns[number]))

    @app.post("/{number}/end")
    async def end(number: int) -> None:
        await turns[number].finish()

    async def want_counts(expected: list[int], when: str) -> None:
        found: list[Any] = []
        for _ in range(100):
            found = [readers_of.get(turn.id, 0) for turn in turns]
            if found == expected:
                return
            await asyncio.sleep(0.02)
        raise NotYet(f"{when}: the two turns have {expected} readers, and it counts {found}")

    async def come(server: Server, number: int) -> AsyncGenerator[Arrival, None]:
        reader = arrivals(f"{server.url}{number}/events")
        first = await next_of(server, reader, "a reader comes")
        ids = [event.id for event in Parser().feed(first.frame)]
        want(ids == ["1"], f"a reader should get the first event, not {first.frame!r}")
        return reader  # type: ignore[return-value]

    async def next_of(server: Server, reader: AsyncIterator[Arrival], when: str) -> Arrival:
        try:
            return await asyncio.wait_for(anext(reader), PATIENCE / 5)
        except TimeoutError:
            raise NotYet(f"{when}, and gets nothing") from None
        except StopAsyncIteration:
            raise NotYet(f"{when}, and its stream ends at once") from None
        except httpx.HTTPError:
            raise NotYet(f"{when}, and its stream breaks" + await why(server)) from None

    async def check() -> None:
        trial = counted(turns[0])
        want(
            hasattr(trial, "__aiter__"),
            f"calling it gives {type(trial).__name__}, which is not an async generator",
        )
        want(isinstance(readers_of, dict), f"readers_of should be a dict, not {readers_of!r}")
        for turn in turns:
            await turn.append("One. ")
        readers: list[AsyncGenerator[Arrival, None]] = []
        with serve(app, name="check of counted") as server:
            try:
                await want_counts([0, 0], "nobody has come")
                for number in (0, 0, 1):
                    readers.append(await come(server, number))
                await want_counts([2, 1], "three have come")
                await readers[0].aclose()
                await want_counts([1, 1], "three have come, and one has left")
                readers.append(await come(server, 0))
                await want_counts([2, 1], "one has come back")
                async with poster() as client:
                    await client.post(f"{server.url}0/end")
                for reader in (readers[1], readers[3]):
                    last = await next_of(server, reader, "a turn ends; a reader waits for the end")
                    want(b"event: end" in last.frame, f"the end should come, not {last.frame!r}")
                await want_counts([0, 1], "a turn has ended, and two have read to its end")
                readers.append(await come(server, 0))
                await want_counts([0, 1], "one comes later, and reads to the end")
            finally:
                for reader in readers:
                    await reader.aclose()
            await want_counts([0, 0], "all have left")

    return verdict(in_own_words(check()), "06.3")


def check_counter(counter: Callable[[Turn, list[Turn]], str]) -> Coroutine[Any, Any, Verdict]:
    """What the page shows beside a turn: which of its siblings it is."""

    def say(message: str, parent: Turn | None = None) -> Turn:
        return Turn(message, "chat", parent.id if parent else None, Limits())

    async def check() -> None:
        alone = say("Hello")
        first, other = say("What is SSL?"), say("What is SSE?")
        below = say("Who made it?", first)
        again = [say(message, other) for message in ("Why?", "Since when?", "Where?")]
        alike = [say("Why not?", below) for _ in range(2)]  # as *Regenerate* makes them
        chat = [first, below, other, *again, *alike]
        for turn, turns, expected in (
            (alone, [alone], ""),
            (first, chat, "1/2"),
            (other, chat, "2/2"),
            (below, chat, ""),
            (again[0], chat, "1/3"),
            (again[2], chat, "3/3"),
            (alike[0], chat, "1/2"),
            (alike[1], chat, "2/2"),
        ):
            which = "the second " * (turn is alike[1]) + repr(turn.message)
            try:
                found: Any = counter(turn, turns)
            except Exception as error:
                raise NotYet(f"{which}: {describe(error)}") from None
            want(
                found == expected,
                f"beside {which} there should be {expected!r}, not {found!r}"
                f"\n  the chat: {names(turns)}",
            )

    def names(turns: list[Turn]) -> str:
        by_id = {turn.id: turn.message for turn in turns}
        said = [f"{turn.message!r}, parent {by_id.get(turn.parent or '')!r}" for turn in turns]
        return "; ".join(said)

    return verdict(in_own_words(check()), "06.4")
