"""The response that is an event stream: how it is kept awake, and how it ends."""

from collections.abc import AsyncIterator

from sse_starlette import EventSourceResponse, ServerSentEvent
from sse_starlette.sse import SendTimeoutError
from starlette.types import Receive, Scope, Send

from chatkit.hang_up import hang_up


class EventStream(EventSourceResponse):
    """A response that sends encoded frames as they come.

    `heartbeat` is the seconds between two comments that keep an idle connection open (0: none).
    A reader that takes nothing for `stalled` seconds is cut off (0: never). When the server
    exits, the response ends as HTTP wants it, so that a reader sees a clean end.
    """

    def __init__(self, frames: AsyncIterator[bytes], heartbeat: float, stalled: float) -> None:
        super().__init__(
            frames,
            ping=heartbeat,
            ping_message_factory=lambda: ServerSentEvent(comment="ping", sep="\n"),
            send_timeout=stalled or None,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        except SendTimeoutError:
            if hang_up():
                while (await receive())["type"] != "http.disconnect":
                    pass
        else:
            if self.active:  # neither at its end nor left by its reader: the server exits
                self.active = False
                await send({"type": "http.response.body", "body": b""})
