"""The response that is an event stream: how it is kept awake, and how it ends.

sse-starlette brings its head, and knows when the server exits, under plain `uvicorn` too. Its own
way to send has four tasks a stream, a lock, and a time limit for each event; this one has two
tasks. What that saves: `tests/benchmarks/streams.py`.

Two names are private there: `_send_lock` and `_listen_for_exit_signal`. If one of them goes, every
stream ends with an AttributeError. Upstream: https://github.com/sysid/sse-starlette/issues/77 (the
lock), https://github.com/sysid/sse-starlette/issues/132 (how it sees that the server exits).
"""

import asyncio
import threading
from collections.abc import AsyncGenerator
from contextlib import aclosing
from enum import Enum, auto

from sse_starlette import EventSourceResponse
from starlette.types import Message, Receive, Scope, Send

from chatkit.limits.connection import hang_up
from chatkit.sse import encode

# Firefox calls a stream open with its first byte: https://github.com/aspnet/SignalR/pull/407
FIRST = 1.0  # seconds of silence until the first comment
PING = encode(comment="ping")
GRACE = 1.0  # seconds that a reader has to take the end of the stream when the server exits


def body_part(data: bytes, *, more: bool = True) -> Message:
    """A part of a response, as ASGI has it. The layers around an app may change it."""
    return {"type": "http.response.body", "body": data, "more_body": more}


class Reason(Enum):
    """Why a stream ends."""

    OVER = auto()  # its frames are
    LEFT = auto()  # by its client
    STALLED = auto()  # its client takes nothing
    EXIT = auto()  # of the server


async def send_end(send: Send) -> None:
    """End the response as HTTP wants it, if its reader takes that within `GRACE` seconds."""
    try:
        async with asyncio.timeout(GRACE):
            await send(body_part(b"", more=False))
    except TimeoutError:
        hang_up()


class StoppableStream(EventSourceResponse):
    """What an event stream sends, and how it is stopped."""

    def __init__(
        self, frames: AsyncGenerator[bytes, None], heartbeat: float, stalled: float
    ) -> None:
        super().__init__(frames, ping=heartbeat, send_timeout=stalled or None)
        del self._send_lock  # nothing here waits for it, and it takes a KB
        del self.headers["Connection"]  # whether that stays open, the server says
        self.frames = frames
        self.silent = True  # nothing has been sent yet
        self.reason: Reason | None = None
        self.task: asyncio.Task[object] | None = None  # of the request

    def stop(self, reason: Reason) -> None:
        """End the stream, whatever is still to come. Repeating it is harmless."""
        if self in this_server.open and self.task is not None:
            this_server.open.discard(self)
            self.reason = reason
            self.task.cancel()

    async def _send_all(self, send: Send) -> None:
        """Send the frames, and the end of the response, in a task of its own.

        `send` waits while the client takes nothing: that is the backpressure.
        """
        try:
            async with aclosing(self.frames):
                async for frame in self.frames:
                    self.silent = False
                    await send(body_part(frame))
            await send(body_part(b"", more=False))
        finally:
            self.stop(Reason.OVER)  # at once, so that no comment comes after the end

    async def _send_in_time(self, send: Send, message: Message) -> None:
        """Send something that the client has to take within `stalled` seconds."""
        try:
            async with asyncio.timeout(self.send_timeout):
                await send(message)
        except TimeoutError:
            self.stop(Reason.STALLED)


class EventStream(StoppableStream):
    """A response that sends encoded frames as they come.

    `heartbeat` is the seconds between two comments that keep an idle connection open (0: none).
    Before those, a stream that begins with silence gets one after `FIRST` seconds.
    A slow consumer, which does not take one within `stalled` seconds, is cut off (0: never).
    When the server exits, the response ends as HTTP wants it, so that a reader sees a clean end.
    """

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] == "HEAD":
            await super().__call__(scope, receive, send)
            return
        task = self.task = asyncio.current_task()
        assert task is not None
        head = {"status": self.status_code, "headers": self.raw_headers}
        await send({"type": "http.response.start", **head})
        this_server.add(self)
        sending = asyncio.create_task(self._send_all(send))
        try:
            self.reason = await self._watch(receive, send)
        except asyncio.CancelledError:
            if self.reason is None or task.uncancel():  # somebody else has cancelled it
                raise
        finally:
            this_server.open.discard(self)
            sending.cancel()
            await asyncio.wait([sending])
        if not sending.cancelled():
            sending.result()  # raises what the frames have raised
        if self.reason is Reason.STALLED:
            hang_up()
        elif self.reason is Reason.EXIT:
            await send_end(send)

    async def _watch(self, receive: Receive, send: Send) -> Reason:
        """Wait until the client leaves. Whenever that takes a heartbeat, send a comment."""
        heartbeat = self.ping_interval
        pause = min(heartbeat, FIRST)
        while True:
            try:
                async with asyncio.timeout(pause or None):
                    if (await receive())["type"] == "http.disconnect":
                        return Reason.LEFT
            except TimeoutError:
                if self.silent or pause == heartbeat:
                    await self._send_in_time(send, body_part(PING))
                pause = heartbeat


class ThisServer(threading.local):
    """The open streams of the server in this thread. One task waits for its exit, for all."""

    def __init__(self) -> None:
        self.open: set[StoppableStream] = set()
        self.waiting: asyncio.Task[None] | None = None

    def add(self, stream: StoppableStream) -> None:
        self.open.add(stream)
        if self.waiting is None or self.waiting.done():
            self.waiting = asyncio.create_task(self._end_streams())

    async def _end_streams(self) -> None:
        await EventSourceResponse._listen_for_exit_signal()
        for stream in list(self.open):
            stream.stop(Reason.EXIT)


this_server = ThisServer()
