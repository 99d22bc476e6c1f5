"""The response that is an event stream: how it is kept awake, and how it ends.

sse-starlette brings the heartbeat, and ends streams on Ctrl-C under plain `uvicorn` too. That a
heartbeat has a time limit needs its version 3.4.10:
https://github.com/sysid/sse-starlette/pull/208
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

from sse_starlette import EventSourceResponse, ServerSentEvent
from sse_starlette.sse import SendTimeoutError
from starlette.types import Receive, Scope, Send

from chatkit.limits.connection import hang_up

FIRST = 1.0  # seconds of silence until the first comment: Firefox calls a stream open with a byte
PING = ServerSentEvent(comment="ping", sep="\n")
GRACE = 1.0  # seconds that a reader has to take the end of the stream when the server exits


class EventStream(EventSourceResponse):
    """A response that sends encoded frames as they come.

    `heartbeat` is the seconds between two comments that keep an idle connection open (0: none).
    Before those, a stream that begins with silence gets one after `FIRST` seconds.
    A slow consumer, which does not take one within `stalled` seconds, is cut off (0: never).
    When the server exits, the response ends as HTTP wants it, so that a reader sees a clean end.
    """

    def __init__(
        self, frames: AsyncGenerator[bytes, None], heartbeat: float, stalled: float
    ) -> None:
        super().__init__(
            frames,
            ping=heartbeat,
            ping_message_factory=lambda: PING,
            send_timeout=stalled or None,
        )
        self.frames = frames
        self.silent = True  # nothing has been sent yet

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.body_iterator = self._pass_on(send)
        if self.ping_interval > FIRST:
            self.data_sender_callable = lambda: self._break_silence(send)
        try:
            await super().__call__(scope, receive, send)
            if self.active:  # neither at its end nor left by its reader: the server exits
                self.active = False
                await self._end(send)
        except* SendTimeoutError:
            hang_up()

    async def _pass_on(self, send: Send) -> AsyncGenerator[bytes, None]:
        """Send the frames, and yield nothing until they are over.

        `send` waits while the client takes nothing: that is the backpressure.

        sse-starlette arms a timeout for each chunk that is yielded, which costs more than to send
        one.
        """
        async with aclosing(self.frames):
            async for frame in self.frames:
                self.silent = False
                await send({"type": "http.response.body", "body": frame, "more_body": True})
        yield b""

    async def _break_silence(self, send: Send) -> None:
        """Send the first comment, if nothing came before it. sse-starlette sends the others."""
        await asyncio.sleep(FIRST)
        if self.silent:
            await send({"type": "http.response.body", "body": PING.encode(), "more_body": True})

    async def _end(self, send: Send) -> None:
        try:
            async with asyncio.timeout(GRACE):
                await send({"type": "http.response.body", "body": b""})
        except TimeoutError:
            hang_up()
