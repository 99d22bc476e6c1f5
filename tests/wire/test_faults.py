"""Breaking the stream on purpose: what each fault does to the bytes, and whom it hits."""

import contextlib
import json
import socket
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any
from unittest.mock import ANY

import httpx
import pytest
from pydantic import ValidationError
from sse_client import follow, post, read
from starlette.types import ASGIApp
from told import Told
from uvicorn.protocols.http.h11_impl import H11Protocol
from waiting import until

from chatkit import Server, create_app, echo
from chatkit.faults.kinds import KINDS, Drop, Fault, NoContent, Skip, Twice
from chatkit.faults.lab import FaultLayer
from chatkit.sse import Event, Parser

Start = Callable[..., Server]
MESSAGE = "aé😀b"


@dataclass
class Answer:
    """A response, as its bytes were on the wire. `complete`: it ended as HTTP wants it."""

    status: int
    headers: dict[str, str]
    chunks: list[bytes]
    complete: bool

    @property
    def body(self) -> bytes:
        return b"".join(self.chunks)


def ask(url: str, *, after: int = 0) -> Answer | None:
    """Read a stream to its end on a connection of its own. None: it closed without a byte."""
    target = httpx.URL(url)
    with socket.create_connection((target.host, target.port), timeout=60) as line:
        head = "HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        request = f"GET {target.path}?after={after} {head}"
        line.sendall(request.encode())
        received = b"".join(iter(lambda: line.recv(65536), b""))
    if not received:
        return None
    head, _, body = received.partition(b"\r\n\r\n")
    first, *rest = head.decode().split("\r\n")
    headers = dict(row.lower().split(": ", 1) for row in rest)
    chunks = [body]
    if complete := headers.get("transfer-encoding") != "chunked":
        complete = len(body) == int(headers.get("content-length", 0))
    else:
        *chunks, last = dechunk(body)
        complete = last == b""
        chunks += [] if complete else [last]
    return Answer(int(first.split()[1]), headers, chunks, complete)


def dechunk(body: bytes) -> Iterator[bytes]:
    while body:
        size, _, body = body.partition(b"\r\n")
        yield body[: int(size, 16)]
        body = body[int(size, 16) + 2 :]


def whole(url: str, *, after: int = 0) -> Answer:
    answer = ask(url, after=after)
    assert answer is not None
    return answer


def frames_of(body: bytes) -> list[bytes]:
    return [block + b"\n\n" for block in body.split(b"\n\n")[:-1]]


def arm(server: Server, kind: str, **parameters: Any) -> None:
    answer = httpx.post(server.url + "faults", json={"kind": kind} | parameters)
    assert answer.status_code == 201, answer.text


def armed(server: Server) -> Any:
    return httpx.get(server.url + "faults").json()["armed"]


def hits(server: Server, due: int = 0) -> Any:
    """What has been hit; when it is as much as is due: a reader may see the harm before it."""

    def found() -> Any:
        return httpx.get(server.url + "faults").json()["hits"]

    until(lambda: len(found()) >= due)
    return found()


@pytest.fixture
def server(start: Start) -> Server:
    return start(faults=True)


@dataclass
class Log:
    """A finished turn: the URL of its events, and its frames as they are without a fault."""

    url: str
    frames: list[bytes]


@pytest.fixture
def log(server: Server) -> Log:
    url = post(server.url, MESSAGE)["events"]
    read(url)
    frames = frames_of(whole(url).body)
    assert [frame.split(b"\n")[0] for frame in frames] == [b"id: %d" % n for n in range(1, 6)]
    return Log(url, frames)


Frames = list[bytes]


def in_parts(frames: Frames, size: int) -> Frames:
    body = b"".join(frames)
    return [body[i : i + size] for i in range(0, len(body), size)]


def cut_characters(f: Frames) -> Frames:
    return [
        f[0],
        b'id: 2\ndata: "\xc3',
        b'\xa9"\n\n',
        b'id: 3\ndata: "\xf0',
        b'\x9f\x98\x80"\n\n',
        *f[3:],
    ]


@pytest.mark.parametrize(
    ("kind", "parameters", "expected", "complete"),
    [
        ("drop", {"after": 2}, lambda f: f[:2], False),
        ("drop", {}, lambda f: f[:3], False),
        ("drop", {"after": 5}, lambda f: f, False),
        ("drop", {"after": 6}, lambda f: f, True),
        ("close", {"after": 2}, lambda f: f[:2], True),
        ("cut-event", {"event": 2, "size": 8}, lambda f: [f[0], f[1][:8]], False),
        ("cut-event", {"event": 1, "size": 1}, lambda f: [b"i"], False),
        ("cut-event", {"event": 2, "size": 1000}, lambda f: [f[0], f[1][:-1]], False),
        ("hold", {}, lambda f: [b"".join(f)], True),
        ("hold", {"size": 10}, lambda f: in_parts(f, 10), True),
        ("delay", {"seconds": 0.001}, lambda f: f, True),
        ("twice", {}, lambda f: [frame * 2 for frame in f], True),
        ("skip", {}, lambda f: [f[0], *f[2:]], True),
        ("skip", {"event": 5}, lambda f: f[:4], True),
        ("silence", {}, lambda f: f, True),
        ("cr", {}, lambda f: [frame.replace(b"\n", b"\r") for frame in f], True),
        ("crlf", {}, lambda f: [frame.replace(b"\n", b"\r\n") for frame in f], True),
        ("cut-character", {"seconds": 0.001}, cut_characters, True),
    ],
    ids=lambda value: json.dumps(value) if isinstance(value, str | dict) else "",
)
def test_fault_in_the_stream(
    server: Server,
    log: Log,
    kind: str,
    parameters: dict[str, Any],
    expected: Callable[[Frames], Frames],
    complete: bool,
) -> None:
    """The exact writes that reach a reader; the next one has the log as it is."""
    arm(server, kind, **parameters)
    answer = whole(log.url)
    assert answer.chunks == expected(log.frames)
    assert answer.complete is complete
    assert answer.status == 200
    assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
    after = whole(log.url)
    assert (frames_of(after.body), after.complete) == (log.frames, True)


def test_line_breaks_with_the_other_http_implementation_too(start: Start) -> None:
    server = start(faults=True, connection=H11Protocol)
    assert server._uvicorn.config.http_protocol_class is H11Protocol
    url = post(server.url, MESSAGE)["events"]
    read(url)
    frames = frames_of(whole(url).body)
    arm(server, "drop", after=2)
    assert whole(url) == Answer(200, ANY, frames[:2], False)
    arm(server, "cut-event", event=1, size=3)
    assert whole(url) == Answer(200, ANY, [b"id:"], False)
    arm(server, "close", after=2)
    assert whole(url) == Answer(200, ANY, frames[:2], True)
    arm(server, "refuse", seconds=0)
    assert ask(url) is None
    assert whole(url).complete


@pytest.mark.parametrize(
    ("kind", "status", "headers"),
    [
        ("500", 500, {"content-type": "application/json"}),
        ("503", 503, {"content-type": "application/json", "retry-after": "1"}),
        ("html", 200, {"content-type": "text/html; charset=utf-8"}),
        ("204", 204, {}),
    ],
)
def test_another_answer(
    server: Server, log: Log, kind: str, status: int, headers: dict[str, str]
) -> None:
    arm(server, kind)
    answer = whole(log.url)
    assert answer.status == status
    assert answer.headers.items() >= headers.items()
    assert answer.complete
    if status >= 500:
        assert json.loads(answer.body) == {"detail": "A fault that was armed."}
    assert b"id: 1" not in answer.body
    assert frames_of(whole(log.url).body) == log.frames


def test_refused_streams_get_no_byte(server: Server) -> None:
    turn = post(server.url, MESSAGE)
    read(turn["events"])
    arm(server, "refuse", seconds=60)
    assert httpx.get(server.url + "faults").json()["refusing"] == 0, "it starts with the first"
    assert [ask(turn["events"]) for _ in range(3)] == [None] * 3
    assert 0 < httpx.get(server.url + "faults").json()["refusing"] <= 60
    assert httpx.get(server.url + "turns/" + turn["turn"]).status_code == 200
    assert httpx.delete(server.url + "faults").json() == {"armed": [], "refusing": 0}
    assert whole(turn["events"]).complete


def test_refusing_ends_by_itself(server: Server, log: Log) -> None:
    arm(server, "refuse", seconds=0.05)
    assert ask(log.url) is None
    until(lambda: ask(log.url) is not None)
    assert frames_of(whole(log.url).body) == log.frames


def test_refusing_does_not_use_up_what_is_armed_after_it(server: Server, log: Log) -> None:
    arm(server, "refuse", seconds=0.05)
    arm(server, "204")
    assert ask(log.url) is None
    until(lambda: (answer := ask(log.url)) and answer.status == 204)
    assert whole(log.url).status == 200


def test_line_drops_at_once_and_the_turn_goes_on(start: Start, told: Told) -> None:
    server = start(reply=told, faults=True)
    url = post(server.url, "x")["events"]
    arm(server, "drop", after=1)
    told.say("a")
    dropped = whole(url)  # before anything more is said
    assert (dropped.body, dropped.complete) == (b'id: 1\ndata: "a"\n\n', False)
    until(lambda: httpx.get(server.url + "healthz").json()["streams"] == 0)
    told.say("b")
    told.end()
    assert [event.id for event in read(url, headers={"Last-Event-ID": "1"})] == ["2", "3"]


def test_events_are_counted_from_the_first_that_is_sent(server: Server, log: Log) -> None:
    arm(server, "drop", after=2)
    assert whole(log.url, after=2).chunks == log.frames[2:4]


def test_bytes_are_held_until_there_are_enough(start: Start, told: Told) -> None:
    server = start(reply=told, faults=True)
    url = post(server.url, "x")["events"]
    arm(server, "hold")
    told.say("a")
    with httpx.stream("GET", url) as response:
        chunks = response.iter_raw()
        told.say("b" * 5000)
        received = next(chunks)
        while len(received) < 4096:
            received += next(chunks)
        assert received.startswith(b'id: 1\ndata: "a"\n\nid: 2\ndata: "bbb')
        assert len(received) == 4096
        told.end()
        received += b"".join(chunks)
    assert received == whole(url).body


def test_delay_comes_before_every_event(server: Server, log: Log) -> None:
    arm(server, "delay", seconds=0.02)
    times = []
    start = time.monotonic()
    with httpx.stream("GET", log.url) as response:
        for _ in response.iter_raw():
            times.append(time.monotonic() - start)
    assert len(times) == len(log.frames)
    # No upper bound: a busy machine is late.
    assert all(at > 0.018 * number for number, at in enumerate(times, 1))


def comments(body: bytes) -> int:
    return body.count(b": ping\n\n")


def test_no_heartbeats(start: Start, told: Told) -> None:
    server = start(reply=told, heartbeat=0.01, faults=True)
    url = post(server.url, "x")["events"]
    arm(server, "silence")
    with httpx.stream("GET", url) as silent, httpx.stream("GET", url) as other:
        chunks = other.iter_raw()
        heard = b""
        while comments(heard) < 5:
            heard += next(chunks)
        told.say("a")
        told.end()
        silence = b"".join(silent.iter_raw())
    assert comments(silence) == 0
    assert len(frames_of(silence)) == 2


def test_heartbeats_stay_out_of_what_a_fault_has_begun(start: Start) -> None:
    server = start(heartbeat=0.005, faults=True)
    url = post(server.url, "éé")["events"]
    log = read(url)
    arm(server, "cut-character", seconds=0.1)
    answer = whole(url)
    assert comments(answer.body) > 0, "there were none to keep out"
    assert Parser().feed(answer.body) == log
    cut = [(a, b) for a, b in pairwise(answer.chunks) if a.endswith(b"\xc3")]
    assert [b for a, b in cut] == [b'\xa9"\n\n'] * 2


def test_heartbeats_are_no_events(start: Start, told: Told) -> None:
    server = start(reply=told, heartbeat=0.005, faults=True)
    url = post(server.url, "x")["events"]
    arm(server, "skip", event=2)
    with httpx.stream("GET", url) as response:
        chunks = response.iter_raw()
        received = b""
        for piece in "abc":
            told.say(piece)
            seen = comments(received)
            while comments(received) < seen + 2:
                received += next(chunks)
        told.end()
        received += b"".join(chunks)
    assert [event.id for event in Parser().feed(received)] == ["1", "3", "4"]


def test_delayed_reader_is_not_a_stalled_one(start: Start) -> None:
    server = start(faults=True, heartbeat=0.1, stalled=5)
    url = post(server.url, "x" * 60)["events"]
    read(url)  # so that all of it comes at once
    arm(server, "delay", seconds=0.1)  # 61 of them
    answer = whole(url)
    assert answer.complete
    assert len([frame for frame in frames_of(answer.body) if frame.startswith(b"id")]) == 61


def test_fault_hits_the_next_stream_only(server: Server, log: Log) -> None:
    """Two users: the one who comes first gets the fault, whoever armed it."""
    another = post(server.url, "hello")["events"]
    unharmed = read(another)
    arm(server, "drop", after=1)
    assert not whole(log.url).complete
    assert read(another) == unharmed
    assert armed(server) == []


def test_open_stream_is_not_hit(start: Start, told: Told) -> None:
    server = start(reply=told, faults=True)
    url = post(server.url, "x")["events"]
    events = follow(url)
    told.say("a")
    assert next(events) == Event('"a"', id="1")
    arm(server, "drop", after=1)
    told.say("b")
    told.end()
    assert [event.id for event in events] == ["2", "3"]
    assert not whole(url).complete


def test_faults_hit_in_order_and_as_often_as_they_should(server: Server, log: Log) -> None:
    arm(server, "503", times=2)
    arm(server, "close", after=1)
    assert armed(server) == [
        {"kind": "503", "times": 2},
        {"kind": "close", "times": 1, "after": 1},
    ]
    assert whole(log.url).status == 503
    assert armed(server)[0] == {"kind": "503", "times": 1}
    assert whole(log.url).status == 503
    assert whole(log.url).chunks == log.frames[:1]
    assert frames_of(whole(log.url).body) == log.frames


def test_disarm(server: Server, log: Log) -> None:
    arm(server, "503", times=1000)
    assert httpx.delete(server.url + "faults").json() == {"armed": [], "refusing": 0}
    assert whole(log.url).status == 200


def test_only_streams_are_hit(server: Server, log: Log) -> None:
    arm(server, "500")
    turn = post(server.url, "x")  # a POST
    for path in ("", "healthz", "turns/" + turn["turn"], "chats/" + turn["chat"], "static/main.js"):
        assert httpx.get(server.url + path).status_code == 200
    assert httpx.post(log.url).status_code == 405
    assert whole(log.url).status == 500


@pytest.mark.parametrize("kind", ["twice", "skip", "crlf", "hold", "cut-event", "drop"])
def test_answer_that_is_no_stream_stays_as_it_is(server: Server, log: Log, kind: str) -> None:
    unharmed = whole(server.url + "turns/unknown/events")
    arm(server, kind, times=2)
    answer = whole(server.url + "turns/unknown/events")
    assert (answer.status, answer.chunks, answer.complete) == (404, unharmed.chunks, True)
    assert whole(log.url, after=5).status == 204


@pytest.mark.parametrize("fault", [None, Skip(event=1_000_000)], ids=["none", "one that waits"])
def test_pieces_are_passed_on_when_they_are_written(
    start: Start, told: Told, fault: Fault | None
) -> None:
    app = create_app(told, faults=True)
    server = start(app)
    url = post(server.url, "x")["events"]
    if fault:
        app.state.faults.arm(fault)
    events = follow(url)
    for number, piece in enumerate(["first", " second", "\n\nthird", "a: b"], 1):
        told.say(piece)
        assert next(events) == Event(json.dumps(piece), id=str(number))  # before the next one
    told.end()
    assert next(events).type == "end"
    assert list(events) == []


@pytest.mark.parametrize(
    ("kind", "parameters", "expected", "after"),
    [
        ("drop", {"after": 1}, ["2"], 2),
        ("close", {"after": 1}, ["2"], 2),
        ("cut-event", {"event": 1}, [], 1),
        ("twice", {}, ["2", "2", "3", "3", "4", "4"], 1),
        ("skip", {"event": 2}, ["2", "4"], 2),
        ("cr", {}, ["2", "3", "4"], 1),
        ("hold", {}, ["2", "3", "4"], 1),
        ("delay", {"seconds": 0.01}, ["2", "3", "4"], 1),
    ],
)
def test_open_streams_are_broken_now(
    start: Start, told: Told, kind: str, parameters: dict[str, Any], expected: list[str], after: int
) -> None:
    server = start(reply=told, faults=True)
    turn = post(server.url, "x")
    with httpx.stream("GET", turn["events"]) as one, httpx.stream("GET", turn["events"]) as other:
        readers = [response.iter_raw() for response in (one, other)]
        told.say("a")
        assert [next(reader) for reader in readers] == [b'id: 1\ndata: "a"\n\n'] * 2
        arm(server, kind, now=True, **parameters)
        told.say("b")
        told.say("c")
        told.end()
        for reader in readers:
            received = b""
            with contextlib.suppress(httpx.RemoteProtocolError):
                for chunk in reader:
                    received += chunk
            assert [event.id for event in Parser().feed(received)] == expected
    hit = {"kind": kind, "turn": turn["turn"], "after": after}
    assert hits(server, due=2) == [{"number": number} | hit for number in (1, 2)]
    assert armed(server) == []
    assert [event.id for event in read(turn["events"])] == ["1", "2", "3", "4"]


@pytest.mark.parametrize(
    ("kind", "status"), [("500", 500), ("503", 503), ("html", 200), ("204", 204), ("refuse", None)]
)
def test_open_stream_is_cut_for_a_fault_that_answers(
    start: Start, told: Told, kind: str, status: int | None
) -> None:
    server = start(reply=told, faults=True)
    turn = post(server.url, "x")
    arm(server, "skip", event=1)  # hits the stream that is opened first
    with httpx.stream("GET", turn["events"]) as response:
        chunks = response.iter_raw()
        told.say("a")
        told.say("b")
        assert next(chunks).startswith(b"id: 2")
        arm(server, "drop")
        arm(server, kind, now=True)
        with pytest.raises(httpx.RemoteProtocolError):
            next(chunks)  # although nothing more is written
    assert [fault["kind"] for fault in armed(server)] == [kind, "drop"]
    answer = ask(turn["events"], after=2)
    assert (answer and answer.status) == status
    found = [(hit["number"], hit["kind"], hit["after"]) for hit in hits(server, due=3)]
    assert found == [(1, "skip", 0), (2, kind, 2), (3, kind, 0)]
    httpx.delete(server.url + "faults")
    told.end()
    assert [event.id for event in read(turn["events"])] == ["1", "2", "3"]


@pytest.mark.parametrize("kind", ["twice", "500", "refuse"])
def test_streams_of_one_turn_are_broken_now(start: Start, told: Told, kind: str) -> None:
    server = start(reply=told, faults=True)
    one, other = (post(server.url, message) for message in ("x", "y"))
    with httpx.stream("GET", one["events"]) as hit, httpx.stream("GET", other["events"]) as spared:
        told.say("a")
        readers = [response.iter_raw() for response in (hit, spared)]
        for reader in readers:
            next(reader)
        unknown = httpx.post(server.url + "faults", json={"kind": kind, "now": True, "turn": "z"})
        assert unknown.status_code == 409
        arm(server, kind, now=True, turn=one["turn"])
        told.say("b")
        told.end()
        assert b"".join(readers[1]).count(b"id:") == 2
        with contextlib.suppress(httpx.RemoteProtocolError):
            assert b"".join(readers[0]).count(b"id:") == 4
    assert [event.id for event in read(other["events"])] == ["1", "2", "3"]  # takes none of it
    ask(one["events"])
    found = httpx.get(server.url + "faults").json()
    assert {(it["kind"], it["turn"]) for it in found["taken"]} == {(kind, one["turn"])}
    assert [it["number"] for it in found["taken"]] == ([1] if kind == "twice" else [1, 2])
    assert {it["turn"] for it in found["hits"]} == {one["turn"]}


def test_what_was_held_back_goes_before_what_a_newer_fault_sends(start: Start, told: Told) -> None:
    app = create_app(told, faults=True)
    server = start(app)
    url = post(server.url, "x")["events"]
    arm(server, "hold")
    with httpx.stream("GET", url) as response:
        told.say("a")
        until(lambda: hits(server))
        app.state.faults.arm(Twice(now=True))  # in this thread, which is not the server's
        told.say("b")
        told.end()
        received = b"".join(response.iter_raw())
    assert [event.id for event in Parser().feed(received)] == ["1", "2", "2", "3", "3"]
    found = [(hit["kind"], hit["after"]) for hit in hits(server, due=2)]
    assert found == [("hold", 0), ("twice", 1)]


def test_nothing_is_open_that_could_be_broken_now(server: Server, log: Log) -> None:
    for kind in ("drop", "500"):
        answer = httpx.post(server.url + "faults", json={"kind": kind, "now": True})
        assert answer.status_code == 409
        assert answer.json()["detail"] == "No stream is open that could be broken now."
    assert armed(server) == hits(server) == []
    assert whole(log.url).status == 200


@pytest.mark.parametrize(
    ("kind", "parameters", "after"),
    [
        ("drop", {"after": 2}, 4),
        ("close", {"after": 2}, 4),
        ("cut-event", {"event": 2}, 3),
        ("refuse", {"seconds": 0}, 0),
        ("500", {}, 0),
        ("503", {}, 0),
        ("html", {}, 0),
        ("204", {}, 0),
        ("hold", {}, 0),
        ("delay", {"seconds": 0}, 0),
        ("twice", {}, 0),
        ("skip", {"event": 2}, 3),
        ("cr", {}, 0),
        ("crlf", {}, 0),
        ("cut-character", {"seconds": 0}, 0),
        ("drop", {"after": 4}, None),
        ("cut-event", {"event": 4}, None),
        ("skip", {"event": 4}, None),
        ("silence", {}, None),
    ],
    ids=lambda value: json.dumps(value),
)
def test_what_was_hit_can_be_read(
    server: Server, log: Log, kind: str, parameters: dict[str, Any], after: int | None
) -> None:
    arm(server, kind, **parameters)
    ask(log.url, after=2)  # gets the events 3 to 5
    turn = log.url.split("/")[-2]
    hit = {"number": 1, "kind": kind, "turn": turn, "after": after}
    due = [] if after is None else [hit]
    assert hits(server, len(due)) == due
    taken = {"number": 1, "kind": kind, "turn": turn}  # also where there was nothing to hit
    assert httpx.get(server.url + "faults").json()["taken"] == [taken]


def test_only_the_newest_hits_are_kept(start: Start) -> None:
    app = create_app(echo(delay=0), faults=True)
    server = start(app)
    url = post(server.url, MESSAGE)["events"]
    app.state.faults.arm(NoContent(times=101))
    with httpx.Client() as client:
        assert {client.get(url).status_code for _ in range(101)} == {204}
    assert [hit["number"] for hit in hits(server)] == list(range(2, 102))


def test_faults_are_armed_from_python_too(start: Start) -> None:
    app = create_app(echo(delay=0), faults=True)
    server = start(app)
    url = post(server.url, MESSAGE)["events"]
    read(url)
    app.state.faults.arm(Drop(after=1))
    assert not whole(url).complete
    app.state.faults.arm(Drop(after=1, times=5))
    app.state.faults.disarm()
    assert whole(url).complete
    with pytest.raises(ValidationError):
        Drop(after=0)
    with pytest.raises(ValidationError, match="frozen"):
        Drop().after = 2


def test_server_says_what_there_is_and_what_it_takes(server: Server) -> None:
    kinds = httpx.get(server.url + "faults").json()["kinds"]
    assert [kind["kind"] for kind in kinds] == list(KINDS)
    assert len(KINDS) == 16
    assert list(Counter(kind["group"] for kind in kinds).values()) == [4, 4, 4, 4]
    for kind in kinds:
        assert kind["label"]
        assert kind["description"].endswith(".")
        assert "\n" not in kind["description"]
        defaults = {name: schema["default"] for name, schema in kind["parameters"].items()}
        for schema in kind["parameters"].values():
            assert {"title", "type", "minimum", "maximum"} <= schema.keys()
        arm(server, kind["kind"])
        assert armed(server)[-1] == {"kind": kind["kind"]} | defaults


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ("{}", ["body"]),
        ("[]", ["body"]),
        ('"drop"', ["body"]),
        ('{"kind": "sing"}', ["body"]),
        ('{"kind": ["drop"]}', ["body"]),
        ('{"kind": "drop", "after": 0}', ["body", "drop", "after"]),
        ('{"kind": "drop", "after": 1000001}', ["body", "drop", "after"]),
        ('{"kind": "drop", "after": "3"}', ["body", "drop", "after"]),
        ('{"kind": "drop", "after": true}', ["body", "drop", "after"]),
        ('{"kind": "drop", "after": 1.5}', ["body", "drop", "after"]),
        ('{"kind": "drop", "seconds": 1}', ["body", "drop", "seconds"]),
        ('{"kind": "drop", "now": 1}', ["body", "drop", "now"]),
        ('{"kind": "drop", "turn": 1}', ["body", "drop", "turn"]),
        ('{"kind": "drop", "times": 0}', ["body", "drop", "times"]),
        ('{"kind": "drop", "times": 1001}', ["body", "drop", "times"]),
        ('{"kind": "cut-event", "event": -1}', ["body", "cut-event", "event"]),
        ('{"kind": "cut-event", "size": 0}', ["body", "cut-event", "size"]),
        ('{"kind": "hold", "size": 1e9}', ["body", "hold", "size"]),
        ('{"kind": "delay", "seconds": 60.1}', ["body", "delay", "seconds"]),
        ('{"kind": "delay", "seconds": -0.1}', ["body", "delay", "seconds"]),
        ('{"kind": "delay", "seconds": NaN}', ["body", "delay", "seconds"]),
        ('{"kind": "refuse", "seconds": 1e999}', ["body", "refuse", "seconds"]),
    ],
)
def test_bad_input_is_422(server: Server, body: str, place: list[str]) -> None:
    answer = httpx.post(
        server.url + "faults", content=body, headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == 422
    (problem,) = answer.json()["detail"]
    assert problem["loc"] == place
    assert problem.keys() == {"type", "loc", "msg"}
    assert armed(server) == []


def test_too_many_faults_are_refused(start: Start) -> None:
    app = create_app(faults=True)
    server = start(app)
    app.state.faults.most = 3
    for _ in range(3):
        app.state.faults.arm(Skip())
    with pytest.raises(ValueError, match="limit"):
        app.state.faults.arm(Skip())
    answer = httpx.post(server.url + "faults", json={"kind": "drop"})
    assert answer.status_code == 409
    assert "Disarm" in answer.json()["detail"]
    assert len(armed(server)) == 3


@pytest.mark.parametrize("settings", [{}, {"faults": False}])
def test_off_means_that_nothing_is_there(start: Start, settings: Any) -> None:
    app = create_app(echo(delay=0), **settings)
    server = start(app)
    url = post(server.url, MESSAGE)["events"]
    with httpx.Client(base_url=server.url) as client:
        for method in ("GET", "POST", "DELETE", "PUT", "OPTIONS"):
            assert client.request(method, "faults", json={"kind": "500"}).status_code == 404
    assert httpx.get(server.url + "healthz").json()["faults"] is False
    assert "/faults" not in app.openapi()["paths"]
    assert not hasattr(app.state, "faults")
    assert not any(isinstance(layer, FaultLayer) for layer in layers(app))
    assert whole(url).complete


def test_on_means_that_it_is_there(server: Server, start: Start) -> None:
    """The counterpart of the test above: it looks for the right things."""
    assert httpx.get(server.url + "healthz").json()["faults"] is True
    app = create_app(faults=True)
    assert "/faults" in app.openapi()["paths"]
    assert hasattr(app.state, "faults")
    assert sum(isinstance(layer, FaultLayer) for layer in layers(app)) == 1


def layers(app: Any) -> Iterator[ASGIApp]:
    """The layers of ASGI middleware, the outermost first."""
    layer = app.build_middleware_stack()
    while layer is not None:
        yield layer
        layer = getattr(layer, "app", None)


@pytest.mark.parametrize("kind", ["delay", "cut-character"])
def test_server_stops_while_a_fault_waits(start: Start, kind: str) -> None:
    server = start(faults=True)
    url = post(server.url, "é")["events"]
    arm(server, kind, seconds=60)
    with httpx.stream("GET", url) as response:
        server.stop()
        received = b"".join(response.iter_raw())
    assert received in (b"", b'id: 1\ndata: "\xc3')
    assert server.messages == ""


def test_log_says_what_the_server_saw(server: Server, log: Log) -> None:
    for kind in KINDS:
        if kind != "refuse":
            parameters = {"seconds": 0.001} if kind in ("delay", "cut-character") else {}
            arm(server, kind, **parameters)
            ask(log.url)
    arm(server, "refuse", seconds=0)
    ask(log.url)
    incomplete = "ASGI callable returned without completing response."
    assert server.messages.split("\n") == [incomplete] * 3  # drop, cut-event and refuse
