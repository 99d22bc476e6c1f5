"""The checks of lesson 01, your first stream."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

import httpx

from chatkit.server.background import Server
from checks.judging import PATIENCE, Verdict, collect, events_of, verdict, want


def check_words(words: Callable[[str], AsyncIterator[str]]) -> Coroutine[Any, Any, Verdict]:
    """An async generator of the words of a text."""

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
    """A route of the learner's server that streams 3, 2, 1, lift-off."""

    async def check() -> None:
        found = [event.data for event in await events_of(server.url + "countdown")]
        expected = ["3", "2", "1", "lift-off"]
        want(found == expected, f"the data of the events should be {expected}, not {found}")

    return verdict(check())


def check_polite(server: Server) -> Coroutine[Any, Any, Verdict]:
    """`/slow` streams, and leaves the server free for others meanwhile."""

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
