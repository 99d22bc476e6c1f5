"""What a check quotes of an error: the learner's line, never a library's, and in plain words."""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.responses import JSONResponse
from sse_starlette import EventSourceResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

sys.path.insert(0, str(Path(__file__).parents[2] / "notebooks"))

import checks
from checks.own_lines import describe

from chatkit import serve


def is_of_no_library(said: str) -> bool:
    return "site-packages" not in said and "lib/python" not in said and "chatkit/" not in said


async def wrong_key() -> AsyncIterator[Any]:
    yield {"data": "The answer is "}
    yield {"dat": "42."}


def streaming(events: Callable[[], AsyncIterator[Any]]) -> FastAPI:
    app = FastAPI()

    @app.get("/stream")
    async def stream() -> EventSourceResponse:
        return EventSourceResponse(events())

    return app


def refusing() -> FastAPI:
    app = FastAPI()

    @app.post("/turns")
    async def start() -> JSONResponse:
        return JSONResponse({}, 429, {"Retry-After": 5})  # type: ignore[dict-item]

    return app


class Forgotten:
    """`JSONResponse` is an app, and nobody awaits it."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> Any:
        if scope["type"] == "lifespan":
            return await FastAPI()(scope, receive, send)
        return JSONResponse({"detail": "not my name"}, 421)(scope, receive, send)


@pytest.mark.parametrize(
    ("app", "check", "says", "line"),
    [
        (
            streaming(wrong_key),
            checks.check_secret,
            "an event has `data`, `event`, `id` and `retry`, and not 'dat'",
            "",
        ),
        (streaming(wrong_key), checks.check_over, "an event has `data`", ""),
        (
            refusing(),
            checks.check_two_at_a_time,
            "a text is needed there, such as '5', and not a number",
            "your line: return JSONResponse({}, 429",
        ),
        (Forgotten(), checks.check_names, "`await` missing", ""),
    ],
)
def test_errors_in_a_server(app: ASGIApp, check: Any, says: str, line: str) -> None:
    with serve(app, "errors in a test") as server:
        said = repr(asyncio.run(check(server)))
    assert says in said, said
    assert line in said, said
    assert is_of_no_library(said), said


def test_a_key_that_no_event_has() -> None:
    said = repr(asyncio.run(checks.check_listeners(wrong_key)))
    assert "an event has `data`, `event`, `id` and `retry`, and not 'dat'" in said
    assert is_of_no_library(said)


def forgets_send(app: ASGIApp, after: int) -> ASGIApp:
    async def layer(scope: Scope, receive: Receive, send: Send) -> None:
        async def send_on(message: Message) -> None:
            send(message)  # type: ignore[unused-coroutine]

        await app(scope, receive, send_on)

    return layer


def forgets_app(app: ASGIApp, after: int) -> ASGIApp:
    async def layer(scope: Scope, receive: Receive, send: Send) -> None:
        app(scope, receive, send)  # type: ignore[unused-coroutine]

    return layer


@pytest.mark.parametrize(
    ("drop", "line"),
    [
        (forgets_send, "your line: send(message)"),
        (forgets_app, "your line: app(scope, receive, send)"),
    ],
)
def test_layers_that_await_nothing(drop: Any, line: str) -> None:
    said = repr(asyncio.run(checks.check_drop(drop)))
    assert "drop(app, after=3): no stream comes" in said, said
    assert "is an `await` missing?" in said
    assert line in said, said


async def reply(messages: list[Any]) -> AsyncIterator[str]:
    text = asyncio.sleep(0, messages[0]["content"])
    yield text.upper()  # type: ignore[attr-defined]


def test_an_await_that_is_missing_before_a_call() -> None:
    said = repr(asyncio.run(checks.check_memory(reply)))
    assert "an `await` is missing before a call" in said
    assert "your line: yield text.upper()" in said, said


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (TypeError("'async_generator' object is not iterable"), "`async for` goes through it"),
        (TypeError("object list can't be used in 'await' expression"), "nothing to await in a lis"),
        (TypeError("'async for' requires an object with __aiter__ method, got coroutine"), "yield"),
        (ValueError("x"), "it raises ValueError('x')"),
    ],
)
def test_errors_in_plain_words(error: Exception, says: str) -> None:
    assert says in describe(error)
