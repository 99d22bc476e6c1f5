"""The first comment of a stream, which tells a reader that the stream is open."""

import asyncio
from collections.abc import AsyncGenerator, Callable

import pytest
from starlette.types import Message

from chatkit.web import event_stream
from chatkit.web.event_stream import EventStream

PING, EVENT = b": ping\n\n", b"data: 1\n\n"
LONG = 3600.0  # seconds: it never comes to that

Frames = Callable[[], AsyncGenerator[bytes, None]]


@pytest.fixture(autouse=True)
def first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_stream, "FIRST", 0.01)


async def after_it() -> None:
    """A later timer of the same loop: the first comment would have been sent by now."""
    await asyncio.sleep(20 * event_stream.FIRST)


async def silence() -> AsyncGenerator[bytes, None]:
    await after_it()
    yield EVENT


async def event_first() -> AsyncGenerator[bytes, None]:
    yield EVENT
    await after_it()


def sent(frames: Frames, heartbeat: float) -> list[bytes]:
    """What the response sends, to its end."""
    bodies = []

    async def send(message: Message) -> None:
        bodies.append(message.get("body", b""))

    async def receive() -> Message:
        await asyncio.Event().wait()
        raise AssertionError

    async def run() -> None:
        scope = {"type": "http", "method": "GET"}
        await EventStream(frames(), heartbeat, LONG)(scope, receive, send)

    asyncio.run(run())
    return [body for body in bodies if body]


def test_stream_that_begins_with_silence_gets_a_comment_soon() -> None:
    assert sent(silence, LONG) == [PING, EVENT]


def test_no_first_comment_where_an_event_came() -> None:
    assert sent(event_first, LONG) == [EVENT]


def test_no_comment_at_all_without_a_heartbeat() -> None:
    assert sent(silence, 0) == [EVENT]


def test_quick_heartbeat_needs_no_first_comment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_stream, "FIRST", 0.1)
    response = EventStream(silence(), 0.1, LONG)
    asked: list[str] = []
    monkeypatch.setattr(response, "_break_silence", lambda send: asked.append("first"))

    async def nothing(message: Message) -> None: ...

    async def leave() -> Message:
        return {"type": "http.disconnect"}

    asyncio.run(response({"type": "http", "method": "GET"}, leave, nothing))
    assert asked == []
