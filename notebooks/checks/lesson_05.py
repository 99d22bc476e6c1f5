"""The checks of lesson 05, ending and reconnecting."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from fastapi import FastAPI
from sse_starlette import EventSourceResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from chatkit import create_app, serve
from chatkit.faults.kinds import KINDS
from chatkit.server.background import Server
from chatkit.sse import Event
from checks.judging import PATIENCE, NotYet, Verdict, verdict, want, what_came
from checks.own_lines import describe, why


@dataclass(frozen=True)
class Answer:
    """What a server has answered. `whole`: it said that nothing more comes."""

    status: int
    events: list[Event]
    whole: bool


async def ask(server: Server, last_event_id: str = "") -> Answer:
    """`GET stream` of the learner's own server."""
    headers = {"Accept": "text/event-stream"}
    if last_event_id:
        headers["Last-Event-ID"] = last_event_id
    url, status = server.url + "stream", 0
    client = httpx.AsyncClient(trust_env=False, timeout=2 * PATIENCE)  # the verdict is earlier
    try:
        with what_came(url) as (parser, events):
            async with client, client.stream("GET", url, headers=headers) as response:
                status = response.status_code
                async for chunk in response.aiter_bytes():
                    events += parser.feed(chunk)
                    want(len(events) <= 1000, "it sends more than 1,000 events")
    except httpx.HTTPError:
        return Answer(status, events, whole=False)
    return Answer(status, events, whole=True)


async def events_of(server: Server, last_event_id: str = "") -> list[Event]:
    """The events of a stream that has to be answered, and whole."""
    answer = await ask(server, last_event_id)
    asked = f"GET /stream with Last-Event-ID {last_event_id!r}" if last_event_id else "GET /stream"
    if answer.status >= 500 or not answer.whole:
        what = f"answers {answer.status}" if answer.whole else "breaks off"
        raise NotYet(f"{asked} {what}" + await why(server))
    want(answer.status == 200, f"{asked} should answer 200, not {answer.status}")
    return answer.events


def check_over(server: Server) -> Coroutine[Any, Any, Verdict]:
    """A message, and an end that is dispatched."""

    async def check() -> None:
        events = await events_of(server)
        kinds = [event.type for event in events]
        want(kinds[:1] == ["message"], f"the first event should be a message, not {kinds[:1]}")
        want(events[0].data == "Hello", f"its data should still be 'Hello', not {events[0].data!r}")
        want("end" in kinds, f"a browser gets only {kinds}: no event of the type end is dispatched")
        want(kinds == ["message", "end"], f"it should send a message and an end, not {kinds}")

    return verdict(check(), "05.1")


def check_drop(drop: Callable[..., ASGIApp]) -> Coroutine[Any, Any, Verdict]:
    """A layer that breaks the first stream after some events, and no other."""
    app = FastAPI()

    @app.get("/stream")
    async def stream() -> EventSourceResponse:
        return EventSourceResponse({"data": character} for character in "Hello")

    def served(after: int) -> Server:
        """The start goes past the layer, or one that passes nothing on is waited for."""
        layer: Any = drop(app, after=after)
        want(callable(layer), f"drop(app, after={after}) should return the layer, not {layer!r}")

        async def start_or_request(scope: Scope, receive: Receive, send: Send) -> None:
            await (app if scope["type"] == "lifespan" else layer)(scope, receive, send)

        return serve(start_or_request, name="check of drop")

    async def check_one(after: int) -> None:
        called = f"drop(app, after={after})"
        with served(after) as server:
            first, second = await ask(server), await ask(server)
            is_well = first.whole and first.status == 200
            reason = "" if is_well else await why(server)
        count = len(first.events)
        want(first.status == 200, f"{called}: no stream comes{reason}")
        on_purpose = "ConnectionError: on purpose" in reason
        want(
            not first.whole or count != 5,
            f"{called}: the first stream arrives whole, with all 5 events",
        )
        want(
            not first.whole,
            f"{called}: the first stream ends after {count} of 5 events as if it were complete: "
            "it takes an error to break it",
        )
        want(on_purpose, f'{called}: the error should be ConnectionError("on purpose"){reason}')
        want(count == after, f"{called}: the first stream breaks after {count} events")
        want(
            second.whole and len(second.events) == 5,
            f"{called}: the second stream should arrive whole, and breaks after "
            f"{len(second.events)} events",
        )

    async def check_two() -> None:
        """Of `Hello` six pieces are sent: the last one is empty."""
        with served(8) as server:
            first, second = await ask(server), await ask(server)
        want(
            first.whole and not second.whole,
            "drop(app, after=8): it should count the pieces of all bodies together, and break the "
            "second stream",
        )

    async def check() -> None:
        await check_one(3)
        await check_one(1)
        await check_two()

    return verdict(check(), "05.2")


def check_resume(server: Server) -> Coroutine[Any, Any, Verdict]:
    """A stream that goes on after the reader's Last-Event-ID, and 204 at its end."""

    async def check() -> None:
        whole = await events_of(server)
        want(whole, "without a Last-Event-ID it should send the whole reply; it sends nothing")
        for event in whole:
            want(event.id, f"the event with the data {event.data!r} has no id")
        for number, event in enumerate(whole[:-1], start=1):
            rest = await events_of(server, event.id)
            want(
                rest == whole[number:],
                f"to Last-Event-ID {event.id!r} it should send the {len(whole) - number} events "
                f"after it, and sends {len(rest)}, the first with the id "
                f"{rest[0].id if rest else None!r}",
            )
        await want_status(204, whole[-1].id, "which is the last one, ")
        text = "".join(event.data for event in whole if event.type == "message")
        want(text == "Streams break.", f"the whole reply should still be its text, not {text!r}")
        for cursor in ("abc", "-5", "1.5"):
            await want_status(400, cursor, "")
        past = await ask(server, "999")
        want(
            past.status != 200 or past.events,
            "to Last-Event-ID '999' it sends a stream without events: a browser asks for that "
            "endlessly",
        )

    async def want_status(status: int, last_event_id: str, which: str) -> None:
        answer = await ask(server, last_event_id)
        if answer.status != status:
            reason = await why(server) if answer.status >= 500 or not answer.whole else ""
            raise NotYet(
                f"to Last-Event-ID {last_event_id!r}, {which}it should answer {status}, not "
                f"{answer.status}{reason}"
            )

    return verdict(check(), "05.3")


def check_once(
    use: Callable[[str, int, int, str], tuple[str, int]],
) -> Coroutine[Any, Any, Verdict]:
    """Each event is used once, and a gap is told by LookupError."""
    reply = "Hello"
    pieces = list(enumerate(reply, start=1))

    def call(text: str, cursor: int, number: int, piece: str, events: str) -> tuple[str, int]:
        called = f"use({text!r}, {cursor}, {number}, {piece!r})"
        try:
            result: Any = use(text, cursor, number, piece)
        except Exception as error:
            raise NotYet(f"events that come {events}: {called}: {describe(error)}") from None
        is_pair = isinstance(result, tuple) and len(result) == 2
        want(is_pair, f"{called} should return the text and the cursor, not {result!r}")
        return result[0], result[1]

    async def check() -> None:
        for name, events in (
            ("in order", pieces),
            ("each twice", [event for event in pieces for _ in range(2)]),
            ("three, and then again from the start", pieces[:3] + pieces),
            ("three, and then from the second on", pieces[:3] + pieces[1:]),
        ):
            text, cursor = "", 0
            for number, piece in events:
                text, cursor = call(text, cursor, number, piece, name)
            want(text == reply, f"events that come {name} should give {reply!r}, not {text!r}")
            want(
                cursor == len(reply),
                f"events that come {name} should leave the cursor at 5, not {cursor!r}",
            )
        for cursor, number in ((0, 2), (2, 4), (2, 100)):
            try:
                result = use("He"[:cursor], cursor, number, "x")
            except LookupError:
                continue
            raise NotYet(
                f"after event {cursor} comes {number}: one is missing, but it gave {result!r}"
            )

    return verdict(check(), "05.4")


Read = Callable[[str], Coroutine[Any, Any, tuple[str, dict[str, Any]]]]
FAULTS: list[dict[str, Any]] = [
    *({"kind": kind} for kind in ("drop", "cut-event", "close", "twice", "skip")),
    {"kind": "skip", "event": 5},  # the last before `end`
    *({"kind": kind} for kind in ("500", "503", "html", "204")),
    {"kind": "refuse", "seconds": 0.01},
]
LONGEST = 4.0  # seconds for one reply


def check_survive(read_reply: Read) -> Coroutine[Any, Any, Verdict]:
    """A reader that asks again from its cursor until the reply has ended, whatever happens."""
    asked: list[str] = []  # the query of each request for a stream

    async def reply(messages: list[Any]) -> AsyncIterator[str]:
        for character in "Hello":
            yield character
        if messages[-1]["content"] == "fail":
            raise RuntimeError("on purpose")

    app = create_app(reply, faults=True)

    async def listen(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].endswith("/events"):
            asked.append(scope["query_string"].decode())
        await app(scope, receive, send)

    async def check() -> None:
        with serve(listen, name="check of read_reply") as server:
            async with httpx.AsyncClient(base_url=server.url, trust_env=False) as client:
                await check_all(server.url, client)

    async def want_use() -> None:
        """A wrong text may come from Exercise 4, if the reader builds on that."""
        use = getattr(read_reply, "__globals__", {}).get("use")
        if callable(use) and "use" in read_reply.__code__.co_names:
            solved = await check_once(use)
            said = "; ".join(solved.missing)
            want(solved, f"it calls `use`, and Exercise 4 is not solved yet: {said}")

    async def check_all(url: str, client: httpx.AsyncClient) -> None:
        async def read(message: str, **fault: Any) -> Any:
            app.state.faults.disarm()
            if fault:
                app.state.faults.arm(KINDS[fault.pop("kind")](**fault))
            answer = await client.post("turns", json={"message": message})
            asked.clear()
            return await asyncio.wait_for(read_reply(url + answer.json()["events"]), LONGEST)

        async def read_well(name: str, message: str, **fault: Any) -> Any:
            try:
                result = await read(message, **fault)
            except TimeoutError:
                raise NotYet(f"{name}: it has not ended after {LONGEST:g} seconds") from None
            except Exception as error:
                raise NotYet(f"{name}: {describe(error)}") from None
            want(result is not None, f"{name}: it returns None after {count(asked)}")
            is_pair = isinstance(result, tuple) and len(result) == 2
            want(is_pair, f"{name}: it should return the text and what `end` says, not {result!r}")
            text, end = result
            if text != "Hello":
                await want_use()
            want(text == "Hello", f"{name}: the text should be 'Hello', not {text!r}")
            want(isinstance(end, dict), f"{name}: what `end` says should be a dict, not {end!r}")
            return end

        await read_well("without a fault", "Hello")
        for fault in FAULTS:
            name = f"with the fault {fault['kind']!r}"
            if fault.get("event") == 5:
                name += " of the last event before `end`"
            end = await read_well(name, "Hello", **fault)
            want(end.get("sha256") == hashlib.sha256(b"Hello").hexdigest(), f"{name}: other hash")
            if fault["kind"] == "drop":
                want(asked[-1:] == ["after=3"], f"{name}, after event 3: it asks with {asked[-1]}")
        end = await read_well("a reply that fails", "fail")
        want("message" in end, "a reply that fails: it should return what `failure` says")

        always = "a server that always answers 500"
        with pauses() as waited:
            try:
                await read("Hello", kind="500", times=1000)
            except ConnectionError:
                pass
            except TimeoutError:
                raise NotYet(f"{always}: it still asks after {count(asked)}") from None
            except Exception as error:
                raise NotYet(f"{always}: {describe(error)}") from None
            else:
                raise NotYet(f"{always}: it should raise ConnectionError")
        want(19 <= len(asked) <= 21, f"{always}: it gives up after {count(asked)}, not 20")
        want(len(waited) >= 18, "it asks again at once: a pause of 0.01 seconds is missing")

    return verdict(check(), "05.5")


def count(requests: list[str]) -> str:
    return f"{len(requests)} request" + "s" * (len(requests) != 1)


@contextmanager
def pauses() -> Iterator[list[float]]:
    """The seconds of each `asyncio.sleep` on this loop meanwhile."""
    loop: Any = asyncio.get_running_loop()
    call_later, waited = loop.call_later, []

    def listen(delay: float, *rest: Any, **more: Any) -> asyncio.TimerHandle:
        waited.append(delay)
        handle: asyncio.TimerHandle = call_later(delay, *rest, **more)
        return handle

    loop.call_later = listen
    try:
        yield waited
    finally:
        del loop.call_later
