"""Each limit reached: its exact answer, and others who notice nothing of it."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from bare_socket import answer, connect, head, rest
from sse_client import follow, post, read, text
from told import Told
from waiting import until

from chatkit import Server
from chatkit.limits.connection import TOO_LARGE, Connection
from chatkit.replies import Message
from chatkit.sse import Event
from chatkit.turns import Limits, Turns

Start = Callable[..., Server]


MOST = Connection.head_bytes
START = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n"
TOO_MUCH = {
    "a path": b"GET /".ljust(MOST + 1, b"x"),
    "a header": (START + b"x: ").ljust(MOST + 1, b"x"),
    "headers": START + b"x: 1\r\n" * (MOST // 6),
}


@pytest.mark.parametrize("name", TOO_MUCH)
def test_head_that_is_too_large(
    start: Start, told: Told, other: Callable[[Server], Any], name: str
) -> None:
    server = start(reply=told)
    with other(server):
        line = connect(server)
        line.sendall(TOO_MUCH[name])
        assert rest(line) == TOO_LARGE
        line = connect(server)  # the second head on a connection
        line.sendall(head("GET", "/healthz"))
        assert answer(line).startswith(b"HTTP/1.1 200 OK\r\n")
        line.sendall(TOO_MUCH[name])
        assert rest(line) == TOO_LARGE
    assert server.messages == ""


def test_head_that_is_just_small_enough(start: Start) -> None:
    server = start()
    line = connect(server)
    line.sendall(TOO_MUCH["a header"][: MOST - 23] + b"\r\nConnection: close\r\n\r\n")
    assert rest(line).startswith(b"HTTP/1.1 200 OK\r\n")


def test_body_is_no_head(start: Start) -> None:
    server = start()
    body = json.dumps({"message": "x" * 90_000}).encode()
    line = connect(server)
    headers = ("Content-Type: application/json", "Transfer-Encoding: chunked", "Connection: close")
    line.sendall(head("POST", "/turns", *headers))
    for start_of_it in range(0, len(body), 30_000):
        piece = body[start_of_it : start_of_it + 30_000]
        line.sendall(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
    line.sendall(b"0\r\n\r\n")
    assert rest(line).startswith(b"HTTP/1.1 201 ")


@pytest.mark.parametrize("start_of_it", [b"", b"GET /heal"])
def test_head_that_does_not_come(
    start: Start, told: Told, monkeypatch: pytest.MonkeyPatch, start_of_it: bytes
) -> None:
    monkeypatch.setattr(Connection, "head_seconds", 2)
    server = start(reply=told, heartbeat=0.8)
    url = post(server.url, "x")["events"]
    with httpx.stream("GET", url, timeout=60) as response:
        chunks = response.iter_raw()
        line = connect(server)
        line.sendall(start_of_it)
        assert rest(line) == b""
        again = connect(server)  # the second head on a connection
        again.sendall(head("GET", "/healthz"))
        assert answer(again).startswith(b"HTTP/1.1 200 OK\r\n")
        again.sendall(b"GET /heal")  # which ends uvicorn's own clock for idle connections
        rest(again)
        for _ in range(3):  # a stream is open for longer than that
            next(chunks)
        told.end()
        assert b"event: end" in b"".join(chunks)
    assert server.messages == ""


def by(client: str) -> dict[str, str]:
    """The header with which a proxy says whose request it passes on; uvicorn believes it."""
    return {"X-Forwarded-For": client}


def health(server: Server) -> Any:
    return httpx.get(server.url + "healthz").json()


@pytest.fixture
def other(told: Told) -> Callable[[Server], Any]:
    """Someone else reads a reply all the while, and gets all of it."""

    @contextmanager
    def other(server: Server) -> Iterator[None]:
        stream = follow(post(server.url, "other")["events"], headers=by("192.0.2.99"))
        told.say("before")
        events = [next(stream)]
        yield
        told.say(", after")
        told.end()
        events += stream
        assert text(events) == "before, after"
        assert events[-1].type == "end"

    return other


def test_streams_in_all(start: Start, told: Told, other: Any) -> None:
    server = start(reply=told, max_streams=3)
    with other(server):
        url = post(server.url, "x")["events"]
        streams = [follow(url, headers=by(f"192.0.2.{number}")) for number in range(2)]
        for stream in streams:
            next(stream)
        answer = httpx.get(url, headers=by("192.0.2.7"))
        assert answer.status_code == 503
        assert answer.headers["retry-after"] == "5"
        assert answer.json() == {"detail": "3 streams are open, which is the limit (max_streams)."}
        assert health(server)["streams"] == 3
        streams[0].close()  # type: ignore[attr-defined]
        until(lambda: health(server)["streams"] == 2)
        assert next(follow(url, headers=by("192.0.2.7"))).id == "1"


def test_streams_of_one_client(start: Start, told: Told, other: Any) -> None:
    server = start(reply=told, max_streams_per_client=2)
    with other(server):
        url = post(server.url, "x")["events"]
        streams = [follow(url, headers=by("192.0.2.1")) for _ in range(2)]
        for stream in streams:
            next(stream)
        answer = httpx.get(url, headers=by("192.0.2.1"))
        assert answer.status_code == 429
        assert answer.headers["retry-after"] == "5"
        assert answer.json() == {
            "detail": "2 streams to 192.0.2.1 are open, which is the limit for one address "
            "(max_streams_per_client)."
        }
        assert next(follow(url, headers=by("192.0.2.2"))).id == "1"
        assert httpx.get(server.url, headers=by("192.0.2.1")).status_code == 200
        streams[0].close()  # type: ignore[attr-defined]
        until(lambda: health(server)["streams"] == 2)  # this one, and the other's
        assert next(follow(url, headers=by("192.0.2.1"))).id == "1"


def test_refused_requests_take_no_place(start: Start) -> None:
    server = start(max_streams=1)
    url = post(server.url, "Hi")["events"]
    for _ in range(3):
        assert httpx.get(server.url + "turns/unknown/events").status_code == 404
        assert httpx.get(url, params={"after": "x"}).status_code == 400
        assert text(read(url)) == "Hi"
        until(lambda: health(server)["streams"] == 0)
        assert httpx.get(url, params={"after": "3"}).status_code == 204
    assert health(server)["streams"] == 0


def chunked(body: bytes) -> bytes:
    return f"{len(body):x}\r\n".encode() + body + b"\r\n0\r\n\r\n"


@pytest.mark.parametrize("size", [1_000_000, 15_000_000])
@pytest.mark.parametrize("length", ["known", "not known"])
def test_refusal_of_a_body_reaches_who_sends_all_of_it_first(
    start: Start, told: Told, other: Any, size: int, length: str
) -> None:
    server = start(reply=told)
    body = b"x" * size
    how = f"Content-Length: {size}" if length == "known" else "Transfer-Encoding: chunked"
    with other(server):
        line = connect(server)
        line.sendall(head("POST", "/turns", "Content-Type: application/json", how))
        line.sendall(body if length == "known" else chunked(body))  # raises if it is cut off
        answer = rest(line)
        assert answer.startswith(b"HTTP/1.1 413 ")
        assert answer.endswith(b'{"detail":"The request is larger than 601,000 bytes."}')
    assert server.messages == ""


@pytest.mark.parametrize(
    "headers", ["Content-Length: 100000000", "Content-Length: 5000000\r\nExpect: 100-continue"]
)
def test_body_that_is_far_too_large_is_not_waited_for(start: Start, headers: str) -> None:
    server = start(max_wait=3600)
    line = connect(server)
    line.sendall(head("POST", "/turns", "Content-Type: application/json", headers))
    assert rest(line).startswith(b"HTTP/1.1 413 ")


def test_after_a_refusal_of_a_whole_body_the_connection_goes_on(start: Start) -> None:
    server = start(max_message=10)
    line = connect(server)
    for size in (100, 5_000):  # more than a message, more than a body may have
        body = json.dumps({"message": "x" * size}).encode()
        headers = ("Content-Type: application/json", "Transfer-Encoding: chunked")
        line.sendall(head("POST", "/turns", *headers) + chunked(body))
        answer = b""
        while not answer.endswith(b'bytes."}'):
            answer += line.recv(1)
        assert answer.startswith(b"HTTP/1.1 413 ")
        assert b"connection: close" not in answer


def test_refusal_comes_before_the_body(start: Start) -> None:
    server = start(max_wait=3600)
    line = connect(server)
    line.sendall(head("POST", "/turns", "Content-Length: 5000000"))
    answer = b""
    while not answer.endswith(b'bytes."}'):
        answer += line.recv(1)
    line.sendall(b"x" * 5_000_000)
    assert rest(line) == b""


def test_live_turns(start: Start, told: Told, other: Any) -> None:
    server = start(reply=told, turns=Turns(Limits(live=2)))
    with other(server):
        post(server.url, "two")
        answer = httpx.post(server.url + "turns", json={"message": "three"})
        assert answer.status_code == 503
        assert answer.headers["retry-after"] == "1"
        assert answer.json() == {"detail": "2 replies are being written, which is the limit."}
    until(lambda: health(server)["live"] == 0)
    post(server.url, "three")


def test_chat(start: Start, told: Told, other: Any) -> None:
    server = start(reply=told, turns=Turns(Limits(chat_bytes=1500, chat_live=2)))
    with other(server):
        first = post(server.url, "one")
        post(server.url, "two" * 500, chat=first["chat"])
        new = {"message": "three", "chat": first["chat"]}
        answer = httpx.post(server.url + "turns", json=new)
        assert answer.status_code == 409
        why = "The chat has more than 1,500 bytes. Start a new one."
        assert answer.json() == {"detail": why}
        messages = [turn["message"] for turn in chat(server, first["chat"])]
        assert messages == ["one", "two" * 500]


def test_live_turns_of_a_chat(start: Start, told: Told) -> None:
    server = start(reply=told, turns=Turns(Limits(chat_live=1)))
    first = post(server.url, "one")
    for chat_of_it in ({"chat": first["chat"]}, {"parent": first["turn"]}):
        answer = httpx.post(server.url + "turns", json={"message": "two"} | chat_of_it)
        assert answer.status_code == 503
        assert answer.headers["retry-after"] == "1"
        why = "Replies being written in this chat: 1, which is the limit."
        assert answer.json() == {"detail": why}
    told.say("not disturbed")
    told.end()
    assert text(read(first["events"])) == "not disturbed"


def chat(server: Server, name: str) -> Any:
    return httpx.get(server.url + "chats/" + name).json()["turns"]


def test_message(start: Start, told: Told, other: Any) -> None:
    server = start(reply=told, max_message=10)
    with other(server):
        answer = httpx.post(server.url + "turns", json={"message": "☃" * 4})
        assert answer.status_code == 413
        assert answer.json() == {"detail": "The message is larger than 10 bytes."}


def failure_of(events: list[Event]) -> Any:
    assert [event.type for event in events].count("failure") == 1
    assert events[-1].type == "failure"
    return json.loads(events[-1].data)


@pytest.mark.parametrize(
    ("limits", "pieces", "why"),
    [
        ({"events": 10}, 10, "The reply has more than 10 pieces."),
        ({"bytes": 280}, 10, "Message and reply take more than 280 bytes."),
    ],
)
def test_reply_that_is_too_large(start: Start, limits: Any, pieces: int, why: str) -> None:
    async def reply(messages: list[Message]) -> AsyncIterator[str]:
        while True:
            yield "x" * 10

    server = start(reply=reply, turns=Turns(Limits(**limits)))
    events = read(post(server.url, "x")["events"])
    assert failure_of(events)["message"] == why
    assert failure_of(events)["events"] == len(events) - 1 == pieces


def test_reply_that_is_silent(start: Start, told: Told) -> None:
    async def reply(messages: list[Message]) -> AsyncIterator[str]:
        yield "a"
        if messages[-1]["content"] == "silent":
            await asyncio.Event().wait()
        while not told.ended:
            yield "."
            await asyncio.sleep(0.01)

    server = start(reply=reply, turns=Turns(Limits(silence=2.5)))
    talking = follow(post(server.url, "talking")["events"])
    events = [next(talking)]
    silent = read(post(server.url, "silent")["events"])
    assert text(silent) == "a"
    why = "The reply was silent for 2.5 seconds, which is the limit."
    assert failure_of(silent)["message"] == why
    told.end()
    events += talking
    assert events[-1].type == "end"
    until(lambda: "in reply" in server.messages)  # where it was


def test_turns_kept(start: Start) -> None:
    server = start(turns=Turns(Limits(kept=2)))
    turns = [post(server.url, "x")]
    for _ in range(4):
        read(turns[-1]["events"])
        turns.append(post(server.url, "x"))
    answer = httpx.get(turns[0]["events"])
    assert answer.status_code == 404
    assert answer.json() == {
        "detail": "Unknown turn: never started, no longer kept, "
        "or kept by another process of this server."
    }
    assert text(read(turns[-2]["events"])) == "x"


def test_age_of_turns(start: Start) -> None:
    server = start(turns=Turns(Limits(age=0)))
    turn = post(server.url, "x")
    until(lambda: httpx.get(turn["events"]).status_code == 404)
    assert httpx.get(f"{server.url}chats/{turn['chat']}").status_code == 404


def test_reader_of_a_turn_that_is_forgotten_meanwhile_reads_on(start: Start, told: Told) -> None:
    server = start(reply=told, turns=Turns(Limits(kept=0)))
    stream = follow(post(server.url, "x")["events"])
    told.say("a")
    events: list[Event] = [next(stream)]
    told.say("b")
    told.end()
    post(server.url, "y")
    events += stream
    assert text(events) == "ab"
