"""The HTTP contract, on a real server."""

import asyncio
import json
import mimetypes
import socket
import threading
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from bare_socket import connect, events_of, head, rest
from sse_client import follow, post, read, text
from told import Told
from waiting import until

from chatkit import Server, create_app, echo
from chatkit.replies import Message
from chatkit.sse import Event
from chatkit.turns import Limits, Turns

Start = Callable[..., Server]


def test_message_comes_back_a_character_at_a_time(start: Start) -> None:
    server = start()
    turn = post(server.url, "Hello")
    events = read(turn["events"])
    assert [event.id for event in events] == ["1", "2", "3", "4", "5", "6"]
    assert [event.data for event in events[:5]] == ['"H"', '"e"', '"l"', '"l"', '"o"']
    assert events[5].type == "end"
    assert json.loads(events[5].data)["status"] == "done"


def test_answer_of_post_names_the_turn_by_relative_urls(start: Start) -> None:
    server = start()
    answer = httpx.post(server.url + "turns", json={"message": "Hello"})
    body = answer.json()
    assert answer.status_code == 201
    assert set(body) == {"turn", "chat", "events"}
    assert body["events"] == f"turns/{body['turn']}/events"
    assert httpx.get(server.url + answer.headers["location"]).json()["turn"] == body["turn"]


def test_pieces_are_sent_when_they_are_written(start: Start, told: Told) -> None:
    server = start(reply=told)
    events = follow(post(server.url, "x")["events"])
    for piece in ("first", " second", "\nthird"):
        told.say(piece)
        assert json.loads(next(events).data) == piece  # before the next one is written
    told.end()
    assert next(events).type == "end"


@pytest.mark.parametrize("how", ["header", "query", "header before query"])
def test_cursor(start: Start, how: str) -> None:
    server = start()
    url = post(server.url, "Hello")["events"]
    read(url)
    options: dict[str, Any] = {
        "header": {"headers": {"Last-Event-ID": "3"}},
        "query": {"params": {"after": "3"}},
        "header before query": {"headers": {"Last-Event-ID": "3"}, "params": {"after": "1"}},
    }[how]
    assert [(event.id, event.type) for event in read(url, **options)] == [
        ("4", "message"),
        ("5", "message"),
        ("6", "end"),
    ]


def test_reader_who_has_everything_gets_204(start: Start) -> None:
    server = start()
    url = post(server.url, "Hello")["events"]
    read(url)
    answer = httpx.get(url, headers={"Last-Event-ID": "6"})
    assert (answer.status_code, answer.content) == (204, b"")


def test_cursor_at_the_end_of_a_live_turn_waits(start: Start, told: Told) -> None:
    server = start(reply=told)
    url = post(server.url, "x")["events"]
    told.say("a")
    next(follow(url))
    events = follow(url, headers={"Last-Event-ID": "1"})
    told.say("b")
    assert next(events) == Event('"b"', id="2")


def test_cursor_of_another_turn_is_reset(start: Start) -> None:
    server = start()
    url = post(server.url, "Hi")["events"]
    whole = read(url)
    reset, *rest = read(url, headers={"Last-Event-ID": "99"})
    assert (reset.type, json.loads(reset.data)) == ("reset", {"after": 99, "last": 3})
    assert rest == whole


@pytest.mark.parametrize("cursor", ["x", "-1", "1.5", "+1", "1_0", "\u0661", "9" * 16, "1;2"])
def test_malformed_cursor_is_400(start: Start, cursor: str) -> None:
    server = start()
    url = post(server.url, "Hi")["events"]
    answer = httpx.get(url, params={"after": cursor})
    assert answer.status_code == 400
    assert "whole number" in answer.json()["detail"]
    header = {"Last-Event-ID": cursor.encode()}
    assert httpx.get(url, headers=header).status_code == 400


@pytest.mark.parametrize("path", ["turns/x", "turns/x/events", "chats/x"])
def test_unknown_is_404(start: Start, path: str) -> None:
    answer = httpx.get(start().url + path)
    assert answer.status_code == 404
    assert answer.json()["detail"].startswith("Unknown")


def test_cancel_of_an_unknown_turn_is_404(start: Start) -> None:
    assert httpx.post(start().url + "turns/x/cancel").status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"{}",
        b'{"message": ""}',
        b'{"message": 5}',
        b'{"message": null}',
        b'{"message": "\\ud83d"}',
        b'{"message": "x", "chat": "../x"}',
        b'{"message": "x", "chat": ""}',
        b'{"message": "x", "chat": "a\\n"}',
        b'\xff{"message": "x"}',
    ],
)
def test_bad_message_is_422_or_400(start: Start, body: bytes) -> None:
    answer = httpx.post(
        start().url + "turns", content=body, headers={"content-type": "application/json"}
    )
    assert answer.status_code in (422, 400)
    assert answer.json()["detail"]


@pytest.mark.parametrize("size", [1001, 3000, 20_000, 5_000_000])
def test_message_that_is_too_large_is_413(start: Start, size: int) -> None:
    server = start(max_message=1000)
    answer = httpx.post(server.url + "turns", json={"message": "x" * size})
    assert answer.status_code == 413
    assert "larger than" in answer.json()["detail"]
    assert httpx.get(server.url + "healthz").json()["turns"] == 0


def test_message_of_the_full_size_passes_however_it_is_escaped(start: Start) -> None:
    server = start(max_message=1000)
    body = '{"message": "' + "\\u0041" * 1000 + '"}'
    headers = {"content-type": "application/json"}
    answer = httpx.post(server.url + "turns", content=body, headers=headers)
    assert answer.status_code == 201


def test_endless_body_is_cut_off(start: Start) -> None:
    server = start(max_message=1000)
    with socket.create_connection(("127.0.0.1", server.port)) as raw:
        raw.sendall(
            b"POST /turns HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n"
        )
        with pytest.raises(OSError):  # the server hangs up  # noqa: PT012
            while True:
                raw.sendall(b"1000\r\n" + b" " * 0x1000 + b"\r\n")
    assert httpx.get(server.url + "healthz").json()["status"] == "ok"


def test_too_many_live_turns_is_503_with_retry_after(start: Start, told: Told) -> None:
    server = start(reply=told, turns=Turns(Limits(live=1)))
    url = post(server.url, "one")["events"]
    answer = httpx.post(server.url + "turns", json={"message": "two"})
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) >= 1
    assert answer.json()["detail"]
    told.end()
    read(url)
    post(server.url, "three")


def test_reply_that_raises_is_a_failure_event(start: Start) -> None:
    async def failing(_: list[Message]) -> AsyncIterator[str]:
        yield "a"
        raise RuntimeError("the password is 1234")

    server = start(reply=failing)
    turn = post(server.url, "x")
    events = read(turn["events"])
    assert [event.type for event in events] == ["message", "failure"]
    assert "1234" not in events[-1].data
    state = httpx.get(f"{server.url}turns/{turn['turn']}").json()
    assert (state["status"], state["reply"]) == ("failed", "a")
    until(lambda: "the password is 1234" in server.messages)  # the whole traceback, for its owner


@pytest.mark.parametrize("wrong", ["raises", "gives no pieces"])
def test_plain_function_that_is_no_reply_after_all_is_a_failure(start: Start, wrong: str) -> None:
    def reply(_: list[Message]) -> Any:
        if wrong == "raises":
            raise RuntimeError("the password is 1234")

    server = start(reply=reply)
    (failure,) = read(post(server.url, "x")["events"])
    assert failure.type == "failure"
    assert "1234" not in failure.data
    assert httpx.get(server.url + "healthz").json()["live"] == 0
    until(lambda: "Traceback" in server.messages)


def test_reply_that_wants_to_exit_takes_nobody_with_it(start: Start) -> None:
    async def reply(messages: list[Message]) -> AsyncIterator[str]:
        yield "a"
        if messages[-1]["content"] == "exit":
            raise SystemExit(1)

    server = start(reply=reply)
    assert read(post(server.url, "exit")["events"])[-1].type == "failure"
    assert read(post(server.url, "x")["events"])[-1].type == "end"
    assert server.running


def test_what_is_no_reply_is_refused_where_it_is_written() -> None:
    async def no_yield(_: list[Message]) -> str:
        return "x"

    for wrong in (no_yield, "text", None):
        with pytest.raises(TypeError, match="yield"):
            create_app(wrong)  # type: ignore[arg-type]


def test_state_of_a_turn(start: Start, told: Told) -> None:
    server = start(reply=told)
    turn = post(server.url, "x")
    url = f"{server.url}turns/{turn['turn']}"
    told.say("so far")
    next(follow(turn["events"]))
    begun = {
        "turn": turn["turn"],
        "chat": turn["chat"],
        "parent": None,
        "status": "streaming",
        "message": "x",
        "reply": "so far",
        "reasoning": "",
        "last": 1,
        "chars": None,
        "sha256": None,
        "finish": None,
        "problem": "",
    }
    assert httpx.get(url).json() == begun
    told.end()
    summary = json.loads(read(turn["events"])[-1].data)
    assert httpx.get(url).json() == begun | {
        "status": "done",
        "last": 2,
        "chars": summary["chars"],
        "sha256": summary["sha256"],
    }


def test_cancel_stops_the_writer_and_ends_every_stream(start: Start, told: Told) -> None:
    server = start(reply=told)
    turn = post(server.url, "x")
    told.say("kept")
    streams = [follow(turn["events"]) for _ in range(3)]
    for stream in streams:
        next(stream)
    url = f"{server.url}turns/{turn['turn']}/cancel"
    assert httpx.post(url).json()["status"] == "cancelled"
    assert httpx.post(url).json()["status"] == "cancelled"
    for stream in streams:
        (end,) = stream
        assert (end.type, json.loads(end.data)["status"]) == ("end", "cancelled")
    until(lambda: not told.running)


def test_leaving_is_not_cancelling(start: Start, told: Told) -> None:
    server = start(reply=told)
    turn = post(server.url, "x")
    stream = follow(turn["events"])
    told.say("a")
    next(stream)
    stream.close()  # type: ignore[attr-defined]
    until(lambda: httpx.get(server.url + "healthz").json()["streams"] == 0)
    told.say("b")
    told.end()
    assert text(read(turn["events"])) == "ab"


def test_two_users_at_once_get_their_own_words(start: Start) -> None:
    server = start(reply=echo(delay=0.001))

    def talk(user: int) -> tuple[str, str]:
        message = f"I am user {user}, and these are my words."
        return message, text(read(post(server.url, message)["events"]))

    with ThreadPoolExecutor(8) as pool:
        for said, heard in pool.map(talk, range(16)):
            assert heard == said


@pytest.mark.parametrize("every", [1, 2, 5])
def test_reader_that_is_killed_again_and_again_loses_and_repeats_nothing(
    start: Start, every: int
) -> None:
    server = start(reply=echo(delay=0.001))
    message = "The quick brown fox jumps over the lazy dog."
    url = post(server.url, message)["events"]
    events: list[Event] = []
    while not events or events[-1].type != "end":
        cursor = {"Last-Event-ID": events[-1].id} if events else {}
        stream = follow(url, headers=cursor)
        for event, _ in zip(stream, range(every), strict=False):
            events.append(event)
        stream.close()  # type: ignore[attr-defined]
    assert [event.id for event in events] == [str(n) for n in range(1, len(message) + 2)]
    assert text(events) == message


def test_chat_is_remembered_and_given_to_the_reply(start: Start) -> None:
    seen: list[list[Message]] = []

    async def reply(messages: list[Message]) -> AsyncIterator[str]:
        seen.append(list(messages))
        yield f"reply {len(seen)}"

    server = start(reply=reply)
    first = post(server.url, "one")
    read(first["events"])
    second = post(server.url, "two", first["chat"])
    read(second["events"])
    assert second["chat"] == first["chat"]
    assert seen == [
        [{"role": "user", "content": "one"}],
        [
            {"role": "user", "content": "one"},
            {"role": "assistant", "content": "reply 1"},
            {"role": "user", "content": "two"},
        ],
    ]
    chat = httpx.get(f"{server.url}chats/{first['chat']}").json()
    assert [turn["message"] for turn in chat["turns"]] == ["one", "two"]
    assert [turn["reply"] for turn in chat["turns"]] == ["reply 1", "reply 2"]


def said_in(server: Server, chat: str) -> list[str]:
    answer = httpx.get(f"{server.url}chats/{chat}").json()
    return [turn["message"] for turn in answer["turns"]]


def test_another_try_is_a_sibling_and_deletes_nothing(start: Start) -> None:
    seen: list[list[str]] = []

    async def reply(messages: list[Message]) -> AsyncIterator[str]:
        seen.append([message["content"] for message in messages])
        yield f"reply {len(seen)}"

    server = start(reply=reply)
    turns = [post(server.url, "one")]
    for message in ("two", "three"):
        read(turns[-1]["events"])
        turns.append(post(server.url, message, turns[0]["chat"]))
    read(turns[-1]["events"])
    one, two, three = (turn["turn"] for turn in turns)

    edited = {"message": "two, better", "chat": turns[0]["chat"], "parent": one}
    answer = httpx.post(server.url + "turns", json=edited)
    assert answer.status_code == 201
    assert answer.json()["chat"] == turns[0]["chat"]
    again = answer.json()["turn"]
    read(str(httpx.URL(server.url).join(answer.json()["events"])))
    assert said_in(server, turns[0]["chat"]) == ["one", "two", "three", "two, better"]
    assert seen[-1] == ["one", "reply 1", "two, better"]
    chat = httpx.get(f"{server.url}chats/{turns[0]['chat']}").json()["turns"]
    assert {turn["turn"]: turn["parent"] for turn in chat} == {
        one: None,
        two: one,
        three: two,
        again: one,
    }

    # The branch that was left can be gone on with, and so can a new beginning.
    read(post(server.url, "four", parent=three)["events"])
    assert seen[-1] == ["one", "reply 1", "two", "reply 2", "three", "reply 3", "four"]
    read(post(server.url, "new", turns[0]["chat"], parent=None)["events"])
    assert seen[-1] == ["new"]


def test_parent_that_cannot_be_followed(start: Start) -> None:
    server = start()
    mine, other = post(server.url, "mine"), post(server.url, "other")

    def say(**body: Any) -> httpx.Response:
        return httpx.post(server.url + "turns", json={"message": "x"} | body)

    answer = say(parent="unknown")
    assert answer.status_code == 404
    assert answer.json()["detail"].startswith("Unknown parent: never started, no longer kept")
    answer = say(parent=mine["turn"], chat=other["chat"])
    assert answer.status_code == 409
    assert answer.json() == {"detail": "The turn that the message is to follow is in another chat."}
    assert say(parent="../turns").status_code == 422
    assert say(parent="").status_code == 422
    assert said_in(server, mine["chat"]) == ["mine"]


def test_another_try_leaves_the_first_alone(start: Start, told: Told) -> None:
    server = start(reply=told)
    first = post(server.url, "one")
    told.say("half")
    events = follow(first["events"])
    assert json.loads(next(events).data) == "half"
    post(server.url, "again", first["chat"], parent=None)
    told.say(" and half")
    assert json.loads(next(events).data) == " and half"
    told.end()
    assert said_in(server, first["chat"]) == ["one", "again"]


def test_user_and_assistant_alternate_whatever_became_of_a_turn(start: Start) -> None:
    seen: list[list[tuple[str, str]]] = []

    async def reply(messages: list[Message]) -> AsyncIterator[str]:
        seen.append([(message["role"], message["content"]) for message in messages])
        match messages[-1]["content"]:
            case "think":
                await asyncio.Event().wait()
            case "break":
                yield "half"
                raise RuntimeError("as planned")
            case "empty":
                return
        yield "ok"

    server = start(reply=reply)
    chat = post(server.url, "hello")["chat"]
    for message in ("think", "empty", "break", "and now?"):
        turn = post(server.url, message, chat)
        if message == "think":
            httpx.post(f"{server.url}turns/{turn['turn']}/cancel")
        read(turn["events"])
    assert seen[-1] == [
        ("user", "hello"),
        ("assistant", "ok"),
        ("user", "break"),
        ("assistant", "half"),
        ("user", "and now?"),
    ]


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("path", ["", "healthz"])
def test_first_look_with_curl(start: Start, method: str, path: str) -> None:
    answer = httpx.request(method, start().url + path)
    assert answer.status_code == 200
    assert int(answer.headers["content-length"]) > 0
    assert (answer.content == b"") == (method == "HEAD")


def test_no_json_answer_may_be_kept(start: Start) -> None:
    server = start(faults=True, max_message=10, hosts=["chat.example"])
    turn = post(server.url, "x")
    read(turn["events"])
    asked = [
        httpx.get(server.url + path)
        for path in (
            *("healthz", f"turns/{turn['turn']}", f"chats/{turn['chat']}", "faults"),
            *("openapi.json", "turns/unknown", "chats/unknown", "nothing"),
            f"turns/{turn['turn']}/events?after=x",
        )
    ]
    asked += [
        httpx.post(server.url + "turns", json={"message": "x"}),
        httpx.post(server.url + "turns", json={}),
        httpx.post(server.url + "turns", json={"message": "x" * 11}),
        httpx.post(server.url + "turns", content=b"x" * 10_000),
        httpx.post(server.url + f"turns/{turn['turn']}/cancel"),
        httpx.delete(server.url + "turns"),
        httpx.get(server.url + "healthz", headers={"Host": "evil.example"}),
    ]
    assert {answer.status_code for answer in asked} == {200, 201, 400, 404, 405, 413, 421, 422}
    for answer in asked:
        assert answer.headers["content-type"] == "application/json", answer.url
        assert answer.headers["cache-control"] == "no-store", answer.url


def test_types_of_the_page_are_not_the_machines(start: Start) -> None:
    before = mimetypes.guess_type("x.js")[0], mimetypes.guess_type("x.css")[0]
    mimetypes.add_type("text/plain", ".js")
    mimetypes.add_type("application/x-css", ".css")
    try:
        server = start()
        types = {
            path: httpx.get(server.url + path).headers["content-type"]
            for path in ("", "static/main.js", "static/shared/style.css", "static/shared/icon.svg")
        }
    finally:
        mimetypes.add_type(before[0] or "", ".js")
        mimetypes.add_type(before[1] or "", ".css")
    assert list(types.values()) == [
        "text/html; charset=utf-8",
        "text/javascript; charset=utf-8",
        "text/css; charset=utf-8",
        "image/svg+xml",
    ]


@pytest.mark.parametrize("cursor", ["3", "3  ", " 3", "3\t"])
def test_blanks_around_a_cursor_do_not_count(start: Start, cursor: str) -> None:
    server = start()
    turn = post(server.url, "abcdef")
    read(turn["events"])
    path = httpx.URL(turn["events"]).path
    line = connect(server)
    line.sendall(head("GET", path, f"Last-Event-ID:{cursor}", "Connection: close"))
    assert [event.id for event in events_of(rest(line))] == ["4", "5", "6", "7"]


def test_empty_cursor_is_the_start(start: Start) -> None:
    turn = post(start().url, "ab")
    whole = read(turn["events"])
    for blank in ("", "%20", "%09"):
        assert read(f"{turn['events']}?after={blank}") == whole
    assert read(turn["events"], headers={"Last-Event-ID": ""}) == whole


def test_blank_header_leaves_the_cursor_to_the_query(start: Start) -> None:
    server = start()
    turn = post(server.url, "abcdef")
    read(turn["events"])
    path = httpx.URL(turn["events"]).path
    for blank in ("", "   ", "\t"):
        line = connect(server)
        line.sendall(head("GET", f"{path}?after=5", f"Last-Event-ID:{blank}", "Connection: close"))
        assert [event.id for event in events_of(rest(line))] == ["6", "7"]


def test_head_is_answered_where_something_is_read(start: Start) -> None:
    server = start(faults=True, dialects=True)
    turn = post(server.url, "ab")
    read(turn["events"])
    paths = [f"turns/{turn['turn']}", f"chats/{turn['chat']}", "healthz", "faults"]
    for path in [*paths, "openai/v1/models", "ollama/api/tags"]:
        head, get = httpx.head(server.url + path), httpx.get(server.url + path)
        assert (head.status_code, head.content) == (200, b""), path
        assert head.headers["content-length"] == get.headers["content-length"]
    assert httpx.head(server.url + "turns/unknown").status_code == 404


def test_idle_stream_is_kept_awake_by_comments(start: Start, told: Told) -> None:
    server = start(reply=told, heartbeat=0.01)
    url = post(server.url, "x")["events"]
    with httpx.stream("GET", url) as response:
        chunks = response.iter_raw()
        assert next(chunks) == b": ping\n\n"
        assert next(chunks) == b": ping\n\n"


def test_first_comment_comes_soon(start: Start, told: Told) -> None:
    server = start(reply=told, heartbeat=3600)
    with httpx.stream("GET", post(server.url, "x")["events"]) as response:
        assert next(response.iter_raw()) == b": ping\n\n"


def test_headers_of_a_stream(start: Start, told: Told) -> None:
    server = start(reply=told)
    with httpx.stream("GET", post(server.url, "x")["events"]) as response:
        assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
        assert response.headers["cache-control"] == "no-store"
        assert response.headers["x-accel-buffering"] == "no"
        assert "content-length" not in response.headers


def test_health_counts_what_is_live(start: Start, told: Told) -> None:
    server = start(reply=told)

    def health() -> Any:
        return httpx.get(server.url + "healthz").json()

    assert health() == {"status": "ok", "turns": 0, "live": 0, "streams": 0, "faults": False}
    told.say("a")
    turn = post(server.url, "x")
    stream = follow(turn["events"])
    next(stream)
    assert health() == {"status": "ok", "turns": 1, "live": 1, "streams": 1, "faults": False}
    told.end()
    list(stream)
    until(
        lambda: health() == {"status": "ok", "turns": 1, "live": 0, "streams": 0, "faults": False}
    )


def test_stream_that_is_aborted_counts_no_longer(start: Start, told: Told) -> None:
    """As `fetch` does it: silent or not, the connection is closed in the middle of the body."""
    server = start(reply=told)

    def streams() -> Any:
        return httpx.get(server.url + "healthz").json()["streams"]

    url = post(server.url, "x")["events"]
    with httpx.stream("GET", url):
        assert streams() == 1
    until(lambda: streams() == 0)
    told.say("a")
    for _ in range(3):  # a page that changes its transport comes back at once
        stream = follow(url)
        next(stream)
        assert streams() >= 1
        stream.close()
    until(lambda: streams() == 0)
    assert server.messages == ""


def test_page_and_its_files_come_with_a_strict_policy(start: Start) -> None:
    server = start()
    for path in ("", "static/main.js", "static/shared/style.css"):
        answer = httpx.get(server.url + path)
        assert answer.status_code == 200, path
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"


def test_page_refers_to_its_files_by_relative_urls(start: Start) -> None:
    page = httpx.get(start().url).text
    assert 'src="/' not in page
    assert 'href="/' not in page
    assert "http:" not in page.replace("http://www.w3.org/", "")


@pytest.mark.parametrize("path", ["/static/../app.py", "/static/..%2fapp.py", "/static/%2e%2e/x"])
def test_no_file_outside_the_page_is_served(start: Start, path: str) -> None:
    server = start()
    with socket.create_connection(("127.0.0.1", server.port)) as raw:
        raw.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
        answer = b"".join(iter(lambda: raw.recv(65536), b""))
    assert b" 404 " in answer.split(b"\r\n")[0]


def test_another_page_can_be_served(start: Start, tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("<!doctype html><title>mine</title>", "utf-8")
    assert "mine" in httpx.get(start(static=tmp_path).url).text


def test_documentation_names_every_answer(start: Start) -> None:
    paths = httpx.get(start().url + "openapi.json").json()["paths"]
    answers = set(paths["/turns"]["post"]["responses"])
    assert answers == {"201", "400", "404", "408", "409", "413", "421", "422", "503"}
    events = paths["/turns/{turn}/events"]["get"]
    assert {"200", "204", "400", "404", "421", "429", "503"} <= set(events["responses"])
    assert {parameter["name"] for parameter in events["parameters"]} == {
        "turn",
        "after",
        "last-event-id",
    }
    assert all(
        operation.get("description") for path in paths.values() for operation in path.values()
    )


def test_turns_that_outlive_an_app_are_served_by_the_next(start: Start, told: Told) -> None:
    turns = Turns()
    server = start(reply=told, turns=turns)
    url = post(server.url, "x")["events"]
    told.say("a")
    first = next(follow(url))
    start(reply=told, turns=turns)
    events = read(url, headers={"Last-Event-ID": first.id})
    assert [event.type for event in events] == ["failure"]
    assert "The server stopped" in events[0].data


def test_slow_reader_holds_up_nobody(start: Start) -> None:
    async def reply(_: list[Message]) -> AsyncIterator[str]:
        for _ in range(300):
            yield "x" * 10_000

    server = start(reply=reply)
    url = post(server.url, "x")["events"]
    with socket.create_connection(("127.0.0.1", server.port)) as slow:
        path = url.removeprefix(server.url.rstrip("/"))
        slow.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        slow.recv(100)  # and takes no more
        done = threading.Event()
        reader = threading.Thread(target=lambda: (read(url), done.set()))
        reader.start()
        assert done.wait(60)
        reader.join()
