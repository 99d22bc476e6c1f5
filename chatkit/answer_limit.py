"""A bound on the answers that wait to be taken: uvicorn keeps any number of them, for ever."""

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MOST = 256_000_000  # bytes that may wait on all connections of a server
SECONDS = 60.0  # within which what waits has to become less: some 25 kB/s, for buffers of 4 MB


class AnswerLimit(HttpToolsProtocol):
    """uvicorn's HTTP for one connection, with `MOST` and `SECONDS` for answers that are not taken.

    An answer that is more than the buffers hold waits in memory when it is complete. Meanwhile its
    connection brings no other request; if a bound is reached, it is cut off. While an answer is
    still being written, as a stream is, this does nothing.
    """

    waiting = 0  # bytes, when they were looked at
    next_look: asyncio.TimerHandle | None = None

    def on_response_complete(self) -> None:
        if not self.flow.write_paused:
            super().on_response_complete()
            return
        self.flow.pause_reading()
        if sum(other.transport.get_write_buffer_size() for other in self.connections) > MOST:
            self.transport.abort()
        else:
            self.look_later()

    def resume_writing(self) -> None:
        super().resume_writing()
        if self.next_look is not None:  # only now is it over
            self.stop_looking()
            super().on_response_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        self.stop_looking()
        super().connection_lost(exc)

    def look_later(self) -> None:
        self.waiting = self.transport.get_write_buffer_size()
        self.next_look = self.loop.call_later(SECONDS, self.look)

    def look(self) -> None:
        if self.transport.get_write_buffer_size() < self.waiting:
            self.look_later()
        else:
            self.transport.abort()

    def stop_looking(self) -> None:
        if self.next_look is not None:
            self.next_look.cancel()
            self.next_look = None
