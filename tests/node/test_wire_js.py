"""The pure modules of static/wire/: from a record to rows, to a timeline and to a file."""

import base64
from typing import Any

from node_runner import run_node

Item = dict[str, Any]


class Record:
    """Items, ten milliseconds apart unless told otherwise."""

    def __init__(self) -> None:
        self.items: list[Item] = []
        self.time = 1000.0

    def add(self, kind: str, after: float = 10, **details: Any) -> "Record":
        self.time += after
        self.items.append({"kind": kind, "time": self.time, **details})
        return self

    def get(self, after: int, transport: str = "fetch") -> "Record":
        url = f"turns/abc/events?after={after}"
        asked = {"method": "GET", "url": url, "headers": [], "body": None, "transport": transport}
        return self.add("request", **asked)

    def open(self, status: int | None = 200) -> "Record":
        return self.add("answer", ok=True, status=status, headers=[["content-type", "a/b"]])

    def chunk(self, number: int, data: bytes, after: float = 10) -> "Record":
        encoded = base64.b64encode(data).decode()
        return self.add("bytes", after, chunk=number, bytes=encoded)

    def read(self, number: int, how: str, begin: int = 0, end: int = 0) -> "Record":
        return self.add("read", 0, number=number, to=end, **{"as": how, "from": begin})

    def post(self, url: str) -> "Record":
        asked = {"method": "POST", "url": url, "headers": [], "body": None, "transport": "fetch"}
        return self.add("request", **asked)

    def posted(self, status: int = 201) -> "Record":
        answer = {"ok": status < 300, "status": status, "headers": [], "body": "{}"}
        return self.add("answer", method="POST", **answer)


def show(record: Record) -> Any:
    return run_node("run_wire.mjs", [record.items])[0]


def test_what_belongs_together_is_one_row() -> None:
    record = Record().get(0).open()
    record.chunk(1, b'id: 1\ndata: "a"\n\n: ping\n\nid: 2\ndata: "\xc3').chunk(2, b'\xa9"\r\n\r\n')
    record.read(1, "new", 0, 1).read(2, "new", 1, 2)
    record.chunk(3, b'id: 2\ndata: "\xc3\xa9"\n\n').read(2, "seen").chunk(4, b"retry: 1\n\n")
    record.chunk(5, b"id: 4").add("end", reason="broken", status=200)
    shown = show(record)
    rows = shown["rows"]
    assert [row["kind"] for row in rows] == [
        *("request", "answer", "event", "comment", "event", "event", "frame", "frame", "end"),
    ]
    assert [row["size"] for row in rows[2:8]] == [17, 8, 20, 18, 10, 5]
    assert [row.get("as") for row in rows[2:6]] == ["new", None, "new", "seen"]
    assert [(row.get("from"), row.get("to")) for row in rows[4:5]] == [(1, 2)]
    assert [row["odd"] for row in rows[2:6]] == [
        *([], [], ["CRLF", "cut in a character"], ["seen before"]),
    ]
    assert rows[7]["discarded"] is True
    assert rows[8]["words"] == "the connection broke after event 2"
    assert shown["lastEventId"] == "2"
    assert [row["delta"] for row in rows[:5]] == [0, 10, 10, 0, 0]


def test_a_reading_belongs_to_its_number() -> None:
    """The page closes a stream in the middle of a chunk, and says nothing of the rest."""
    record = (
        Record().get(0).open().chunk(1, b"id: 1\ndata: 1\n\nid: 3\ndata: 1\n\nid: 4\ndata: 1\n\n")
    )
    record.read(1, "new", 0, 1).read(3, "gap").add("closed", why="gap")
    record.get(1).open().chunk(1, b"id: 2\ndata: 1\n\n").read(2, "new", 1, 2)
    shown = show(record)
    events = [row for row in shown["rows"] if row["kind"] == "event"]
    assert [row.get("as") for row in events] == ["new", "gap", None, "new"]
    assert events[1]["odd"] == ["gap"]
    [closed] = [row["words"] for row in shown["rows"] if row["kind"] == "closed"]
    assert closed == "closed by the page: an event is missing, asked again after 1"
    assert shown["outages"][0][1] == "0.020 s lost after event 1 → ?after=1"


def test_reasoning_is_an_event_of_its_own_that_moves_the_cursor() -> None:
    record = Record().get(0).open().chunk(1, b'id: 1\nevent: reasoning\ndata: "Hm"\n\n')
    record.read(1, "reasoning", 0, 2).chunk(2, b'id: 2\nevent: reasoning\ndata: "m"\n\n')
    record.read(2, "reasoning", 2, 3).chunk(3, b'id: 4\ndata: "x"\n\n').read(4, "gap")
    record.add("closed", why="gap").get(2).open().chunk(1, b'id: 3\ndata: "a"\n\n')
    record.read(3, "new", 0, 1).add("closed", why="complete")
    shown = show(record)
    events = [row for row in shown["rows"] if row["kind"] == "event"]
    assert [row["as"] for row in events] == ["reasoning", "reasoning", "gap", "new"]
    assert [(row["from"], row["to"]) for row in events[:2]] == [(0, 2), (2, 3)]
    [words, _] = [row["words"] for row in shown["rows"] if row["kind"] == "closed"]
    assert words == "closed by the page: an event is missing, asked again after 2"
    assert shown["outages"][0][0].endswith("lost after event 2 → ?after=2")
    assert "4 events, 2 reasoning" in shown["words"]


def test_an_outage_and_what_came_after_it() -> None:
    record = Record().get(0).open().chunk(1, b"id: 1\ndata: 1\n\n").read(1, "new", 0, 1)
    record.add("end", reason="broken", status=200).add("wait", 0, delay=400, failures=1)
    record.get(1).add("answer", 400, ok=False, status=500, headers=[])
    record.add("end", 0, reason="status", status=500).add("wait", 0, delay=90, failures=2)
    record.get(1).open().chunk(1, b"id: 2\ndata: 1\n\nid: 3\ndata: 1\n\n", 1)
    record.chunk(2, b"id: 4\ndata: 1\n\n", 2).chunk(3, b"id: 5\nevent: end\ndata: {}\n\n", 500)
    record.add("closed", why="complete")
    shown = show(record)
    requests = [row for row in shown["rows"] if row["kind"] == "request"]
    assert [row["outage"] for row in requests] == [None, None, 430]
    words = [row["words"] for row in shown["rows"] if row["kind"] in ("end", "wait", "closed")]
    assert words == [
        "the connection broke after event 1",
        "next try in 0.400 s",
        "refused with 500",
        "next try in 0.090 s · 2 tries have brought nothing",
        "closed by the page: the reply is complete",
    ]
    [outage] = shown["outages"]
    assert outage[0] == "0.430 s lost after event 1 → ?after=1 · 3 events in 2 ms"
    assert "open 0.513 s, closed; 5 events; 0.430 s lost" in shown["words"]


def test_a_change_of_transport_is_no_outage() -> None:
    record = Record().get(0, "EventSource").open(None)
    event = {"type": "message", "data": "x\ny", "lastEventId": "1"}
    record.add("event", event=event).read(1, "new", 0, 3)
    record.add("closed", why="transport").get(1, "fetch").open()
    record.chunk(1, b"id: 2\nevent: end\ndata: 1\n\n").read(2, "other", 3, 3)
    shown = show(record)
    rows = {row["kind"]: row for row in shown["rows"]}
    assert rows["closed"]["words"] == "transport changed to fetch"
    assert [row["outage"] for row in shown["rows"] if row["kind"] == "request"] == [None, None]
    assert shown["outages"] == []
    saved = base64.b64decode(shown["saved"])
    assert saved == b"id: 1\ndata: x\ndata: y\n\nid: 2\nevent: end\ndata: 1\n\n"
    assert shown["name"] == "chatkit-a-b-c.sse"


def test_silence_is_told() -> None:
    record = Record().get(0).open().chunk(1, b"id: 1\ndata: 1\n\n")
    record.add("check", 18_750, behind=True).add("closed", 10, why="silent").get(1).open()
    shown = show(record)
    told = [row["words"] for row in shown["rows"] if row["kind"] in ("check", "closed")]
    assert told == [
        "silent for 18.750 s, the server is further: asked again",
        "closed by the page: silent for 18.760 s",
    ]
    # It was lost when the silence began, not when the page found it out.
    assert shown["outages"][0][0] == "18.780 s lost after event 1 → ?after=1"
    (again,) = [row["outage"] for row in shown["rows"] if row.get("outage")]
    assert again == 18_780


def test_a_post_in_the_middle_of_a_stream() -> None:
    record = Record().post("turns").posted().get(0).open().chunk(1, b'id: 1\ndata: "a"')
    record.post("turns/abc/cancel").chunk(2, b"\n\n").posted().read(1, "new", 0, 1)
    shown = show(record.add("closed", why="complete"))
    assert [(row["kind"], row.get("as")) for row in shown["rows"]] == [
        *(("request", None), ("answer", None), ("request", None), ("answer", None)),
        *(("event", "new"), ("request", None), ("answer", None), ("closed", None)),
    ]
    assert not any(row.get("discarded") for row in shown["rows"])
    assert shown["outages"] == []
    assert shown["words"].startswith("sending 0.020 s, connecting 0.010 s, open 0.050 s, closed;")


def test_a_message_that_was_refused() -> None:
    assert show(Record().post("turns").posted(413))["words"].startswith("sending 0.010 s, closed;")
    again = Record().post("turns").posted(404).post("turns").posted().get(0)
    assert show(again)["words"].startswith("sending 0.010 s, closed, sending 0.020 s, connecting")
    lost = show(Record().post("turns").add("end", reason="no answer", status=0, method="POST"))
    assert (lost["outages"], lost["rows"][-1]["words"]) == ([], "no answer")
