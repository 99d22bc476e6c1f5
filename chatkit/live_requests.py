"""The requests that a server is answering, and a way to end them all.

A server that stops waits for its open responses, and an event stream is open for ever. So
the outermost layer of the app knows every request and can end it: the task is cancelled,
and the response is closed as HTTP wants it, so that the reader sees a clean end.
"""

import asyncio

from starlette.types import ASGIApp, Message, Receive, Scope, Send


class LiveRequests:
    """ASGI middleware that keeps the tasks of the requests being answered.

    `startup_error` is what the app raised while it started, which a server only logs.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.startup_error: BaseException | None = None
        self._live: set[asyncio.Task[object]] = set()
        self._ended: set[asyncio.Task[object]] = set()

    def end_all(self) -> None:
        """End the requests that are live now, each once. Call it in the loop's thread."""
        for task in self._live - self._ended:
            self._ended.add(task)
            task.cancel()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self._answer(scope, receive, send)
        elif scope["type"] == "lifespan":
            try:
                await self.app(scope, receive, send)
            except BaseException as error:
                self.startup_error = error
                raise
        else:
            await self.app(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        task = asyncio.current_task()
        assert task is not None
        started = complete = False

        async def noting_send(message: Message) -> None:
            nonlocal started, complete
            await send(message)
            started = True
            complete = message["type"] == "http.response.body" and not message.get("more_body")

        self._live.add(task)
        try:
            await self.app(scope, receive, noting_send)
        except asyncio.CancelledError:
            if task not in self._ended:
                raise
            task.uncancel()
        finally:
            self._live.discard(task)
        if task in self._ended:
            self._ended.discard(task)
            if not started:
                await send({"type": "http.response.start", "status": 503, "headers": []})
            if not complete:
                await send({"type": "http.response.body", "body": b""})
