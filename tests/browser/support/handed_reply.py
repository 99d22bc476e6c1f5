"""A reply whose pieces a test hands out one at a time, so that no test has to guess times."""

import asyncio
import queue
from collections.abc import AsyncIterator

from chatkit.replies import Message
from chatkit.turns import Piece


class HandedTurn:
    """One call of the reply: the messages it was given, and the way to write it."""

    def __init__(self, messages: list[Message]) -> None:
        self.messages = messages
        self.pieces: asyncio.Queue[Piece | Exception | None] = asyncio.Queue()
        self._loop = asyncio.get_running_loop()

    def write(self, piece: Piece) -> None:
        """Write one piece: of text, mostly."""
        self._loop.call_soon_threadsafe(self.pieces.put_nowait, piece)

    def end(self) -> None:
        """Finish the reply."""
        self._loop.call_soon_threadsafe(self.pieces.put_nowait, None)

    def fail(self, error: Exception | None = None) -> None:
        """Raise an error in the reply."""
        error = error or RuntimeError("as planned")
        self._loop.call_soon_threadsafe(self.pieces.put_nowait, error)


class HandedReply:
    """A reply for `create_app`. `next()` waits for the next call of it."""

    def __init__(self) -> None:
        self._calls: queue.SimpleQueue[HandedTurn] = queue.SimpleQueue()

    async def __call__(self, messages: list[Message]) -> AsyncIterator[Piece]:
        turn = HandedTurn(messages)
        self._calls.put(turn)
        while (piece := await turn.pieces.get()) is not None:
            if isinstance(piece, Exception):
                raise piece
            yield piece

    def next(self) -> HandedTurn:
        return self._calls.get(timeout=60)

    def unasked(self) -> bool:
        """Whether no call is waiting to be taken."""
        return self._calls.empty()
