"""A reader that takes nothing is cut off, and comes back by its cursor."""

import contextlib
import threading
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest
from bare_socket import connect, events_of, head, is_complete, rest, stream_path
from sse_client import follow, post, text
from waiting import until

from chatkit import Server
from chatkit.replies import Message
from chatkit.sse import Event
from chatkit.turns import Limits, Turns

Start = Callable[..., Server]

PIECES, SIZE = 1500, 10_000
HUGE = Limits(bytes=100_000_000)
WHOLE = "".join(f"{number:04}" + "x" * SIZE for number in range(PIECES))


async def large(_: list[Message]) -> AsyncIterator[str]:
    """Far more than the buffers between server and reader hold."""
    for number in range(PIECES):
        yield f"{number:04}" + "x" * SIZE


def read_on(url: str, *events: Event) -> list[Event]:
    """All events, after those that a reader has. On a busy machine it may be cut off itself."""
    found = [*events]
    while not found or found[-1].type != "end":
        cursor = {"Last-Event-ID": found[-1].id} if found else {}
        with contextlib.suppress(httpx.TransportError):
            for event in follow(url, headers=cursor):
                found.append(event)
    return found


def health(server: Server) -> Any:
    return httpx.get(server.url + "healthz").json()


def test_stalled_reader_is_cut_off_and_gets_the_rest_when_it_comes_back(start: Start) -> None:
    server = start(reply=large, turns=Turns(HUGE), heartbeat=0.5, stalled=2)
    url = post(server.url, "x")["events"]
    stalled = connect(server, window=4096)
    stalled.sendall(head("GET", stream_path(url)))
    answer = stalled.recv(1000)  # and takes no more
    others: list[str] = []
    reader = threading.Thread(target=lambda: others.append(text(read_on(url))))
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
    events = read_on(url, *events)
    assert [event.id for event in events] == [str(number) for number in range(1, PIECES + 2)]
    assert text(events) == WHOLE
    server.stop()
    assert server.messages == ""


def test_slow_reader_is_not_a_stalled_one(start: Start) -> None:
    async def reply(_: list[Message]) -> AsyncIterator[str]:
        for _ in range(15_000):
            yield "x" * 1000

    server = start(reply=reply, turns=Turns(HUGE), heartbeat=0.2, stalled=5)
    url = post(server.url, "x")["events"]
    slow = connect(server, window=65536)
    slow.sendall(head("GET", stream_path(url), "Connection: close"))
    answer = bytearray()
    for _ in range(14):  # in all it takes longer than `stalled`
        time.sleep(0.4)
        while len(answer) % 1_000_000 < 990_000:
            answer += slow.recv(10_000)
        answer += slow.recv(10_000)
    answer += rest(slow)
    assert is_complete(bytes(answer))
    assert len(text(events_of(bytes(answer)))) == 15_000_000
    server.stop()
    assert server.messages == ""


def test_stalled_reader_gives_its_place_back_whatever_else_it_asked_for(start: Start) -> None:
    server = start(reply=large, turns=Turns(HUGE), max_streams=3, heartbeat=0.1, stalled=2)
    url = post(server.url, "x")["events"]
    lines = [connect(server, window=4096) for _ in range(3)]
    for line in lines:
        line.sendall(head("GET", stream_path(url)))
        line.recv(100)
        line.sendall(head("GET", "/healthz"))
    until(lambda: health(server)["streams"] == 0)
    for line in lines:
        line.close()
    assert text(read_on(url)) == WHOLE
    assert server.messages == ""


def test_readers_whose_time_ends_while_the_loop_is_blocked(start: Start) -> None:
    async def reply(messages: list[Message]) -> AsyncIterator[str]:
        if messages[-1]["content"] == "block":
            yield "a"
            time.sleep(1.5)  # noqa: ASYNC251 (the clocks of all readers come to their end in it)
        else:
            yield "x" * 20_000_000

    server = start(reply=reply, turns=Turns(HUGE), heartbeat=0.3, stalled=1)
    url = post(server.url, "x")["events"]
    line = connect(server)
    line.sendall(head("GET", stream_path(url), "Connection: close"))
    assert len(text(events_of(rest(line)))) == 20_000_000
    lines = [connect(server, window=4096) for _ in range(5)]
    for line in lines:
        line.sendall(head("GET", stream_path(url)))
        line.recv(100)
    time.sleep(0.5)  # until the heartbeats wait; if they do not yet, there is less to see
    post(server.url, "block")
    until(lambda: health(server)["streams"] == 0)
    for line in lines:
        assert not is_complete(rest(line))
    assert server.messages == ""


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
    text(read_on(url))
    server.stop()
    for line in stalled:
        line.close()
    assert not server._thread.is_alive()
    assert server.messages == ""
    assert capfd.readouterr() == ("", "")
