"""A bound on the time that an answer waits to be taken: uvicorn keeps it for ever."""

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

SECONDS = 30.0  # within which a reader has to take something of what waits


class AnswerLimit(HttpToolsProtocol):
    """uvicorn's HTTP for one connection, cut off if a complete answer is not taken.

    Slowly is enough: something within every `SECONDS`. While an answer is not complete, as a
    stream is, it sees to this itself.
    """

    next_look: asyncio.TimerHandle | None = None

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.next_look is None:
            self.watch()

    def connection_lost(self, exc: Exception | None) -> None:
        if self.next_look is not None:
            self.next_look.cancel()
        super().connection_lost(exc)

    def watch(self, before: int | None = None) -> None:
        """Look again later, if something waits. `before`: the bytes that did so the last time."""
        self.next_look = None
        waiting = self.transport.get_write_buffer_size()
        if before is not None and waiting >= before:
            self.transport.abort()
        elif waiting:
            self.next_look = self.loop.call_later(SECONDS, self.watch, waiting)
