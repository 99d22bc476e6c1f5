"""Plausible wrong solutions of lessons 00 to 02: the check says what is missing in each."""

import asyncio
import json
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI

sys.path.insert(0, str(Path(__file__).parents[2] / "notebooks"))

import checks

from chatkit import create_app, echo, serve
from chatkit.server.background import Server
from chatkit.sse import encode


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with serve(create_app(echo(delay=0)), "check of the rest") as running:
        yield running


@pytest.mark.parametrize(
    ("headers", "says"),
    [
        ({}, r"the page shows 'Hello, worHello, world' in the end$"),
        ({"id": "10"}, r"in the end: the server goes by `Last-Event-ID`, which is not among them"),
        ({"Last-Event-ID": "9"}, r"the page shows 'Hello, worrld' in the end$"),
        ({"Last-Event-ID": "r"}, r"should be the number of an event, not \['r'\]"),
        ({"Last-Event-ID": 10}, r"a header's name and value are texts: '10', not 10"),
    ],
)
def test_rest(server: Server, headers: dict[str, Any], says: str) -> None:
    said = repr(asyncio.run(checks.check_rest(server, headers)))
    assert re.search(says, said), said


async def counts_all(messages: list[Any]) -> Any:
    yield f"{len(messages)}, and the first was: {messages[0]['content']}"


async def takes_the_last(messages: list[Any]) -> Any:
    yield f"{(len(messages) + 1) // 2}, and the first was: {messages[-1]['content']}"


async def right(messages: list[Any]) -> Any:
    yield f"{(len(messages) + 1) // 2}, and the first was: "
    yield messages[0]["content"]


@pytest.mark.parametrize(
    ("reply", "says"),
    [
        (counts_all, r"should be '2, and the first was: Hello', not '3, and"),
        (takes_the_last, r"should be '2, and the first was: Hello', not '2, .* How are you\?'"),
        (right, r"passed"),
    ],
)
def test_memory(reply: Any, says: str) -> None:
    said = repr(asyncio.run(checks.check_memory(reply)))
    assert re.search(says, said), said


def test_a_countdown_that_is_not_an_event_stream() -> None:
    app = FastAPI()

    @app.get("/countdown")
    async def countdown() -> list[str]:
        return ["3", "2", "1", "lift-off"]

    with serve(app, "check of the countdown") as running:
        said = repr(asyncio.run(checks.check_countdown(running)))
    assert "answers with the type application/json: an event stream is an" in said


def with_a_number(number: int, text: str) -> bytes:
    return encode(json.dumps(text), id=number)  # type: ignore[arg-type]


def without_json(number: int, text: str) -> bytes:
    return encode(text, id=str(number))


@pytest.mark.parametrize(
    ("write", "says"),
    [
        (with_a_number, r"write\(1, 'Hello'\): `encode` takes texts, and 1 is not one"),
        (without_json, r"the data is 'Hello', which is not JSON"),
    ],
)
def test_poison(write: Callable[[int, str], bytes], says: str) -> None:
    said = repr(asyncio.run(checks.check_poison(write)))
    assert re.search(says, said), said
