"""What holds for every stream: the parser against a naive one, and encode() against the parser."""

import re
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from chatkit.sse import Event, EventTooLarge, Parser, encode

# The same examples in every run: a test that fails once fails always.
repeatable = settings(derandomize=True, deadline=None, database=None, max_examples=400)

BOM = b"\xef\xbb\xbf"
NAMES = [b"data"] * 6 + [b"id", b"id", b"event", b"event", b"retry", b"retry", b""]
ODD_NAMES = [b"Data", b"data ", b" data", b"datas", b"foo", b"\0", BOM, b"data\xff", b"ID", b"\t"]
COLONS = [b": ", b": ", b": ", b":", b":", b"", b":  ", b"::", b": :", b":\t", b" :", b" "]
VALUES = [b"", b"a", b"b: c", b"12", b"12", b"0", b"007", b"+1", b"1_0", b"\0", b"1\0", b" ", b":"]
VALUES += [b"data: a", BOM, b"\xff", b"\xc3", b"\xa9", b"\xf0\x9f", b"\x98\x80", b"\xed\xa0\x80"]
VALUES += [b"\x85", b"\v\f\x1c", *(text.encode() for text in ("\x85", "\u2028", "é€😀", "٣", "²"))]
ENDS = [b"\n", b"\r", b"\r\n", b"\n\n", b"\r\r", b"\r\n\r\n"]
ENDS += [b"\n\r", b"\r\r\n", b"\n\r\n", b"\xe2\n"]

values = st.lists(st.sampled_from(VALUES), min_size=1, max_size=2).map(b"".join)
lines = st.tuples(
    st.sampled_from(NAMES) | st.sampled_from(NAMES) | st.sampled_from(ODD_NAMES),
    st.sampled_from(COLONS),
    values,
    st.sampled_from(ENDS),
).map(b"".join)
starts = st.sampled_from([b"", BOM, BOM + BOM, b"\n" + BOM, b"\xef\xbb", b"\r"])
ordered = st.tuples(starts, st.lists(lines, min_size=2, max_size=14).map(b"".join), values)
wild = st.lists(st.sampled_from(NAMES + COLONS + VALUES + ENDS), max_size=40)
streams = st.one_of(*[ordered.map(b"".join)] * 3, wild.map(b"".join), st.binary(max_size=99))

# Where to cut: 0 and 5 make an empty chunk, a chunk of 5 bytes, and so on, again and again.
sizes = st.lists(st.integers(0, 12), max_size=7).map(lambda sizes: [*sizes, 1])


def cut(stream: bytes, sizes: list[int]) -> list[bytes]:
    chunks = []
    while stream:
        for size in sizes:
            chunks.append(stream[:size])
            stream = stream[size:]
    return chunks


Read = tuple[list[Event], str, int | None]


def read(chunks: list[bytes]) -> Read:
    parser = Parser()
    events = [event for chunk in chunks for event in parser.feed(chunk)]
    return events, parser.last_event_id, parser.retry


def naive(stream: bytes) -> Read:
    """The steps of the standard, one by one, on a whole stream."""
    text = stream.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace")
    lines = re.split("\r\n|\n|\r", text)
    del lines[-1]  # it has no end
    events = []
    last_event_id_string, reconnection_time = "", None
    data_buffer = event_type_buffer = last_event_id_buffer = ""
    for line in lines:
        if line == "":
            last_event_id_string = last_event_id_buffer
            if data_buffer == "":
                event_type_buffer = ""
                continue
            if data_buffer[-1] == "\n":
                data_buffer = data_buffer[:-1]
            type = "message"
            if event_type_buffer != "":
                type = event_type_buffer
            events.append(Event(data_buffer, type, last_event_id_string))
            data_buffer = event_type_buffer = ""
            continue
        if line[0] == ":":
            continue
        if ":" in line:
            field, value = line.split(":", maxsplit=1)
            if value[:1] == " ":
                value = value[1:]
        else:
            field, value = line, ""
        if field == "event":
            event_type_buffer = value
        elif field == "data":
            data_buffer += value
            data_buffer += "\n"
        elif field == "id" and "\0" not in value:
            last_event_id_buffer = value
        elif field == "retry" and re.fullmatch("[0-9]+", value):
            reconnection_time = int(value)
    return events, last_event_id_string, reconnection_time


@repeatable
@given(streams, sizes)
def test_parser_agrees_with_the_naive_one(stream: bytes, sizes: list[int]) -> None:
    assert read([stream]) == naive(stream)
    assert read(cut(stream, sizes)) == naive(stream)


@repeatable
@given(streams)
def test_parser_agrees_at_every_byte(stream: bytes) -> None:
    parser = Parser()
    events = []
    for end in range(1, len(stream) + 1):
        events += parser.feed(stream[end - 1 : end])
        assert (events, parser.last_event_id, parser.retry) == naive(stream[:end])


@repeatable
@given(streams, sizes, sizes, st.integers(1, 40))
def test_chunks_make_no_difference_to_the_limit(
    stream: bytes, sizes: list[int], others: list[int], limit: int
) -> None:
    whole = read_limited([stream], limit)
    assert read_limited(cut(stream, sizes), limit) == whole
    assert read_limited(cut(stream, others), limit) == whole
    events, refused = whole
    assert events == naive(stream)[0][: len(events)]
    if not refused:
        assert events == naive(stream)[0]


def read_limited(chunks: list[bytes], limit: int) -> tuple[list[Event], bool]:
    parser = Parser(limit)
    events: list[Event] = []
    for chunk in chunks:
        try:
            events += parser.feed(chunk)
        except EventTooLarge as error:
            return events + error.events, True
    return events, False


# Writing.

# Characters that may do harm, and any others.
HARMFUL = "\n\r\0: \t\v\f\x1c\x1e\x85\u2028\u2029\ufeff\ufffd+0a٣é€😀"
texts = st.one_of(st.text(HARMFUL, max_size=12), st.text(max_size=8))
types = texts.map(lambda text: re.sub("[\r\n]", "", text))
ids = texts.map(lambda text: re.sub("[\r\n\0]", "", text))
blocks = st.fixed_dictionaries(
    {},
    optional={
        "data": st.none() | texts,
        "event": st.none() | types,
        "id": st.none() | ids,
        "retry": st.none() | st.integers(0, 10**20),
        "comment": st.none() | texts,
    },
)


def normalised(text: str) -> str:
    return re.sub("\r\n?", "\n", text)


def meant(blocks: list[dict[str, Any]]) -> Read:
    """What a reader has to get of these blocks."""
    events, last_event_id, retry = [], "", None
    for block in blocks:
        if block.get("id") is not None:
            last_event_id = block["id"]
        if block.get("retry") is not None:
            retry = block["retry"]
        if block.get("data") is not None:
            type = block.get("event") or "message"
            events.append(Event(normalised(block["data"]), type, last_event_id))
    return events, last_event_id, retry


@repeatable
@given(st.lists(blocks, max_size=5), sizes)
def test_what_is_written_is_what_is_read(blocks: list[dict[str, Any]], sizes: list[int]) -> None:
    stream = b"".join(encode(**block) for block in blocks)
    assert read(cut(stream, sizes)) == meant(blocks)
    assert naive(stream) == meant(blocks)


with_surrogates = st.text("a\ud800\udfff\n\r\0", max_size=4)


def can_be_written(block: dict[str, Any]) -> bool:
    retry = block["retry"]
    return (
        not any(re.search("[\ud800-\udfff]", text) for text in block.values() if text is not retry)
        and not re.search("[\r\n]", block["event"] + block["id"])
        and "\0" not in block["id"]
        and type(retry) is int
        and retry >= 0
    )


unchecked = st.fixed_dictionaries(
    {
        "data": texts | texts | with_surrogates,
        "event": types | types | types | texts | with_surrogates,
        "id": ids | ids | ids | texts | with_surrogates,
        "retry": st.integers(0, 9) | st.sampled_from([0, 1, 10**6, -1, True, False, 1.0, 0.5, "1"]),
        "comment": texts | texts | with_surrogates,
    }
)


@repeatable
@given(unchecked)
def test_a_block_is_refused_or_read_as_it_was_meant(block: dict[str, Any]) -> None:
    try:
        wire = encode(**block)
    except ValueError:
        assert not can_be_written(block)
        return
    assert can_be_written(block)
    # It is one block: nothing in it dispatches a second event, or leaks into the next one.
    assert read([wire + encode("next")]) == meant([block, {"data": "next"}])
