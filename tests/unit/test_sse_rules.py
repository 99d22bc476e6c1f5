"""The parser against a case for every rule of the standard; a hard stream, cut everywhere."""

from collections import Counter
from itertools import combinations, pairwise

import pytest
from cases.sse_rules import RULES, STANDARD, Rule

from chatkit.sse import Event, Parser

# Every rule at once: a byte order mark, all three line ends, colons and spaces, characters of two
# to four bytes, bytes that are no UTF-8, an id with NUL, bad retries, and an unfinished event.
HARD_STREAM = (
    b"\xef\xbb\xbf\xef\xbb\xbf:x\r\n"
    b"data\r\r\n"
    b"id:1\nid: 2\0\rdata: \xc3\xa9\xf0\x9f\x98\x80\ndata::  x: y\r\n: data: c\r\ndata\n\r"
    b"event:t: u\r\n\r\r\nretry: 25\nretry:+9\n"
    b"Data: b\ndata : b\n data: b\r\ndata:\xe2\x82\r\n\xacdata: b\n"
    b"data:  a\xe2\x80\xa8\x0bb\xff \r\r"
    b"\n\n\nid\nevent:t\nevent\ndata:a\n\xef\xbb\xbf\r\n\r\n\r\n"
    b"id:  \xe2\x82\xac\r\n\n: ping\n\ndata:a\ndata:\n\r\nretry:\xc2\xb2\nid: 9\ndata: lost\r\n"
)
HARD_EVENTS = [
    Event(""),
    Event("é😀\n:  x: y\n", id="1"),
    Event("\ufffd\n a\u2028\vb\ufffd ", id="1"),
    Event("a"),
    Event("a\n", id=" €"),
]


def read(chunks: tuple[bytes, ...] | list[bytes]) -> tuple[list[Event], str, int | None]:
    parser = Parser()
    events = [event for chunk in chunks for event in parser.feed(chunk)]
    return events, parser.last_event_id, parser.retry


def single_bytes(stream: bytes) -> list[bytes]:
    return [bytes([byte]) for byte in stream]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_parser_follows_the_rule(rule: Rule) -> None:
    expected = (list(rule.events), rule.last_event_id, rule.retry)
    assert read(rule.chunks) == expected, rule.says


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_the_rule_holds_in_any_chunks(rule: Rule) -> None:
    expected = (list(rule.events), rule.last_event_id, rule.retry)
    whole = b"".join(rule.chunks)
    assert read([whole]) == expected, rule.says
    assert read(single_bytes(whole)) == expected, rule.says
    between_empty_ones = [chunk for byte in single_bytes(whole) for chunk in (b"", byte, b"")]
    assert read(between_empty_ones) == expected, rule.says


PROMPT = [rule for rule in RULES if rule.out_after]


@pytest.mark.parametrize("rule", PROMPT, ids=lambda rule: rule.name)
def test_an_event_comes_out_with_its_blank_line(rule: Rule) -> None:
    parser = Parser()
    count = 0
    for chunk, out_after in zip(rule.chunks, rule.out_after, strict=True):
        count += len(parser.feed(chunk))
        assert count == out_after, rule.says


def test_every_sentence_has_a_case_and_every_case_a_name() -> None:
    assert {rule.says for rule in RULES} == set(STANDARD.values())
    assert [name for name, count in Counter(rule.name for rule in RULES).items() if count > 1] == []


def test_a_reconnection_time_of_5000_digits_is_for_ever() -> None:
    # Python refuses int() of so many digits; the parser must not.
    _, _, retry = read([b"retry: 5\nretry: " + b"9" * 5000 + b"\n"])
    assert retry is not None
    assert retry >= 10**1000


def test_hard_stream_whole() -> None:
    assert read([HARD_STREAM]) == (HARD_EVENTS, " €", 25)


def test_hard_stream_byte_by_byte() -> None:
    assert read(single_bytes(HARD_STREAM)) == (HARD_EVENTS, " €", 25)


def test_hard_stream_in_chunks_of_every_size() -> None:
    for size in range(2, len(HARD_STREAM)):
        chunks = [HARD_STREAM[i : i + size] for i in range(0, len(HARD_STREAM), size)]
        assert read(chunks) == (HARD_EVENTS, " €", 25), f"chunks of {size} bytes"


def test_hard_stream_cut_at_every_place_and_at_every_two_places() -> None:
    places = range(len(HARD_STREAM) + 1)
    for cuts in [*combinations(places, 1), *combinations(places, 2)]:
        edges = [0, *cuts, len(HARD_STREAM)]
        chunks = [HARD_STREAM[start:end] for start, end in pairwise(edges)]
        assert read(chunks) == (HARD_EVENTS, " €", 25), f"cut at {cuts}"
