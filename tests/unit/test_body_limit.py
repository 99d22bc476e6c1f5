"""BodyLimit at its edges, without a server."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any, NamedTuple

from fastapi import HTTPException
from log_contract import in_loop
from starlette.responses import JSONResponse
from starlette.types import Message, Receive, Scope, Send

from chatkit.limits import BodyLimit


async def pieces_of(*bodies: bytes, pause: float = 0) -> AsyncIterator[Message]:
    for number, body in enumerate(bodies, 1):
        if pause:
            await asyncio.sleep(pause)
        yield {"type": "http.request", "body": body, "more_body": number < len(bodies)}


class Answer(NamedTuple):
    status: int
    closes: bool
    body: bytes  # that the app has read


async def ask(
    messages: AsyncIterator[Message], limit: int, seconds: float = 60, **scope: Any
) -> Answer:
    """What an app behind the limit reads, and what is answered; as FastAPI does it."""
    sent: list[Message] = []
    body = b""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        nonlocal body
        more = True
        try:
            while more:
                message = await receive()
                body += message["body"]
                more = message["more_body"]
            answer = JSONResponse({})
        except HTTPException as error:
            answer = JSONResponse({"detail": error.detail}, error.status_code, error.headers)
        await answer(scope, receive, send)

    async def receive() -> Message:
        async for message in messages:
            return message
        await asyncio.Event().wait()  # the client stays
        return {}

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "headers": [], **scope}
    await BodyLimit(app, limit, seconds)(scope, receive, send)
    assert not sent[-1].get("more_body")
    return Answer(sent[0]["status"], (b"connection", b"close") in sent[0]["headers"], body)


def length(size: int) -> list[tuple[bytes, bytes]]:
    return [(b"content-length", str(size).encode())]


@in_loop
async def test_body_may_be_exactly_as_large_as_the_limit() -> None:
    assert await ask(pieces_of(b"123", b"45"), 5) == (200, False, b"12345")
    assert await ask(pieces_of(b"12345"), 5, headers=length(5)) == (200, False, b"12345")
    assert await ask(pieces_of(b"123", b"456"), 5) == (413, False, b"123")
    assert await ask(pieces_of(b"123456"), 5, headers=length(6)) == (413, True, b"")


@in_loop
async def test_clock_is_that_of_the_whole_body() -> None:
    drops = pieces_of(*[b"x"] * 100, pause=0.05)
    answer = await ask(drops, 5000, seconds=0.2)
    assert (answer.status, answer.closes) == (408, True)


@in_loop
async def test_client_may_stay_for_as_long_as_it_likes_when_the_body_is_there() -> None:
    async def app(_scope: Scope, receive: Receive, _send: Send) -> None:
        assert (await receive())["body"] == b"x"
        await asyncio.sleep(0.02)  # longer than a body may take
        assert (await receive())["type"] == "http.disconnect"

    async def messages() -> AsyncIterator[Message]:
        yield {"type": "http.request", "body": b"x"}
        await asyncio.sleep(0.02)
        yield {"type": "http.disconnect"}

    async def send(_: Message) -> None: ...

    scope = {"type": "http", "method": "POST", "headers": []}
    await BodyLimit(app, 10, 0.01)(scope, messages().__anext__, send)


@in_loop
async def test_body_of_a_get_is_left_alone() -> None:
    answer = await ask(pieces_of(b"x", pause=0.05), 10, 0.01, method="GET")
    assert answer == (200, False, b"x")


@in_loop
async def test_rest_of_a_body_that_is_too_large_is_taken() -> None:
    """Up to a bound: who sends all of a body before it reads finds the answer."""
    taken = 0

    async def megabytes(count: int) -> AsyncIterator[Message]:
        nonlocal taken
        for number in range(1, count + 1):
            taken += 1
            yield {"type": "http.request", "body": b"x" * 1_000_000, "more_body": number < count}

    for count, headers, most in (
        (10, [], 10),
        (100, [], 18),
        (10, length(10_000_000), 10),
        (100, length(100_000_000), 0),
        (10, [*length(10_000_000), (b"expect", b"100-continue")], 0),
    ):
        taken = 0
        assert (await ask(megabytes(count), 5, headers=headers)).status == 413
        assert taken == most
