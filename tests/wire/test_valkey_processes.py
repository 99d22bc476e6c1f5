"""Two processes, one Valkey: whatever happens to either, each reader has the log."""

import hashlib
import json
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from lateness import lateness
from sse_client import follow, post, read, text
from valkey_processes import Valkey, Worker
from waiting import until

from chatkit import Server, echo
from chatkit.sse import Event
from chatkit.turns.valkey import ValkeyTurns

Start = Callable[..., Server]


@pytest.fixture
def valkey(tmp_path: Path) -> Iterator[Valkey]:
    valkey = Valkey(tmp_path)
    yield valkey
    valkey.server.terminate()


@pytest.fixture
def worker(valkey: Valkey) -> Iterator[Worker]:
    """The process that writes."""
    worker = Worker(valkey.url)
    yield worker
    worker.end()


@pytest.fixture
def here(start: Start, valkey: Valkey) -> Server:
    """Another server, with another event loop and engine."""
    return start(turns=ValkeyTurns(valkey.url))


def at(server: Server, turn: dict[str, str], rest: str = "") -> str:
    """The URL of a turn on a server."""
    return f"{server.url}turns/{turn['turn']}{rest}"


def expect_whole(events: list[Event], status: str) -> str:
    """No event is lost or doubled, and the last one describes the others. Returns the text."""
    assert [event.id for event in events] == [str(number + 1) for number in range(len(events))]
    assert [event.type for event in events[:-1]] == ["message"] * (len(events) - 1)
    told, summary = text(events), json.loads(events[-1].data)
    assert summary["status"] == status, summary
    assert (summary["events"], summary["chars"]) == (len(events) - 1, len(told))
    assert summary["sha256"] == hashlib.sha256(told.encode()).hexdigest()
    return told


def numbers(count: int) -> str:
    return "".join(f"{number} " for number in range(count))


def test_a_turn_is_posted_to_one_and_followed_on_another(worker: Worker, here: Server) -> None:
    turn = post(worker.url, "[200, 0.002]")
    events = read(at(here, turn, "/events"))
    assert expect_whole(events, "done") == numbers(200)
    assert read(turn["events"]) == events
    assert read(at(here, turn, "/events?after=190")) == events[190:]
    assert httpx.get(at(here, turn, "/events?after=201")).status_code == 204
    there, state = (httpx.get(at(server, turn)).json() for server in (worker, here))
    assert state == there
    assert (state["status"], state["last"], state["reply"]) == ("done", 201, numbers(200))
    answer = post(here.url, "Hello", turn["chat"])
    assert text(read(f"{worker.url}turns/{answer['turn']}/events")) == "Hello"
    chat = httpx.get(f"{worker.url}chats/{turn['chat']}").json()["turns"]
    assert [(each["turn"], each["parent"]) for each in chat] == [
        (turn["turn"], None),
        (answer["turn"], turn["turn"]),
    ]


def test_readers_of_a_process_that_is_killed_are_told_within_seconds(
    worker: Worker, here: Server, valkey: Valkey, start: Start, announce: Callable[[str], None]
) -> None:
    third = start(name="third", turns=ValkeyTurns(valkey.url))
    turn = post(worker.url, "[100000, 0.005]")

    def reader(server: Server) -> tuple[list[Event], float]:
        return read(at(server, turn, "/events")), time.monotonic()

    with ThreadPoolExecutor() as threads:
        reading = [threads.submit(reader, server) for server in (here, third)]
        until(lambda: httpx.get(at(here, turn)).json()["last"] > 20)
        with lateness() as late:
            worker.process.kill()
            killed = time.monotonic()
            found = [each.result() for each in reading]
    told = max(when for _, when in found) - killed
    announce(f"valkey: readers of a killed process were told after {told:.1f} s")
    events = found[0][0]
    assert found[1][0] == events  # the end was written once
    expect_whole(events, "failed")
    assert json.loads(events[-1].data)["message"] == "The server that wrote this reply is gone."
    assert httpx.get(at(here, turn)).json()["status"] == "failed"
    assert httpx.get(here.url + "healthz").json()["live"] == 0
    assert told < 5 + late()


@pytest.mark.parametrize(
    "disturb",
    [
        pytest.param(lambda valkey: valkey.pause(1), id="paused"),
        pytest.param(lambda valkey: valkey.pause(5), id="paused for longer than a lease"),
        pytest.param(Valkey.restart, id="restarted"),
        pytest.param(Valkey.kill_and_start, id="killed"),
    ],
)
def test_valkey_that_was_away_costs_nothing(
    worker: Worker, here: Server, valkey: Valkey, disturb: Callable[[Valkey], None]
) -> None:
    turn = post(worker.url, "[300, 0.01]")
    events = []
    for event in follow(at(here, turn, "/events")):
        events.append(event)
        if len(events) == 30:
            disturb(valkey)
    assert expect_whole(events, "done") == numbers(300)
    assert read(turn["events"]) == events
    assert httpx.get(at(here, turn)).json()["reply"] == numbers(300)


def test_writer_that_was_taken_for_dead_writes_nothing_more(worker: Worker, here: Server) -> None:
    turn = post(worker.url, "[2000, 0.005]")
    until(lambda: httpx.get(at(here, turn)).json()["last"] > 20)
    worker.process.send_signal(signal.SIGSTOP)
    events = read(at(here, turn, "/events"))
    expect_whole(events, "failed")
    worker.process.send_signal(signal.SIGCONT)
    assert worker.line() == "closed"  # long before it has said all
    assert read(turn["events"]) == events
    assert read(at(here, turn, "/events")) == events


def test_cancel_reaches_the_process_that_writes(worker: Worker, here: Server) -> None:
    turn = post(worker.url, "[2, 1000]")  # it waits, so it does not find out by writing
    assert next(follow(at(here, turn, "/events"))).data == '"0 "'
    for _ in range(2):
        answer = httpx.post(at(here, turn, "/cancel")).json()
        assert (answer["status"], answer["last"], answer["reply"]) == ("cancelled", 2, "0 ")
    events = read(turn["events"])
    assert expect_whole(events, "cancelled") == "0 "
    assert read(at(here, turn, "/events")) == events
    assert worker.line() == "closed"


def test_while_valkey_is_away_the_answer_is_503(start: Start, valkey: Valkey) -> None:
    server = start(turns=ValkeyTurns(valkey.url, timeout=2), reply=echo(delay=0))
    turn = post(server.url, "a")
    assert text(read(turn["events"])) == "a"

    def ask() -> list[httpx.Response]:
        with httpx.Client(base_url=server.url) as client:
            path = f"turns/{turn['turn']}"
            return [
                client.post("turns", json={"message": "b"}),
                client.post(path + "/cancel"),
                *map(client.get, (path, path + "/events", f"chats/{turn['chat']}", "healthz")),
            ]

    valkey.server.stop()
    for answer in ask():
        assert answer.status_code == 503, answer.text
        assert answer.headers["Retry-After"] == "1"
        assert "cannot be reached now" in answer.json()["detail"]
    valkey.server.start()
    until(lambda: httpx.get(server.url + "healthz").status_code == 200)
    assert [answer.status_code for answer in ask()] == [201, 200, 200, 200, 200, 200]


@pytest.fixture
def announce(record_property: Callable[[str, object], None]) -> Callable[[str], None]:
    """Have a text shown at the end of the run."""

    def announce(told: str) -> None:
        print("\n" + told)
        record_property("announced", told)

    return announce


def test_reader_is_told_when_valkey_has_lost_the_log(
    worker: Worker, here: Server, valkey: Valkey
) -> None:
    turn = post(worker.url, "[100000, 0.005]")
    events: list[Any] = []
    for event in follow(at(here, turn, "/events")):
        events.append(event)
        if len(events) == 20:
            valkey.server.client().flushall()
    assert events[-1].type == "failure"
    expect_whole(events, "failed")
    assert "has lost this one" in json.loads(events[-1].data)["message"]
    assert worker.line() == "closed"
    assert httpx.get(at(here, turn)).status_code == 404
