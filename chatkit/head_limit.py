"""A bound on the head of a request: uvicorn's fast parser takes any number of bytes, for ever."""

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MOST = 65_536  # bytes of a request line with its headers
SECONDS = 30.0  # that they may take to come
TOO_LARGE = b"""\
HTTP/1.1 431 Request Header Fields Too Large\r
Content-Length: 0\r
Connection: close\r
\r
"""


class HeadLimit(HttpToolsProtocol):
    """uvicorn's HTTP for one connection, with `MOST` and `SECONDS` for the head of each request.

    A head that is larger (by what comes at once at the most) is answered 431. One that does not
    come in time is cut off.
    """

    in_head = False
    size = 0  # bytes since the last complete head, or part of a body
    clock: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.start_clock()

    def connection_lost(self, exc: Exception | None) -> None:
        self.stop_clock()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self.size += len(data)
        super().data_received(data)  # which calls the next three methods
        if self.size > MOST and not self.transport.is_closing():
            self.transport.write(TOO_LARGE)
            self.transport.close()
        elif self.in_head and self.clock is None:
            self.start_clock()

    def on_message_begin(self) -> None:
        self.in_head = True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self.in_head = False
        self.size = 0
        self.stop_clock()
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self.size = 0
        super().on_body(body)

    def start_clock(self) -> None:
        self.clock = self.loop.call_later(SECONDS, self.transport.abort)

    def stop_clock(self) -> None:
        if self.clock is not None:
            self.clock.cancel()
            self.clock = None
