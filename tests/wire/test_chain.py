"""The kit as its own upstream, twice: a server relays one that relays a third, by OpenAI's API."""

import json
from collections.abc import AsyncIterator, Callable

import httpx
import pytest
from sse_client import post, read

from chatkit import Server
from chatkit.replies import Finish, Message, Piece, Reasoning, Reply, ReplyFailed, upstream

Start = Callable[..., Server]

PIECES = ["Grüße, ", "🦊", "\n\n", "\u2028", " 👩‍👩‍👧", " **x**", " \x00", " end "]
THOUGHTS = ["Hm. ", "So…"]


async def thinks(messages: list[Message]) -> AsyncIterator[Piece]:
    for thought in THOUGHTS:
        yield Reasoning(thought)
    for piece in PIECES:
        yield piece
    if messages[-1]["content"] == "fail":
        raise ReplyFailed("out of paper")
    yield Finish(reason="length", input_tokens=3, output_tokens=8)


@pytest.fixture
def chained(start: Start) -> Server:
    """The last of three servers. Only the first writes replies of its own."""
    first = start(reply=thinks, dialects=True, name="first")
    second = start(reply=of(first), dialects=True, name="second")
    return start(reply=of(second), name="third")


def of(server: Server) -> Reply:
    return upstream(f"{server.url}openai/v1", "any", "")


def test_text_reasoning_and_end_come_through(chained: Server) -> None:
    turn = post(chained.url, "Hello")
    events = read(turn["events"])
    assert [event.type for event in events] == (
        ["reasoning"] * len(THOUGHTS) + ["message"] * len(PIECES) + ["end"]
    )
    assert [json.loads(event.data) for event in events[:-1]] == THOUGHTS + PIECES
    end = json.loads(events[-1].data)
    assert end["finish"] == {"reason": "length", "input_tokens": 3, "output_tokens": 8}
    state = httpx.get(f"{chained.url}turns/{turn['turn']}").json()
    assert (state["reply"], state["reasoning"]) == ("".join(PIECES), "".join(THOUGHTS))


def test_a_failure_comes_through_and_what_was_before_it_stays(chained: Server) -> None:
    events = read(post(chained.url, "fail")["events"])
    said = [json.loads(event.data) for event in events if event.type == "message"]
    assert said == PIECES
    assert events[-1].type == "failure"
    assert "out of paper" in json.loads(events[-1].data)["message"]
