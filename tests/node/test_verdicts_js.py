"""static/faults/: what a client did about a fault, and which of its functions saved the text."""

import re
from pathlib import Path
from typing import Any

import pytest
from node_runner import run_node

from chatkit.faults.kinds import KINDS

STATIC = Path(__file__).parents[2] / "static"
ONLY_READ_ON = ["Only read on: no number was missing, and none came twice."]
Item = dict[str, Any]


def request(after: int, time: float = 0, transport: str = "fetch") -> Item:
    url = f"turns/x/events?after={after}"
    return {"kind": "request", "url": url, "time": time, "transport": transport}


def answer(status: int | None = 200, content_type: str = "text/event-stream") -> Item:
    return {"kind": "answer", "status": status, "headers": [["content-type", content_type]]}


def chunk(number: int, data: bytes) -> Item:
    return {"kind": "bytes", "chunk": number, "bytes": list(data)}


def read(number: int, what: str = "new", time: float = 0) -> Item:
    return {"kind": "read", "number": number, "as": what, "time": time}


def end(reason: str, time: float = 0) -> Item:
    return {"kind": "end", "reason": reason, "time": time}


def closed(why: str, time: float = 0) -> Item:
    return {"kind": "closed", "why": why, "time": time}


def judge(kind: str, *items: Item, is_over: bool = False) -> Any:
    post = {"kind": "request", "url": "turns", "time": 0, "transport": "fetch"}
    told = {"kind": "answer", "status": 201, "headers": []}
    return run_node("run_verdicts.mjs", [[kind, [post, told, *items], is_over]])["verdicts"][0]


AGAIN = "client/connection.js openLater()"


@pytest.mark.parametrize("kind", ["drop", "refuse", "unheard of"])
def test_a_line_that_breaks(kind: str) -> None:
    verdict = judge(
        kind,
        *(request(0), answer(), read(1), end("broken", 100)),
        *(request(1, 500), answer(), read(2), closed("complete")),
    )
    assert verdict["did"] == ["The connection was lost. Asked again with ?after=1 after 0.40 s."]
    assert verdict["saved"] == [AGAIN]
    assert verdict["mark"] == ("" if kind == "unheard of" else "line lost, then ?after=1")


@pytest.mark.parametrize(
    ("kind", "got", "reason", "mark", "said"),
    [
        ("500", answer(500), "status", "status 500", "The answer was 500."),
        (
            "html",
            answer(200, "text/html; charset=utf-8"),
            "content type",
            "text/html",
            "The answer was text/html, not a stream.",
        ),
        (
            "204",
            answer(204),
            "no content",
            "status 204",
            "The answer was 204, but the reply had no end yet.",
        ),
    ],
)
def test_an_answer_that_is_no_stream(
    kind: str, got: Item, reason: str, mark: str, said: str
) -> None:
    verdict = judge(kind, request(0), got, end(reason, 10), request(0, 510), answer(), read(1))
    assert verdict == {
        "mark": mark,
        "did": [f"{said} Asked again with ?after=0 after 0.50 s."],
        "saved": ["client/fetch_stream.js whyNoStream()", AGAIN],
    }


def test_events_that_come_twice() -> None:
    verdict = judge("twice", request(0), answer(), read(1), read(1, "seen"), closed("complete"))
    assert verdict == {
        "mark": "1 event came twice",
        "did": ["Ignored 1 event whose number it had."],
        "saved": ["client/protocol.js read()"],
    }


def test_a_gap() -> None:
    verdict = judge(
        "skip",
        *(request(0), answer(), read(1), read(3, "gap"), closed("gap", 10)),
        *(request(1, 11), answer(), read(2), read(3), closed("complete")),
    )
    assert verdict == {
        "mark": "event 3 came too early",
        "did": ["A number was missing. Asked again with ?after=1 at once."],
        "saved": ["client/protocol.js isWhole()", "client/connection.js openAgain()"],
    }


def test_a_reply_that_is_finished_before_there_is_a_stream() -> None:
    items = [request(0), end("no answer", 100)]
    verdict = judge("refuse", *items, is_over=True)
    assert verdict["did"][0].startswith("Read the finished reply in one piece")
    assert verdict["saved"] == ["client/turn_reader.js isOver()"]
    assert judge("refuse", *items)["saved"] == []
    streamed = [request(0), answer(), read(1, "other"), closed("complete")]
    assert judge("drop", *streamed, is_over=True)["saved"] == []


def test_a_silent_stream() -> None:
    verdict = judge(
        "silence",
        *(request(0), answer(), read(1)),
        *({"kind": "check", "behind": behind, "time": 0} for behind in (False, True)),
        *(closed("silent"), request(1), answer(), read(2)),
    )
    assert verdict["mark"] == "no comment came"
    assert verdict["saved"] == ["client/connection.js check()"]
    assert len(verdict["did"]) == 3
    with_comments = judge("silence", request(0), answer(), chunk(1, b": ping\n\n"))
    assert with_comments == {"mark": "", "did": ONLY_READ_ON, "saved": []}


EVENT = 'id: 1\ndata: "é🦊"\n\n'.encode()
CRLF = EVENT.replace(b"\n", b"\r\n")


@pytest.mark.parametrize(
    ("kind", "chunks", "mark"),
    [
        ("cr", [EVENT.replace(b"\n", b"\r")], "\\r at the end of lines"),
        ("cr", [CRLF], ""),
        ("crlf", [CRLF], "\\r\\n at the end of lines"),
        ("crlf", [EVENT.replace(b"\n", b"\r")], ""),
        ("hold", [EVENT * 3], "3 events in one chunk"),
        ("hold", [EVENT, EVENT, EVENT], ""),
        *(
            ("cut-character", [EVENT[:place], EVENT[place:]], "a chunk ended inside a character")
            for place in (14, 16, 17, 18)
        ),
        *(("cut-character", [EVENT[:place], EVENT[place:]], "") for place in (12, 13, 15, 19)),
    ],
)
def test_bytes_that_only_the_parser_notices(kind: str, chunks: list[bytes], mark: str) -> None:
    sent = [chunk(number, data) for number, data in enumerate(chunks, 1)]
    verdict = judge(kind, request(0), answer(), *sent, closed("complete"))
    assert verdict["mark"] == mark
    assert verdict["did"] == ONLY_READ_ON
    assert verdict["saved"] == ["client/sse.js Parser.feed()"]


def test_what_event_source_does_by_itself_is_not_claimed() -> None:
    verdict = judge("cr", request(0, transport="EventSource"), answer(None), read(1))
    assert verdict == {"mark": "", "did": ONLY_READ_ON, "saved": [" EventSource"]}


def test_the_pause_between_events() -> None:
    times = [read(number, time=number * 500 + number) for number in range(1, 6)]
    assert judge("delay", request(0), answer(), *times)["mark"] == "an event every 0.50 s"


READ = {"status": "done", "text": "some text", "reasoning": "Hm"}
LOG = {"status": "done", "reply": "some text", "reasoning": "Hm"}
FAILED = {"status": "failed"}


@pytest.mark.parametrize(
    ("read", "log", "text", "has_failed"),
    [
        (READ, LOG, "ok", False),
        (READ | FAILED, LOG | FAILED, "ok", True),
        (READ | FAILED, LOG, "mismatch", False),  # it is the page that has given up
        (READ | {"text": "some"}, LOG, "mismatch", False),
        (READ | {"text": "some"} | FAILED, LOG | FAILED, "mismatch", True),
        (READ | {"reasoning": ""}, LOG, "mismatch", False),
        (READ, None, "none", False),
        (READ | FAILED, None, "none", False),
    ],
)
def test_text_is_compared_with_the_log(read: Any, log: Any, text: str, has_failed: bool) -> None:
    (compared,) = run_node("run_verdicts.mjs", [[read, log]])["verdicts"]
    assert compared == {"text": text, "hasFailed": has_failed}


def test_functions_that_are_named_stand_where_they_are_said_to() -> None:
    functions = run_node("run_verdicts.mjs", [])["functions"]
    assert len(functions) > 5
    for function in functions:
        *owner, name = re.findall(r"\w+", function["name"])
        if function["file"]:
            source = (STATIC / function["file"]).read_text("utf-8")
            assert re.search(
                rf"^ *(export )?(async )?(function )?{name}\(", source, re.MULTILINE
            ), function
            assert all(f"class {name} " in source for name in owner), function


def test_every_kind_has_its_words() -> None:
    source = (STATIC / "faults" / "verdicts.js").read_text("utf-8")
    known = source[source.index("const VERDICTS") : source.index("export function markOf")]
    assert re.findall(r'^  "?([\w-]+)"?: \{', known, re.MULTILINE) == list(KINDS)
