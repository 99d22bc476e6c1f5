"""static/client/turn_reader.js and connection.js: a turn is read to its end, whatever breaks."""

import json
from typing import Any

import pytest
from node_runner import run_node

Step = tuple[Any, ...]

LOST, REFUSED, WAIT = ("error", False), ("error", True), ("wait",)
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
    read = [item for item in walked["items"] if item.startswith(("read", "closed"))]
    assert read == ["read new", "read gap", "closed gap", "read new", "read new"]


def test_event_that_is_missing_again_is_waited_for() -> None:
    walked = walk(event(1, "a"), event(3, "c"), event(3, "c"), WAIT)
    assert walked["opened"] == urls(0, 1, 1)
    assert walked["waits"] == [1000]
    assert walked["turn"]["text"] == "a"


def test_event_that_was_seen_changes_nothing() -> None:
    walked = walk(event(1, "a"), event(1, "a"), event(2, "b"))
    assert walked["turn"]["text"] == "ab"
    read = [item for item in walked["items"] if item.startswith("read")]
    assert read == ["read new", "read seen", "read new"]


@pytest.mark.parametrize("breaks", [LOST, REFUSED])
def test_stream_that_breaks_is_read_on_from_the_cursor(breaks: Step) -> None:
    walked = walk(event(1, "a"), breaks, WAIT, event(2, "b"))
    assert walked["opened"] == urls(0, 1)
    assert walked["states"] == ["connecting", "waiting", "connecting"]
    assert (walked["open"], walked["waits"]) == (1, [500])
    assert walked["turn"]["text"] == "ab"


def test_each_wait_is_longer() -> None:
    walked = walk(*[REFUSED, WAIT] * 7)
    assert walked["waits"] == [500, 1000, 2000, 4000, 8000, 10_000, 10_000]
    assert walked["open"] == 1


def test_progress_begins_the_waits_again() -> None:
    walked = walk(*[REFUSED, WAIT] * 3, event(1, "a"), LOST, WAIT)
    assert walked["waits"] == [500, 1000, 2000, 500]


def test_page_need_not_wait() -> None:
    walked = walk(*[REFUSED, WAIT] * 3, REFUSED, ("now",), ("now",))
    assert walked["waits"] == [500, 1000, 2000]
    assert (len(walked["opened"]), walked["open"]) == (5, 1)
    assert walked["due"] == [12_500]  # the next look, and no other try


def test_turn_that_is_gone_is_given_up() -> None:
    walked = walk(event(1, "a"), server(404, detail="Unknown turn"), LOST)
    assert (walked["turn"]["status"], walked["turn"]["text"]) == ("failed", "a")
    assert walked["turn"]["problem"].startswith("The server no longer knows this reply")
    assert walked["states"] == ["connecting", "waiting", "closed"]
    assert walked["due"] == []


def test_server_that_is_busy_is_waited_for() -> None:
    walked = walk(server(503, detail="busy"), REFUSED, WAIT, REFUSED, WAIT)
    assert walked["turn"]["status"] == "streaming"
    assert walked["waits"] == [500, 1000]


def test_finished_turn_is_asked_for_once_more_as_a_stream() -> None:
    done = server(200, status="done", reply="ab", last=3)
    walked = walk(event(1, "a"), done, REFUSED, WAIT)
    assert walked["opened"] == urls(0, 1)
    assert walked["turn"]["status"] == "streaming"
    walked = walk(event(1, "a"), done, REFUSED, WAIT, REFUSED)
    assert (walked["turn"]["status"], walked["turn"]["text"]) == ("done", "ab")
    assert (walked["open"], walked["states"][-1]) == (0, "closed")
    assert walked["due"] == []


def test_page_may_leave_a_turn_or_end_it() -> None:
    walked = walk(event(1, "a"), ("leave",), event(2, "b"))
    assert (walked["turn"]["status"], walked["turn"]["text"]) == ("streaming", "a")
    assert (walked["open"], walked["states"]) == (0, ["connecting", "closed"])
    assert walked["due"] == []
    walked = walk(event(1, "a"), ("end", "not told", "cancelled"), event(2, "b"))
    assert (walked["turn"]["status"], walked["turn"]["text"]) == ("cancelled", "a")
    assert (walked["open"], walked["states"]) == (0, ["connecting", "closed"])


# A line that dies without a word


def test_silent_stream_is_checked_and_read_on_if_the_server_has_more() -> None:
    walked = walk(event(1, "a"), server(200, status="streaming", last=2), WAIT, WAIT)
    assert walked["waits"] == [12_500, 0]
    assert walked["opened"] == urls(0, 1)
    assert walked["open"] == 1
    assert walked["items"][-3:] == ["check true", "closed silent", "request"]


def test_silent_stream_of_a_server_that_has_no_more_stays() -> None:
    walked = walk(event(1, "a"), server(200, status="streaming", last=1), WAIT, WAIT, WAIT)
    assert walked["waits"] == [12_500] * 3
    assert (walked["opened"], walked["open"]) == (urls(0), 1)


def test_each_event_puts_the_check_off() -> None:
    walked = walk(("pass", 10_000), event(1, "a"), WAIT, ("pass", 9_000), event(2, "b"), WAIT)
    assert walked["waits"] == [2_500, 1_000]  # then it looks again, and asks nobody
    assert "check false" not in walked["items"]


def test_silent_stream_of_a_server_that_does_not_answer_is_asked_for_anew() -> None:
    walked = walk(event(1, "a"), server(0), WAIT, WAIT, LOST)
    assert walked["opened"] == urls(0, 1)
    assert walked["states"][-1] == "waiting"


def test_silent_stream_of_a_turn_that_is_gone_ends() -> None:
    walked = walk(event(1, "a"), server(404, detail="Unknown turn"), WAIT)
    assert (walked["turn"]["status"], walked["open"], walked["due"]) == ("failed", 0, [])


def test_request_that_is_never_answered_is_made_again() -> None:
    walked = walk(server(200, status="streaming", last=1), WAIT, WAIT, event(1, "a"))
    assert walked["opened"] == urls(0, 0)
    assert walked["turn"]["text"] == "a"


def test_what_the_list_says_counts() -> None:
    told = ("told", {"last": 3, "status": "done"})
    walked = walk(event(1, "a"), told, WAIT)
    assert walked["waits"] == [1_000]  # they may be under way
    assert walked["opened"] == urls(0, 1)
    walked = walk(event(1, "a"), ("pass", 5_000), told, WAIT)
    assert walked["waits"] == [0]
    assert walked["opened"] == urls(0, 1)
    walked = walk(event(1, "a"), told, event(2, "b"), WAIT)
    assert walked["opened"] == urls(0)  # something came
    walked = walk(event(1, "a"), ("told", {"last": 1, "status": "streaming"}))
    assert walked["due"] == [12_500]
