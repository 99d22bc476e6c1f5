"""A server in the foreground: it says where it is, and ends its open streams when it stops."""

import asyncio
import contextlib
import gc
import ipaddress
import itertools
import signal
import socket
from collections.abc import Generator

import uvicorn
from starlette.types import ASGIApp
from uvicorn.server import HANDLED_SIGNALS

from chatkit.limits.connection import Connection
from chatkit.server.live_requests import LiveRequests


def collect_seldom() -> None:
    """Let Python look for cyclic garbage less often.

    With 600 streams that costs 5 to 9 % of the process's time, and more with more of them.
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

    def __init__(self, app: ASGIApp) -> None:
        self.requests = LiveRequests(app)
        super().__init__(
            uvicorn.Config(self.requests, http=Connection, log_config=None, access_log=False)
        )

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        # sse-starlette looks for uvicorn's own handlers, and would cut the streams off:
        # https://github.com/sysid/sse-starlette/issues/73
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
        if not self.started:  # the app's own startup failed; later uvicorns raise SystemExit
            return
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
            self.requests.end(self, asked)
            await asyncio.sleep(0.01)
