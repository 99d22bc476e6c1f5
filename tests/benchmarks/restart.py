"""Restart with open streams: chatkit.serve() against uvicorn in a thread.

Each side runs in a process of its own, with a FastAPI app whose sse-starlette streams never end.
This process is the reader: it opens the streams over real sockets and lets the server be replaced
on the same port, one side after the other. What is timed is what a cell would wait for: serve(),
and on the other side `should_exit`, the end of the thread (`timeout_graceful_shutdown=1`, without
which it would never end) and a new server in a new thread.
"""

import argparse
import asyncio
import contextlib
import gc
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import IO, Any, Protocol

from report import PACKAGES, machine, table
from server_process import resident

SIDES = {"ours": "chatkit.serve", "peer": "uvicorn in a thread"}
BOUND = 60.0  # seconds that a restart may take where the loop is not blocked
WARM_UP = 0.5  # of the restarts that count, before them: memory needs some to level off
BLOCKING_LINE = "time.sleep(1000)"
LEFT = {  # what a restart may leave behind in the process
    "threads": "threads left",
    "descriptors": "file descriptors left",
    "tasks": "asyncio tasks left",
    "resident": "growth of the memory, KiB",
}
MEMORY = 4096  # KiB by which the memory may grow and it still be no leak


# The process of a server. It takes orders from its standard input.


class Side(Protocol):
    """One way to run an app, and to run another in its place."""

    port: int

    def restart(self, app: Any) -> None: ...

    def logged(self) -> str: ...


class Ours:
    port = 0

    def __init__(self) -> None:
        from chatkit import Server

        self._servers: list[Server] = []

    def restart(self, app: Any) -> None:
        from chatkit.server.background import serve

        self._servers.append(serve(app, name="benchmark"))
        self.port = self._servers[-1].port

    def logged(self) -> str:
        """What the servers that were replaced have kept in their logs, unprinted."""
        logs = [server.messages + "\n" for server in self._servers[:-1] if server.messages]
        del self._servers[:-1]
        return "".join(logs)


class Peer:
    port = 0

    def __init__(self) -> None:
        import uvicorn

        self._uvicorn = uvicorn
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None

    def restart(self, app: Any) -> None:
        if self._server is not None and self._thread is not None:
            self._server.should_exit = True
            self._thread.join()
        config = self._uvicorn.Config(
            app, port=self.port, log_level="warning", timeout_graceful_shutdown=1
        )
        self._server = self._uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, daemon=True)
        self._thread.start()
        while not self._server.started:
            self._thread.join(0.001)
            assert self._thread.is_alive(), "uvicorn did not start"
        self.port = self._server.servers[0].sockets[0].getsockname()[1]

    def logged(self) -> str:
        return ""  # it prints all


async def endless() -> AsyncIterator[dict[str, str]]:
    while True:
        yield {"data": "x"}
        await asyncio.sleep(0.05)


async def blocking() -> AsyncIterator[dict[str, str]]:
    yield {"data": "x"}
    time.sleep(1000)  # noqa: ASYNC251 (the very mistake)


def make_app(number: int, blocked: bool) -> Any:
    from fastapi import FastAPI
    from sse_starlette import EventSourceResponse

    app = FastAPI()

    @app.get("/stream")
    async def stream() -> EventSourceResponse:
        return EventSourceResponse(blocking() if blocked else endless())

    @app.get("/number")
    async def which() -> int:
        return number

    return app


class Capture:
    """Takes what the process prints, whoever prints it: at the level of the descriptors."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)

    def take(self) -> str:
        sys.stdout.flush()
        sys.stderr.flush()
        self._file.seek(0)
        text = self._file.read().decode(errors="replace")
        self._file.seek(0)
        self._file.truncate()
        return text


def left_now() -> dict[str, int]:
    """What the process holds now."""
    gc.collect()
    folder = Path("/dev/fd")
    return {
        "threads": threading.active_count(),
        "descriptors": len(list(folder.iterdir())) if folder.exists() else 0,
        "tasks": sum(isinstance(item, asyncio.Task) for item in gc.get_objects()),
        "resident": resident(),
    }


def run_side(name: str, blocked: bool) -> None:
    """Do what the reader orders, a line of JSON for each order, until there are no more."""
    replies = os.fdopen(os.dup(1), "w")
    side: Side = Ours() if name == "ours" else Peer()
    number = 0
    with tempfile.TemporaryFile() as file:
        capture = Capture(file)
        for order in sys.stdin:
            reply: dict[str, Any]
            if order.strip() == "restart":
                app = make_app(number, blocked)
                started = time.perf_counter()
                side.restart(app)
                seconds = time.perf_counter() - started
                reply = {"ms": seconds * 1000, "port": side.port, "number": number}
                number += 1
            else:
                reply = {"left": left_now(), "said": capture.take() + side.logged()}
            replies.write(json.dumps(reply) + "\n")
            replies.flush()
        os._exit(0)  # a blocked thread would keep the process


# The reader.


class Process:
    """The process of a side, as the reader sees it."""

    def __init__(self, side: str, blocked: bool = False) -> None:
        command = [sys.executable, __file__, "--side", side, *["--blocked"] * blocked]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def close(self) -> None:
        self._process.kill()
        self._process.communicate()

    def order(self, order: str, bound: float = BOUND) -> dict[str, Any] | None:
        """The answer to an order; None if there is none within `bound` seconds: the end of it."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        killer = threading.Timer(bound, self._process.kill)
        killer.start()
        try:
            self._process.stdin.write(order + "\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        finally:
            killer.cancel()
        return json.loads(line) if line else None

    def sure(self, order: str) -> dict[str, Any]:
        answer = self.order(order)
        assert answer is not None, f"the process has not answered to {order!r}"
        return answer


def open_streams(port: int, count: int) -> list[socket.socket]:
    """Streams of which the first event has come."""
    streams = [socket.create_connection(("127.0.0.1", port), timeout=BOUND) for _ in range(count)]
    for stream in streams:
        stream.sendall(b"GET /stream HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    for stream in streams:
        begin = b""
        while b"data: x" not in begin:
            chunk = stream.recv(4096)
            assert chunk, begin
            begin += chunk
    return streams


def is_complete(stream: socket.socket) -> bool:
    """Read a stream to its end; say whether the last, empty chunk has come."""
    end = b""
    with stream, contextlib.suppress(ConnectionError):
        while chunk := stream.recv(1 << 16):
            end = (end + chunk)[-5:]
    return end == b"0\r\n\r\n"


def answers(port: int, number: int) -> bool:
    """Whether the server on this port is the one with this number."""
    answer = b""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 10) as asking:
        asking.sendall(b"GET /number HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
        answer = b"".join(iter(lambda: asking.recv(4096), b""))
    return answer.startswith(b"HTTP/1.1 200") and answer.endswith(f"\r\n\r\n{number}".encode())


class Results:
    """What the restarts of one side came to."""

    def __init__(self) -> None:
        self.ms: list[float] = []
        self.complete = 0
        self.answering = 0
        self.lines = 0
        self.tracebacks = 0
        self.left: dict[str, int] = {}


def measure(restarts: int, streams: int) -> dict[str, Results]:
    """Restart both sides in turns."""
    results = {side: Results() for side in SIDES}
    with contextlib.ExitStack() as stack:
        processes = {side: stack.enter_context(contextlib.closing(Process(side))) for side in SIDES}
        ports = {side: process.sure("restart")["port"] for side, process in processes.items()}
        before = {}
        warm_up = max(1, round(WARM_UP * restarts))
        for restart in range(warm_up + restarts):
            for side, process in processes.items():
                if restart == warm_up:
                    before[side] = process.sure("report")["left"]
                one_restart(process, ports[side], streams, results[side], restart >= warm_up)
        for side, process in processes.items():
            results[side].left = growth(process, before[side])
    return results


def one_restart(process: Process, port: int, streams: int, results: Results, counts: bool) -> None:
    readers = open_streams(port, streams)
    answer = process.sure("restart")
    complete = sum(map(is_complete, readers))
    answering = answer["port"] == port and answers(port, answer["number"])
    said = process.sure("report")["said"]
    if counts:
        results.ms.append(answer["ms"])
        results.complete += complete
        results.answering += answering
        results.lines += len(said.splitlines())
        results.tracebacks += said.count("Traceback (most recent call last)")


def growth(process: Process, before: dict[str, int]) -> dict[str, int]:
    """How much more the process holds than before, once it has come to rest."""
    deadline = time.monotonic() + 5
    while True:
        now: dict[str, int] = process.sure("report")["left"]
        more = {name: now[name] - before[name] for name in before}
        at_rest = all(more[name] <= 0 for name in more if name != "resident")
        if at_rest or time.monotonic() > deadline:
            return more
        time.sleep(0.05)


def restart_table(results: dict[str, Results], streams: int) -> str:
    sides = list(results.values())
    restarts = len(sides[0].ms)
    ours = statistics.median(results["ours"].ms)
    rows = [
        ["", *SIDES.values()],
        ["median, ms", *(f"{statistics.median(side.ms):.1f}" for side in sides)],
        ["min, ms", *(f"{min(side.ms):.1f}" for side in sides)],
        ["max, ms", *(f"{max(side.ms):.1f}" for side in sides)],
        ["ratio", *(f"{statistics.median(side.ms) / ours:.1f}" for side in sides)],
        ["streams that ended complete", *(f"{side.complete}" for side in sides)],
        ["streams in all", *(f"{restarts * streams}" for _ in sides)],
        ["restarts after which it answered", *(f"{side.answering}" for side in sides)],
        ["lines printed or logged", *(f"{side.lines}" for side in sides)],
        ["tracebacks in them", *(f"{side.tracebacks}" for side in sides)],
        *([name, *(f"{side.left[key]:+d}" for side in sides)] for key, name in LEFT.items()),
    ]
    return table(rows)


def blocked_restart(side: str, bound: float) -> tuple[str, str]:
    """How long until the next server answers where a loop is blocked, and what was said."""
    with contextlib.closing(Process(side, blocked=True)) as process:
        port = process.sure("restart")["port"]
        (stream,) = open_streams(port, 1)
        with stream:
            started = time.perf_counter()
            answer = process.order("restart", bound)
            if answer is None or answer["port"] != port or not answers(port, answer["number"]):
                return f"never (given up after {bound:g} s)", "no"
            seconds = time.perf_counter() - started
            said = process.sure("report")["said"]
    named = Path(__file__).name in said and BLOCKING_LINE in said
    return f"{seconds * 1000:.0f} ms", "yes" if named else "no"


def blocked_table(bound: float) -> str:
    found = [blocked_restart("ours", BOUND), blocked_restart("peer", bound)]
    rows = [
        ["", *SIDES.values()],
        ["the next server answers after", *(after for after, _ in found)],
        ["the blocking line is named", *(named for _, named in found)],
    ]
    return table(rows)


def problems(ours: Results, restarts: int, streams: int) -> list[str]:
    """What serve() promises and did not keep here. Times are not judged."""
    found = []
    if ours.complete != restarts * streams:
        found.append(f"{restarts * streams - ours.complete} streams ended incomplete")
    if ours.answering != restarts:
        found.append(f"{restarts - ours.answering} servers did not answer on the same port")
    if ours.lines:
        found.append(f"{ours.lines} lines were printed or logged")
    for key, name in LEFT.items():
        if ours.left[key] > (MEMORY if key == "resident" else 0):
            found.append(f"{name}: {ours.left[key]:+d}")
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("--restarts", type=int, default=20, help="restarts of each side")
    parser.add_argument("--streams", type=int, default=100, help="open streams at each restart")
    parser.add_argument(
        "--bound", type=float, default=5.0, help="seconds until the peer gets 'never'"
    )
    parser.add_argument("--side", choices=SIDES, help=argparse.SUPPRESS)
    parser.add_argument("--blocked", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.side:
        run_side(options.side, options.blocked)
        return
    print(machine(PACKAGES))
    print(f"Restart with {options.streams} open streams, {options.restarts} times each, in turns\n")
    results = measure(options.restarts, options.streams)
    print(restart_table(results, options.streams))
    print("\nRestart while a stream blocks the event loop with time.sleep()\n")
    print(blocked_table(options.bound))
    found = problems(results["ours"], options.restarts, options.streams)
    if found:
        sys.exit("\nchatkit.serve: " + "; ".join(found))


if __name__ == "__main__":
    main()
