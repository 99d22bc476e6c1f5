"""Bounds on the body of a request, kept while it is read."""

import asyncio

from fastapi import HTTPException
from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

CLOSE = {"Connection": "close"}
CLOSING = (b"connection", b"close")  # the same, as ASGI has it
DISCARDED = 16_000_000  # bytes of a body that is too large; a larger one meets a closed connection
PAUSE = 1.0  # seconds in which nothing of such a body comes


class BodyLimit:
    """ASGI middleware: a body larger than `limit` bytes is answered 413, and not kept.

    One that has not come within `seconds` is answered 408. FastAPI's own `max_body_size` answers
    in plain text; this keeps the shape of its errors.
    """

    def __init__(self, app: ASGIApp, limit: int, seconds: float) -> None:
        self.app = app
        self.limit = limit
        self.seconds = seconds
        self.too_large = f"The request is larger than {limit:,} bytes."
        self.too_slow = f"The request did not come within {seconds:g} seconds."

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        length = headers.get("content-length", "0")
        if length.isdigit() and int(length) > self.limit:
            if int(length) <= self.limit + DISCARDED and "expect" not in headers:
                send = before_discarding(receive, send)
            answer = JSONResponse({"detail": self.too_large}, 413, CLOSE)
            await answer(scope, receive, send)
        elif scope["method"] == "GET":  # nobody reads its body, and its answer may never end
            await self.app(scope, receive, send)
        else:
            await self.app(scope, self.bounded(receive), before_discarding(receive, send))

    def bounded(self, receive: Receive) -> Receive:
        """`receive`, but it raises 413 or 408 where a bound is reached."""
        size, complete = 0, False
        end = asyncio.get_running_loop().time() + self.seconds

        async def bounded_receive() -> Message:
            nonlocal size, complete
            if complete:  # what comes now is the reader leaving, whenever it likes
                return await receive()
            try:
                async with asyncio.timeout_at(end):
                    message = await receive()
            except TimeoutError:
                raise HTTPException(408, self.too_slow, CLOSE) from None
            size += len(message.get("body", b""))
            complete = not message.get("more_body", False)
            if size > self.limit:
                raise HTTPException(413, self.too_large, None if complete else CLOSE)
            return message

        return bounded_receive


def before_discarding(receive: Receive, send: Send) -> Send:
    """`send`, but a 413 that closes ends only when what was still coming of the body is taken.

    A connection that is closed before is reset. Firefox, and others who send all before they
    read, would see that and not the answer: https://github.com/rwf2/Rocket/issues/3004
    """
    refused = False

    async def send_first(message: Message) -> None:
        nonlocal refused
        if message["type"] == "http.response.start":
            refused = message["status"] == 413 and CLOSING in message["headers"]
        elif refused and not message.get("more_body"):
            await send({**message, "more_body": True})
            await discard(receive)
            message = {"type": "http.response.body", "body": b""}
        await send(message)

    return send_first


async def discard(receive: Receive) -> None:
    """Take what is left of a body, and keep nothing of it."""
    size, more = 0, True
    while more and size <= DISCARDED:
        try:
            async with asyncio.timeout(PAUSE):
                message = await receive()
        except TimeoutError:
            return
        size += len(message.get("body", b""))
        more = message.get("more_body", False)
