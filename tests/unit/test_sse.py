"""The wire format, against cases that stand as data beside this file."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from chatkit.sse import Event, EventTooLarge, Parser, encode

CASES = Path(__file__).parents[1] / "cases"
PARSE_CASES = json.loads((CASES / "sse_parse_cases.json").read_text("utf-8"))
ENCODE_CASES = json.loads((CASES / "sse_encode_cases.json").read_text("utf-8"))


def events_of(case: dict[str, Any]) -> list[Event]:
    return [Event(e["data"], e["type"], e["last_event_id"]) for e in case["events"]]


def chunks_of(case: dict[str, Any]) -> list[bytes]:
    return [base64.b64decode(chunk) for chunk in case["chunks"]]


def ids(cases: list[dict[str, Any]]) -> list[str]:
    return [case["name"] for case in cases]


@pytest.mark.parametrize("case", PARSE_CASES, ids=ids(PARSE_CASES))
def test_parser_reads_as_the_standard_says(case: dict[str, Any]) -> None:
    parser = Parser()
    events: list[Event] = []
    available = case.get("available_after_chunk")
    for number, chunk in enumerate(chunks_of(case)):
        events += parser.feed(chunk)
        if available is not None and number < len(available):
            assert len(events) >= available[number], "an event came out later than its blank line"
    assert events == events_of(case), case["why"]
    assert parser.last_event_id == case["final_last_event_id"]
    if case.get("check_retry", True):
        assert parser.retry == case["retry"]


@pytest.mark.parametrize("case", PARSE_CASES, ids=ids(PARSE_CASES))
def test_chunks_make_no_difference(case: dict[str, Any]) -> None:
    whole = b"".join(chunks_of(case))
    expected = events_of(case)
    single_bytes = Parser()
    assert [e for b in whole for e in single_bytes.feed(bytes([b]))] == expected
    for cut in range(0, len(whole), max(1, len(whole) // 200)):
        parser = Parser()
        assert parser.feed(whole[:cut]) + parser.feed(whole[cut:]) == expected, f"cut at {cut}"


@pytest.mark.parametrize("case", ENCODE_CASES, ids=ids(ENCODE_CASES))
def test_what_is_written_is_what_is_read(case: dict[str, Any]) -> None:
    try:
        wire = b"".join(encode(**block) for block in case["inputs"])
    except (ValueError, TypeError):
        assert case["errors"] == "pass", "refused something that can be written"
        return
    wire.decode("utf-8")
    parser = Parser()
    assert parser.feed(wire) == events_of(case), case["why"]
    assert parser.retry == case["retry"]


@pytest.mark.parametrize(
    "arguments",
    [
        {"event": "a\nb"},
        {"event": "a\rb"},
        {"id": "a\nb"},
        {"id": "a\r\nb"},
        {"id": "1\x002"},
        {"retry": -1},
        {"retry": True},
        {"retry": 1.5},
    ],
)
def test_what_cannot_be_written_is_refused_by_name(arguments: dict[str, Any]) -> None:
    (name,) = arguments
    with pytest.raises(ValueError, match=name):
        encode("x", **arguments)


def test_a_lone_surrogate_is_refused() -> None:
    with pytest.raises(ValueError, match="lone surrogate"):
        encode("\ud83d")


def test_limit_bounds_a_line_and_tells_the_events_before_it() -> None:
    parser = Parser(limit=1000)
    with pytest.raises(EventTooLarge, match="limit of 1,000 bytes") as error:
        parser.feed(b"id: 1\ndata: kept\n\ndata: " + b"x" * 2000)
    assert error.value.events == [Event("kept", id="1")]


def test_limit_bounds_many_data_lines() -> None:
    parser = Parser(limit=1000)
    for _ in range(17):
        parser.feed(b"data: " + b"x" * 50 + b"\n")
    with pytest.raises(EventTooLarge):
        parser.feed(b"data: " + b"x" * 50 + b"\n")


def test_limit_is_for_one_event_not_for_the_stream() -> None:
    parser = Parser(limit=1000)
    count = sum(len(parser.feed(b"data: " + b"x" * 500 + b"\n\n")) for _ in range(100))
    assert count == 100


def test_events_are_frozen() -> None:
    with pytest.raises(AttributeError):
        Event("a").data = "b"  # type: ignore[misc]
