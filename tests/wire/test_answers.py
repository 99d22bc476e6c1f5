"""What a client is told about going on, and about keeping."""

from collections.abc import Callable
from typing import Any

import httpx
from bare_socket import ask, head, stream_path
from sse_client import follow, post, read
from told import Told

from chatkit import Server
from chatkit.sse import Parser
from chatkit.turns import EngineDown, Turns

Start = Callable[..., Server]


def test_reader_who_lacks_only_the_last_event_gets_it(start: Start) -> None:
    url = post(start().url, "Hi")["events"]
    assert [event.id for event in read(url)] == ["1", "2", "3"]
    assert [event.type for event in read(url, headers={"Last-Event-ID": "2"})] == ["end"]


def test_files_may_be_kept_but_are_asked_for_each_time(start: Start) -> None:
    server = start()
    for path in ("", "static/main.js", "static/shared/style.css"):
        answer = httpx.get(server.url + path)
        assert answer.headers["cache-control"] == "no-cache", path


def test_reader_who_has_all_of_a_live_turn_waits_for_more(start: Start, told: Told) -> None:
    url = post(start(reply=told).url, "x")["events"]
    told.say("a")
    next(follow(url))
    with httpx.stream("GET", url, headers={"Last-Event-ID": "1"}) as response:
        assert response.status_code == 200  # before there is more
        told.say("b")
        told.end()
        assert [event.id for event in Parser().feed(response.read())] == ["2", "3"]


class Away(Turns):
    """An engine that cannot be reached, whatever is asked."""

    async def fails(self, *_: object) -> Any:
        raise EngineDown("It is away.")

    say = get = chat = cancel = counts = fails


def test_every_route_tells_of_an_engine_that_is_away_and_is_described_so(start: Start) -> None:
    server = start(turns=Away())
    paths = httpx.get(server.url + "openapi.json").json()["paths"]
    asked = [(method, path) for path, methods in paths.items() for method in methods]
    assert len(asked) == 6
    for method, path in asked:
        url = server.url.rstrip("/") + path.format(turn="t", chat="c")
        answer = httpx.request(method, url, json={"message": "x"} if path == "/turns" else None)
        assert (answer.status_code, answer.json()) == (503, {"detail": "It is away."}), path
        assert answer.headers["retry-after"] == "1"
        assert "503" in paths[path][method]["responses"], path


def test_the_head_of_a_stream_says_once_what_becomes_of_the_connection(start: Start) -> None:
    server = start()
    path = stream_path(post(server.url, "x")["events"])
    status, answer = ask(server, head("GET", path, "Connection: close"))
    fields = answer.partition(b"\r\n\r\n")[0].lower().split(b"\r\n")
    assert status == 200
    assert [field for field in fields if field.startswith(b"connection:")] == [b"connection: close"]


def test_what_is_invalid_is_described_as_it_is_answered(start: Start) -> None:
    server = start(faults=True, dialects=True)
    schemas = httpx.get(server.url + "openapi.json").json()["components"]["schemas"]
    assert not {"ValidationError", "HTTPValidationError"} & set(schemas)  # FastAPI's own
    answer = httpx.post(server.url + "turns", json={})
    assert (answer.status_code, set(answer.json())) == (422, set(schemas["Invalid"]["properties"]))
    (wrong,) = answer.json()["detail"]
    assert set(wrong) == set(schemas["InvalidPart"]["properties"])


def test_the_description_of_a_stream_says_what_reads_it(start: Start) -> None:
    paths = httpx.get(start().url + "openapi.json").json()["paths"]
    assert "EventSource" in paths["/turns/{turn}/events"]["get"]["description"]
