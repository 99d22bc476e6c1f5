"""Plausible wrong solutions of lessons 03 and 04: the check says what is missing in each."""

import asyncio
import hashlib
import random
import re
import secrets
import sys
import time
import uuid
from collections.abc import AsyncIterator, Callable
from html import escape
from os import urandom
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from fastapi import FastAPI
from pydantic import BaseModel
from sse_starlette import EventSourceResponse

sys.path.insert(0, str(Path(__file__).parents[2] / "notebooks"))

import checks

from chatkit import serve

App = Callable[[], FastAPI]


async def typo() -> AsyncIterator[Any]:
    yield {"data": "Hello"}
    yield {"data": wrod}  # type: ignore[name-defined] # noqa: F821


async def without_data() -> AsyncIterator[Any]:
    yield {"data": "Hello"}
    yield {"event": "failure", "data": "no more"}
    yield {"event": "end"}


async def twice() -> AsyncIterator[Any]:
    yield {"data": "Hello"}
    yield {"data": "Hello"}


async def wrong_key() -> AsyncIterator[Any]:
    yield {"data": "Hello"}
    yield {"type": "failure", "data": "no more"}


@pytest.mark.parametrize(
    ("events", "says"),
    [
        (wrong_key, r"the stream breaks: TypeError: .* unexpected keyword argument 'type'"),
        (typo, r"NameError[\s\S]*your line: yield \{\"data\": wrod\}"),
        (without_data, r"an event without data never arrives: the page does not get the 'end'"),
        (
            twice,
            r"event 2 should be failure with the data 'no more', for its listener; the page gets",
        ),
    ],
)
def test_listeners(events: Callable[[], AsyncIterator[Any]], says: str) -> None:
    assert re.search(says, repr(asyncio.run(checks.check_listeners(events))))


@pytest.mark.parametrize(
    ("profile", "says"),
    [
        (lambda name: f'<p title="{name}">Hello, {name}!</p>', "there another element: b"),
        (
            lambda name: f'<p title="{escape(name, quote=False)}">Hello, {escape(name)}!</p>',
            "another attribute",
        ),
        (
            lambda name: f'<p title="{escape(escape(name))}">Hello, {escape(name)}!</p>',
            "there the title",
        ),
        (lambda name: escape(f'<p title="{name}">Hello, {name}!</p>'), "there no element p"),
        (lambda name: None, "it should return the HTML as a text, not None"),
        (lambda name: name.title.upper(), "your line"),
        (lambda name: f'<p title="{escape(name)}">Hello, {escape(name)}!</p>\n', "passed"),
    ],
)
def test_profile(profile: Callable[[str], Any], says: str) -> None:
    said = repr(asyncio.run(checks.check_profile(profile)))
    assert says in said, said
    assert "[(" not in said


@pytest.mark.parametrize(
    ("home", "help_page", "says"),
    [
        (["/style.css", "stream"], ["../style.css", "keys.js"], "the URL '/style.css' asks for"),
        (["style.css", "stream"], ["style.css", "keys.js"], "8000/help/style.css"),
        (["style.css", "stream"], ["../style.css"], "should be two texts"),
        (
            ["https://hub.example/user/ada/proxy/8000/style.css", "stream"],
            ["../style.css", "keys.js"],
            "in the page http://127.0.0.1:8000/",
        ),
        (["style.css", "stream"], ["../style.css", "keys.js"], "passed"),
    ],
)
def test_moving(home: list[str], help_page: list[str], says: str) -> None:
    assert says in repr(asyncio.run(checks.check_moving(home, help_page)))


class Said(BaseModel):
    message: str


async def characters(text: str) -> AsyncIterator[str]:
    for character in text:
        yield character
        await asyncio.sleep(0)


def app_with(start: Callable[[str], Any], read: Callable[[str], Any]) -> FastAPI:
    """`start` returns the id of a turn, or waits for it; `read` is its stream."""
    app = FastAPI()

    @app.post("/turns", status_code=201)
    async def take(new: Said) -> dict[str, str]:
        turn = start(new.message)
        turn = await turn if asyncio.iscoroutine(turn) else turn
        return {"events": f"turns/{turn}/events"}

    @app.get("/turns/{turn}/events")
    async def events(turn: str) -> EventSourceResponse:
        return EventSourceResponse(read(turn))

    return app


def by_message() -> FastAPI:
    return app_with(quote, characters)


def by_hash_of_message() -> FastAPI:
    kept: dict[str, str] = {}

    def start(message: str) -> str:
        kept[turn := str(hash(message))] = message
        return turn

    return app_with(start, lambda turn: characters(kept[turn]))


def by_number() -> FastAPI:
    kept: dict[Any, str] = {}

    def start(message: str) -> int:
        kept[len(kept)] = message
        return len(kept) - 1

    return app_with(start, lambda turn: characters(kept[turn]))


def breaking() -> FastAPI:
    async def stream(turn: str) -> AsyncIterator[str]:
        yield "I"
        raise LookupError(turn)

    return app_with(lambda message: "one", stream)


def failing_post() -> FastAPI:
    return app_with(lambda message: {}[message], characters)


@pytest.mark.parametrize(
    ("app", "says"),
    [
        (by_message, "the message itself is in the URL"),
        (by_hash_of_message, "Ada and Bob both send 'Hello', and both get the URL"),
        (
            by_number,
            r"events answers 500: KeyError: '0'\s+your line: return app_with\(start, lambda",
        ),
        (
            breaking,
            r"the stream of GET /turns/one/events breaks: .*\s+your line: raise LookupError",
        ),
        (failing_post, r"POST /turns answers 500: KeyError.*\s+your line: return app_with\(lambda"),
    ],
)
def test_two_users(app: App, says: str) -> None:
    with serve(app(), "check of two users") as server:
        said = repr(asyncio.run(checks.check_two_users(server)))
    assert re.search(says, said), said


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@pytest.mark.parametrize(
    ("name", "says"),
    [
        (lambda said: str(random.random()), "when `random` was in the same state"),
        (lambda said: f"{len(said)}-{random.getrandbits(128)}", "when `random` was in the same"),
        (lambda said: sha256(str(time.time())), "at the same time: Eve, who knows both"),
        (lambda said: sha256(f"My PIN is 4711.{len(said)}"), "is the sha256 of My PIN is 4711.0"),
        (lambda said: sha256(sha256(str(len(said)))), "is the sha256, twice, of 0"),
        (lambda said: secrets.token_urlsafe(3), "too little changes from id to id"),
        (lambda said: sha256(f"salt{len(said)}"), "nothing in it is drawn at random"),
        (
            lambda said: str(uuid.uuid5(uuid.NAMESPACE_URL, str(len(said)))),
            "nothing in it is drawn",
        ),
        (lambda said: urandom(16).hex(), "passed"),
        (lambda said: f"{random.SystemRandom().getrandbits(128)}", "passed"),
        (lambda said: str(uuid.uuid4()), "passed"),
        (lambda said: f"{len(said)}-{secrets.token_hex(16)}", "passed"),
        (lambda said: secrets.token_urlsafe(8), "passed"),
    ],
)
def test_guessing(name: Callable[[dict[str, str]], str], says: str) -> None:
    said: dict[str, str] = {}

    def start(message: str) -> str:
        said[turn := name(said)] = message
        return turn

    with serve(app_with(start, lambda turn: characters(said[turn])), "check of guessing") as server:
        verdict = repr(asyncio.run(checks.check_guessing(server)))
    assert says in verdict, verdict


@pytest.fixture
def model() -> Callable[[str], AsyncIterator[str]]:
    calls: list[str] = []

    async def model(message: str) -> AsyncIterator[str]:
        calls.append(message)
        for word in ("Reply", str(len(calls)), "to:", *message.split()):
            yield word + " "
            await asyncio.sleep(0.02)

    return model


def test_again_all_at_once_in_the_post(model: Callable[[str], AsyncIterator[str]]) -> None:
    kept: dict[str, list[str]] = {}

    async def start(message: str) -> str:
        turn = str(len(kept))
        kept[turn] = []
        kept[turn] = [word async for word in model(message)]
        return turn

    with serve(app_with(start, lambda turn: iter(kept[turn])), "check of again") as server:
        said = repr(asyncio.run(checks.check_again(server)))
    assert "the POST answers when the whole reply is made" in said


def test_again_all_at_once_in_the_stream(model: Callable[[str], AsyncIterator[str]]) -> None:
    tasks: list[asyncio.Task[list[str]]] = []

    def start(message: str) -> int:
        async def whole() -> list[str]:
            return [word async for word in model(message)]

        tasks.append(asyncio.create_task(whole()))
        return len(tasks) - 1

    async def read(turn: str) -> AsyncIterator[str]:
        for word in await asyncio.shield(tasks[int(turn)]):
            yield word

    with serve(app_with(start, read), "check of again") as server:
        said = repr(asyncio.run(checks.check_again(server)))
    assert "the first word comes when the whole reply is made" in said


def test_again_that_nobody_writes() -> None:
    async def read(turn: str) -> AsyncIterator[str]:
        yield "Reply "
        await asyncio.sleep(600)

    with serve(app_with(lambda message: "one", read), "check of again") as server:
        said = repr(asyncio.run(checks.check_again(server)))
    assert "a reply has no end: who writes it?" in said


def test_a_server_that_was_stopped() -> None:
    with serve(by_number(), "check of two users") as server:
        pass
    said = repr(asyncio.run(checks.check_two_users(server)))
    assert "run the cell that starts it again" in said
