"""The checks of lesson 01, your first stream."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import httpx

from chatkit.server.background import Server
from chatkit.sse import Event
from checks.judging import PATIENCE, NotYet, Verdict, collect, recorded, verdict, want
from checks.own_lines import why


async def events_of(server: Server, path: str) -> list[Event]:
    """The events of a stream of the learner's server, or the line of theirs that broke it."""
    try:
        return await recorded(server.url + path)
    except httpx.HTTPStatusError as error:
        status = error.response.status_code
        reason = await why(server) if status >= 500 else ""
        raise NotYet(f"GET /{path} answers {status}{reason}") from None
    except httpx.ConnectError:
        raise NotYet("the server does not run: run its cell again") from None
    except httpx.HTTPError:
        raise NotYet(f"GET /{path} breaks off{await why(server)}") from None


async def type_of(server: Server, path: str) -> str:
    """What the server says that its answer is."""
    async with httpx.AsyncClient(trust_env=False, timeout=PATIENCE) as client:
        answer = await client.get(server.url + path)
    return str(answer.headers.get("content-type", "none")).partition(";")[0]


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

    return verdict(check(), "01.1")


def check_countdown(server: Server) -> Coroutine[Any, Any, Verdict]:
    """A route of the learner's server that streams 3, 2, 1, lift-off."""

    async def check() -> None:
        found = [event.data for event in await events_of(server, "countdown")]
        if not found:
            kind = await type_of(server, "countdown")
            want(
                kind == "text/event-stream",
                f"GET /countdown answers with the type {kind}: an event stream is an "
                "`EventSourceResponse(...)`, and the function returns it",
            )
        expected = ["3", "2", "1", "lift-off"]
        want(found == expected, f"the data of the events should be {expected}, not {found}")

    return verdict(check(), "01.2")


def check_polite(server: Server) -> Coroutine[Any, Any, Verdict]:
    """`/slow` streams, and leaves the server free for others meanwhile."""

    async def check() -> None:
        async with httpx.AsyncClient(trust_env=False, timeout=PATIENCE) as client:

            async def made() -> int:
                answer = await client.get(server.url + "made")
                if answer.status_code != 200:
                    raise NotYet(f"GET /made answers {answer.status_code}" + await why(server))
                return int(answer.text)

            before = await made()
            with sleeps_on_a_loop() as sleeps:
                stream = asyncio.create_task(events_of(server, "slow"))
                while (now := await made()) == before and not stream.done():  # noqa: ASYNC110
                    await asyncio.sleep(0.01)
                data = [event.data for event in await stream]
            noted = await made() - before
        expected = [str(number) for number in range(10)]
        want(data == expected, f"the data of the events should still be {expected}, not {data}")
        want(noted == 10, f"`made` should still note all 10 numbers, not {noted}")
        want(
            now - before < 10,
            "a request that came meanwhile was answered only when the stream was over"
            + ("" if sleeps else ": it should still pause, but let others run"),
        )
        want(not sleeps, "`time.sleep` is still called, and blocks the event loop each time")

    return verdict(check(), "01.3")


@contextmanager
def sleeps_on_a_loop() -> Iterator[list[float]]:
    """The seconds of each `time.sleep` meanwhile that kept an event loop waiting."""
    sleep, slept = time.sleep, []

    def listen(seconds: Any) -> None:
        with suppress(RuntimeError):  # there is none in a thread that may sleep
            asyncio.get_running_loop()
            slept.append(seconds)
        sleep(seconds)

    time.sleep = listen
    try:
        yield slept
    finally:
        time.sleep = sleep
