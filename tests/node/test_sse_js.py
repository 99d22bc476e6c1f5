"""static/client/sse.js reads an event stream as chatkit/sse.py does: the same cases, under Node."""

import base64
import json
import random
from pathlib import Path
from typing import Any

import pytest
from cases.sse_rules import RULES, Rule
from node_runner import run_node

from chatkit.sse import Event, Parser

PARSE_CASES = Path(__file__).parents[1] / "cases/sse_parse_cases.json"


def rule(case: dict[str, Any]) -> Rule:
    return Rule(
        name=case["name"],
        says=case["why"],
        chunks=tuple(base64.b64decode(chunk) for chunk in case["chunks"]),
        events=tuple(Event(e["data"], e["type"], e["last_event_id"]) for e in case["events"]),
        last_event_id=case["final_last_event_id"],
        retry=case["retry"],
        out_after=tuple(case.get("available_after_chunk", ())),
    )


CASES = [*RULES, *map(rule, json.loads(PARSE_CASES.read_text("utf-8")))]
RETRY_UNTOLD = {
    case["name"]
    for case in json.loads(PARSE_CASES.read_text("utf-8"))
    if not case.get("check_retry", True)
}


def parse(*streams: tuple[bytes, ...]) -> list[Any]:
    """What the parser of sse.js makes of each stream, given as its chunks."""
    encoded = [[base64.b64encode(chunk).decode() for chunk in chunks] for chunks in streams]
    return run_node("run_sse.mjs", encoded)


def single_bytes(stream: bytes) -> tuple[bytes, ...]:
    return tuple(bytes([byte]) for byte in stream)


def events_of(read: dict[str, Any]) -> list[Event]:
    return [Event(e["data"], e["type"], e["lastEventId"]) for e in read["events"]]


def retry_of(read: dict[str, Any]) -> float | None:
    return None if read["retry"] is None else float(read["retry"])


@pytest.fixture(scope="module")
def read_cases() -> dict[str, list[Any]]:
    """For the name of a case: its stream read as given, whole, and byte by byte."""
    wholes = [b"".join(case.chunks) for case in CASES]
    read = parse(
        *(case.chunks for case in CASES),
        *((whole,) for whole in wholes),
        *(single_bytes(whole) for whole in wholes),
    )
    count = len(CASES)
    return {case.name: read[number::count] for number, case in enumerate(CASES)}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_parser_reads_as_the_standard_says(case: Rule, read_cases: dict[str, list[Any]]) -> None:
    for read in read_cases[case.name]:
        assert events_of(read) == list(case.events), case.says
        assert read["lastEventId"] == case.last_event_id, case.says
        if case.name not in RETRY_UNTOLD:
            # JavaScript's numbers are floats: past 10**308 a reconnection time is Infinity.
            expected = None if case.retry is None else float(str(case.retry))
            assert retry_of(read) == expected, case.says


@pytest.mark.parametrize(
    "case", [case for case in CASES if case.out_after], ids=lambda case: case.name
)
def test_an_event_comes_out_with_its_blank_line(
    case: Rule, read_cases: dict[str, list[Any]]
) -> None:
    as_given = read_cases[case.name][0]
    for count, due in zip(as_given["counts"], case.out_after, strict=False):
        assert count >= due, case.says


def test_cases_have_names_of_their_own() -> None:
    assert len({case.name for case in CASES}) == len(CASES)


PIECES = [
    *(
        b"data",
        b"event",
        b"id",
        b"retry",
        b"data: a",
        b"event: t",
        b"id: 1",
        b"retry: 5",
        b"id: \0",
    ),
    *(b":", b": ", b" ", b"x", b"7", b"\n", b"\n", b"\n\n", b"\r", b"\r\n", b"\r\n\r\n", b"\0"),
    *(
        b"\xef\xbb\xbf",
        "é€🦊".encode(),
        b"\xe2\x82",
        b"\xf0\x9f",
        b"\xff",
        b"\xed\xa0\x80",
        b"\xc0",
    ),
]


def test_both_parsers_read_the_same_from_any_bytes() -> None:
    at_random = random.Random(4)
    streams = []
    for _ in range(1_000):
        chunks = [at_random.choices(PIECES, k=at_random.randrange(8)) for _ in range(12)]
        streams.append(tuple(b"".join(chunk) for chunk in chunks))
    for chunks, read in zip(streams, parse(*streams), strict=True):
        parser = Parser()
        events = [event for chunk in chunks for event in parser.feed(chunk)]
        assert events_of(read) == events, chunks
        assert read["lastEventId"] == parser.last_event_id, chunks
        assert retry_of(read) == parser.retry, chunks


def test_fields_tell_every_line_and_what_was_ignored() -> None:
    first = b": ping\nretry: 5\nretry: x\nid: a\0\nid:  b\nData: a\nevent\ndata:x\n\n"
    (read,) = parse((first + b"\n: end\n\ndata: unfinished\n",))
    fields = [[(f["name"], f["value"], f["used"]) for f in frame] for frame in read["fields"]]
    assert fields == [
        [
            ("", "ping", False),
            ("retry", "5", True),
            ("retry", "x", False),
            ("id", "a\0", False),
            ("id", " b", True),
            ("Data", "a", False),
            ("event", "", True),
            ("data", "x", True),
        ],
        [],
        [("", "end", False)],
    ]


def test_where_a_frame_ends_in_its_chunk() -> None:
    chunks = (b"data: a\r\n\r\n\ndata: b\n", b"\r\r\n: c\r\r", b"\ndata: d\n\nx")
    (read,) = parse(chunks)
    assert read["ends"] == [[11, 12], [1, 3, 8], [10]]
