"""The page's modules without a page: protocol.js and proof.js, in a real browser."""

import hashlib
import json
from collections.abc import Callable
from typing import Any

import pytest
from chat_page import OpenPage

from chatkit.web.app import create_app
from chatkit import Server

Read = Callable[..., Any]

START = {
    "status": "streaming",
    "last": 0,
    "text": "",
    "added": None,
    "problem": "",
    "chars": None,
    "sha256": None,
}


def event(number: int, data: Any, type: str = "message") -> dict[str, Any]:
    return {"type": type, "data": json.dumps(data), "lastEventId": str(number)}


@pytest.fixture
def read(run: Callable[..., Server], open_page: OpenPage) -> Read:
    """read(*events): the turn after these events, as protocol.js reads them."""
    page = open_page(run(create_app()).url).page

    def read(*events: dict[str, Any]) -> Any:
        return page.evaluate(
            """async events => {
                const { NEW_TURN, read } = await import(new URL("static/client/protocol.js", location));
                return events.reduce(read, NEW_TURN);
            }""",
            events,
        )

    return read


def test_read(read: Read) -> None:
    a, b = event(1, "a"), event(2, "b\n")
    end = event(3, {"status": "done", "events": 2, "chars": 3, "sha256": "x"}, "end")
    after_b = START | {"last": 2, "text": "ab\n", "added": "b\n"}
    assert read() == START
    assert read(a, b) == after_b
    assert read(a, a, b, a, b) == after_b  # an event that comes again changes nothing
    done = after_b | {"last": 3, "added": "", "status": "done", "chars": 3, "sha256": "x"}
    assert read(a, b, end) == done
    assert read(a, b, end, event(4, "c"), event(0, {}, "reset")) == done  # the end is the end
    assert read(event(1, {"status": "cancelled"}, "end"))["status"] == "cancelled"

    failure = event(3, {"status": "failed", "message": "why", "chars": 3, "sha256": "x"}, "failure")
    assert read(a, b, failure) == done | {"status": "failed", "problem": "why"}
    assert read(a, b, event(0, {"after": 2, "last": 0}, "reset")) == START
    assert read(a, b, event(0, {}, "reset"), event(1, "c"))["text"] == "c"


@pytest.mark.parametrize(
    "wrong",
    [
        {"type": "message", "data": "not JSON", "lastEventId": "2"},
        event(2, 3),
        event(2, None),
        event(2, None, "end"),
        event(2, {}, "failure"),
    ],
    ids=str,
)
def test_what_cannot_be_read_fails_the_turn_and_keeps_its_text(
    wrong: dict[str, Any], read: Read
) -> None:
    turn = read(event(1, "a"), wrong)
    assert turn["status"] == "failed"
    assert turn["text"] == "a"
    assert turn["problem"] == "The page could not read what the server sent."


def test_prove(run: Callable[..., Server], open_page: OpenPage) -> None:
    page = open_page(run(create_app()).url).page

    def prove(text: str, chars: int, sha256: str | None) -> Any:
        return page.evaluate(
            """async ([text, summary]) => {
                const { prove } = await import(new URL("static/client/proof.js", location));
                return prove(text, summary);
            }""",
            [text, {"chars": chars, "sha256": sha256}],
        )

    text = "🦊 e\u0301\n"
    digest = hashlib.sha256(text.encode()).hexdigest()
    assert prove(text, len(text), digest) == "ok"
    assert prove(text + " ", len(text), digest) == "mismatch"
    assert prove(text, len(text) + 1, digest) == "mismatch"
    assert prove(text, 0, None) is None
