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


def test_quick_heartbeat_needs_no_first_comment() -> None:
    async def short_silence() -> AsyncGenerator[bytes, None]:
        await asyncio.sleep(1.5 * event_stream.FIRST)
        yield EVENT

    assert sorted(sent(short_silence, event_stream.FIRST)) == [PING, EVENT]


def test_error_of_the_frames_is_raised() -> None:
    async def broken() -> AsyncGenerator[bytes, None]:
        yield EVENT
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        sent(broken, LONG)


def test_reader_that_leaves_closes_the_frames() -> None:
    closed: list[str] = []

    async def endless() -> AsyncGenerator[bytes, None]:
        try:
            yield EVENT
            await asyncio.Event().wait()
        finally:
            closed.append("frames")

    async def send(message: Message) -> None: ...

    async def leave() -> Message:
        await asyncio.sleep(0)
        return {"type": "http.disconnect"}

    async def run() -> None:
        await EventStream(endless(), 0, LONG)({"type": "http", "method": "GET"}, leave, send)
        closed.append("response")

    asyncio.run(run())
    assert closed == ["frames", "response"]


def test_cancellation_of_the_request_is_passed_on() -> None:
    async def send(message: Message) -> None: ...

    async def receive() -> Message:
        await asyncio.Event().wait()
        raise AssertionError

    async def run() -> bool:
        scope = {"type": "http", "method": "GET"}
        stream = EventStream(silence(), LONG, LONG)
        task = asyncio.ensure_future(stream(scope, receive, send))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])
        return task.cancelled()

    assert asyncio.run(run())
