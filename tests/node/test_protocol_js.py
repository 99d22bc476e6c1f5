"""static/client/protocol.js: every way in which an event, or the page itself, can change a turn."""

import json
from itertools import product
from typing import Any

from node_runner import run_node

START = {
    "status": "streaming",
    "last": 0,
    "text": "",
    "added": None,
    "reasoning": "",
    "problem": "",
    "chars": None,
    "sha256": None,
    "finish": None,
}
SUMMARY = {"events": 2, "chars": 3, "sha256": "abc"}
TOLD = {"chars": 3, "sha256": "abc"}

Step = tuple[Any, ...]


def event(number: int | str, data: Any, type: str = "message") -> Step:
    return raw(number, json.dumps(data), type)


def raw(number: int | str, data: str, type: str = "message") -> Step:
    return "read", {"type": type, "data": data, "lastEventId": str(number)}


def walk(*walks: list[Step]) -> list[list[Any]]:
    """For each walk the turn after each step; "same" where the step left it as it was."""
    return [
        ["same" if step["same"] else step["turn"] for step in walked]
        for walked in run_node("run_protocol.mjs", walks)
    ]


A, B = event(1, "a"), event(2, "b\n")
AFTER_A = START | {"last": 1, "text": "a", "added": "a"}
AFTER_B = START | {"last": 2, "text": "ab\n", "added": "b\n"}
END = event(3, {"status": "done"} | SUMMARY, "end")
CANCELLED = event(3, {"status": "cancelled"} | SUMMARY, "end")
FAILURE = event(3, {"status": "failed", "message": "why"} | SUMMARY, "failure")
RESET = event(0, {"after": 2, "last": 0}, "reset")


def test_pieces_are_added_in_order() -> None:
    third = AFTER_B | {"last": 3, "text": "ab\n🦊 é\0", "added": "🦊 é\0"}
    empty = AFTER_B | {"last": 3, "added": ""}
    later = AFTER_B | {"last": 9, "text": "ab\nc", "added": "c"}
    assert walk([A, B, event(3, "🦊 é\0")], [A, B, event(3, "")], [A, B, event(9, "c")]) == [
        [AFTER_A, AFTER_B, third],
        [AFTER_A, AFTER_B, empty],
        [AFTER_A, AFTER_B, later],
    ]


def test_what_has_been_seen_changes_nothing_and_is_not_even_read() -> None:
    again = [A, B, event(0, "x"), event("", "x"), event(2, {"status": "done"}, "end"), raw(1, "?")]
    assert walk([A, B, *again]) == [[AFTER_A, AFTER_B, *["same"] * len(again)]]


def test_the_terminal_events() -> None:
    done = AFTER_B | {"last": 3, "added": "", "status": "done"} | TOLD
    assert walk([A, B, END], [A, B, CANCELLED], [A, B, FAILURE]) == [
        [AFTER_A, AFTER_B, done],
        [AFTER_A, AFTER_B, done | {"status": "cancelled"}],
        [AFTER_A, AFTER_B, done | {"status": "failed", "problem": "why"}],
    ]


def test_reasoning_is_no_part_of_the_text() -> None:
    """It moves the cursor, and what it adds to the text is nothing: not that it began anew."""
    thought = [event(1, "Hm", "reasoning"), event(2, "m 🦊\n", "reasoning")]
    first = START | {"last": 1, "added": "", "reasoning": "Hm"}
    second = first | {"last": 2, "reasoning": "Hmm 🦊\n"}
    text = second | {"last": 3, "text": "a", "added": "a"}
    again = text | {"last": 4, "added": "", "reasoning": "Hmm 🦊\nno"}
    seen = [event(2, "x", "reasoning"), event(3, "x", "reasoning")]
    late = [event(4, "no", "reasoning"), event(5, {"status": "cancelled"} | SUMMARY, "end")]
    cancelled = again | {"last": 5, "status": "cancelled"} | TOLD
    assert walk(
        [*thought, event(3, "a"), *seen, *late],
        [*thought, RESET],
        [*thought, ("fail", "gone")],
    ) == [
        [first, second, text, "same", "same", again, cancelled],
        [first, second, START],
        [first, second, second | {"status": "failed", "problem": "gone"}],
    ]


def test_what_a_model_says_of_its_end() -> None:
    finish = {"reason": "length", "output_tokens": 8}
    end = {"status": "done", "finish": finish} | SUMMARY
    failure = {"message": "why", "finish": {"reason": "x"}} | SUMMARY
    done = AFTER_A | {"last": 2, "added": "", "status": "done", "finish": finish} | TOLD
    failed = done | {"status": "failed", "problem": "why", "finish": {"reason": "x"}}
    walks = [A, event(2, end, "end")], [A, event(2, failure, "failure")]
    assert walk(*walks) == [[AFTER_A, done], [AFTER_A, failed]]


def test_after_the_end_nothing_changes() -> None:
    ends = [END, CANCELLED, FAILURE, ("fail", "gone")]
    late = [event(4, "c"), event(4, {"status": "done"}, "end"), RESET, raw(4, "not JSON")]
    late += [event(4, {"message": "again"}, "failure")]
    for walked in walk(*([A, B, *pair] for pair in product(ends, late))):
        assert walked[-2]["status"] != "streaming"
        assert walked[-1] == "same"


def test_reset_begins_again() -> None:
    again = START | {"last": 1, "text": "c", "added": "c"}
    assert walk([A, B, RESET, event(1, "c")], [A, raw("", "", "reset")]) == [
        [AFTER_A, AFTER_B, START, again],
        [AFTER_A, START],
    ]


def test_what_cannot_be_read_fails_the_turn_and_keeps_its_text() -> None:
    wrong = {
        "message": ["not JSON", "", "3", "null", '["a"]', '{"text": "a"}'],
        "reasoning": ["not JSON", "3", "null", '{"text": "a"}'],
        "end": ["not JSON", "null", "{}", '"done"', '{"status": ""}'],
        "failure": ["null", "{}", '{"message": ""}'],
        "unheard-of": ['"a"'],
    }
    failed = AFTER_A | {
        "added": "",
        "status": "failed",
        "problem": "The page could not read what the server sent.",
    }
    walks = [[A, raw(2, data, type)] for type, list in wrong.items() for data in list]
    assert walk(*walks) == [[AFTER_A, failed]] * len(walks)


def test_the_page_s_own_end() -> None:
    gone = AFTER_B | {"added": "", "status": "failed", "problem": "gone"}
    not_told = AFTER_A | {"added": "", "status": "cancelled", "problem": "not told"}
    assert walk([A, B, ("fail", "gone")], [A, ("fail", "not told", "cancelled")]) == [
        [AFTER_A, AFTER_B, gone],
        [AFTER_A, not_told],
    ]


def test_a_turn_as_the_server_describes_it() -> None:
    state = {"turn": "t", "chat": "c", "parent": None, "message": "m", "reply": "ab", "last": 3}
    state |= TOLD
    done = START | {"status": "done", "last": 3, "text": "ab"} | TOLD
    cancelled = done | {"status": "cancelled"}
    failure = {"status": "failed", "problem": "The model has no such name."}
    assert walk(*([A, ("fromState", state | end)] for end in ({"status": "done"}, failure))) == [
        [AFTER_A, done],
        [AFTER_A, done | failure],
    ]
    assert walk([("fromState", state | {"status": "cancelled"})]) == [[cancelled]]
    more = {"reasoning": "Hm", "finish": {"reason": "length"}}
    assert walk([("fromState", state | {"status": "done"} | more)]) == [[done | more]]


def test_whether_an_event_is_missing() -> None:
    steps = [event(2, "b"), A, A, event(3, "c"), RESET, event(2, "b"), event(0, "x"), A, B, END]
    (walked,) = run_node("run_protocol.mjs", [steps])
    whole = [step["whole"] for step in walked]
    # The steps read events 2, 1 (seen), 1 (seen), 3, then start again and read 2, 0, 1, 2, 3.
    assert whole == [False, True, True, True, True, False, True, True, True, True]
