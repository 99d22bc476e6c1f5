"""Plausible wrong solutions: the check of an exercise has to say what is missing in each."""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import JSONResponse
from sse_starlette import EventSourceResponse
from starlette.types import ASGIApp, Receive, Scope, Send

sys.path.insert(0, str(Path(__file__).parents[2] / "notebooks"))

import checks

from chatkit import serve
from chatkit.turns import Turn


class Board:
    """As in lesson 06, with the part left out that a check is to miss."""

    def __init__(self) -> None:
        self.pieces: list[str] = []
        self.closed = False
        self.news = asyncio.Event()

    def add(self, piece: str) -> None:
        self.pieces.append(piece)
        self.news.set()

    def close(self) -> None:
        self.closed = True
        self.news.set()


class Circling(Board):
    """Nobody clears: right. But the flag stays up, so nobody sleeps either."""

    async def follow(self) -> AsyncIterator[str]:
        sent = 0
        while not self.closed:
            await self.news.wait()
            while sent < len(self.pieces):
                yield self.pieces[sent]
                sent += 1


class Looking(Board):
    """Looks again and again."""

    async def follow(self) -> AsyncIterator[str]:
        sent = 0
        while sent < len(self.pieces) or not self.closed:
            if sent < len(self.pieces):
                yield self.pieces[sent]
                sent += 1
            await asyncio.sleep(0.001)


async def newest_of_each_piece(turn: Turn) -> AsyncIterator[bytes]:
    async for piece in turn.follow():
        yield piece.strip().split(b"\n\n")[-1] + b"\n\n"


async def newest_for_each_piece(turn: Turn) -> AsyncIterator[bytes]:
    async for _ in turn.follow():
        yield turn.frames[-1]


async def newest_without_end(turn: Turn) -> AsyncIterator[bytes]:
    seen = 0
    while True:
        if turn.last > seen:
            seen = turn.last
            yield turn.frames[-1]
        await asyncio.sleep(0.001)


readers_of: dict[str, int] = {}


async def counted_for_ever(turn: Turn) -> AsyncIterator[bytes]:
    readers_of[turn.id] = readers_of.get(turn.id, 0) + 1
    async for piece in turn.follow():
        yield piece


async def counted_until_cancelled(turn: Turn) -> AsyncIterator[bytes]:
    readers_of[turn.id] = readers_of.get(turn.id, 0) + 1
    try:
        async for piece in turn.follow():
            yield piece
    except asyncio.CancelledError:
        readers_of[turn.id] -= 1
        raise


async def counted_until_the_end(turn: Turn) -> AsyncIterator[bytes]:
    readers_of[turn.id] = readers_of.get(turn.id, 0) + 1
    async for piece in turn.follow():
        yield piece
    readers_of[turn.id] -= 1


async def counted_with_a_typo(turn: Turn) -> AsyncIterator[bytes]:
    readers_of[turn.id] = readers_of.get(turn.id, 0) + 1
    async for piece in turn.folow():  # type: ignore[attr-defined]
        yield piece


def missing(check: Any) -> str:
    (said,) = asyncio.run(check).missing
    return str(said)


def test_a_reader_that_goes_in_a_circle() -> None:
    assert "the flag stays up" in missing(checks.check_lost(Circling))


def test_a_reader_that_looks_again_and_again() -> None:
    assert "times while nothing happens" in missing(checks.check_lost(Looking))


def test_newest_of_what_comes_in_several_pieces() -> None:
    said = missing(checks.check_newest(newest_of_each_piece))
    assert said.startswith("200 events are there: it should yield event 200, not [")
    said = missing(checks.check_newest(newest_for_each_piece))
    assert said == "200 events are there: it yields event 200, and then [200]"
    said = missing(checks.check_newest(newest_without_end))
    assert said == "the turn has ended, and it waits for more"


def test_readers_that_are_counted_too_long() -> None:
    left = "three have come, and one has left"
    assert missing(checks.check_readers(counted_for_ever, readers_of)).startswith(left)
    assert missing(checks.check_readers(counted_until_the_end, readers_of)).startswith(left)
    said = missing(checks.check_readers(counted_until_cancelled, readers_of))
    assert said.startswith("a turn has ended, and two have read to its end")


def test_a_stream_that_breaks_shows_the_own_line() -> None:
    said = missing(checks.check_readers(counted_with_a_typo, readers_of)).split("\n")
    assert said[0].startswith("a reader comes, and its stream breaks: AttributeError: ")
    assert said[1].startswith("  your line: async for piece in turn.folow()")


def test_counter_of_siblings() -> None:
    said = missing(checks.check_counter(lambda turn, turns: f"1/{len(turns)}"))
    assert said == "beside 'Hello' there should be '', not '1/1'\n  the chat: 'Hello', parent None"
    by_place = missing(
        checks.check_counter(
            lambda turn, turns: f"{turns.index(turn) + 1}/{len(turns)}" if len(turns) > 1 else ""
        )
    )
    assert by_place.startswith("beside 'What is SSL?' there should be '1/2', not '1/8'")

    def by_message(turn: Turn, turns: list[Turn]) -> str:
        said = [other.message for other in turns if other.parent == turn.parent]
        return f"{said.index(turn.message) + 1}/{len(said)}" if len(said) > 1 else ""

    again = missing(checks.check_counter(by_message))
    assert again.startswith("beside the second 'Why not?' there should be '2/2', not '1/2'")


# Lesson 07.


class TooSlow(Exception):
    pass


class Radio:
    """A queue for each reader, without a bound."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.queues: list[asyncio.Queue[Any]] = []

    def say(self, piece: Any) -> None:
        for queue in self.queues:
            queue.put_nowait(piece)

    async def read(self) -> AsyncIterator[Any]:
        queue: asyncio.Queue[Any] = asyncio.Queue()
        self.queues.append(queue)
        try:
            while True:
                yield await queue.get()
        finally:
            self.queues.remove(queue)


class Forgetting(Radio):
    """Throws away the oldest piece, and says nothing of it."""

    def say(self, piece: Any) -> None:
        for queue in self.queues:
            if queue.qsize() == self.most:
                queue.get_nowait()
            queue.put_nowait(piece)


class Raising(Radio):
    """The one who says it gets the error."""

    def say(self, piece: Any) -> None:
        for queue in self.queues:
            if queue.qsize() == self.most:
                raise asyncio.QueueFull
            queue.put_nowait(piece)


class Waiting(Radio):
    async def say(self, piece: Any) -> None:  # type: ignore[override]
        for queue in self.queues:
            await queue.put(piece)


class Strict(Radio):
    """Cuts a reader off one piece too early."""

    def say(self, piece: Any) -> None:
        for queue in self.queues.copy():
            queue.put_nowait(piece)
            if queue.qsize() == self.most:
                self.queues.remove(queue)

    async def read(self) -> AsyncIterator[Any]:
        queue: asyncio.Queue[Any] = asyncio.Queue()
        self.queues.append(queue)
        while queue in self.queues:
            yield await queue.get()
        raise TooSlow


class Skipping(Radio):
    """Takes a reader out of the list that it goes through: the next one is passed over."""

    def say(self, piece: Any) -> None:
        for queue in self.queues:
            if queue.qsize() < self.most:
                queue.put_nowait(piece)
            else:
                self.queues.remove(queue)

    async def read(self) -> AsyncIterator[Any]:
        queue: asyncio.Queue[Any] = asyncio.Queue()
        self.queues.append(queue)
        try:
            while queue in self.queues:
                yield await queue.get()
            raise TooSlow
        finally:
            if queue in self.queues:
                self.queues.remove(queue)


@pytest.mark.parametrize(
    ("radio", "said"),
    [
        (Skipping, "one reader is too slow, and the other does not get it all"),
        (Radio, "a reader takes nothing, and 199 pieces wait for it; at most 3 should"),
        (Forgetting, "it has lost pieces, and does not know it"),
        (Raising, "`say` raises QueueFull"),
        (Waiting, "`say` is called without `await`"),
        (Strict, "3 pieces wait for a reader, which is allowed; it is cut off"),
    ],
)
def test_queues_that_grow_or_lose(radio: type[Radio], said: str) -> None:
    assert said in missing(checks.check_queue(radio, TooSlow))


async def without_errors(frames: AsyncIterator[bytes], seconds: float) -> AsyncIterator[bytes]:
    coming = asyncio.ensure_future(anext(frames))  # type: ignore[arg-type]
    try:
        while True:
            await asyncio.wait([coming], timeout=seconds)
            if not coming.done():
                yield b": ping\n\n"
                continue
            try:
                frame = coming.result()
            except BaseException:
                return
            yield frame
            coming = asyncio.ensure_future(anext(frames))  # type: ignore[arg-type]
    finally:
        coming.cancel()


def test_a_heartbeat_that_hides_an_error() -> None:
    said = missing(checks.check_awake(without_errors))
    assert said == "the frames break off with an error, and its reader gets a proper end"


def secret_app(events: Any) -> FastAPI:
    app = FastAPI()

    @app.get("/stream")
    async def stream() -> EventSourceResponse:
        return EventSourceResponse(events())

    return app


async def says_why() -> AsyncIterator[dict[str, str]]:
    yield {"data": "The answer is "}
    yield {"event": "failure", "data": "the model refused the key sk-1234"}


async def says_nothing_to_the_server() -> AsyncIterator[dict[str, str]]:
    yield {"data": "The answer is "}
    yield {"event": "failure", "data": "The reply failed."}


async def has_a_mistake() -> AsyncIterator[dict[str, str]]:
    yield {"data": "The answer is "}
    yield {"data": answer}  # type: ignore[name-defined]  # noqa: F821


@pytest.mark.parametrize(
    ("events", "said"),
    [
        (says_why, "the readers get to know 'sk-1234'"),
        (says_nothing_to_the_server, "the server's messages do not say what went wrong"),
        (has_a_mistake, "NameError: name 'answer' is not defined"),
        (has_a_mistake, 'your line: yield {"data": answer}'),
    ],
)
def test_errors_that_say_too_much_or_too_little(events: Any, said: str) -> None:
    with serve(secret_app(events), "secret in a test") as server:
        assert said in missing(checks.check_secret(server))


# Lesson 09.


class Layer:
    """Looks at a name in a way of its own."""

    def __init__(self, right: Callable[[dict[bytes, bytes]], bool], status: int = 421) -> None:
        self.right, self.status = right, status
        self.app = FastAPI()
        self.app.get("/secret")(lambda: "what Ada said")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app: ASGIApp = self.app
        if scope["type"] == "http" and not self.right(dict(scope["headers"])):
            app = JSONResponse({}, self.status)
        await app(scope, receive, send)


@pytest.mark.parametrize(
    ("layer", "said"),
    [
        (Layer(lambda _: True), "'evil.example' should be answered 421, not 200"),
        (Layer(lambda _: False), "'chat.example' should be answered 200, not 421"),
        (Layer(lambda it: it[b"host"] == b"chat.example"), "should be answered 200, not 421"),
        (
            Layer(lambda it: it[b"host"].lower().startswith(b"chat.example")),
            "'chat.example.evil.example' should be answered 421, not 200",
        ),
        (
            Layer(lambda it: it[b"host"].lower().partition(b":")[0].endswith(b"chat.example")),
            "'evilchat.example' should be answered 421, not 200",
        ),
        (
            Layer(lambda it: it[b"host"].lower().partition(b":")[0] == b"chat.example"),
            "a request without Host should be answered 421, not 500",
        ),
        (
            Layer(lambda it: it[b"host"].lower().partition(b":")[0] == b"chat.example"),
            "KeyError: b'host'",
        ),
        (Layer(lambda it: b"chat" in it[b"host"].lower(), 400), "421, not 400"),
    ],
)
def test_names_that_are_not_looked_at_well(layer: Layer, said: str) -> None:
    with serve(layer, "names in a test") as server:
        assert said in missing(checks.check_names(server))


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"allow_origins": ["https://chat.example/"]}, "has no slash at its end"),
        ({"allow_origins": ["https://chat.example"]}, "whether it may send Last-Event-ID"),
        (
            {"allow_origins": ["https://chat.example"], "allow_headers": ["Last-Event-ID"]},
            "may not read the header Retry-After",
        ),
        (
            {
                "allow_origin_regex": r"https://.*chat.example",
                "allow_headers": ["*"],
                "expose_headers": ["Retry-After"],
            },
            "a page of https://notchat.example may read",
        ),
    ],
)
def test_origins_that_are_too_few_or_too_many(settings: dict[str, Any], said: str) -> None:
    app = FastAPI()
    app.add_middleware(CORSMiddleware, allow_methods=["GET", "POST"], **settings)
    app.get("/said")(lambda: "what Ada said")
    app.post("/say")(lambda: "success")
    with serve(app, "origins in a test") as server:
        assert said in missing(checks.check_one_origin(server))
