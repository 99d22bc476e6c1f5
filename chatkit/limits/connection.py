"""A connection of our servers: all that knows uvicorn's HTTP protocol from inside.

uvicorn bounds neither the head of a request nor the response bytes that are buffered for a slow
client, and ASGI has no word for closing a connection whose client takes nothing. A reverse proxy
in front of a server does all three; without one, `Connection` does. Only a server that is given
it has these bounds: `serve`, `chatkit serve`, and `uvicorn.run(app, http=Connection)`.

What it stands on (tried with uvicorn 0.36 to 0.54), and what breaks if that changes:

- uvicorn calls `connection_made`, `data_received`, `on_message_begin`, `on_headers_complete`,
  `on_body`, `on_response_complete`, `resume_writing` and `connection_lost` of its
  HttpToolsProtocol, and has `flow.write_paused`, `flow.pause_reading`, `connections`, `transport`
  and `loop` there. Else: an error with the first request, or bounds that hold no longer.
- The task of a request runs a method of an object that has `transport` and `disconnected`. Else
  `hang_up` does nothing, and a client that takes nothing keeps its stream open.
- `server_state.connections` of a uvicorn.Server. Else an error while a server stops.

`tests/wire/test_limits.py`, `test_untaken.py` and `test_stalled.py` see each of them break.
Upstream: https://github.com/Kludex/uvicorn/issues/157 (limits of a request).

What uvicorn does otherwise than HTTP says is left to it, and so is this:

- An answer of unknown length, as a stream is, goes in chunks to a client of HTTP/1.0 too, which
  does not know them: https://github.com/Kludex/uvicorn/pull/1360
- A client that closes its half of the connection after its request gets no answer, for it is taken
  for one that has left: https://github.com/Kludex/uvicorn/issues/1264
"""

import asyncio
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

TOO_LARGE = b"""\
HTTP/1.1 431 Request Header Fields Too Large\r
Content-Length: 0\r
Connection: close\r
\r
"""


class HeadLimit(HttpToolsProtocol):
    """Bounds the head of each request: one that is larger is answered 431, a late one cut off.

    A head may exceed `head_bytes` by one read of the socket, which is 256 KB at the most: so it
    bounds what a connection holds, and a whole head that comes in one read is never refused.
    """

    head_bytes = 65_536  # of a request line with its headers
    head_seconds = 30.0  # that they may take to come

    # Beside the 28 attributes of uvicorn's own: past 30, a connection takes 1.6 KB more.
    __slots__ = ("clock", "in_head", "size")
    in_head: bool
    size: int  # bytes since the last complete head, or part of a body
    clock: asyncio.TimerHandle | None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self.size = 0
        self.in_head = False
        super().connection_made(transport)
        self.start_clock()

    def connection_lost(self, exc: Exception | None) -> None:
        self.stop_clock()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self.size += len(data)
        super().data_received(data)  # which calls the next three methods
        if self.size > self.head_bytes and not self.transport.is_closing():
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
        self.clock = self.loop.call_later(self.head_seconds, self.transport.abort)

    def stop_clock(self) -> None:
        if self.clock is not None:
            self.clock.cancel()
            self.clock = None


class AnswerLimit(HttpToolsProtocol):
    """Bounds the response bytes that are buffered for slow clients (backpressure).

    A complete answer that is more than the buffers hold waits in memory. Meanwhile its connection
    brings no other request; when a bound is reached, it is cut off. While an answer is still
    being written, as a stream is, this does nothing.
    """

    waiting_bytes = 256_000_000  # that may wait on all connections of a server
    waiting_seconds = 60.0  # within which they have to become less: some 25 kB/s

    seen = 0  # bytes that waited at the last check
    next_check: asyncio.TimerHandle | None = None

    def on_response_complete(self) -> None:
        if not self.flow.write_paused:
            super().on_response_complete()
            return
        self.flow.pause_reading()
        waiting = sum(other.transport.get_write_buffer_size() for other in self.connections)
        if waiting > self.waiting_bytes:
            self.transport.abort()
        else:
            self.check_later()

    def resume_writing(self) -> None:
        super().resume_writing()
        if self.next_check is not None:  # only now is it over
            self.stop_checking()
            super().on_response_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        self.stop_checking()
        super().connection_lost(exc)

    def check_later(self) -> None:
        self.seen = self.transport.get_write_buffer_size()
        self.next_check = self.loop.call_later(self.waiting_seconds, self.check_progress)

    def check_progress(self) -> None:
        if self.transport.get_write_buffer_size() < self.seen:
            self.check_later()
        else:
            self.transport.abort()

    def stop_checking(self) -> None:
        if self.next_check is not None:
            self.next_check.cancel()
            self.next_check = None


class Connection(HeadLimit, AnswerLimit):
    """uvicorn's HTTP for one connection, with bounds for what comes in and for what goes out.

    For other bounds, give `serve` a subclass whose attributes are others.
    """


def hang_up() -> None:
    """Close the connection of the request that this task answers, if the server is uvicorn.

    ASGI has no way to say this, and uvicorn's own close is asyncio's `Transport.close`: it first
    sends what is buffered, and a client that takes nothing never lets it.
    """
    task = asyncio.current_task()
    # What the task runs is a method, `run_asgi`, of uvicorn's own object for the request.
    frame = getattr(task and task.get_coro(), "cr_frame", None)
    request: Any = frame.f_locals.get("self") if frame else None
    if hasattr(request, "transport"):
        request.disconnected = True  # uvicorn expects no more of the response
        request.transport.abort()


def hang_up_all(server: uvicorn.Server) -> None:
    """Close every connection of a server. Call it in the loop's thread."""
    for connection in list(server.server_state.connections):
        if connection.transport is not None:
            connection.transport.abort()
