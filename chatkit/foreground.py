"""`chatkit serve`: the finished app in the foreground, until Ctrl-C."""

import asyncio
import contextlib
import gc
import ipaddress
import itertools
import logging
import signal
import socket
import sys
from collections.abc import Collection, Generator

import uvicorn
from uvicorn.server import HANDLED_SIGNALS

from chatkit.app import create_app
from chatkit.connection import Connection
from chatkit.ending import end_requests
from chatkit.listening import listen
from chatkit.live_requests import LiveRequests
from chatkit.replies import echo


def foreground(
    host: str, port: int, delay: float, *, hosts: Collection[str] = (), faults: bool = False
) -> int:
    """Serve until SIGINT or SIGTERM; returns the exit code. Exits with 1 if it cannot listen.

    `hosts` are names of the server besides those of this machine. Without any, a server that
    other machines can reach answers to every name: it cannot know its own.
    """
    collect_seldom()
    for number in HANDLED_SIGNALS:  # SIGINT too: a shell's background jobs start without it
        signal.signal(number, signal.default_int_handler)
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s: %(name)s: %(message)s")
    try:
        listener = listen(host, port)
        if not ipaddress.ip_address(address(listener)).is_loopback:
            print(
                "chatkit serve: warning: every machine that can reach this one can use the chat",
                file=sys.stderr,
            )
            hosts = [*hosts, host] if hosts else ["*"]
        app = create_app(echo(delay=delay), hosts=hosts, faults=faults)
        Foreground(LiveRequests(app)).run([listener])
    except OSError as error:
        sys.exit(f"chatkit serve: {error.strerror or error}")
    except KeyboardInterrupt:
        return 0
    return 0


def collect_seldom() -> None:
    """Let Python look for cyclic garbage less often.

    A thousand streams make and drop so many objects that to look at all of them every 700 takes
    a fifth of the process's time.
    """
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


def address(listener: socket.socket) -> str:
    return str(listener.getsockname()[0]).partition("%")[0]


def url(listener: socket.socket) -> str:
    """Where a browser on this machine finds the listener."""
    host = ipaddress.ip_address(address(listener))
    if host.is_unspecified:
        host = ipaddress.ip_address("127.0.0.1" if host.version == 4 else "::1")
    port = listener.getsockname()[1]
    return f"http://[{host}]:{port}/" if host.version == 6 else f"http://{host}:{port}/"


class Foreground(uvicorn.Server):
    """A uvicorn server that says where it is, and ends its open streams when it stops."""

    def __init__(self, app: LiveRequests) -> None:
        super().__init__(uvicorn.Config(app, http=Connection, log_config=None, access_log=False))
        self.requests = app

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        # sse-starlette looks for uvicorn's own handlers, and would cut the streams off.
        def stop(*_: object) -> None:
            self.force_exit = self.should_exit  # the second time
            self.should_exit = True

        before = {number: signal.signal(number, stop) for number in HANDLED_SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        for listener in sockets or []:
            print(f"chatkit is running at {url(listener)} (Ctrl-C stops it)", flush=True)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        ending = asyncio.create_task(self.end_requests())
        try:
            await super().shutdown(sockets)
        finally:
            ending.cancel()

    async def end_requests(self) -> None:
        for asked in itertools.count():  # an open connection can still bring a request
            end_requests(self.requests, self, asked)
            await asyncio.sleep(0.01)
