"""The wire format, against cases that stand as data beside this file."""

import base64
import json
import random
import tracemalloc
from collections.abc import Callable, Iterable
from itertools import pairwise
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


def test_a_block_holds_what_was_asked_for_and_nothing_else() -> None:
    assert encode() == b"\n\n"
    assert encode("a") == b"data: a\n\n"
    assert encode("") == b"data: \n\n"
    assert encode("a\r\nb\rc\nd\n") == b"data: a\ndata: b\ndata: c\ndata: d\ndata: \n\n"
    assert encode("a\u2028b\x85c\v\f\x1cd") == "data: a\u2028b\x85c\v\f\x1cd\n\n".encode()
    assert encode(comment="ping") == b": ping\n\n"
    assert encode(comment="a\r\nb\rc\nd\u2028") == b": a\n: b\n: c\n: d\xe2\x80\xa8\n\n"
    assert encode("é", event=" t", id=" 1", retry=1500, comment="c") == (
        b": c\nretry: 1500\nid:  1\nevent:  t\ndata: \xc3\xa9\n\n"
    )
    assert encode("", event="", id="", retry=0, comment="") == (
        b": \nretry: 0\nid: \nevent: \ndata: \n\n"
    )


def test_nul_may_stand_in_a_type_but_not_in_an_id() -> None:
    assert Parser().feed(encode("a\0", event="t\0")) == [Event("a\0", "t\0")]
    with pytest.raises(ValueError, match=r"^id .*NUL"):
        encode("a", id="1\0")


@pytest.mark.parametrize(
    "arguments",
    [
        {"event": "a\nb"},
        {"event": "a\rb"},
        {"event": "\n"},
        {"event": "a\r\n"},
        {"id": "a\nb"},
        {"id": "a\r\nb"},
        {"id": "a\r"},
        {"id": "\rdata: b"},
        {"id": "1\x002"},
        {"id": "\x00"},
        {"retry": -1},
        {"retry": True},
        {"retry": False},
        {"retry": 1.5},
        {"retry": 1.0},
        {"retry": "1"},
        {"retry": ""},
    ],
)
def test_what_cannot_be_written_is_refused_by_name(arguments: dict[str, Any]) -> None:
    ((name, value),) = arguments.items()
    with pytest.raises(ValueError, match=f"^{name} must be ") as error:
        encode("x", **arguments)
    assert repr(value) in str(error.value)


@pytest.mark.parametrize("name", ["data", "event", "id", "comment"])
def test_a_lone_surrogate_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=r"lone surrogate '\\ud83d'"):
        encode(**{name: "a\ud83db"})


# The limit. What is held is counted in the same way wherever the chunks are cut.


def outcome(chunks: Iterable[bytes], limit: int) -> tuple[list[Event], bool]:
    """All events that came out, those told by the error included, and if there was an error."""
    parser = Parser(limit=limit)
    events: list[Event] = []
    for chunk in chunks:
        try:
            events += parser.feed(chunk)
        except EventTooLarge as error:
            return events + error.events, True
    return events, False


def cut(stream: bytes, size: int) -> list[bytes]:
    return [stream[i : i + size] for i in range(0, len(stream), size)]


def random_chunks(stream: bytes, most: int, random: random.Random) -> list[bytes]:
    edges = [0]
    while edges[-1] < len(stream):
        edges.append(edges[-1] + random.randint(0, most))
    return [stream[start:end] for start, end in pairwise(edges)]


@pytest.mark.parametrize(
    ("stream", "limit"),
    [
        # A line that has not ended. Its end is not counted.
        (b"x" * 20, 20),
        (b"data: a\n\n" + b"x" * 20, 20),
        (b"x" * 20 + b"\n", 20),
        (b"x" * 20 + b"\r\n" + b"x" * 20, 20),
        (b":" * 20 + b"\r" + b":" * 20, 20),
        (b"data: " + b"x" * 14 + b"\n\n", 20),
        (b"\xf0\x9f\x98\x80" * 5, 20),
        # The data of the first line, and a line that has not ended: 4 + 16.
        (b"data: abcd\n" + b"x" * 16, 20),
        (b"data: abcd\r\ndata: " + b"x" * 9 + b"\r\n", 20),
        # More lines of data, with their ends: 4 + (10 + 1) + 5.
        (b"data: abcd\ndata: efgh\nxxxxx", 20),
        (b"data: abcd\r\ndata: efgh\r\nxxxxx\r\n\r\n", 20),
        (b"data\ndata\ndata\ndata\nxxxxx", 20),
        # An event that is finished counts no more.
        (b"data: abcd\ndata: efgh\n\ndata: abcd\ndata: efgh\n\n" + b"x" * 20, 20),
    ],
)
def test_the_limit_is_exact(stream: bytes, limit: int) -> None:
    for size in (1, 2, 3, len(stream)):
        assert outcome(cut(stream, size), limit)[1] is False, f"chunks of {size}"
        assert outcome(cut(stream, size), limit - 1)[1] is True, f"chunks of {size}"


LIMITED = [
    b"data: a\n\ndata: b\n\n" * 5 + b"data: " + b"x" * 100,
    b"id: 1\r\ndata: kept\r\n\r\n" * 3 + b"data: x\r\n" * 30,
    b"data: a\n\n: " + b"c" * 70 + b"\ndata: b\n\n",
    b"data\n" * 40 + b"\n",
    b"event: " + b"t" * 30 + b"\nid: " + b"1" * 30 + b"\ndata: a\n\n" * 4 + b"y" * 99,
    "data: é😀\n\ndata: €€\ndata: €€\n\n".encode() * 3 + "data: 😀😀😀😀\n".encode() * 9,
    b"\xef\xbb\xbfdata: \xff\xff\n\n" * 2 + b"data: \xff\xc3\xe2\x82\r" * 20,
    b"data: a\r\rdata: b\r\n\r\n" * 9 + b"\r\n" * 50 + b"data:" + b":" * 60 + b"\n\n",
]


@pytest.mark.parametrize("stream", LIMITED, ids=range(len(LIMITED)))
def test_chunks_make_no_difference_to_the_limit(stream: bytes) -> None:
    chance = random.Random(7)
    results = set()
    for limit in [*range(1, 60), 100, 200, 1000]:
        whole = outcome([stream], limit)
        for size in (1, 2, 3, 7, 20, 64, limit):
            assert outcome(cut(stream, size), limit) == whole, f"limit {limit}, chunks of {size}"
        for _ in range(5):
            chunks = random_chunks(stream, 30, chance)
            assert outcome(chunks, limit) == whole, f"limit {limit}, {chunks}"
        results.add((len(whole[0]), whole[1]))
    assert {raised for _, raised in results} == {True, False}


def peak_until_refused(chunk: bytes, times: int, limit: int) -> tuple[EventTooLarge, int]:
    """Feed the chunk again and again: the error, and the most memory there was, in bytes."""
    tracemalloc.start()
    try:
        parser = Parser(limit=limit)
        for _ in range(times):
            try:
                parser.feed(chunk)
            except EventTooLarge as error:
                return error, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    raise AssertionError("nothing was refused")


def test_a_line_of_a_gibibyte_is_refused_and_not_held() -> None:
    chunk = b"x" * 65_536
    error, peak = peak_until_refused(chunk, times=2**30 // len(chunk), limit=1_000_000)
    assert str(error) == (
        "one event is larger than the limit of 1,000,000 bytes: "
        "close the stream, or read it with a larger limit"
    )
    assert isinstance(error, ValueError)
    assert peak < 3_000_000


@pytest.mark.parametrize("before", [b"", b"data: kept\n\n", b"data: kept\r\n\r\n"])
def test_a_large_line_in_one_chunk_is_not_held_either(before: bytes) -> None:
    error, peak = peak_until_refused(before + bytes(2**25), times=1, limit=1_000_000)
    assert error.events == [Event("kept")] * bool(before)
    assert peak < 3_500_000


@pytest.mark.parametrize(
    "line", [b"data\n", b"data:\n", b"data: \r\n", b"data:ab\n", b"data:\xff\r"]
)
def test_short_data_lines_add_up(line: bytes) -> None:
    _, peak = peak_until_refused(line, times=20_000, limit=20_000)
    assert peak < 15 * 20_000


def test_an_id_and_a_type_count_too() -> None:
    id, type, data = b"id: %b\n" % (b"1" * 40), b"event: %b\n" % (b"t" * 40), b"data: " + b"x" * 40
    assert outcome([id + type + data, b"\n\n"], limit=100) == ([], True)
    for kept in id + data, type + data, id + id + data:  # an id takes the place of the one before
        events, refused = outcome([kept, b"\n\n"], limit=100)
        assert (len(events), refused) == (1, False)


def test_the_limit_holds_for_single_bytes() -> None:
    parser = Parser(limit=10_000)
    for _ in range(10_000):
        assert parser.feed(b"x") == []
    for _ in range(3):  # and again, if it is fed again
        with pytest.raises(EventTooLarge):
            parser.feed(b"x")


def test_lines_that_are_not_kept_never_add_up() -> None:
    block = b"data: a\n" + b": comment\nfoo: bar\nfoo\nid: 1\nevent: t\nretry: 5\ndatax: y\n" * 2000
    expected = [Event("a", "t", "1")]
    for size in (1, 10, len(block)):
        assert outcome([*cut(block, size), b"\n"], limit=20) == (expected, False)


@pytest.mark.parametrize("limit", [0, -1])
def test_a_limit_below_one_byte_is_refused(limit: int) -> None:
    with pytest.raises(ValueError, match=f"limit.*{limit}"):
        Parser(limit=limit)


@pytest.mark.parametrize("limit", [None, 1000])
def test_text_is_not_taken_for_bytes(limit: int | None) -> None:
    with pytest.raises(TypeError, match=r"feed takes bytes, .* and not 'data: x"):
        Parser(limit).feed("data: x\n\n" * 100)  # type: ignore[arg-type]


def test_limit_is_for_one_event_not_for_the_stream() -> None:
    parser = Parser(limit=1000)
    count = sum(len(parser.feed(b"data: " + b"x" * 500 + b"\n\n")) for _ in range(100))
    assert count == 100


def test_a_parser_without_a_limit_takes_any_length() -> None:
    assert outcome_of_long_data(None) == outcome_of_long_data(5_000_000)


def outcome_of_long_data(limit: int | None) -> tuple[int, int]:
    parser = Parser(limit=limit)
    events = [e for _ in range(1000) for e in parser.feed(b"data: " + b"x" * 2000 + b"\n")]
    events += parser.feed(b"\n")
    return len(events), len(events[0].data)


# Bad input.

PARTS = [b"\n", b"\r", b"\r\n", b"data", b"data:", b"data: ", b"id: ", b"event:", b"retry: ", b":"]
PARTS += [b" ", b"\0", b"7", b"\xef\xbb\xbf", b"\xc3", b"\xa9", b"\xff", b"\xe2\x80\xa8", b"a"]


def random_bytes(chance: random.Random) -> bytes:
    return chance.randbytes(2**20)


def random_parts(chance: random.Random) -> bytes:
    return b"".join(chance.choices(PARTS, k=2**19))[: 2**20]


@pytest.mark.parametrize("most", [40, 5000])
@pytest.mark.parametrize(("make", "least"), [(random_bytes, 0), (random_parts, 1000)])
def test_no_bytes_in_any_chunks_raise(make: Callable[..., bytes], least: int, most: int) -> None:
    chance = random.Random(most)
    stream = make(chance)
    assert len(stream) == 2**20
    parser = Parser()
    events = [e for chunk in random_chunks(stream, most, chance) for e in parser.feed(chunk)]
    assert events == Parser().feed(stream)
    assert len(events) >= least


def test_an_event_has_the_defaults_of_the_standard() -> None:
    assert Event() == ("", "message", "")
    assert [type(event) for event in Parser().feed(b"data: a\n\n")] == [Event]


def test_events_are_frozen() -> None:
    with pytest.raises(AttributeError):
        Event("a").data = "b"  # type: ignore[misc]
