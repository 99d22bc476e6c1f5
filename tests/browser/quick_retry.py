"""Streams that ask the browser for a short reconnection time, so that no test waits for long."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send


class QuickRetry:
    """ASGI middleware: each chunk of an event stream sets the reconnection time to 20 ms."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_retry(message: Message) -> None:
            if message.get("body"):  # the app sends whole events only
                message["body"] = b"retry: 20\n\n" + message["body"]
            await send(message)

        stream = scope["type"] == "http" and scope["path"].endswith("/events")
        await self.app(scope, receive, send_with_retry if stream else send)
