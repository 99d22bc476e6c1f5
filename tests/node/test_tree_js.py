"""static/client/tree.js: the path on screen, and the versions of a message and of a reply."""

import random
from typing import Any

from node_runner import run_node

Turns = list[dict[str, Any]]


def tree(*turns: tuple[str, str | None, str]) -> Turns:
    """Turns as (id, parent, message), the oldest first."""
    return [dict(zip(("id", "parent", "message"), turn, strict=True)) for turn in turns]


def ask(turns: Turns, *questions: tuple[str, Any]) -> Any:
    return run_node("run_tree.mjs", [[*question, turns] for question in questions])


def versions(index: int, *all: list[str]) -> dict[str, Any]:
    return {"index": index, "all": list(all)}


# a ── b ── c ── e          "two" in three versions, one of which has two replies
#   ├─ d ── f, g
#   ├─ h
#   └─ i
CHAT = tree(
    ("a", None, "one"),
    ("b", "a", "two"),
    ("c", "b", "three"),
    ("d", "a", "two!"),
    ("e", "c", "four"),
    ("f", "d", "three"),
    ("g", "d", "three"),
    ("h", "a", "two"),
    ("i", "a", "2"),
)


def test_the_path_to_a_turn() -> None:
    paths = {"a": "a", "e": "abce", "g": "adg", "h": "ah", None: "", "x": ""}
    assert ask(CHAT, *(("path", id) for id in paths)) == [list(path) for path in paths.values()]
    assert ask([], ("path", None), ("newest", ["a"])) == [[], None]


def test_the_newest_turn_of_a_branch() -> None:
    newest = {"a": "i", "b": "e", "c": "e", "d": "g", "f": "f", "bh": "h", "df": "g", "x": None}
    assert ask(CHAT, *(("newest", list(ids)) for ids in newest)) == list(newest.values())
    assert ask(CHAT, ("newest", [])) == [None]


def test_siblings_are_versions_of_the_message_or_of_the_reply() -> None:
    messages = [["b", "h"], ["d"], ["i"]]
    alone = {"message": versions(0, ["a"]), "reply": versions(0, ["a"])}
    b, d, h, i, g, a = ask(CHAT, *(("versions", id) for id in "bdhiga"))
    assert b == {"message": versions(0, *messages), "reply": versions(0, ["b"], ["h"])}
    assert d == {"message": versions(1, *messages), "reply": versions(0, ["d"])}
    assert h == {"message": versions(0, *messages), "reply": versions(1, ["b"], ["h"])}
    assert i == {"message": versions(2, *messages), "reply": versions(0, ["i"])}
    assert g == {"message": versions(0, ["f", "g"]), "reply": versions(1, ["f"], ["g"])}
    assert a == alone


def test_a_parent_that_is_not_there_is_none() -> None:
    turns = tree(
        ("b", "gone", "two"), ("c", "b", "three"), ("d", "gone too", "2"), ("e", None, "2")
    )
    path, first, last = ask(turns, ("path", "c"), ("versions", "b"), ("versions", "e"))
    assert path == ["b", "c"]
    assert first == {"message": versions(0, ["b"], ["d", "e"]), "reply": versions(0, ["b"])}
    assert last == {"message": versions(1, ["b"], ["d", "e"]), "reply": versions(1, ["d"], ["e"])}


def test_every_turn_can_be_reached_by_going_from_version_to_version() -> None:
    dice = random.Random(11)
    for _ in range(20):
        turns = tree(("0", None, "a"))
        for number in range(1, 30):
            parent = dice.choice([None, *(turn["id"] for turn in turns)])
            turns += tree((str(number), parent, dice.choice("abc")))
        ids = [turn["id"] for turn in turns]
        found = ask(turns, *(("versions", id) for id in ids))
        steps = {
            id: [all for of in found[number].values() for all in of["all"]]
            for number, id in enumerate(ids)
        }
        groups = [*{tuple(all) for steps_of in steps.values() for all in steps_of}]
        newest = dict(
            zip(groups, ask(turns, *(("newest", list(group)) for group in groups)), strict=True)
        )
        paths = dict(zip(ids, ask(turns, *(("path", id) for id in ids)), strict=True))
        seen, to_see = set(), [ids[-1]]
        while to_see:
            leaf = to_see.pop()
            if leaf in seen:
                continue
            seen.add(leaf)
            to_see += [newest[tuple(all)] for id in paths[leaf] for all in steps[id]]
        assert {id for leaf in seen for id in paths[leaf]} == set(ids)
