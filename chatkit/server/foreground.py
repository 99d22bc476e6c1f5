"""A server in the foreground: it says where it is, and ends its open streams when it stops."""

import asyncio
import contextlib
import gc
import ipaddress
import itertools
import signal
import socket
import time
from collections.abc import Callable, Collection, Generator

import uvicorn
from starlette.types import ASGIApp
from uvicorn.server import HANDLED_SIGNALS

from chatkit.limits.connection import Connection
from chatkit.server.live_requests import LiveRequests


def collect_seldom() -> None:
    """Let Python look for cyclic garbage less often, and at few objects at once.

    With 600 streams it costs 5 to 9 % of the process's time, and more with more of them. While it
    looks at a million events of the log, every stream stands still for half a second.
    """
    gc.freeze()
    gc.set_threshold(10_000, 2, 5_000)


def address(listener: socket.socket) -> str:
    return str(listener.getsockname()[0]).partition("%")[0]


def url(listener: socket.socket) -> str:
    """Where a browser on this machine finds the listener."""
    host = ipaddress.ip_address(address(listener))
    if host.is_unspecified:
        host = ipaddress.ip_address("127.0.0.1" if host.version == 4 else "::1")
    port = listener.getsockname()[1]
    return f"http://[{host}]:{port}/" if host.version == 6 else f"http://{host}:{port}/"


# These stop a server when the replies that it writes are complete, as SIGQUIT stops nginx. Windows
# has no such signal.
PATIENT = {signal.SIGQUIT} if hasattr(signal, "SIGQUIT") else set()
LAST = 1.0  # seconds for those who have just connected to ask for something, before it closes


class Foreground(uvicorn.Server):
    """A uvicorn server that says where it is, and ends its open streams when it stops.

    With one of the signals `patient`, it first waits until `writing`, the number of replies that
    are being written here, is 0: for `grace` seconds at most. Any other signal ends that.
    """

    def __init__(
        self,
        app: ASGIApp,
        writing: Callable[[], int] = lambda: 0,
        grace: float = 0.0,
        patient: Collection[int] = PATIENT,
    ) -> None:
        self.requests = LiveRequests(app)
        self.writing = writing
        self.grace = grace
        self.patient = patient
        self.waits = False  # for the replies
        super().__init__(
            uvicorn.Config(self.requests, http=Connection, log_config=None, access_log=False)
        )

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        # sse-starlette asks the object whose method handles a signal whether it should exit, and
        # would cut the streams off: https://github.com/sysid/sse-starlette/issues/73
        def stop(number: int, _: object) -> None:
            self.stop(number)

        before = {
            number: signal.signal(number, stop) for number in {*HANDLED_SIGNALS, *self.patient}
        }
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def stop(self, number: int) -> None:
        """Take a signal that is to stop the server."""
        if not self.should_exit:
            self.waits = number in self.patient
        elif self.waits:
            self.waits = False
        else:
            self.force_exit = True
        self.should_exit = True

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:  # else the app's own startup failed; later uvicorns raise SystemExit
            self.announce(sockets or [])

    def announce(self, listeners: list[socket.socket]) -> None:
        """Say that the server answers."""
        for listener in listeners:
            print(f"chatkit is running at {url(listener)} (Ctrl-C stops it)", flush=True)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        if self.waits:
            await self.finish_replies(sockets or [])
        ending = asyncio.create_task(self.end_requests())
        try:
            await super().shutdown(sockets)
        finally:
            ending.cancel()

    async def finish_replies(self, listeners: list[socket.socket]) -> None:
        """Let nobody else connect, and wait for the replies that are written here."""
        for server in self.servers:
            server.close()
        for listener in listeners:
            listener.close()
        # Who is connected may still ask, once.
        self.server_state.default_headers = [
            *self.server_state.default_headers,
            (b"connection", b"close"),
        ]
        end = time.monotonic() + LAST
        at_most = end + self.grace
        while self.waits and time.monotonic() < end:
            await asyncio.sleep(0.02)
            unanswered = False in self.requests.live.values()
            if self.writing() or unanswered:  # else their ends may still be on the way
                end = min(time.monotonic() + LAST, at_most)

    async def end_requests(self) -> None:
        for asked in itertools.count():  # an open connection can still bring a request
            self.requests.end(self, asked)
            await asyncio.sleep(0.01)
