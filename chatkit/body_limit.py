"""A bound on the size of a request, kept while the request is read."""

from fastapi import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class BodyLimit:
    """ASGI middleware: a body larger than `limit` bytes is answered 413, and not read further.

    FastAPI's own `max_body_size` answers in plain text; this keeps the shape of its errors.
    """

    def __init__(self, app: ASGIApp, limit: int) -> None:
        self.app = app
        self.limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        size = 0

        async def bounded_receive() -> Message:
            nonlocal size
            message = await receive()
            size += len(message.get("body", b""))
            if size > self.limit:
                detail = f"The request is larger than {self.limit:,} bytes."
                raise HTTPException(413, detail, {"Connection": "close"})
            return message

        await self.app(scope, bounded_receive, send)
