"""A reader for the tests: real sockets, our own parser."""

import json
from collections.abc import Iterator
from typing import Any

import httpx

from chatkit.sse import Event, Parser


def post(url: str, message: str, chat: str | None = None, **more: Any) -> dict[str, str]:
    """Start a turn; return the answer, with the URL of its events made absolute."""
    body = {"message": message} | ({"chat": chat} if chat else {}) | more
    answer = httpx.post(url + "turns", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json() | {"events": url + answer.json()["events"]}


def follow(url: str, **options: Any) -> Iterator[Event]:
    """Yield the events of a stream as they come. Closing the iterator drops the connection."""
    parser = Parser()
    with httpx.stream("GET", url, timeout=60, **options) as response:
        assert response.status_code == 200, response.status_code
        assert response.headers["content-type"].startswith("text/event-stream")
        for chunk in response.iter_bytes():
            yield from parser.feed(chunk)


def read(url: str, **options: Any) -> list[Event]:
    """All events of a stream, to its end."""
    return list(follow(url, **options))


def text(events: list[Event]) -> str:
    """The text that a page would show."""
    return "".join(json.loads(event.data) for event in events if event.type == "message")
