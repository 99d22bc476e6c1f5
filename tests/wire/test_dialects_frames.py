"""A small reply in each dialect, byte by byte, beside what `tests/cases/dialects/` says.

Those files were read against the types of each SDK. The address of each API's documentation stands
in the module of its dialect. The id of a turn is TURN there, and a time is 0 or TIME.
"""

import re
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from chatkit import Server
from chatkit.replies import Finish, Message, Piece, Reasoning, ReplyFailed

Start = Callable[..., Server]

ID = r"(?<=[_-])[A-Za-z0-9_-]{22}(?=\"|_\d)"
NUMBER = r'("(?:created|created_at|total_duration|eval_duration)": ?)\d+'
TIME = r'"\d{4}-\d\d-\d\dT[\d:.]+\+00:00"'
DIALECTS = {
    "openai_chat": ("openai/v1/chat/completions", {"stream_options": {"include_usage": True}}),
    "openai_responses": ("openai/v1/responses", {}),
    "anthropic": ("anthropic/v1/messages", {"thinking": {"type": "enabled"}}),
    "ollama": ("ollama/api/chat", {}),
}


async def reply(messages: list[Message]) -> AsyncIterator[Piece]:
    yield Reasoning("Hm.")
    yield "H\u2028"
    if messages[-1]["content"] == "fail":
        raise ReplyFailed("It broke.")
    yield "é"
    yield Finish(reason="length", input_tokens=3, output_tokens=2)


def asked(server: Server, path: str, said: str, **more: Any) -> str:
    """The head and the body of the answer, as far as they are the dialect's."""
    messages = [{"role": "user", "content": said}]
    body = {"messages": messages, "input": messages, "model": "m"} | more
    answer = httpx.post(server.url + path, json=body)
    text = re.sub(TIME, '"TIME"', re.sub(ID, "TURN", answer.text))
    text = re.sub(NUMBER, r"\g<1>0", text)
    return f"{answer.status_code} {answer.headers['content-type']}\n\n{text.rstrip()}\n"


@pytest.mark.parametrize("name", DIALECTS)
def test_frames_are_those_in_the_file(start: Start, checkout: Path, name: str) -> None:
    server = start(reply=reply, dialects=True)
    path, more = DIALECTS[name]
    answers = {
        "streamed": asked(server, path, "x", stream=True, **more),
        "in one piece": asked(server, path, "x", stream=False, **more),
        "failed in its stream": asked(server, path, "fail", stream=True, **more),
        "failed": asked(server, path, "fail", stream=False, **more),
    }
    found = "\n".join(f"=== {kind}: {answer}" for kind, answer in answers.items())
    file = checkout / "tests" / "cases" / "dialects" / f"{name}.txt"
    assert found == file.read_text("utf-8")


def test_openai_tells_the_tokens_of_a_stream_to_those_who_ask(start: Start) -> None:
    path, asked_for = DIALECTS["openai_chat"]
    server = start(reply=reply, dialects=True)
    assert "usage" in asked(server, path, "x", stream=True, **asked_for)
    for more in ({}, {"stream_options": None}, {"stream_options": {"include_usage": False}}):
        assert "usage" not in asked(server, path, "x", stream=True, **more)
