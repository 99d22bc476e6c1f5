"""Plausible wrong solutions of lesson 05, and unusual right ones: the check says which is which."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, HTTPException, Request, Response
from sse_starlette import EventSourceResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

sys.path.insert(0, str(Path(__file__).parents[2] / "notebooks"))

import checks

from chatkit import serve
from chatkit.notebook import arrivals
from chatkit.sse import Parser

Breaks = Callable[[int, int, int], bool]


def drop(breaks: Breaks) -> Callable[[ASGIApp, int], ASGIApp]:
    """A layer that breaks at a piece: of all responses, of this one, and `after`."""

    def drop(app: ASGIApp, after: int) -> ASGIApp:
        of_all = 0

        async def layer(scope: Scope, receive: Receive, send: Send) -> None:
            of_this = 0

            async def send_on(message: Message) -> None:
                nonlocal of_all, of_this
                if message["type"] == "http.response.body":
                    of_all, of_this = of_all + 1, of_this + 1
                    if breaks(of_all, of_this, after):
                        raise ConnectionError("on purpose")
                await send(message)

            await app(scope, receive, send_on)

        return layer

    return drop


def once_in_one_response() -> Breaks:
    done: set[int] = set()

    def breaks(of_all: int, of_this: int, after: int) -> bool:
        if of_this != after + 1 or after in done:
            return False
        done.add(after)
        return True

    return breaks


@pytest.mark.parametrize(
    ("breaks", "says"),
    [
        (lambda of_all, of_this, after: of_all == after + 1, "passed"),
        (lambda of_all, of_this, after: of_all == after, "the first stream breaks after 2 events"),
        (lambda of_all, of_this, after: of_all > after, "the second stream should arrive whole"),
        (once_in_one_response(), "it should count the pieces of all bodies together"),
    ],
)
def test_drop(breaks: Breaks, says: str) -> None:
    said = repr(asyncio.run(checks.check_drop(drop(breaks))))
    assert says in said, said


REPLY = "Streams break."


def resume(read: Callable[[Request], int], done: Callable[[int], bool], end: bool) -> FastAPI:
    """The app of a learner who reads the cursor so, and answers 204 if `done`."""
    app = FastAPI()

    @app.get("/stream", response_model=None)
    async def stream(request: Request) -> Response:
        after = read(request)
        if done(after):
            return Response(status_code=204)

        async def events() -> AsyncIterator[dict[str, str]]:
            for number, character in enumerate(REPLY, start=1):
                if number > after:
                    yield {"id": str(number), "data": character}
            if end:
                yield {"event": "end", "id": str(len(REPLY) + 1), "data": "{}"}

        return EventSourceResponse(events())

    return app


def whole_number(request: Request) -> int:
    value = request.headers.get("last-event-id", "0")
    if not (value.isascii() and value.isdigit()):
        raise HTTPException(400)
    return int(value)


def any_number(request: Request) -> int:
    return int(request.headers.get("last-event-id", "0"))


@pytest.mark.parametrize(
    ("read", "done", "end", "says"),
    [
        (whole_number, lambda after: after >= len(REPLY), False, "passed"),
        (whole_number, lambda after: after > len(REPLY), True, "passed"),
        (whole_number, lambda after: after == len(REPLY), False, "a browser asks for that endless"),
        (whole_number, lambda after: False, False, "which is the last one, it should answer 204"),
        (any_number, lambda after: after >= len(REPLY), False, "your line: return int(request"),
    ],
)
def test_resume(read: Any, done: Any, end: bool, says: str) -> None:
    with serve(resume(read, done, end), "check of resume") as server:
        said = repr(asyncio.run(checks.check_resume(server)))
    assert says in said, said


@pytest.mark.parametrize(
    ("gap", "old", "says"),
    [
        (lambda: LookupError(), lambda text, cursor, number: (text, cursor), "passed"),
        (lambda: KeyError(), lambda text, cursor, number: (text, cursor), "passed"),
        (lambda: ValueError(), lambda text, cursor, number: (text, cursor), "raises ValueError"),
        (lambda: LookupError(), lambda text, cursor, number: (text, number), "not 'Helello'"),
        (lambda: LookupError(), lambda text, cursor, number: None, "and the cursor, not None"),
    ],
)
def test_once(gap: Callable[[], Exception], old: Callable[..., Any], says: str) -> None:
    def use(text: str, cursor: int, number: int, piece: str) -> Any:
        if number > cursor + 1:
            raise gap()
        return old(text, cursor, number) if number <= cursor else (text + piece, number)

    said = repr(asyncio.run(checks.check_once(use)))
    assert says in said, said


def use(text: str, cursor: int, number: int, piece: str) -> tuple[str, int]:
    """As the cell of Exercise 4 is shipped."""
    return text + piece, number


async def read_reply(url: str) -> tuple[str, dict[str, Any]]:
    """Right but for `use`."""
    text, cursor = "", 0
    for _ in range(20):
        try:
            async for arrival in arrivals(f"{url}?after={cursor}"):
                for event in Parser().feed(arrival.frame):
                    data = json.loads(event.data)
                    if event.type in ("end", "failure"):
                        return text, data
                    text, cursor = use(text, cursor, int(event.id), data)
        except (LookupError, httpx.HTTPError):
            pass
        await asyncio.sleep(0.01)
    raise ConnectionError


def test_a_reader_that_needs_the_exercise_before() -> None:
    said = repr(asyncio.run(checks.check_survive(read_reply)))
    assert "it calls `use`, and Exercise 4 is not solved yet: events that come each twice" in said


async def asks_once(url: str) -> None:
    """Needs no `use`, and has its own mistake."""


def test_a_reader_that_needs_no_exercise_before() -> None:
    said = repr(asyncio.run(checks.check_survive(asks_once)))
    assert "Exercise 4" not in said
