"""LiveRequests: which requests it ends, and when; without a server."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from log_contract import in_loop
from starlette.types import Message, Receive, Scope, Send

from chatkit.server.live_requests import ONLY_STREAMS, LiveRequests

STREAM: list[tuple[bytes, bytes]] = []
COMPLETE = [(b"content-length", b"2")]


class Request:
    """A request of `app`, as a server would make it, and what is sent for it."""

    def __init__(self, app: Callable[[Scope, Receive, Send], Awaitable[None]]) -> None:
        self.requests = LiveRequests(app)
        self.sent: list[Message] = []
        self.cancelling: list[int] = []
        self.task = asyncio.create_task(self.run())

    async def run(self) -> None:
        await self.requests({"type": "http"}, self.receive, self.send)

    async def receive(self) -> Message:
        await asyncio.Event().wait()
        return {}

    async def send(self, message: Message) -> None:
        task = asyncio.current_task()
        self.cancelling.append(task.cancelling() if task else 0)
        self.sent.append(message)

    def end(self, asked: int = 1) -> None:
        self.requests.end(None, asked)  # type: ignore[arg-type]

    async def is_gone(self) -> bool:
        """Wait for its end. Whether nothing of it is kept."""
        await asyncio.wait([self.task], timeout=5)
        assert self.task.done()
        return not self.requests.live and not self.requests._ended

    @property
    def bodies(self) -> list[bytes]:
        return [message["body"] for message in self.sent if "body" in message]


def app(headers: list[tuple[bytes, bytes]] | None, *bodies: bytes, complete: bool = False) -> Any:
    """An app that sends these, and then waits; `None`: nothing, not even a head."""

    async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
        if headers is not None:
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            for body in bodies:
                more = not complete
                await send({"type": "http.response.body", "body": body, "more_body": more})
        await asyncio.Event().wait()

    return app


@in_loop
async def test_stream_ends_as_http_wants_it() -> None:
    request = Request(app(STREAM, b"a"))
    await asyncio.sleep(0)
    request.end()
    assert await request.is_gone()
    assert request.bodies == [b"a", b""]
    assert not request.sent[-1].get("more_body")
    assert request.task.exception() is None
    # Else the next timeout of this task would take the cancellation for somebody else's.
    assert request.cancelling == [0, 0, 0]


@in_loop
async def test_stream_that_is_complete_gets_no_second_end() -> None:
    request = Request(app(STREAM, b"a", complete=True))
    await asyncio.sleep(0)
    request.end()
    assert await request.is_gone()
    assert request.bodies == [b"a"]


@pytest.mark.parametrize("headers", [None, COMPLETE])
@in_loop
async def test_what_is_no_stream_has_time_to_end(headers: Any) -> None:
    request = Request(app(headers, b"a"))
    await asyncio.sleep(0)
    for asked in range(1, ONLY_STREAMS + 1):
        request.end(asked)
        await asyncio.sleep(0)
    assert not request.task.done()
    request.end(ONLY_STREAMS + 1)
    assert await request.is_gone()
    if headers is None:
        assert [message.get("status") for message in request.sent] == [503, None]
    assert request.bodies[-1] == b""


@in_loop
async def test_each_is_ended_once() -> None:
    told, cleaned = 0, False

    async def slow_to_end(_scope: Scope, _receive: Receive, send: Send) -> None:
        nonlocal told, cleaned
        await send({"type": "http.response.start", "status": 200, "headers": STREAM})
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            told += 1
            await asyncio.sleep(0.01)
            cleaned = True
            raise

    request = Request(slow_to_end)
    await asyncio.sleep(0)
    while not request.task.done():
        request.end()
        await asyncio.sleep(0)
    assert await request.is_gone()
    assert (told, cleaned) == (1, True)


@in_loop
async def test_cancellation_by_others_passes() -> None:
    request = Request(app(STREAM, b"a"))
    await asyncio.sleep(0)
    request.task.cancel()
    assert await request.is_gone()
    assert request.task.cancelled()
    assert request.bodies == [b"a"]


@in_loop
async def test_error_of_the_start_is_kept() -> None:
    async def fails(*_: Any) -> None:
        raise ZeroDivisionError("in the lifespan")

    requests = LiveRequests(fails)
    with pytest.raises(ZeroDivisionError):
        await requests({"type": "lifespan"}, None, None)  # type: ignore[arg-type]
    assert isinstance(requests.startup_error, ZeroDivisionError)
