"""What a client is told about going on, and about keeping."""

from collections.abc import Callable

import httpx
from sse_client import follow, post, read
from told import Told

from chatkit import Server
from chatkit.sse import Parser

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
