"""A reader that takes nothing is cut off, and comes back by its cursor."""

import socket
import threading
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from fastapi.responses import PlainTextResponse
from raw import connect, events_of, head, is_complete, rest, stream_path
from sse_client import post, read, text
from waiting import until

from chatkit import Server, answer_limit, serve
from chatkit.event_stream import EventStream
from chatkit.replies import Message
from chatkit.turns import Limits, Turns

Start = Callable[..., Server]

PIECES, SIZE = 1500, 10_000
HUGE = Limits(bytes=100_000_000)
WHOLE = "".join(f"{number:04}" + "x" * SIZE for number in range(PIECES))


async def large(_: list[Message]) -> AsyncIterator[str]:
    """Far more than the buffers between server and reader hold."""
    for number in range(PIECES):
        yield f"{number:04}" + "x" * SIZE


def health(server: Server) -> Any:
    return httpx.get(server.url + "healthz").json()


def test_stalled_reader_is_cut_off_and_gets_the_rest_when_it_comes_back(start: Start) -> None:
    server = start(reply=large, turns=Turns(HUGE), heartbeat=0.5, stalled=2)
    url = post(server.url, "x")["events"]
    stalled = connect(server, window=4096)
    stalled.sendall(head("GET", stream_path(url)))
    answer = stalled.recv(1000)  # and takes no more
    others: list[str] = []
    reader = threading.Thread(target=lambda: others.append(text(read(url))))
    reader.start()
    until(lambda: health(server)["streams"] == 0)
    reader.join()
    assert others == [WHOLE]

    answer += rest(stalled)
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert not is_complete(answer)
    events = events_of(answer)
    assert len(events) < PIECES
    assert "end" not in [event.type for event in events]
    cursor = {"Last-Event-ID": events[-1].id} if events else {}
    events += read(url, headers=cursor)
    assert [event.id for event in events] == [str(number) for number in range(1, PIECES + 2)]
    assert text(events) == WHOLE
    server.stop()
    assert server.log == ""


def test_slow_reader_is_not_a_stalled_one(start: Start) -> None:
    async def reply(_: list[Message]) -> AsyncIterator[str]:
        for _ in range(15_000):
            yield "x" * 1000

    server = start(reply=reply, turns=Turns(HUGE), heartbeat=0.2, stalled=5)
    url = post(server.url, "x")["events"]
    slow = connect(server, window=2048)
    slow.sendall(head("GET", stream_path(url), "Connection: close"))
    answer = b""
    for _ in range(14):  # in all it takes longer than `stalled`
        time.sleep(0.4)
        while len(answer) % 1_000_000 < 990_000:
            answer += slow.recv(10_000)
        answer += slow.recv(10_000)
    answer += rest(slow)
    assert is_complete(answer)
    assert len(text(events_of(answer))) == 15_000_000
    server.stop()
    assert server.log == ""


def test_stalled_reader_gives_its_place_back_whatever_else_it_asked_for(start: Start) -> None:
    server = start(reply=large, turns=Turns(HUGE), max_streams=3, heartbeat=0.1, stalled=0.3)
    url = post(server.url, "x")["events"]
    lines = [connect(server, window=4096) for _ in range(3)]
    for line in lines:
        line.sendall(head("GET", stream_path(url)))
        line.recv(100)
        line.sendall(head("GET", "/healthz"))
    until(lambda: health(server)["streams"] == 0)
    for line in lines:
        line.close()
    assert text(read(url)) == WHOLE
    assert server.log == ""


def test_readers_whose_time_ends_while_the_loop_is_blocked(start: Start) -> None:
    async def reply(messages: list[Message]) -> AsyncIterator[str]:
        if messages[-1]["content"] == "block":
            yield "a"
            time.sleep(1.5)  # noqa: ASYNC251 (the clocks of all readers come to their end in it)
        else:
            yield "x" * 20_000_000

    server = start(reply=reply, turns=Turns(HUGE), heartbeat=0.3, stalled=1)
    url = post(server.url, "x")["events"]
    assert len(text(read(url))) == 20_000_000
    lines = [connect(server, window=4096) for _ in range(5)]
    for line in lines:
        line.sendall(head("GET", stream_path(url)))
        line.recv(100)
    time.sleep(0.5)  # until the heartbeats wait; if they do not yet, there is less to see
    post(server.url, "block")
    until(lambda: health(server)["streams"] == 0)
    for line in lines:
        assert not is_complete(rest(line))
    assert server.log == ""


@pytest.mark.parametrize("pieces", [2, PIECES])  # what waits fits into the server's buffer, or not
def test_stop_waits_for_no_stalled_reader(
    start: Start, capfd: pytest.CaptureFixture[str], pieces: int
) -> None:
    async def reply(_: list[Message]) -> AsyncIterator[str]:
        for _ in range(pieces):
            yield "x" * 20_000

    server = start(reply=reply, turns=Turns(HUGE))
    url = post(server.url, "x")["events"]
    stalled = [connect(server, window=1024) for _ in range(3)]
    for line in stalled:
        line.sendall(head("GET", stream_path(url)))
        line.recv(100)
    text(read(url))
    server.stop()
    for line in stalled:
        line.close()
    assert not server._thread.is_alive()
    assert server.log == ""
    assert capfd.readouterr() == ("", "")


LETTERS = "x" * 20_000_000  # far more than the buffers hold


@pytest.fixture
def asked() -> list[str]:
    """The paths that the app below was asked for."""
    return []


@pytest.fixture
def server(asked: list[str]) -> Iterator[Server]:
    """An app whose answers are large; the connection is not read while one of them waits."""
    app = FastAPI()

    @app.get("/{path}")
    async def large_answer(path: str) -> PlainTextResponse:
        asked.append(path)
        return PlainTextResponse(LETTERS if path == "large" else path)

    @app.get("/a/stream")
    async def stream() -> EventStream:
        async def frames() -> AsyncGenerator[bytes, None]:
            for _ in range(1000):
                yield b"data: " + b"x" * 20_000 + b"\n\n"

        return EventStream(frames(), 15, 30)

    with serve(app, name="large answers") as server:
        yield server


def connections(server: Server) -> list[Any]:
    return list(server._uvicorn.server_state.connections)


def read_large(line: socket.socket) -> None:
    """Read one whole answer of the app."""
    answer = b""
    while not answer.endswith(b"\r\n\r\n"):
        answer += line.recv(1)
    size = len(LETTERS)
    while size:
        size -= len(line.recv(min(size, 100_000)))


@pytest.mark.parametrize(
    "requests",
    [
        head("GET", "/large"),
        head("GET", "/large", "Connection: close"),
        head("GET", "/large") + head("GET", "/more") * 10,
    ],
)
def test_answer_that_nobody_takes(
    server: Server, asked: list[str], monkeypatch: pytest.MonkeyPatch, requests: bytes
) -> None:
    monkeypatch.setattr(answer_limit, "SECONDS", 0.2)
    line = connect(server, window=4096)
    line.sendall(requests)
    line.recv(100)
    until(lambda: not connections(server))
    assert len(rest(line)) < len(LETTERS)
    assert asked == ["large"]
    assert httpx.get(server.url + "small").text == "small"
    assert server.log == ""


def test_answer_that_is_taken_slowly(
    server: Server, asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answer_limit, "SECONDS", 3600)
    line = connect(server, window=4096)
    line.sendall(head("GET", "/large"))
    until(lambda: connections(server) and connections(server)[0].next_look)
    (connection,) = connections(server)
    looked = threading.Event()

    def look() -> None:  # what the clock does, once an hour
        if connection.next_look:
            connection.look()
        looked.set()

    line.sendall(head("GET", "/next"))
    answer, looks = b"", 0
    while connection.next_look:
        while connection.next_look and (
            connection.transport.get_write_buffer_size() >= connection.waiting
        ):
            answer += line.recv(100_000)
        looked.clear()
        server._loop.call_soon_threadsafe(look)  # type: ignore[union-attr]
        assert looked.wait(60)
        looks += 1
    assert looks > 3
    while not answer.endswith(b"next"):
        answer += line.recv(100_000)
    assert answer.count(b"x" * 1000) == len(LETTERS) // 1000
    assert asked == ["large", "next"]
    line.close()
    until(lambda: not connections(server))
    assert server.log == ""


def test_what_is_asked_for_next_comes_whole(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answer_limit, "SECONDS", 3600)
    line = connect(server)
    for _ in range(3):
        line.sendall(head("GET", "/large") * 2)
        read_large(line)
        read_large(line)
    line.sendall(head("GET", "/large") + head("GET", "/a/stream", "Connection: close"))
    read_large(line)
    stream = rest(line)
    assert is_complete(stream)
    assert len(events_of(stream)) == 1000
    assert server.log == ""


def test_many_answers_that_nobody_takes(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answer_limit, "SECONDS", 3600)
    monkeypatch.setattr(answer_limit, "MOST", 41_000_000)  # two of them, and not three
    lines = [connect(server, window=4096) for _ in range(3)]
    for line in lines:
        line.sendall(head("GET", "/large"))
        line.recv(100)
    assert len(rest(lines.pop())) < len(LETTERS)
    assert httpx.get(server.url + "small").text == "small"
    for line in lines:
        read_large(line)
        line.close()
    assert server.log == ""
