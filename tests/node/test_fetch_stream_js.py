"""static/client/fetch_stream.js, with a server that answers as it is told."""

from typing import Any

import pytest
from node_runner import run_node

STREAM = {"Content-Type": "text/event-stream"}
FRAME = 'id: 1\ndata: "a"\n\n'


def read(close_at: str | None = None, **answer: Any) -> Any:
    answer = {"headers": STREAM, "chunks": [FRAME]} | answer
    return run_node("run_fetch_stream.mjs", {"answer": answer, "closeAt": close_at})


def kinds(ran: Any) -> list[str]:
    return [item["kind"] for item in ran["items"]]


def test_stream_that_ends() -> None:
    ran = read()
    assert kinds(ran) == ["request", "answer", "bytes", "end"]
    assert ran["items"][1]["ok"] is True
    assert ran["items"][2]["text"] == FRAME
    assert (ran["items"][-1]["reason"], ran["items"][-1]["status"]) == ("end", 200)
    (asked,) = ran["asked"]
    assert (asked["method"], asked["url"]) == ("GET", "/stream")
    assert asked["headers"]["accept"] == "text/event-stream"


def test_stream_that_breaks() -> None:
    ran = read(then="cut")
    assert ran["items"][-1] == {"kind": "end", "reason": "broken", "status": 200}


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ({"status": 204, "headers": {}, "chunks": []}, "no content"),
        ({"status": 404}, "status"),
        ({"status": 201}, "status"),
        ({"headers": {}}, "content type"),
        ({"headers": {"Content-Type": "text/html"}}, "content type"),
    ],
    ids=str,
)
def test_answer_that_is_not_a_stream(answer: Any, reason: str) -> None:
    ran = read(**answer)
    assert kinds(ran) == ["request", "answer", "end"]
    assert ran["items"][1]["ok"] is False
    assert ran["items"][2] == {
        "kind": "end",
        "reason": reason,
        "status": answer.get("status", 200),
    }


@pytest.mark.parametrize(
    "type", ["text/event-stream; charset=utf-8", "Text/Event-Stream", "text/event-stream ;a=b"]
)
def test_content_type_with_a_parameter_or_capitals(type: str) -> None:
    assert read(headers={"Content-Type": type})["items"][-1]["reason"] == "end"


def test_refused_answer_is_not_read_on() -> None:
    """The script waits until the client has left."""
    ran = read(status=500, then="wait")
    assert kinds(ran) == ["request", "answer", "end"]


@pytest.mark.parametrize("kind", ["answer", "bytes"])
def test_stream_that_is_closed_is_left_and_nothing_more_comes(kind: str) -> None:
    ran = read(close_at=kind, then="wait")
    assert kinds(ran)[-1] == kind


def test_large_chunk_comes_in_parts_and_as_a_whole() -> None:
    frames = "".join(f'id: {number}\ndata: "{number:05}"\n\n' for number in range(1, 10_001))
    found = [item for item in read(chunks=[frames])["items"] if item["kind"] == "bytes"]
    assert "".join(item["text"] for item in found) == frames
    assert max(item["size"] for item in found) <= 16_384
