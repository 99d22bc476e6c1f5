"""An answer that nobody takes is given up, and a slow reader gets all of its own."""

import socket
import threading
from collections.abc import AsyncGenerator, Iterator
from typing import Any

import httpx
import pytest
from bare_socket import connect, events_of, head, is_complete, rest
from fastapi import FastAPI
from fastapi.responses import PlainTextResponse
from waiting import until

from chatkit import Server, serve
from chatkit.limits.connection import Connection
from chatkit.web.event_stream import EventStream

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
    monkeypatch.setattr(Connection, "waiting_seconds", 0.2)
    line = connect(server, window=4096)
    line.sendall(requests)
    line.recv(100)
    until(lambda: not connections(server))
    assert len(rest(line)) < len(LETTERS)
    assert asked == ["large"]
    assert httpx.get(server.url + "small").text == "small"
    assert server.messages == ""


def test_answer_that_is_taken_slowly(
    server: Server, asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Connection, "waiting_seconds", 3600)
    line = connect(server, window=4096)
    line.sendall(head("GET", "/large"))
    until(lambda: connections(server) and connections(server)[0].next_check)
    (connection,) = connections(server)
    looked = threading.Event()

    def look() -> None:  # what the clock does, once an hour
        if connection.next_check:
            connection.check_progress()
        looked.set()

    line.sendall(head("GET", "/next"))
    answer, looks = b"", 0
    while connection.next_check:
        while connection.next_check and (
            connection.transport.get_write_buffer_size() >= connection.seen
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
    assert server.messages == ""


def test_what_is_asked_for_next_comes_whole(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Connection, "waiting_seconds", 3600)
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
    assert server.messages == ""


def test_many_answers_that_nobody_takes(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Connection, "waiting_seconds", 3600)
    monkeypatch.setattr(Connection, "waiting_bytes", 41_000_000)  # two of them, and not three
    lines = [connect(server, window=4096) for _ in range(3)]
    for line in lines:
        line.sendall(head("GET", "/large"))
        line.recv(100)
    assert len(rest(lines.pop())) < len(LETTERS)
    assert httpx.get(server.url + "small").text == "small"
    for line in lines:
        read_large(line)
        line.close()
    assert server.messages == ""
