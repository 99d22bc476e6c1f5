"""Checks for the exercises: each says what is still missing, and passes when nothing is.

A check never raises and never waits for long, whatever it is given.
"""

import asyncio
import traceback
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

import httpx

from chatkit.notebook import Arrival, record
from chatkit.serving import Server
from chatkit.sse import Event, Parser

PATIENCE = 10.0  # seconds that an exercise may take


@dataclass
class Verdict:
    """What a check found. `missing` is empty when the exercise is solved."""

    missing: list[str] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        return not self.missing

    def __repr__(self) -> str:
        return "passed" if self.passed else "\n  ".join(["not yet:", *self.missing])


class NotYet(Exception):
    """Something is missing; the text says what."""


async def verdict(check: Coroutine[Any, Any, None]) -> Verdict:
    """Run a check, and turn whatever happens into a verdict."""
    try:
        await asyncio.wait_for(check, PATIENCE)
    except NotYet as missing:
        return Verdict([str(missing)])
    except TimeoutError:
        return Verdict([f"it has not ended after {PATIENCE:g} seconds"])
    except Exception as error:
        line = traceback.extract_tb(error.__traceback__)[-1]
        return Verdict([f"it raised {type(error).__name__}: {error}", f"at: {line.line}"])
    return Verdict()


def want(condition: object, missing: str) -> None:
    if not condition:
        raise NotYet(missing)


class Pieces(list[Any]):
    """What an async generator yielded, and whether it let others run meanwhile."""

    polite = False

    def want_polite(self) -> None:
        want(
            self.polite,
            "it does not let others run between two pieces: it needs `await asyncio.sleep(...)`",
        )


async def collect(generator: Any, limit: int = 1000) -> Pieces:
    """All pieces of an async generator."""
    want(
        hasattr(generator, "__aiter__"),
        f"calling it gives {type(generator).__name__}, which is no async generator: "
        "that takes `async def`, and a `yield`",
    )
    turns = 0  # that the event loop gave to others while the generator was running

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    counting = asyncio.create_task(others())
    await asyncio.sleep(0)
    before = turns
    pieces = Pieces()
    try:
        async for piece in generator:
            pieces.append(piece)
            want(len(pieces) <= limit, f"it yields more than {limit:,} pieces")
    finally:
        counting.cancel()
    pieces.polite = turns - before >= len(pieces) - 1
    return pieces


async def events_of(url: str) -> list[Event]:
    """The events of a stream on the learner's own server."""
    try:
        recording: list[Arrival] = await record(url, limit=1000)
    except httpx.HTTPStatusError as error:
        raise NotYet(f"GET /{url.split('/', 3)[3]} answers {error.response.status_code}") from None
    except httpx.HTTPError as error:
        raise NotYet(f"the server does not answer: {type(error).__name__}") from None
    parser = Parser()
    return [event for arrival in recording for event in parser.feed(arrival.frame)]


def check_shout(reply: Callable[..., AsyncIterator[str]]) -> Coroutine[Any, Any, Verdict]:
    """Lesson 00: a reply that says the last message in capitals, word by word."""

    async def check() -> None:
        for message, expected in (("hello you", "HELLO YOU"), ("ß and ẞ", "SS AND ẞ")):
            pieces = await collect(reply([{"role": "user", "content": message}]))
            want(pieces, f"for the message {message!r} it yields nothing")
            text = "".join(pieces)
            want(
                text.strip() == expected,
                f"for the message {message!r} the pieces should join to {expected!r}, not {text!r}",
            )
            want(len(pieces) > 1, "it should yield word by word, not all at once")
            pieces.want_polite()
        earlier = [{"role": "user", "content": "first"}, {"role": "assistant", "content": "FIRST"}]
        last = {"role": "user", "content": "second"}
        text = "".join(await collect(reply([*earlier, last]))).strip()
        want(text == "SECOND", f"in a longer chat it should answer the last message, not {text!r}")

    return verdict(check())


def check_words(words: Callable[[str], AsyncIterator[str]]) -> Coroutine[Any, Any, Verdict]:
    """Lesson 01: an async generator of the words of a text."""

    async def check() -> None:
        for text, expected in (
            ("to be or not", ["to ", "be ", "or ", "not "]),
            ("one", ["one "]),
            ("", []),
        ):
            found = await collect(words(text))
            want(found == expected, f"for {text!r} it should yield {expected}, not {found}")
            found.want_polite()

    return verdict(check())


def check_countdown(server: Server) -> Coroutine[Any, Any, Verdict]:
    """Lesson 01: a route of the learner's server that streams 3, 2, 1, lift-off."""

    async def check() -> None:
        found = [event.data for event in await events_of(server.url + "countdown")]
        expected = ["3", "2", "1", "lift-off"]
        want(found == expected, f"the data of the events should be {expected}, not {found}")

    return verdict(check())


def check_polite(server: Server) -> Coroutine[Any, Any, Verdict]:
    """Lesson 01: `/slow` streams, and leaves the server free for others meanwhile."""

    async def check() -> None:
        async with httpx.AsyncClient(trust_env=False, timeout=PATIENCE) as client:

            async def made() -> int:
                return int((await client.get(server.url + "made")).text)

            before = await made()
            stream = asyncio.create_task(events_of(server.url + "slow"))
            while (now := await made()) == before and not stream.done():  # noqa: ASYNC110
                await asyncio.sleep(0.01)
            data = [event.data for event in await stream]
        expected = [str(number) for number in range(10)]
        want(data == expected, f"the data of the events should still be {expected}, not {data}")
        want(now - before < 10, "others are answered only when the stream is over")

    return verdict(check())
