"""static/client/turn_reader.js and connection.js: a turn is read to its end, whatever breaks."""

import json
from typing import Any

from node_runner import run_node

Step = tuple[Any, ...]

BREAKS, GIVES_UP, WAIT = ("error", False), ("error", True), ("wait",)
END = {"status": "done", "events": 2, "chars": 2, "sha256": "abc"}


def event(number: int, data: Any, type: str = "message") -> Step:
    return "event", {"type": type, "data": json.dumps(data), "lastEventId": str(number)}


def server(status: int, /, **state: Any) -> Step:
    return "server", status, state


def walk(*steps: Step) -> Any:
    (walked,) = run_node("run_turn_reader.mjs", [steps])
    return walked


def urls(*cursors: int) -> list[str]:
    return [f"turns/t/events?after={cursor}" for cursor in cursors]


def test_stream_is_closed_at_its_end() -> None:
    walked = walk(event(1, "a"), event(2, "b"), event(3, END, "end"), event(4, "late"))
    assert walked["opened"] == urls(0)
    assert walked["open"] == 0
    assert walked["states"] == ["connecting", "closed"]
    assert (walked["turn"]["status"], walked["turn"]["text"]) == ("done", "ab")


def test_event_that_is_missing_is_read_again() -> None:
    walked = walk(event(1, "a"), event(3, "c"), event(2, "b"), event(3, "c"))
    assert walked["opened"] == urls(0, 1)
    assert walked["open"] == 1
    assert walked["turn"]["text"] == "abc"
    assert walked["waits"] == []


def test_event_that_is_missing_again_is_waited_for() -> None:
    walked = walk(event(1, "a"), event(3, "c"), event(3, "c"), WAIT)
    assert walked["opened"] == urls(0, 1, 1)
    assert walked["waits"] == [1000]
    assert walked["turn"]["text"] == "a"


def test_browser_reconnects_by_itself() -> None:
    walked = walk(event(1, "a"), BREAKS)
    assert walked["opened"] == urls(0)
    assert walked["states"] == ["connecting", "connecting"]
    assert walked["open"] == 1


def test_browser_that_has_given_up_is_helped() -> None:
    walked = walk(event(1, "a"), GIVES_UP, WAIT, event(2, "b"))
    assert walked["opened"] == urls(0, 1)
    assert walked["states"] == ["connecting", "waiting", "connecting"]
    assert walked["turn"]["text"] == "ab"


def test_each_wait_is_longer() -> None:
    walked = walk(*[GIVES_UP, WAIT] * 7)
    assert walked["waits"] == [500, 1000, 2000, 4000, 8000, 10_000, 10_000]
    assert walked["open"] == 1


def test_progress_begins_the_waits_again() -> None:
    walked = walk(*[GIVES_UP, WAIT] * 3, event(1, "a"), GIVES_UP)
    assert walked["waits"] == [500, 1000, 2000, 500]


def test_turn_that_is_gone_is_given_up() -> None:
    walked = walk(event(1, "a"), server(404, detail="Unknown turn"), GIVES_UP)
    assert (walked["turn"]["status"], walked["turn"]["text"]) == ("failed", "a")
    assert walked["turn"]["problem"].startswith("The server no longer knows this reply")
    assert walked["states"] == ["connecting", "waiting", "closed"]
    assert walked["waits"] == []


def test_server_that_is_busy_is_waited_for() -> None:
    walked = walk(server(503, detail="busy"), GIVES_UP, WAIT, GIVES_UP)
    assert walked["turn"]["status"] == "streaming"
    assert walked["waits"] == [500, 1000]


def test_finished_turn_is_asked_for_once_more_as_a_stream() -> None:
    done = server(200, status="done", reply="ab", last=3)
    walked = walk(event(1, "a"), done, GIVES_UP, WAIT)
    assert walked["opened"] == urls(0, 1)
    assert walked["turn"]["status"] == "streaming"
    walked = walk(event(1, "a"), done, GIVES_UP, WAIT, GIVES_UP)
    assert (walked["turn"]["status"], walked["turn"]["text"]) == ("done", "ab")
    assert (walked["open"], walked["states"][-1]) == (0, "closed")


def test_page_may_leave_a_turn_or_end_it() -> None:
    walked = walk(event(1, "a"), ("leave",), event(2, "b"))
    assert (walked["turn"]["status"], walked["turn"]["text"]) == ("streaming", "a")
    assert (walked["open"], walked["states"]) == (0, ["connecting", "closed"])
    walked = walk(event(1, "a"), ("end", "not told", "cancelled"), event(2, "b"))
    assert (walked["turn"]["status"], walked["turn"]["text"]) == ("cancelled", "a")
    assert (walked["open"], walked["states"]) == (0, ["connecting", "closed"])
