"""Streams that open at once in Firefox, so that no test waits for the first comment."""

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class FirstByte:
    """ASGI middleware: each event stream begins with a comment.

    Firefox opens an EventSource with the first byte of the body, not before.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_and_begin(message: Message) -> None:
            await send(message)
            if message["type"] == "http.response.start":
                kind = Headers(raw=message["headers"]).get("content-type", "")
                if message["status"] == 200 and kind.startswith("text/event-stream"):
                    await send({"type": "http.response.body", "body": b": \n\n", "more_body": True})

        await self.app(scope, receive, send_and_begin if scope["type"] == "http" else send)
