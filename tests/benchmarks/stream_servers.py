"""The servers that `streams.py` compares: the same events, each from a process of its own.

A stream has a plan: how many events, how far apart, and when it starts. All but chatkit make the
events while they send them, and keep nothing. Where one source is for all streams, the others get
them through a queue each, as their users write it.
"""

import argparse
import asyncio
import json
import time
from collections.abc import AsyncIterable, AsyncIterator, Callable
from typing import Any, NamedTuple
from urllib.parse import unquote

from server_process import resident, serve_until_the_client_ends
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

HEADERS = [(b"content-type", b"text/event-stream"), (b"cache-control", b"no-store")]
LEAD = 0.3  # seconds from the start signal to the first event
TEXT = " fox"  # the text of an event that is not paced
MANY = 1_000_000_000  # the limits are not what is measured


class Plan(NamedTuple):
    """What a stream is to send."""

    events: int
    interval: float = 0.0  # seconds from one event to the next; 0: flat out
    phase: float = 0.0  # seconds
    waits: int = 1  # 1: for the start signal
    shared: int = 0  # 1: all streams have one source


class Start:
    """The signal to start, for all streams that wait. Another one is for those that come later."""

    def __init__(self) -> None:
        self.signal = asyncio.Event()
        self.first_due = 0.0  # on the clock of time.monotonic(), which all processes share

    def give(self) -> None:
        self.first_due = time.monotonic() + LEAD
        self.signal.set()
        self.signal = asyncio.Event()


start = Start()


async def texts(plan: Plan) -> AsyncIterator[str]:
    """The text of each event: when it was due, if it is paced."""
    if plan.waits:
        await start.signal.wait()
    for number in range(plan.events):
        if plan.interval:
            due = start.first_due + plan.phase + number * plan.interval
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            yield f"{due:.6f}"
        else:
            yield TEXT
            await asyncio.sleep(0)


Make = Callable[[int, str, str | None], Any]  # number, data and type of an event
queues: list[asyncio.Queue[Any]] = []  # of the streams that have one source
publishing: set[asyncio.Task[None]] = set()


async def made(plan: Plan, make: Make) -> AsyncIterator[Any]:
    """The events of a stream, as its server wants them."""
    number = 0
    async for text in texts(plan):
        number += 1
        yield make(number, json.dumps(text), None)
    yield make(number + 1, "{}", "end")


async def publish(plan: Plan, make: Make) -> None:
    async for event in made(plan, make):
        for queue in queues:
            queue.put_nowait(event)
    for queue in queues:
        queue.put_nowait(None)
    queues.clear()


async def of_one_source(plan: Plan, make: Make) -> AsyncIterator[Any]:
    queue: asyncio.Queue[Any] = asyncio.Queue()
    if not queues:
        publishing.add(asyncio.create_task(publish(plan, make)))
    queues.append(queue)
    while (event := await queue.get()) is not None:
        yield event


def events_of(plan: Plan, make: Make) -> AsyncIterator[Any]:
    return of_one_source(plan, make) if plan.shared else made(plan, make)


def plan_of(request: Request) -> Plan:
    return Plan(*json.loads(unquote(request.url.query)))


def frame(number: int, data: str, type: str | None) -> bytes:
    event = f"event: {type}\n" if type else ""
    return f"id: {number}\n{event}data: {data}\n\n".encode()


def raw_asgi() -> ASGIApp:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        assert scope["type"] == "http"
        await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
        async for body in events_of(plan_of(Request(scope)), frame):
            await send({"type": "http.response.body", "body": body, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    return app


def starlette_streaming() -> ASGIApp:
    async def stream(request: Request) -> Response:
        frames = events_of(plan_of(request), frame)
        return StreamingResponse(frames, media_type="text/event-stream")

    return Starlette(routes=[Route("/stream", stream)])


def sse_starlette() -> ASGIApp:
    from sse_starlette import EventSourceResponse, ServerSentEvent

    def event(number: int, data: str, type: str | None) -> ServerSentEvent:
        return ServerSentEvent(data, event=type, id=str(number))

    async def stream(request: Request) -> Response:
        return EventSourceResponse(events_of(plan_of(request), event))

    return Starlette(routes=[Route("/stream", stream)])


def sse_starlette_in_fastapi() -> ASGIApp:
    """The same in a route of FastAPI, as the tutorial has it."""
    from fastapi import FastAPI
    from sse_starlette import EventSourceResponse, ServerSentEvent

    def event(number: int, data: str, type: str | None) -> ServerSentEvent:
        return ServerSentEvent(data, event=type, id=str(number))

    app = FastAPI()

    @app.get("/stream")
    async def stream(request: Request) -> EventSourceResponse:
        return EventSourceResponse(events_of(plan_of(request), event))

    return app


def fastapi_sse() -> ASGIApp:
    from fastapi import FastAPI
    from fastapi.sse import EventSourceResponse, ServerSentEvent

    def event(number: int, data: str, type: str | None) -> ServerSentEvent:
        return ServerSentEvent(raw_data=data, event=type, id=str(number))

    app = FastAPI()

    @app.get("/stream", response_class=EventSourceResponse)
    async def stream(request: Request) -> AsyncIterable[ServerSentEvent]:
        async for found in events_of(plan_of(request), event):
            yield found

    return app


def chatkit_app(valkey: str = "") -> ASGIApp:
    from chatkit import create_app
    from chatkit.replies import Message
    from chatkit.turns import Engine, Limits, Turns

    def reply(messages: list[Message]) -> AsyncIterator[str]:
        return texts(Plan(*json.loads(messages[-1]["content"])))

    limits = Limits(events=MANY, bytes=MANY, live=MANY, kept=MANY, kept_bytes=MANY)
    turns: Engine = Turns(limits)
    if valkey:
        from chatkit.turns.valkey import ValkeyTurns

        turns = ValkeyTurns(valkey, limits)
    return create_app(reply, turns)


class Measured:
    """ASGI middleware that gives the start signal, and says what its process has cost so far."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] in ("/cost", "/go"):
            cost = {"cpu": time.process_time(), "resident": resident()}
            if scope["path"] == "/go":
                start.give()
            await JSONResponse(cost)(scope, receive, send)
        else:
            await self.app(scope, receive, send)


def run_as_chatkit_serve(app: ASGIApp) -> None:
    """With the layer, the connection and the garbage collection of `chatkit serve`."""
    from chatkit.limits import Connection
    from chatkit.server.foreground import collect_seldom
    from chatkit.server.live_requests import LiveRequests

    collect_seldom()
    serve_until_the_client_ends(Measured(LiveRequests(app)), http=Connection)


RAW, SSE_STARLETTE = "raw ASGI", "sse-starlette"
PLAIN, SERVED, VALKEY = "chatkit, plain uvicorn", "chatkit serve", "chatkit serve, Valkey"
PEERS: dict[str, Callable[[], ASGIApp]] = {
    RAW: raw_asgi,
    "Starlette StreamingResponse": starlette_streaming,
    SSE_STARLETTE: sse_starlette,
    "sse-starlette in FastAPI": sse_starlette_in_fastapi,
    "FastAPI's own SSE": fastapi_sse,
}
SERVERS = [*PEERS, PLAIN, SERVED, VALKEY]


def main() -> None:
    parser = argparse.ArgumentParser(description="The process of a server: see streams.py.")
    parser.add_argument("server", choices=SERVERS)
    parser.add_argument("--valkey", default="", help="the URL of a server for it")
    options = parser.parse_args()
    if options.server in PEERS:
        serve_until_the_client_ends(Measured(PEERS[options.server]()))
    elif options.server == PLAIN:
        serve_until_the_client_ends(Measured(chatkit_app()))
    else:
        run_as_chatkit_serve(chatkit_app(options.valkey if options.server == VALKEY else ""))


if __name__ == "__main__":
    main()
