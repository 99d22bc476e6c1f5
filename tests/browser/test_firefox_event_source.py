"""Firefox's own EventSource reads the streams that Chromium reads in test_event_source.py.

It agrees with the parser on all streams but two kinds of them, whatever their chunks.
"""

from collections.abc import Callable

import firefox
import pytest
from playwright.sync_api import Browser, Playwright
from test_event_source import SERVED, Heard, Read, hear, parse

from chatkit.sse import Parser

Chunks = tuple[bytes, ...]

# Where Firefox 153 reads something else, and why.
NUL = """
HTML, 9.2.5: "any-char = %x0000-0009 / ..." and 9.2.6: "If the field value does not contain U+0000
NULL, then set the last event ID buffer to the field value. Otherwise, ignore the field." Firefox
removes NUL wherever it stands, and loses the event after an ID with one.
"""
ID_WITHOUT_DATA = """
HTML, 9.2.6, dispatch, steps 1 and 2: "Set the last event ID string of the event source to the value
of the last event ID buffer. If the data buffer is an empty string, set the data buffer and the
event type buffer to the empty string and return." Firefox returns first, and forgets the ID.
"""
LONGEST_WAIT = 10_000  # milliseconds: some streams ask for a reconnect in years


def reconnection_time(chunks: Chunks) -> int:
    parser = Parser()
    parser.feed(b"".join(chunks))
    return parser.retry or 0


def has_id_without_data(wire: bytes) -> bool:
    parser = Parser()
    for place in range(len(wire)):
        before = parser.last_event_id
        if not parser.feed(wire[place : place + 1]) and parser.last_event_id != before:
            return True
    return False


def departure(chunks: Chunks) -> str:
    """Why Firefox may read something else; empty: it has to agree."""
    wire = b"".join(chunks)
    if b"\0" in wire:
        return NUL
    return ID_WITHOUT_DATA if has_id_without_data(wire) else ""


def without_ids(read: Read) -> tuple[list[tuple[str, str]], list[int]]:
    return [(event.data, event.type) for event in read.events], read.after_chunk


IN_TIME = {
    key: chunks for key, chunks in SERVED.items() if reconnection_time(chunks) < LONGEST_WAIT
}


@pytest.fixture(scope="module")
def launch() -> Callable[[Playwright], Browser]:
    return firefox.launch


@pytest.fixture(scope="module")
def heard(browser: Browser) -> Heard:
    return hear(browser, IN_TIME)


@pytest.mark.parametrize(("name", "cut"), IN_TIME, ids=map(", ".join, IN_TIME))
def test_firefox_and_the_parser_agree(name: str, cut: str, heard: Heard) -> None:
    chunks = IN_TIME[name, cut]
    reason = departure(chunks)
    if not reason:
        assert heard[name, cut] == parse(chunks)
    elif reason == ID_WITHOUT_DATA:
        assert without_ids(heard[name, cut]) == without_ids(parse(chunks)), reason


@pytest.mark.parametrize("reason", [NUL, ID_WITHOUT_DATA], ids=["NUL", "id without data"])
def test_it_still_departs(reason: str, heard: Heard) -> None:
    departing = [key for key, chunks in IN_TIME.items() if departure(chunks) == reason]
    differ = [key for key in departing if heard[key] != parse(IN_TIME[key])]
    print(f"{len(differ)} of {len(departing)} streams")
    assert differ, f"they agree now: no departure any more\n{reason}"
