"""The requests that a server is answering, and a way to end them: a graceful shutdown.

A server that stops waits for its open responses, and an event stream may never end. So
the outermost layer of the app knows every request and can end it: the task is cancelled,
and the response is closed as HTTP wants it, so that the reader sees a clean end.
Upstream: https://github.com/Kludex/uvicorn/issues/451
"""

import asyncio
from collections.abc import Awaitable, Iterable

import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chatkit.limits.connection import hang_up_all

# A server is asked to end again and again, 0.01 s apart.
ONLY_STREAMS = 50  # times, before requests that have no answer yet are ended too
ONLY_REQUESTS = 100  # times, before it hangs up on clients that take nothing


class LiveRequests:
    """ASGI middleware that keeps the tasks of the requests being answered, as `live`.

    `startup_error` is what the app raised while it started, which a server only logs.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.startup_error: BaseException | None = None
        self.live: dict[asyncio.Task[object], bool] = {}  # True: a stream has begun
        self._ended: set[asyncio.Task[object]] = set()

    def end(self, server: uvicorn.Server, asked: int) -> None:
        """Ask a server for the `asked`-th time to end. Call it in the loop's thread.

        First it ends the responses that have begun, and have not said how long they will be: all
        others will be complete in a moment. They are ended later, and connections at last.
        """
        self._end(task for task, is_stream in self.live.items() if is_stream)
        if asked > ONLY_STREAMS:
            self._end(self.live)
        if asked > ONLY_REQUESTS:
            hang_up_all(server)

    def _end(self, tasks: Iterable[asyncio.Task[object]]) -> None:
        for task in set(tasks) - self._ended:  # each once
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

        def noting_send(message: Message) -> Awaitable[None]:
            if message.get("more_body"):  # a piece of a stream, of which there are many
                return send(message)
            return note(message)

        async def note(message: Message) -> None:
            nonlocal started, complete
            await send(message)
            if message["type"] == "http.response.start":
                started = True
                self.live[task] = b"content-length" not in dict(message["headers"])
            else:
                complete = message["type"] == "http.response.body"

        self.live[task] = False
        try:
            await self.app(scope, receive, noting_send)
        except asyncio.CancelledError:
            if task not in self._ended:
                raise
            task.uncancel()
        finally:
            del self.live[task]
        if task in self._ended:
            self._ended.discard(task)
            if not started:
                await send({"type": "http.response.start", "status": 503, "headers": []})
            if not complete:
                await send({"type": "http.response.body", "body": b""})
