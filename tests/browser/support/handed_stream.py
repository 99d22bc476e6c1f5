"""Event streams whose bytes a test hands out, for what the real server never sends."""

import asyncio
import queue

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send


class HandedStream:
    """One request for a stream: what it asked for, and the way to answer it."""

    def __init__(self, scope: Scope) -> None:
        self.query = scope["query_string"].decode()
        self.headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        self.orders: asyncio.Queue[bytes | Response | Exception] = asyncio.Queue()
        self._loop = asyncio.get_running_loop()

    def write(self, data: bytes) -> None:
        """Send bytes, in a chunk of their own if the page has had the one before."""
        self._order(data)

    def end(self) -> None:
        self._order(b"")

    def break_off(self) -> None:
        """Close the connection without the end that HTTP wants."""
        self._order(RuntimeError("as planned"))

    def refuse(self, status: int, type: str = "application/json") -> None:
        """Answer with something that is not a stream."""
        self._order(Response(None if status == 204 else "{}", status, media_type=type))

    def _order(self, order: bytes | Response | Exception) -> None:
        self._loop.call_soon_threadsafe(self.orders.put_nowait, order)


class HandedStreams:
    """ASGI middleware: the test answers whoever asks for events. `next()` waits for a request."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._asked: queue.SimpleQueue[HandedStream] = queue.SimpleQueue()

    def next(self) -> HandedStream:
        return self._asked.get(timeout=60)

    def unasked(self) -> bool:
        """Whether no request is waiting to be taken."""
        return self._asked.empty()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].endswith("/events"):
            await self.app(scope, receive, send)
            return
        stream = HandedStream(scope)
        self._asked.put(stream)
        order = await stream.orders.get()
        if isinstance(order, Response):
            await order(scope, receive, send)
            return
        headers = [(b"content-type", b"text/event-stream")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        while not isinstance(order, Response):
            if isinstance(order, Exception):
                raise order
            body = {"type": "http.response.body", "body": order, "more_body": order != b""}
            await send(body)
            if order == b"":
                return
            order = await stream.orders.get()
