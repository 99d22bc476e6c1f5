"""static/client/record.js: what went over the network is kept, within bounds."""

from typing import Any

from node_runner import run_node


def record(*turns: tuple[str, int, int]) -> Any:
    return run_node("run_record.mjs", turns)


def test_listeners_are_told_until_they_stop() -> None:
    assert record(("a", 3, 10)) == {
        "kept": [{"turn": "a", "first": 1, "items": 4, "bytes": 30, "dropped": 0}],
        "told": 3,
    }


def test_last_ten_turns_are_kept() -> None:
    kept = record(*[(f"turn {number}", 1, 1) for number in range(12)])["kept"]
    assert [entry["turn"] for entry in kept] == [f"turn {number}" for number in range(2, 12)]


def test_turn_that_comes_again_goes_on() -> None:
    kept = record(("a", 2, 1), ("b", 1, 1), ("a", 2, 1))["kept"]
    assert [(entry["turn"], entry["items"]) for entry in kept] == [("a", 4), ("b", 2)]


def test_of_too_many_items_the_oldest_go() -> None:
    kept = record(("a", 15_000, 1), ("b", 10_000, 1))["kept"]
    assert [entry["turn"] for entry in kept] == ["a", "b"]
    assert kept[0]["dropped"] == kept[0]["first"] - 1
    assert 5_000 <= kept[0]["dropped"] <= 6_000  # many at once
    assert kept[1]["dropped"] == 0
    assert kept[0]["items"] + kept[0]["dropped"] == 15_000


def test_of_too_many_bytes_the_oldest_go() -> None:
    (kept,) = record(("a", 5_000, 4_000))["kept"]
    assert kept["bytes"] <= 8_000_000
    assert kept["items"] + kept["dropped"] == 5_001
    (kept,) = record(("a", 1, 9_000_000))["kept"]
    assert (kept["turn"], kept["bytes"], kept["dropped"]) == ("a", 0, 1)
