"""static/client/store.js against a real server: nothing is lost, and what it says is true."""

import asyncio
import base64
import re
from collections.abc import AsyncIterator, Callable, Iterator
from itertools import pairwise
from typing import Any

import httpx
import pytest
from node_runner import run_node
from silent_proxy import SilentProxy
from starlette.types import ASGIApp, Receive, Scope, Send

from chatkit import Server, create_app, echo, serve
from chatkit.replies import Message
from chatkit.turns import Finish, Piece, Reasoning

Start = Callable[..., Server]

MESSAGE = "Hello wörld 🦊, all of it"
TRANSPORTS = ("EventSource", "fetch")


@pytest.fixture
def start(request: pytest.FixtureRequest) -> Iterator[Start]:
    servers: list[Server] = []

    def start(layer: Callable[[ASGIApp], ASGIApp] = lambda app: app, **settings: Any) -> Server:
        settings = {"reply": echo(delay=0.01)} | settings
        servers.append(serve(layer(create_app(**settings)), name=request.node.nodeid))
        return servers[-1]

    yield start
    for server in servers:
        server.stop()


def run(
    server: Server,
    *steps: list[Any],
    transport: str = "EventSource",
    heartbeat: float = 15,
    patience: float = 60_000,
) -> Any:
    settings = {"base": server.url, "transport": transport, "heartbeat": heartbeat}
    return run_node("run_store.mjs", settings | {"patience": patience, "steps": steps})


def do(type: str, **details: Any) -> list[Any]:
    return ["do", {"type": type, **details}]


def begin(type: str, **details: Any) -> list[Any]:
    return ["begin", {"type": type, **details}]


def until(expression: str) -> list[Any]:
    return ["until", expression]


NEW, SEND, READY = (
    do("show", chat=None),
    do("send", message=MESSAGE),
    until("state.phase==='ready'"),
)


def streams(entry: Any) -> list[str]:
    """The queries of the streams that were asked for."""
    asked = [item["url"] for item in entry["items"] if item["kind"] == "request"]
    return [url.partition("?")[2] for url in asked if "?" in url]


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_reply_is_read_to_its_end(start: Start, transport: str) -> None:
    ran = run(start(), NEW, SEND, READY, transport=transport)
    (turn,) = ran["path"]
    assert (turn["text"], turn["status"], ran["results"]) == (MESSAGE, "done", [None, True])
    assert turn["times"]["pieces"] == len(MESSAGE)
    assert turn["times"]["sent"] < turn["times"]["first"] < turn["times"]["last"]
    assert [words.rpartition(" ")[0] for words in ran["told"] if "idle" not in words] == [
        "Sending",
        "Generating",
        "Generating",
        "Response complete",
        "Response complete",
    ]
    assert ran["told"][-1] == "Response complete closed"
    (entry,) = ran["entries"]
    assert streams(entry) == ["after=0"]
    post = entry["items"][:2]
    assert [item["kind"] for item in post] == ["request", "answer"]
    assert (post[0]["method"], post[0]["url"], post[1]["status"]) == ("POST", "turns", 201)
    assert ["location", f"turns/{turn['id']}"] in post[1]["headers"]


def test_record_has_every_byte_that_fetch_saw(start: Start) -> None:
    (entry,) = run(start(), NEW, SEND, READY, transport="fetch")["entries"]
    seen = [item for item in entry["items"] if item["kind"] == "bytes"]
    stream = b"".join(base64.b64decode(item["bytes"]) for item in seen)
    assert stream.startswith(b'id: 1\ndata: "H"\n\n')
    assert stream.count(b"\n\n") == len(MESSAGE) + 1
    reads = [item for item in entry["items"] if item["kind"] == "read"]
    assert [item["number"] for item in reads] == list(range(1, len(MESSAGE) + 2))
    pieces = [(item["from"], item["to"]) for item in reads if item["as"] == "new"]
    assert pieces[0] == (0, 1)
    assert all(before[1] == after[0] for before, after in pairwise(pieces))
    assert pieces[-1][1] == len(MESSAGE.encode("utf-16-le")) // 2  # as JavaScript counts


class Streams:
    """A reply that is not complete until a second stream has been asked for."""

    def __init__(self) -> None:
        self.number = 0
        self.second = asyncio.Event()

    def around(self, app: ASGIApp) -> ASGIApp:
        async def counting(scope: Scope, receive: Receive, send: Send) -> None:
            self.number += scope["type"] == "http" and scope["path"].endswith("/events")
            if self.number == 2:
                self.second.set()
            await app(scope, receive, send)

        return counting

    async def reply(self, messages: list[Message]) -> AsyncIterator[str]:
        *most, last = messages[-1]["content"]
        for character in most:
            yield character
        async with asyncio.timeout(30):  # else no test would say that it is missing
            await self.second.wait()
        yield last


@pytest.mark.parametrize(("first", "second"), [TRANSPORTS, TRANSPORTS[::-1]])
def test_another_transport_in_the_middle_of_a_reply(start: Start, first: str, second: str) -> None:
    change = do("transport", name=second)
    asked = Streams()
    server = start(asked.around, reply=asked.reply)
    ran = run(server, NEW, SEND, until("path[0].last > 3"), change, READY, transport=first)
    (turn,) = ran["path"]
    assert (turn["text"], turn["status"]) == (MESSAGE, "done")
    (entry,) = ran["entries"]
    after = streams(entry)
    assert len(after) == 2
    assert int(after[1].removeprefix("after=")) > 3
    kinds = [item.get("why") for item in entry["items"] if item["kind"] == "closed"]
    assert kinds == ["transport", "complete"]
    assert not any(words.startswith("Reconnecting") for words in ran["told"])


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("kind", ["drop", "close", "cut-event", "skip", "twice", "500", "204"])
def test_fault(start: Start, transport: str, kind: str) -> None:
    server = start(faults=True)
    httpx.post(f"{server.url}faults", json={"kind": kind}).raise_for_status()
    ran = run(server, NEW, SEND, READY, transport=transport)
    (turn,) = ran["path"]
    assert (turn["text"], turn["status"], turn["restarts"]) == (MESSAGE, "done", 0)
    told = [words for words in ran["told"] if words.startswith("Reconnecting")]
    assert bool(told) == (kind != "twice")
    (entry,) = ran["entries"]
    assert len(streams(entry)) == (1 if kind == "twice" else 2)


THOUGHT = [Reasoning(piece) for piece in ("Hm", ", let ", "me\n\n", "see: ", "🦊")]


async def thinks(messages: list[Message]) -> AsyncIterator[Piece]:
    """Think, answer, think once more, and answer to the end."""
    for piece in [*THOUGHT, *"some", *THOUGHT, *" text"]:
        yield piece
        await asyncio.sleep(0.01)
    yield Finish(reason="length", output_tokens=20)


REASONING = 2 * "".join(piece.text for piece in THOUGHT)


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_reasoning_is_kept_apart_from_the_text(start: Start, transport: str) -> None:
    ran = run(start(reply=thinks), NEW, SEND, READY, transport=transport)
    (turn,) = ran["path"]
    assert (turn["text"], turn["reasoning"], turn["restarts"]) == ("some text", REASONING, 0)
    assert turn["finish"] == {"reason": "length", "output_tokens": 20}
    times = turn["times"]
    assert times["pieces"] == len("some text")
    assert times["sent"] < times["reasoned"] < times["first"] < times["last"]
    assert times["thinking"] is None
    assert 0 < times["thought"] < times["last"] - times["reasoned"]  # not while text came
    words = [words.rpartition(" ")[0] for words in ran["told"] if "idle" not in words]
    assert [word for word, other in pairwise(words) if word != other] == [
        *("Sending", "Generating", "Thinking", "Generating"),
    ]
    reads = [item for item in ran["entries"][0]["items"] if item["kind"] == "read"]
    assert [item["as"] for item in reads] == [
        *["reasoning"] * 5 + ["new"] * 4 + ["reasoning"] * 5 + ["new"] * 5 + ["other"],
    ]
    for kind, text in (("new", "some text"), ("reasoning", REASONING)):
        places = [(item["from"], item["to"]) for item in reads if item["as"] == kind]
        assert places[0][0] == 0
        assert all(before[1] == after[0] for before, after in pairwise(places))
        assert places[-1][1] == len(text.encode("utf-16-le")) // 2  # as JavaScript counts
    assert reads[5]["ends"] == {"text": 1, "reasoning": len(REASONING.encode("utf-16-le")) // 4}


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("kind", ["drop", "cut-event", "skip", "twice"])
def test_fault_in_the_middle_of_reasoning(start: Start, transport: str, kind: str) -> None:
    server = start(reply=thinks, faults=True)
    httpx.post(f"{server.url}faults", json={"kind": kind}).raise_for_status()
    ran = run(server, NEW, SEND, READY, transport=transport)
    (turn,) = ran["path"]
    assert (turn["text"], turn["reasoning"]) == ("some text", REASONING)
    assert (turn["status"], turn["restarts"]) == ("done", 0)
    assert len(streams(ran["entries"][0])) == (1 if kind == "twice" else 2)


def test_time_of_thinking_ends_with_the_reply(start: Start) -> None:
    async def thinks_on(messages: list[Message]) -> AsyncIterator[Piece]:
        yield Reasoning("Hm")
        await asyncio.sleep(3600)

    server = start(reply=thinks_on)
    thinking = until("path.length && path[0].times.thinking")
    ran = run(server, NEW, SEND, thinking, do("stop"), READY)
    (turn,) = ran["path"]
    assert (turn["status"], turn["text"], turn["reasoning"]) == ("cancelled", "", "Hm")
    assert turn["times"]["thinking"] is None
    assert turn["times"]["thought"] > 0
    assert turn["times"]["first"] is None


def test_reasoning_that_was_not_seen_here(start: Start) -> None:
    server = start(reply=thinks)
    chat = run(server, NEW, SEND, READY)["state"]["chat"]
    (turn,) = run(server, do("show", chat=chat))["path"]
    assert (turn["text"], turn["reasoning"]) == ("some text", REASONING)
    assert turn["finish"]["reason"] == "length"
    assert (turn["times"]["reasoned"], turn["times"]["thought"]) == (None, 0)


def test_branch_that_was_left_while_it_thinks_goes_on_where_it_was(start: Start) -> None:
    server = start(reply=thinks)
    ran = run(server, NEW, SEND, READY)
    chat, (turn,) = ran["state"]["chat"], ran["path"]
    again = do("send", message="Again", instead=turn["id"])
    thinking = until("path[0].message === 'Again' && path[0].reasoning")
    back = do("step", turn=turn["id"], of="message", step=1)
    leave = do("show", chat=chat)
    there = until("path[0].status === 'done' && state.turns.length === 2")
    ran = run(server, leave, again, thinking, ["step", -1], back, there)
    assert (ran["path"][0]["text"], ran["path"][0]["reasoning"]) == ("some text", REASONING)
    assert ran["path"][0]["message"] == "Again"
    assert streams(ran["entries"][-1]).count("after=0") == 1


def test_stream_that_falls_silent_is_read_on(start: Start) -> None:
    with SilentProxy(start(heartbeat=0.5), after=b"id: 5\n") as proxy:
        ran = run(proxy, NEW, SEND, READY, heartbeat=0.5)
    (turn,) = ran["path"]
    assert (turn["text"], turn["status"]) == (MESSAGE, "done")
    (entry,) = ran["entries"]
    *silent, last = [item.get("why") for item in entry["items"] if item["kind"] == "closed"]
    assert set(silent) == {"silent"}  # more than one, where a busy machine is silent for so long
    assert last == "complete"
    assert len(streams(entry)) == len(silent) + 1


def test_stop(start: Start) -> None:
    server = start(reply=echo(delay=3600))
    ran = run(server, NEW, SEND, do("stop"), READY)
    assert [turn["status"] for turn in ran["path"]] == ["cancelled"]
    assert "Stopping connecting" in ran["told"] or "Stopping open" in ran["told"]
    assert ran["told"][-1] == "Stopped closed"
    (entry,) = ran["entries"]
    asked = [item for item in entry["items"] if item.get("method") == "POST"]
    (turn,) = ran["path"]
    assert [item.get("url") for item in asked if item["kind"] == "request"] == [
        *("turns", f"turns/{turn['id']}/cancel"),
    ]


def test_wish_to_stop_a_message_on_its_way_is_remembered(start: Start) -> None:
    server = start(reply=echo(delay=3600))
    ended = until("path.length && path[0].status !== 'streaming'")
    ran = run(server, NEW, begin("send", message=MESSAGE), do("stop"), ended)
    assert ran["told"][-1].startswith("Stopped")
    assert ran["path"][0]["text"] != MESSAGE


def test_message_that_is_not_taken(start: Start) -> None:
    ran = run(start(max_message=5), NEW, SEND)
    state = ran["state"]
    assert (ran["results"], state["turns"], state["sending"]) == ([None, False], [], None)
    assert "larger than 5 bytes" in state["problem"]["text"]
    assert state["problem"]["action"] is None  # the same again does not help
    assert ran["told"][-1] == "Not sent idle"
    (entry,) = ran["entries"]  # it was sent all the same
    assert entry["message"] == MESSAGE
    assert [item["kind"] for item in entry["items"]] == ["request", "answer"]
    assert entry["items"][1]["status"] == 413
    assert state["phase"] == "ready"


class Held:
    """The calls to one path get no answer; to which it may have been passed on before."""

    def __init__(self, method: str, path: str, *, arrives: bool = False) -> None:
        self.call = method, path
        self.arrives = arrives

    def around(self, app: ASGIApp) -> ASGIApp:
        async def holding(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http" or not self.holds(scope):
                await app(scope, receive, send)
                return
            if self.arrives:
                await app(scope, receive, nowhere)
            while (await receive())["type"] != "http.disconnect":
                pass

        return holding

    def holds(self, scope: Scope) -> bool:
        method, path = self.call
        return scope["method"] == method and bool(re.fullmatch(path, scope["path"]))


async def nowhere(message: Any) -> None:
    """What would have been sent."""


NO_ANSWER = "The server does not answer. Check that it runs, then try again."


def test_message_that_gets_no_answer(start: Start) -> None:
    server = start(Held("POST", "/turns").around)
    state = run(server, NEW, SEND, patience=300)["state"]
    assert state["problem"]["text"] == NO_ANSWER
    assert state["problem"]["action"] == {"type": "send", "message": MESSAGE, "instead": None}
    assert (state["phase"], state["outcome"]) == ("ready", "Not sent")


def test_stop_gives_up_a_message_that_gets_no_answer(start: Start) -> None:
    server = start(Held("POST", "/turns").around)
    sending = begin("send", message=MESSAGE)
    ran = run(server, NEW, sending, until("state.sending"), do("stop"), READY)
    assert ran["state"]["problem"]["text"] == NO_ANSWER


def test_list_of_a_chat_that_gets_no_answer(start: Start) -> None:
    server = start(Held("GET", "/chats/x").around)
    state = run(server, do("show", chat="x"), patience=300)["state"]
    assert state["problem"] == {"text": NO_ANSWER, "action": {"type": "load"}}
    assert state["outcome"] == "Not loaded"
    again = until("!state.problem"), until("state.problem")  # as the page becomes visible again
    run(server, do("show", chat="x"), begin("refresh"), *again, patience=300)


def test_stop_that_gets_no_answer(start: Start) -> None:
    server = start(Held("POST", "/turns/.*/cancel").around, reply=echo(delay=3600))
    ran = run(server, NEW, SEND, do("stop"), READY, patience=300)
    assert ran["path"][0]["status"] == "cancelled"
    assert "could not be told" in ran["path"][0]["problem"]


@pytest.mark.parametrize("stopped", [False, True])
def test_message_that_had_arrived_without_an_answer(start: Start, stopped: bool) -> None:
    held = Held("POST", "/none", arrives=True)
    server = start(held.around, reply=echo(delay=3600))
    chat = httpx.post(f"{server.url}turns", json={"message": "first"}).json()["chat"]
    held.call = ("POST", "/turns")
    stop = (until("state.sending"), do("stop")) if stopped else ()
    ended = "path[1].status === 'cancelled'" if stopped else "path[1].status === 'streaming'"
    ran = run(
        server,
        *(do("show", chat=chat), begin("send", message=MESSAGE), *stop),
        *(until("state.notice"), until(ended)),
        patience=60_000 if stopped else 1_000,
    )
    assert [turn["message"] for turn in ran["path"]] == ["first", MESSAGE]
    assert ran["state"]["problem"] is None
    assert "arrived" in ran["state"]["notice"]


def test_chat_is_shown_again_and_goes_on(start: Start) -> None:
    server = start()
    chat = run(server, NEW, SEND, READY)["state"]["chat"]
    ran = run(server, do("show", chat=chat), do("send", message="And?"), READY)
    assert [turn["text"] for turn in ran["path"]] == [MESSAGE, "And?"]
    first, second = ran["path"]
    assert second["parent"] == first["id"]
    assert first["sha256"]
    assert first["times"]["sent"] is None  # this page did not see it
    assert ran["told"][0] == "Loading idle"


def test_another_try_is_a_sibling_and_one_can_go_back(start: Start) -> None:
    server = start()
    ran = run(server, NEW, SEND, READY)
    chat, (turn,) = ran["state"]["chat"], ran["path"]
    again = do("send", message="Again", instead=turn["id"])
    ran = run(server, do("show", chat=chat), again, READY)
    assert [turn["text"] for turn in ran["path"]] == ["Again"]
    assert len(ran["state"]["turns"]) == 2
    back = do("step", turn=ran["state"]["leaf"], of="message", step=-1)
    ran = run(server, do("show", chat=chat), back)
    assert [turn["text"] for turn in ran["path"]] == [MESSAGE]


def test_what_somebody_else_did_comes_with_the_list(start: Start) -> None:
    server = start(reply=count_messages)
    chat = run(server, NEW, SEND, READY)["state"]["chat"]
    httpx.post(f"{server.url}turns", json={"message": "from elsewhere", "chat": chat})
    ran = run(server, do("show", chat=chat), do("refresh"), READY)
    assert [turn["message"] for turn in ran["path"]] == [MESSAGE, "from elsewhere"]
    assert ran["path"][1]["text"] == "3 messages"


def test_chat_that_is_gone(start: Start) -> None:
    ran = run(start(), do("show", chat="unknown"), SEND, READY)
    assert ran["state"]["notice"] == ""  # it was read by then
    assert [turn["text"] for turn in ran["path"]] == [MESSAGE]
    ran = run(start(), do("show", chat="unknown"))
    assert "no longer has the messages" in ran["state"]["notice"]
    assert ran["told"] == ["Loading idle", "Ready idle"]


def test_proof_that_fails_is_told(start: Start) -> None:
    server = start()
    ran = run(server, NEW, SEND, READY)
    show = do("show", chat=ran["state"]["chat"])
    proved = do("proved", turn=ran["path"][0]["id"], proof="mismatch")
    ran = run(server, show, proved)
    assert ran["path"][0]["proof"] == "mismatch"
    assert ran["told"][-1] == "The response is not what the server wrote idle"


async def count_messages(messages: list[Message]) -> AsyncIterator[str]:
    yield f"{len(messages)} messages"
