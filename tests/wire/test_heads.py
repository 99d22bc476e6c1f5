"""What one connection brings, piece by piece: what is a head, and what waits its turn."""

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from bare_socket import answer, connect, head, rest
from fastapi import FastAPI
from fastapi.responses import PlainTextResponse
from waiting import until

from chatkit import Server
from chatkit.limits import Connection

Start = Callable[..., Server]


def test_many_heads_on_a_connection_are_no_large_one(start: Start) -> None:
    line = connect(start())
    for _ in range(20):
        line.sendall(head("GET", "/healthz", "x: " + "x" * 10_000))
        assert answer(line).startswith(b"HTTP/1.1 200 OK\r\n")
    line.sendall(head("GET", "/healthz", "x: " + "x" * 10_000, "Connection: close"))
    assert rest(line).startswith(b"HTTP/1.1 200 OK\r\n")


def test_body_that_comes_in_pieces_is_no_head(start: Start) -> None:
    line = connect(start())
    body = json.dumps({"message": "x" * 90_000}).encode()
    headers = ("Content-Type: application/json", f"Content-Length: {len(body)}")
    line.sendall(head("POST", "/turns", *headers, "Connection: close"))
    for begin in range(0, len(body), 20_000):
        time.sleep(0.05)  # so that they are read one by one; if they are not, there is less to see
        line.sendall(body[begin : begin + 20_000])
    assert rest(line).startswith(b"HTTP/1.1 201 ")


def test_request_that_comes_while_an_answer_waits_is_not_answered_yet(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Connection, "waiting_seconds", 3600)
    app, asked = FastAPI(), []

    @app.get("/{size}")
    async def letters(size: int) -> PlainTextResponse:
        asked.append(size)
        return PlainTextResponse("x" * size)

    server = start(app)
    line = connect(server, window=65536)
    line.sendall(head("GET", "/10000000"))
    connections: Any = server._uvicorn.server_state.connections
    until(lambda: any(connection.next_check for connection in list(connections)))
    line.sendall(head("GET", "/1", "Connection: close"))
    time.sleep(0.1)  # if it were answered, it would be by now
    assert asked == [10_000_000]
    answers = rest(line)
    assert asked == [10_000_000, 1]
    assert answers.count(b"HTTP/1.1 200 OK\r\n") == 2
    assert len(answers) > 10_000_001
