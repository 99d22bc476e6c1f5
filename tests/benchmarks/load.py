"""A thousand live streams at 20 events a second, and what it does to them that one stops reading.

The server is one process: chatkit, or beside it a bare sse-starlette app whose streams are made
as they are sent, without a log. The readers are in processes of their own. Every piece carries the
time at which it was due by the clock of the machine, so that lateness is all that came between: the
writer that woke up late, the log, the server, the socket, and the reader itself, which needs CPU
time too. The numbers of the events show what was lost or came twice.

One more turn has large pieces and two readers. At some second one of them stops to read: the
buffers between it and the server fill up. The others' lateness is given for the time before and for
the time after. When they have ended, it reads on, or comes back with its cursor: it has to get all.
"""

import argparse
import asyncio
import contextlib
import http.client
import json
import os
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import uvicorn
from report import PACKAGES, machine, table
from server_process import BOUND, resident, serve_until_the_client_ends
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

sys.path.insert(0, str(Path(__file__).parents[1] / "wire" / "support"))

from quick_client import Chunked

from chatkit.server.foreground import collect_seldom
from chatkit.sse import Event, Parser

SERVERS = {"chatkit": "chatkit", "peer": "bare sse-starlette"}
LEAD = 0.5  # seconds from the start signal to the first piece
LARGE = 16_000  # characters in a piece of the turn whose reader stops
MANY = 1_000_000_000  # the limits are not what is measured


def allow_many_descriptors() -> None:
    with contextlib.suppress(ImportError, ValueError):  # Windows has no such limit
        import resource

        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


# The process of a server.

go = asyncio.Event()
first_due = 0.0  # on the clock of time.monotonic(), which all processes share


async def paced(plan: dict[str, float]) -> AsyncIterator[str]:
    """Pieces, each with the time at which it is due; padded to `size` characters."""
    await go.wait()
    for number in range(int(plan["events"])):
        due = first_due + plan["phase"] + number * plan["interval"]
        await asyncio.sleep(max(0.0, due - time.monotonic()))
        yield f"{due:.6f} ".ljust(int(plan["size"]), "x")


def chatkit_app() -> ASGIApp:
    from chatkit import create_app
    from chatkit.replies import Message
    from chatkit.server.live_requests import LiveRequests
    from chatkit.turns import Limits, Turns

    def reply(messages: list[Message]) -> AsyncIterator[str]:
        return paced(json.loads(messages[-1]["content"]))

    limits = Limits(events=MANY, bytes=MANY, live=MANY, kept=MANY, kept_bytes=MANY)
    return LiveRequests(create_app(reply, Turns(limits)))


def peer_app() -> ASGIApp:
    from sse_starlette import EventSourceResponse, ServerSentEvent

    async def pieces(plan: dict[str, float]) -> AsyncIterator[ServerSentEvent]:
        number = 0
        async for piece in paced(plan):
            number += 1
            yield ServerSentEvent(json.dumps(piece), id=str(number))
        yield ServerSentEvent("{}", event="end", id=str(number + 1))

    async def stream(request: Request) -> Response:
        plan = {name: float(value) for name, value in request.query_params.items()}
        return EventSourceResponse(pieces(plan))

    return Starlette(routes=[Route("/stream", stream)])


class Started:
    """ASGI middleware that gives the start signal, and says what its process has cost so far."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        global first_due
        if scope["type"] == "http" and scope["path"] == "/cost":
            cost = {"cpu": time.process_time(), "resident": resident()}
            await JSONResponse(cost)(scope, receive, send)
        elif scope["type"] == "http" and scope["path"] == "/go":
            first_due = time.monotonic() + LEAD
            go.set()
            await JSONResponse(first_due)(scope, receive, send)
        else:
            await self.app(scope, receive, send)


def run_server(name: str) -> None:
    collect_seldom()  # as `chatkit serve` does, for both servers
    serve_until_the_client_ends(Started(chatkit_app() if name == "chatkit" else peer_app()))


# The processes of the readers.


class Lateness:
    """How late events were, in tenths of a millisecond: how many of each."""

    def __init__(self, counts: Iterable[tuple[int, int]] = ()) -> None:
        self.counts = Counter(dict(counts))

    def add(self, seconds: float) -> None:
        self.counts[int(seconds * 10_000)] += 1

    def quantile(self, part: float) -> float:
        """In milliseconds; 0 if there were no events."""
        rank = part * (self.counts.total() - 1)
        for tenths, count in sorted(self.counts.items()):
            rank -= count
            if rank < 0:
                return tenths / 10
        return 0.0


class Readers:
    """The readers of this process, and what they have seen."""

    def __init__(self, port: int, stop_at: float) -> None:
        self.port = port
        self.stop_at = stop_at  # seconds after the first piece was due; 0: nobody stops
        self.first_due = 0.0
        self.before, self.after, self.beside = Lateness(), Lateness(), Lateness()
        self.events = self.lost = self.duplicated = self.broken = 0
        self.heads = 0


class Reader(asyncio.Protocol):
    """One stream. `kind`: "one" of many, or of the large turn the one that "stops" or "stays"."""

    def __init__(self, readers: Readers, path: str, kind: str) -> None:
        self.readers = readers
        self.path = path
        self.kind = kind
        self.cursor = 0
        self.has_all = False
        self.came_back = 0

    async def open(self, after: int = 0) -> None:
        self._head = b""
        self._chunks = Chunked()
        self._parser = Parser()
        loop = asyncio.get_running_loop()
        self.started = loop.create_future()
        self.ended = loop.create_future()
        line = socket.socket()
        line.setblocking(False)
        if self.kind == "stops":  # else the kernel may take in all that it does not read
            line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        await loop.sock_connect(line, ("127.0.0.1", self.readers.port))
        self.transport, _ = await loop.create_connection(lambda: self, sock=line)
        cursor = f"Last-Event-ID: {after}\r\n" if after else ""
        request = f"GET {self.path} HTTP/1.1\r\nHost: 127.0.0.1:{self.readers.port}\r\n{cursor}\r\n"
        self.transport.write(request.encode())
        await self.started

    def data_received(self, data: bytes) -> None:
        now = time.monotonic()
        if not self.started.done():
            self._head += data
            head, found, data = self._head.partition(b"\r\n\r\n")
            if not found:
                return
            assert head.startswith(b"HTTP/1.1 200"), head
            self.started.set_result(None)
        for event in self._parser.feed(self._chunks.feed(data)):
            self.take(event, now)
        if self._chunks.ended:
            self.transport.close()

    def take(self, event: Event, now: float) -> None:
        readers = self.readers
        number = int(event.id)
        readers.duplicated += number <= self.cursor
        readers.lost += max(0, number - self.cursor - 1)
        self.cursor = max(number, self.cursor)
        if event.type != "message":
            self.has_all = event.type == "end"
            return
        readers.events += 1
        due = float(event.data[1:].partition(" ")[0])
        stopped = readers.stop_at and due >= readers.first_due + readers.stop_at
        if self.kind == "one":
            (readers.after if stopped else readers.before).add(now - due)
        elif self.kind == "stays" and stopped:
            readers.beside.add(now - due)

    def connection_lost(self, error: Exception | None) -> None:
        if not self.ended.done():
            self.ended.set_result(None)
        if not self.started.done():
            self.started.set_exception(error or ConnectionError("no answer"))

    async def stop_reading(self) -> None:
        await asyncio.sleep(self.readers.first_due + self.readers.stop_at - time.monotonic())
        self.transport.pause_reading()

    async def read_on(self) -> None:
        """Read what is left. If the connection is gone, come back with the cursor."""
        with contextlib.suppress(RuntimeError):
            self.transport.resume_reading()
        await self.ended
        if not self.has_all and "turns/" in self.path:
            self.came_back += 1
            await self.open(self.cursor)
            await self.ended


async def run_readers(task: dict[str, Any]) -> None:
    """Open the streams, wait for the start, read to the end, and print what was seen."""
    readers = Readers(task["port"], task["stop_at"])
    streams = [Reader(readers, path, kind) for path, kind in task["streams"]]
    for stream in streams:
        await stream.open()
    print("open", flush=True)
    readers.first_due = float(await asyncio.to_thread(sys.stdin.readline))
    cpu = time.process_time()
    stopping = [stream for stream in streams if stream.kind == "stops"]
    for stream in stopping:
        await stream.stop_reading()
    await asyncio.gather(*(stream.ended for stream in streams if stream not in stopping))
    cpu = time.process_time() - cpu
    seen_when_stopped = sum(stream.cursor for stream in stopping)
    for stream in stopping:
        await stream.read_on()
    result = {
        **{name: getattr(readers, name) for name in ("events", "lost", "duplicated")},
        "incomplete": sum(not stream.has_all for stream in streams),
        "cpu": cpu,
        "seen when stopped": seen_when_stopped,
        "came back": sum(stream.came_back for stream in stopping),
        **{
            name: list(getattr(readers, name).counts.items())
            for name in ("before", "after", "beside")
        },
    }
    print(json.dumps(result), flush=True)


# The one who gives the orders.


class Process:
    """A process of this script that takes lines, and prints them."""

    def __init__(self, *options: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, __file__, *options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def tell(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()

    def hear(self) -> Any:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, f"{self._process.args}: it has ended"
        return line

    def close(self) -> None:
        self._process.kill()
        self._process.communicate()


def busy() -> float:
    """Seconds of CPU time that this machine has used so far; 0 where there is no /proc to ask."""
    try:
        ticks = [int(part) for part in Path("/proc/stat").read_text().split("\n")[0].split()[1:9]]
    except FileNotFoundError:
        return 0.0
    return (sum(ticks) - ticks[3] - ticks[4]) / os.sysconf("SC_CLK_TCK")  # idle, waiting for disks


def measure(name: str, options: argparse.Namespace) -> dict[str, Any]:
    """The same load on one server."""
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(contextlib.closing(Process("--server", name)))
        port = int(server.hear())
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=BOUND)
        stack.enter_context(contextlib.closing(connection))

        def ask(path: str, message: str = "") -> Any:
            body = json.dumps({"message": message}) if message else None
            headers = {"Content-Type": "application/json"}
            if not message:
                connection.close()  # it opens itself again; the server has closed an idle one
            connection.request("POST" if message else "GET", path, body, headers)
            return json.load(connection.getresponse())

        def path_of(plan: dict[str, float]) -> str:
            if name == "peer":
                return "/stream?" + urlencode(plan)
            return "/" + str(ask("/turns", json.dumps(plan))["events"])

        streams = streams_of(options, path_of)
        readers = [
            stack.enter_context(contextlib.closing(Process("--reader")))
            for _ in range(options.processes)
        ]
        for place, reader in enumerate(readers):
            mine = streams[place :: len(readers)]
            task = {"port": port, "stop_at": options.stop_at, "streams": mine}
            reader.tell(json.dumps(task))
        for reader in readers:
            reader.hear()
        first_due = ask("/go")
        cost = ask("/cost")
        started, busy_before = time.monotonic(), busy()
        for reader in readers:
            reader.tell(str(first_due))
        time.sleep(max(0.0, first_due + options.seconds - time.monotonic()))
        after = ask("/cost")
        elapsed, busy_after = time.monotonic() - started, busy()
        seen = [json.loads(reader.hear()) for reader in readers]
        in_all = ask("/cost")["cpu"] - cost["cpu"]
    names = ("events", "lost", "duplicated", "incomplete", "cpu", "seen when stopped", "came back")
    total = {name: sum(part[name] for part in seen) for name in names}
    return {
        **total,
        "streams": len(streams),
        "cpu of an event": in_all / total["events"] * 1e6,
        "all cpu": (busy_after - busy_before) / elapsed * 100,
        "readers' cpu": total["cpu"] / elapsed * 100,
        "server's cpu": (after["cpu"] - cost["cpu"]) / elapsed * 100,
        "memory": (after["resident"] - cost["resident"]) / 1024,
        **{
            name: Lateness(merge(part[name] for part in seen).items())
            for name in ("before", "after", "beside")
        },
    }


def streams_of(options: argparse.Namespace, path_of: Any) -> list[tuple[str, str]]:
    """Start the turns. Their streams: the path of each, and the kind of its reader."""
    events = round(options.rate * options.seconds)
    interval = 1 / options.rate
    found = []
    for turn in range(options.turns):
        phase = interval * turn / options.turns  # evenly spread
        plan = {"events": events, "interval": interval, "phase": phase, "size": 0}
        found += [(path_of(plan), "one")] * options.readers
    if options.stop_at:
        plan = {"events": events, "interval": interval, "phase": 0.0, "size": LARGE}
        path = path_of(plan)
        found += [(path, "stops"), (path, "stays")]
    return found


def merge(parts: Iterable[list[list[int]]]) -> Counter[int]:
    merged: Counter[int] = Counter()
    for part in parts:
        merged.update(dict(map(tuple, part)))  # type: ignore[arg-type]
    return merged


def load_table(results: dict[str, dict[str, Any]], options: argparse.Namespace) -> str:
    found = list(results.values())
    events = round(options.rate * options.seconds)

    def row(title: str, name: str, form: str = "{:,}") -> list[str]:
        return [title, *(form.format(result[name]) for result in found)]

    def lateness(title: str, name: str) -> list[list[str]]:
        return [
            [f"{title}, {label}", *(f"{result[name].quantile(part):.1f}" for result in found)]
            for label, part in (("median", 0.5), ("p99", 0.99), ("max", 1.0))
        ]

    rows = [
        ["", *(SERVERS[name] for name in results)],
        row("streams", "streams"),
        ["events that are to come", *(f"{result['streams'] * events:,}" for result in found)],
        row("events that came", "events"),
        row("lost", "lost"),
        row("duplicated", "duplicated"),
        row("streams without their end", "incomplete"),
        *lateness("ms late", "before"),
    ]
    if options.stop_at:
        rows[-3:] = [
            *lateness("ms late, while all read", "before"),
            *lateness("ms late, while one does not read", "after"),
            *lateness("ms late, its neighbour on the same turn", "beside"),
            row("events it had when the others ended", "seen when stopped"),
            row("times it came back with its cursor", "came back"),
        ]
    cpus = [result["cpu of an event"] for result in found]
    ratios = [f"{cpu / cpus[-1]:.2f}" for cpu in cpus]
    rows += [
        row("CPU of the server, µs per event", "cpu of an event", "{:.1f}"),
        ["ratio", *ratios],
        row("CPU of the server, % of a core", "server's cpu", "{:.0f}"),
        row("CPU of the readers, % of a core", "readers' cpu", "{:.0f}"),
        row("CPU of all on this machine, % of a core", "all cpu", "{:.0f}"),
        row("growth of the server's memory, MiB", "memory", "{:.0f}"),
    ]
    return table(rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("--turns", type=int, default=1000, help="turns being written")
    parser.add_argument("--readers", type=int, default=1, help="streams of each turn")
    parser.add_argument("--rate", type=float, default=20.0, help="events a second of each")
    parser.add_argument("--seconds", type=float, default=60.0, help="how long they go on")
    parser.add_argument(
        "--stop-at", type=float, default=20.0, help="when one stops to read, in s; 0: none does"
    )
    parser.add_argument(
        "--processes",
        type=int,
        default=max(1, (os.cpu_count() or 2) - 1),
        help="processes of readers",
    )
    parser.add_argument("--only", choices=SERVERS, help="measure one of the two servers")
    parser.add_argument("--server", choices=SERVERS, help=argparse.SUPPRESS)
    parser.add_argument("--reader", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    allow_many_descriptors()
    if options.server:
        run_server(options.server)
        return
    if options.reader:
        with asyncio.Runner(loop_factory=uvicorn.Config("").get_loop_factory()) as runner:
            runner.run(run_readers(json.loads(sys.stdin.readline())))
        return
    print(machine(PACKAGES))
    print(
        f"{options.turns:,} turns with {options.readers} streams each, {options.rate:g} events/s "
        f"for {options.seconds:g} s; one server process, {options.processes} of readers"
    )
    if options.stop_at:
        print(
            f"and a turn of {LARGE:,} characters a piece, one of whose two readers stops to read "
            f"at second {options.stop_at:g}"
        )
    names = [options.only] if options.only else list(SERVERS)
    results = {name: measure(name, options) for name in names}
    print("\n" + load_table(results, options))
    ours = results.get("chatkit")
    if ours and (ours["lost"] or ours["duplicated"] or ours["incomplete"]):
        sys.exit("\nchatkit: not every reader has everything, once")


if __name__ == "__main__":
    main()
