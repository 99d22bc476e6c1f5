"""What one event costs a server: CPU time, and memory while a stream is idle.

The same events, an id and a JSON string each, come from several servers. Each runs in a process
of its own, on uvicorn as it is installed; this process is the client. A server makes its events
flat out, with one `await asyncio.sleep(0)` after each, so that all of them suspend equally often.
The cost is the CPU time of the server's process (user and system) divided by the events.
"""

import argparse
import asyncio
import contextlib
import http.client
import json
import os
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import AsyncIterable, AsyncIterator, Callable
from functools import cached_property
from pathlib import Path
from typing import Any

from report import machine, table
from server_process import serve_until_the_client_ends
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from chatkit.sse import Event, Parser

PACKAGES = ("fastapi", "starlette", "sse-starlette", "uvicorn", "uvloop", "httptools")
TEXT = " fox"  # the text of every event
BOUND = 120.0  # seconds that a server may be silent
HEADERS = [(b"content-type", b"text/event-stream"), (b"cache-control", b"no-store")]


def resident() -> int:
    """The memory that this process holds now, in KiB; 0 where there is no /proc to ask."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except FileNotFoundError:
        return 0
    return pages * os.sysconf("SC_PAGESIZE") // 1024


# The servers. Each makes events 1 to `events`, then keeps the stream open if it is to be idle.

go = asyncio.Event()  # set by the client, when it follows the turn
idle = False


async def stay() -> None:
    if idle:
        await asyncio.Event().wait()


def event_bytes(number: int) -> bytes:
    return f"id: {number}\ndata: {json.dumps(TEXT)}\n\n".encode()


async def event_stream(events: int) -> AsyncIterator[bytes]:
    for number in range(1, events + 1):
        yield event_bytes(number)
        await asyncio.sleep(0)
    await stay()


def raw_asgi() -> ASGIApp:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        assert scope["type"] == "http"
        events = int(scope["query_string"].removeprefix(b"events="))
        await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
        for number in range(1, events + 1):
            body = event_bytes(number)
            await send({"type": "http.response.body", "body": body, "more_body": True})
            await asyncio.sleep(0)
        await stay()
        await send({"type": "http.response.body", "body": b""})

    return app


def starlette_streaming() -> ASGIApp:
    async def stream(request: Request) -> Response:
        pieces = event_stream(int(request.query_params["events"]))
        return StreamingResponse(pieces, media_type="text/event-stream")

    return Starlette(routes=[Route("/stream", stream)])


def sse_starlette_objects() -> ASGIApp:
    from sse_starlette import EventSourceResponse, ServerSentEvent

    async def pieces(events: int) -> AsyncIterator[ServerSentEvent]:
        for number in range(1, events + 1):
            yield ServerSentEvent(json.dumps(TEXT), id=str(number))
            await asyncio.sleep(0)
        await stay()

    async def stream(request: Request) -> Response:
        return EventSourceResponse(pieces(int(request.query_params["events"])))

    return Starlette(routes=[Route("/stream", stream)])


def sse_starlette_bytes() -> ASGIApp:
    from sse_starlette import EventSourceResponse

    async def stream(request: Request) -> Response:
        return EventSourceResponse(event_stream(int(request.query_params["events"])))

    return Starlette(routes=[Route("/stream", stream)])


def fastapi_sse() -> ASGIApp:
    from fastapi import FastAPI
    from fastapi.sse import EventSourceResponse, ServerSentEvent

    app = FastAPI()

    @app.get("/stream", response_class=EventSourceResponse)
    async def stream(events: int) -> AsyncIterable[ServerSentEvent]:
        for number in range(1, events + 1):
            yield ServerSentEvent(data=TEXT, id=str(number))
            await asyncio.sleep(0)
        await stay()

    return app


def chatkit_app() -> ASGIApp:
    from chatkit.replies import Message
    from chatkit.turns import Limits, Turns
    from chatkit.web.app import create_app

    many = 1_000_000_000  # the limits are not what is measured

    async def reply(messages: list[Message]) -> AsyncIterator[str]:
        yield TEXT
        await go.wait()
        for _ in range(int(messages[-1]["content"]) - 1):
            yield TEXT
            await asyncio.sleep(0)
        await stay()

    return create_app(reply, Turns(Limits(events=many, bytes=many, live=many)))


def chatkit_served() -> ASGIApp:
    from chatkit.server.live_requests import LiveRequests

    return LiveRequests(chatkit_app())


REFERENCE = "sse-starlette, ServerSentEvent objects"
APPS: dict[str, Callable[[], ASGIApp]] = {
    "raw ASGI": raw_asgi,
    "Starlette StreamingResponse": starlette_streaming,
    "sse-starlette, bytes": sse_starlette_bytes,
    REFERENCE: sse_starlette_objects,
    "FastAPI's own fastapi.sse": fastapi_sse,
    "chatkit, a turn written and followed": chatkit_app,
    "chatkit, the same inside serve()": chatkit_served,
}


class Measured:
    """ASGI middleware that tells the client what its process has cost so far."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == "/cost":
            cost = {"cpu": time.process_time(), "resident": resident()}
            await JSONResponse(cost)(scope, receive, send)
        elif scope["type"] == "http" and scope["path"] == "/go":
            go.set()
            await JSONResponse(None)(scope, receive, send)
        else:
            await self.app(scope, receive, send)


# The client.


class Client:
    """A server in a process of its own, and the requests to it."""

    def __init__(self, name: str, idle: bool = False) -> None:
        self.name = name
        command = [sys.executable, __file__, "--server", name, *["--idle"] * idle]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    @cached_property
    def port(self) -> int:
        """Where the server listens. The first to ask waits until it does."""
        assert self._process.stdout is not None
        return int(self._process.stdout.readline())

    def close(self) -> None:
        self._process.kill()
        self._process.communicate()

    def ask(self, path: str, message: str | None = None) -> Any:
        """What a GET gets, or, with a message, a POST, from JSON."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=BOUND)
        with contextlib.closing(connection):
            if message is None:
                connection.request("GET", path)
            else:
                body = json.dumps({"message": message})
                connection.request("POST", path, body, {"Content-Type": "application/json"})
            response = connection.getresponse()
            assert response.status < 300, f"{self.name}: {response.status}"
            return json.load(response)

    def open(self, events: int) -> socket.socket:
        """A stream that has been asked for, and of which the first bytes have come."""
        path = f"/stream?events={events}"
        if self.name.startswith("chatkit"):
            path = "/" + self.ask("/turns", str(events))["events"]
        stream = socket.create_connection(("127.0.0.1", self.port), timeout=BOUND)
        stream.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
        assert stream.recv(1, socket.MSG_PEEK), f"{self.name}: no answer"
        return stream

    def read(self, events: int) -> bytes:
        """A whole response with this many events, as it comes over the wire."""
        with self.open(events) as stream:
            self.ask("/go")
            # Read fast: what the server sends must not have to wait.
            chunks = []
            end = b""
            while not end.endswith(b"\r\n0\r\n\r\n"):
                chunk = stream.recv(1 << 20)
                assert chunk, f"{self.name}: the response ended before its last chunk"
                chunks.append(chunk)
                end = (end + chunk)[-16:]
        return b"".join(chunks)


def chunks_of(response: bytes) -> list[bytes]:
    """The chunks of a chunked response (RFC 9112, section 7.1), without the last, empty one."""
    chunks: list[bytes] = []
    start = response.index(b"\r\n\r\n") + 4
    while True:
        line_end = response.index(b"\r\n", start)
        size = int(response[start:line_end], 16)
        if not size:
            return chunks
        chunks.append(response[line_end + 2 : line_end + 2 + size])
        start = line_end + 2 + size + 2


def check(name: str, chunks: list[bytes], events: int) -> None:
    """Every server has to send the same, else the comparison means nothing."""
    arrived = Parser().feed(b"".join(chunks))
    if name.startswith("chatkit"):
        assert arrived.pop().type == "end"
    right = [Event(json.dumps(TEXT), id=str(number)) for number in range(1, events + 1)]
    assert arrived == right, f"{name} has sent other events"


def cpu_table(events: int, rounds: int) -> str:
    """Microseconds of CPU time per event, of each server, measured in turns."""
    costs: dict[str, list[float]] = {name: [] for name in APPS}
    per_chunk: dict[str, float] = {}
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(contextlib.closing(Client(name))) for name in APPS]
        for round_number in range(rounds + 1):
            for client in clients:
                before = client.ask("/cost")["cpu"]
                count = events if round_number else min(events, 1000)  # the first one warms up
                response = client.read(count)
                cost = client.ask("/cost")["cpu"] - before
                chunks = chunks_of(response)
                check(client.name, chunks, count)
                if round_number:
                    costs[client.name].append(cost / count * 1e6)
                    per_chunk[client.name] = count / len(chunks)
    reference = statistics.median(costs[REFERENCE])
    rows = [["µs of CPU time per event", "median", "min", "max", "ratio", "events per chunk"]]
    for name, figures in costs.items():
        median = statistics.median(figures)
        spread = [f"{figure:.1f}" for figure in (median, min(figures), max(figures))]
        rows.append([name, *spread, f"{median / reference:.2f}", f"{per_chunk[name]:.1f}"])
    return table(rows)


def idle_table(streams: int) -> str:
    """KiB of memory per stream that is open and silent, of each server."""
    figures = {}
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(contextlib.closing(Client(name, True))) for name in APPS]
        for client in clients:
            figures[client.name] = memory_of_a_stream(client, streams)
    rows = [["KiB of memory per idle stream", "KiB", "ratio"]]
    for name, figure in figures.items():
        rows.append([name, f"{figure:.1f}", f"{figure / (figures[REFERENCE] or 1):.2f}"])
    return table(rows)


def memory_of_a_stream(client: Client, streams: int) -> float:
    with contextlib.ExitStack() as stack:
        stack.enter_context(client.open(1))  # what the first stream loads, the others share
        before = client.ask("/cost")["resident"]
        for _ in range(streams):
            stack.enter_context(client.open(1))
        after = client.ask("/cost")["resident"]
    return float(after - before) / streams


def main() -> None:
    global idle
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("--events", type=int, default=50_000, help="events per stream")
    parser.add_argument("--rounds", type=int, default=3, help="streams of each server")
    parser.add_argument("--idle", action="store_true", help="measure memory, not CPU time")
    parser.add_argument("--streams", type=int, default=500, help="open streams, with --idle")
    parser.add_argument("--server", choices=APPS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.server:
        idle = options.idle
        serve_until_the_client_ends(Measured(APPS[options.server]()))
        return
    print(machine(PACKAGES))
    if options.idle:
        print(f"{options.streams} open streams, none of which sends; ratio to sse-starlette\n")
        print(idle_table(options.streams))
    else:
        print(
            f"{options.events:,} events per stream, flat out, {options.rounds} streams of each "
            "server in turns; each event is followed by asyncio.sleep(0); "
            "ratio to sse-starlette with objects\n"
        )
        print(cpu_table(options.events, options.rounds))


if __name__ == "__main__":
    main()
