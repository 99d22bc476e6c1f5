"""Plausible wrong solutions of lesson 08: each is the right one with a change."""

import asyncio
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from exercises import SOLUTIONS, solutions
from httpx_sse import aconnect_sse

sys.path.insert(0, str(Path(__file__).parents[2] / "notebooks"))

import checks

from chatkit.replies import ReplyFailed, upstream

RIGHT = solutions((SOLUTIONS / "08-a-real-model.py").read_text("utf-8"))
CHECKS: dict[str, Callable[[Any], Any]] = {
    "own_relay": checks.check_own_relay,
    "careful": checks.check_careful,
    "lines": checks.check_dialect,
}


def text_in(chunk: Any) -> str:
    return "".join(choice["delta"].get("content") or "" for choice in chunk.get("choices", []))


def says(exercise: str, function: str, old: str, new: str) -> str:
    """What is said of a solution in which `old` has become `new`."""
    source = RIGHT[exercise]
    assert old in source
    names: dict[str, Any] = {"httpx": httpx, "json": json, "aconnect_sse": aconnect_sse}
    names |= {"text_in": text_in, "ReplyFailed": ReplyFailed, "upstream": upstream}
    exec(source.replace(old, new), names)
    return repr(asyncio.run(CHECKS[function](names[function])))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (', "stream": True', "", "it asks for the reply in one piece"),
        ("*messages]", "messages[-1]]", "the model should be told"),
        (
            'told = [{"role": "system", "content": system}, *messages]',
            'messages.insert(0, {"role": "system", "content": system}); told = messages',
            "the model should be told",
        ),
        ("Bearer ", "", "the key is not sent"),
        ("(text := text_in(json.loads(event.data)))", "True", "it raises NameError"),
        ('event.data != "[DONE]" and', "", "the text: '[DONE]'"),
        ("yield text", 'yield text; yield ""', "it yields an empty piece"),
        (
            "async for event in source.aiter_sse():",
            "for event in [event async for event in source.aiter_sse()]:",
            "the relay holds it back",
        ),
    ],
)
def test_relays(old: str, new: str, said: str) -> None:
    assert said in says("own-relay", "own_relay", old, new)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("status_code != 200", "status_code == 0", "its reader should be told the status"),
        ("httpx.HTTPError", "KeyError", "breaks off in the middle: it should raise ReplyFailed"),
        (
            'raise ReplyFailed("The model stopped before its reply was complete.")',
            "return",
            "ends its stream without [DONE], and the reply ends as if it were complete",
        ),
        ('"The model reports an error."', "str(chunk)", "is not a sentence for people"),
        (
            '"The model reports an error."',
            'chunk["error"]["message"]',
            "its reader gets to know the key",
        ),
        (
            '"error" in chunk',
            "False",
            "sends an error in the middle, and the reply ends as if it were complete",
        ),
        ('event.data == "[DONE]"', "False", "the text: '[DONE]'"),
        ("yield text_in(chunk)", "yield ''", "nothing goes wrong: it should yield"),
    ],
)
def test_relays_of_a_broken_model(old: str, new: str, said: str) -> None:
    assert said in says("careful", "careful", old, new)


@pytest.mark.parametrize(
    ("exercise", "function", "old", "new"),
    [
        (
            "own-relay",
            "own_relay",
            "    return reply",
            "    return upstream(base_url, model, key, system=system)",
        ),
        ("careful", "careful", "    return reply", "    return upstream(base_url, model, key)"),
        ("dialect", "lines", "json.dumps(line)", "json.dumps(line, ensure_ascii=False)"),
    ],
)
def test_other_right_ones(exercise: str, function: str, old: str, new: str) -> None:
    assert says(exercise, function, old, new) == "passed"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('.get("finish", {}).get("reason", "stop")', '["finish"]["reason"]', "raises KeyError"),
        ('.get("finish", {}).get("reason", "stop")', '["status"]', "should be {'done': 'stop'}"),
        (' + b"\\n"', "", "a line should end with a line end"),
        ('.encode() + b"\\n"', ' + "\\n"', "it should yield bytes, not str"),
        ("json.dumps(line)", "json.dumps(line, indent=1)", "has a line that is not JSON"),
        ('{"thought": ', '{"text": ', "should be {'thought': 'Two\\nlines, '}"),
        ('event.data["message"]', "event.data", "should be {'error': 'The model is gone.'}"),
        (
            "async for event in turn.events():",
            "for event in [event async for event in turn.events()]:",
            "a piece is there, and it waits for the end of the reply",
        ),
    ],
)
def test_dialects(old: str, new: str, said: str) -> None:
    assert said in says("dialect", "lines", old, new)
