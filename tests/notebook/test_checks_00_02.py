"""Plausible wrong solutions of lessons 00 to 02: the check says what is missing in each."""

import asyncio
import json
import re
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from sse_starlette import EventSourceResponse

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
        ({}, r"the page shows 'Hello, worHello, world' in the end\n"),
        ({"id": "10"}, r"in the end: the server goes by `Last-Event-ID`, which is not among them"),
        ({"Last-Event-ID": "9"}, r"the page shows 'Hello, worrld' in the end\n"),
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


async def a_number(messages: list[Any]) -> Any:
    yield len(messages)


@pytest.mark.parametrize(
    ("reply", "says"),
    [
        (a_number, r"each piece should be a text, not 1"),
        (counts_all, r"should be '2, and the first was: Hello', not '3, and"),
        (takes_the_last, r"should be '2, and the first was: Hello', not '2, .* How are you\?'"),
        (right, r"passed"),
    ],
)
def test_memory(reply: Any, says: str) -> None:
    said = repr(asyncio.run(checks.check_memory(reply)))
    assert re.search(says, said), said


def capitals(
    pieces: Callable[[str], list[str]], pause: Callable[[int], bool]
) -> Callable[[list[Any]], Any]:
    """A reply in these pieces of it. `pause`: whether it does after the one with this number."""

    async def reply(messages: list[Any]) -> Any:
        for number, piece in enumerate(pieces(messages[-1]["content"].upper())):
            yield piece
            if pause(number):
                await asyncio.sleep(0)

    return reply


def words_of(text: str) -> list[str]:
    return [word + " " for word in text.split()]


@pytest.mark.parametrize(
    ("pieces", "pause", "says"),
    [
        (words_of, lambda number: True, "passed"),
        (lambda text: re.split("( )", text), lambda number: number % 2 == 1, "passed"),
        (words_of, lambda number: number == 1, "does not let others run between two pieces"),
        (list, lambda number: True, "should yield word by word, not"),
    ],
)
def test_shout(pieces: Any, pause: Any, says: str) -> None:
    said = repr(asyncio.run(checks.check_shout(capitals(pieces, pause))))
    assert says in said, said


async def none_between(text: str) -> Any:
    for word in text.split():
        yield word + " "
    await asyncio.sleep(0.01)


def test_words_with_one_pause_at_the_end() -> None:
    said = repr(asyncio.run(checks.check_words(none_between)))
    assert "does not let others run between two pieces" in said


async def four() -> Any:
    for data in ("3", "2", "1", "lift-off"):
        yield data


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (lambda: EventSourceResponse(four), r"takes a generator that is called, with `\(\)`"),
        (four, "a generator is not an answer, but what an `EventSourceResponse"),
        (lambda: EventSourceResponse(four()), "passed"),
    ],
)
def test_countdown(answer: Callable[[], Any], says: str) -> None:
    app = FastAPI()

    @app.get("/countdown", response_model=None)
    async def countdown() -> Any:
        return answer()

    with serve(app, "check of the countdown") as running:
        said = repr(asyncio.run(checks.check_countdown(running)))
    assert re.search(says, said), said


async def both() -> Any:
    await asyncio.sleep(0.05)
    time.sleep(0.05)  # noqa: ASYNC251


async def hurried() -> Any:
    pass


async def in_a_thread() -> Any:
    await asyncio.to_thread(time.sleep, 0.05)


@pytest.mark.parametrize(
    ("pause", "says"),
    [
        (both, "`time.sleep` is still called, and blocks the event loop"),
        (hurried, "only when the stream was over: it should still pause"),
        (in_a_thread, "passed"),
    ],
)
def test_polite(pause: Callable[[], Any], says: str) -> None:
    app, made = FastAPI(), []

    async def slow() -> Any:
        for number in range(10):
            made.append(number)
            yield number
            await pause()

    @app.get("/slow")
    async def stream() -> EventSourceResponse:
        return EventSourceResponse(slow())

    @app.get("/made")
    async def count() -> int:
        return len(made)

    with serve(app, "check of polite") as running:
        said = repr(asyncio.run(checks.check_polite(running)))
    assert says in said, said


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


def keeps_the_cr(chunks: Any) -> Any:
    line, after_cr = b"", False
    for byte in b"".join(chunks):
        if byte == 10 and after_cr:
            continue  # and the CR is not forgotten
        after_cr = byte == 13
        if byte in (10, 13):
            yield line
            line = b""
        else:
            line += bytes([byte])


def test_a_cr_that_is_never_forgotten() -> None:
    said = repr(asyncio.run(checks.check_lines(keeps_the_cr)))
    assert r"from [b'a\r\n\nb\n'] it should yield [b'a', b'', b'b']" in said


def test_streams_that_nobody_has_read() -> None:
    said = repr(asyncio.run(checks.check_answers({b"data: a\n\n": ["a"]})))
    assert "there are five streams to read, not 1" in said
