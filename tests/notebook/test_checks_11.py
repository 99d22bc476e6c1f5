"""Lesson 11: plausible wrong solutions, and what its checks say of them."""

import asyncio
import sys
from pathlib import Path
from typing import Any

import pytest
from execute_notebooks import NOTEBOOKS, read, sanitize
from exercises import SOLUTIONS, solutions

sys.path.insert(0, str(NOTEBOOKS))

import checks

LESSON = NOTEBOOKS / "11-the-react-client.ipynb"
RIGHT = solutions((SOLUTIONS / f"{LESSON.stem}.py").read_text("utf-8"))
NAMES = {"clean": "reply", "store": "use_store", "shared": "Shared"}
REACT = ("root", "state", "effect-hook")  # the cells of the lesson's own React


@pytest.fixture(scope="module")
def react() -> dict[str, Any]:
    names: dict[str, Any] = {}
    for cell in read(LESSON).cells:
        if cell.id in REACT:
            exec(cell.source, names)
    return names


def changed(react: dict[str, Any], exercise: str, *changes: tuple[str, str]) -> Any:
    """What a solution defines in which each `old` has become `new`."""
    source, names = RIGHT[exercise], dict(react)
    for old, new in changes:
        assert old in source
        source = source.replace(old, new)
    exec(source, names)
    return names[NAMES[exercise]]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("", "", "passed"),
        ("return open_stream", "open_stream", "in StrictMode: 2 streams open, and not one"),
        ("[id])", "[id, text])", "two pieces come, and 2 streams more are opened"),
        ("[id])", "[open_stream, []])", "too many renders: an effect changes what it"),
        (
            "[id])",
            "[])",
            "it is to show the reply 'two', and the open streams are those of ['one']",
        ),
        ('        set_text("")\n', "", "the reply 'two' is 'Bye' so far, and it shows 'HelloBye'"),
        ("text + piece", "piece", "'Hel' and 'lo' come, and it shows 'lo'"),
        ("    use_effect(", "    (", "in StrictMode: no streams open, and not one"),
        ("return open_stream(", "return str(open_stream(", "in StrictMode"),
        ("def reply", "async def reply", "it should be a plain `def`, and not `async`"),
        ("    use_effect(root, read, [id])", "    read()", "too many"),
    ],
)
def test_one_stream_for_a_reply(react: dict[str, Any], old: str, new: str, said: str) -> None:
    if "str(" in new:
        reply = changed(react, "clean", (old, new), ("text + piece))", "text + piece)))"))
    else:
        reply = changed(react, "clean", (old, new))
    assert said in repr(asyncio.run(checks.check_clean(reply, react["Root"])))


def test_a_reply_that_has_begun(react: dict[str, Any]) -> None:
    """Begun anew for another reply, and not for another stream of the same."""
    changes = [
        ('        set_text("")\n', '        if id not in seen:\n            set_text("")\n'),
        ("    def read", "    seen, _ = use_state(root, [])\n\n    def read"),
        ("        return open", "        seen.append(id)\n        return open"),
    ]
    reply = changed(react, "clean", *changes)
    said = "a reply that has begun with 'Hel', in StrictMode: it shows 'HelHel'"
    assert said in repr(asyncio.run(checks.check_clean(reply, react["Root"])))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("", "", "passed"),
        ("        look()  #", "        #", "between the first render and the effect"),
        ("return store.subscribe", "store.subscribe", "the store has 2 listeners, not one"),
        ("select(store.value)", "store.value['other']", "the count becomes 1, and it shows 0"),
        ("set_value(select(store.value))", "set_value(object())", "it shows <object"),
        (
            "set_value(select(store.value))",
            "set_value(0), set_value(select(store.value))",
            "something else in the store changes, and it renders again",
        ),
        ("subscribe(look)", "subscribe(look())", "`subscribe` takes a function, without `()`"),
        ("[store])", "[[]])", "passed"),  # it subscribes more often, which does no harm here
        ("return value", "return select(store.value)", "passed"),
        ("    use_effect(", "    (", "the store has no listeners, not one"),
    ],
)
def test_nothing_between(react: dict[str, Any], old: str, new: str, said: str) -> None:
    use_store = changed(react, "store", (old, new))
    assert said in repr(asyncio.run(checks.check_store(use_store, react["Root"])))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("", "", "passed"),
        ("if id not in self.replies", "if True", "Ada and Bob watch one reply: 2 streams opened"),
        ("each(new", "new['listeners'][0](new", "'Hel' comes: Bob should be told 'Hel'"),
        ('each(new["text"])', "each(piece)", "'lo' comes: Ada should be told 'Hello'"),
        ('            listener(reply["text"])', "            pass", "Cem should be told 'Hello'"),
        ('if reply["text"]', "if True", "nothing of Dan's reply has come, and he is told"),
        ('if not reply["listeners"]:', "if True:", "Ada leaves, and the stream of Bob and Cem"),
        ('["listeners"].remove(listener)', '["listeners"]', "Ada has left, and is still told"),
        ('if not reply["listeners"]:', "if False:", "all have left, and the stream is still open"),
        (
            'self.replies.pop(id)["close"]()',
            'self.replies[id]["close"]()',
            "all have left, Eve comes, and there is no stream for her",
        ),
        ("        return leave", "        leave", "watch should return a function, not None"),
        ("list(new", "tuple(new", "passed"),
        ('list(new["listeners"])', 'new["listeners"]', "and the next is told []"),
        ("self.replies = open_stream, {}", "self.replies = open_stream, []", "it raises"),
    ],
)
def test_one_stream_for_all(react: dict[str, Any], old: str, new: str, said: str) -> None:
    shared = changed(react, "shared", (old, new))
    assert said in repr(asyncio.run(checks.check_shared(shared)))


def test_the_build_is_run_by_any_python(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Also by one whose path has a space, and without pip. What it says is stored as one word."""
    python = tmp_path / "my python"
    python.write_text('#!/bin/sh\necho "$@"; echo done >&2\n', "utf-8")
    python.chmod(0o755)
    monkeypatch.setattr("sys.executable", str(python))
    (cell,) = [each for each in read(LESSON).cells if each.id == "build"]
    exec(cell.source, {})
    said = capsys.readouterr().out
    words = "React client: -m chatkit react build --development --offline done"
    assert said.split() == words.split()
    assert sanitize(said) == cell.outputs[0].text == "React client: RESULT"
