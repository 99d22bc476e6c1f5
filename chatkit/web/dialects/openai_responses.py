"""OpenAI Responses: a reply is a list of items, and each event says which item it is about.

Source: https://platform.openai.com/docs/api-reference/responses and .../responses-streaming.
Reasoning comes as items with a summary, which is all of it.

Refused: input that is not text, tools, and what an earlier response would be needed for
(`previous_response_id`, `conversation`). Ignored: `model`, which is said back as it is,
temperature, limits of tokens, `store`, and all else.
"""

import json
import time
from collections.abc import AsyncGenerator, Iterator
from typing import Any, Literal, NamedTuple

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from chatkit.replies.reply import Message
from chatkit.sse import encode
from chatkit.turns import Turn
from chatkit.web.dialects.dialect import (
    Absent,
    ACaller,
    Dialect,
    Said,
    Step,
    Text,
    answers,
    parts,
    steps,
    stop_reason,
    usage,
)
from chatkit.web.dialects.openai_chat import openai_refusal

LIMITS = {"length": "max_output_tokens", "content_filter": "content_filter"}
Event = tuple[str, dict[str, Any]]  # of a response: its type, and its data


class Names(NamedTuple):
    """How a response calls the part of an item that has the text, and what it says about it."""

    part: str
    text: str
    index_key: str
    more: dict[str, Any]


NAMES = {  # by the events of the log that an item is made of
    "message": Names("content_part", "output_text", "content_index", {"logprobs": []}),
    "reasoning": Names("reasoning_summary_part", "reasoning_summary_text", "summary_index", {}),
}

router = APIRouter(prefix="/openai/v1", tags=["openai"])


class Thought(BaseModel):
    """An item of an earlier response that a client sends back. It is left out."""

    type: Literal["reasoning"]


class ResponsesRequest(BaseModel):
    """What is read of a request."""

    input: Text | list[Said | Thought]
    instructions: Text | None = None
    model: Text = "chatkit"
    stream: bool | None = None
    tools: Absent = None
    previous_response_id: Absent = None
    conversation: Absent = None

    def history(self) -> list[Message]:
        said = [self.input] if isinstance(self.input, str) else self.input
        messages: list[Message] = [
            {"role": "user", "content": one} if isinstance(one, str) else one.message()
            for one in said
            if not isinstance(one, Thought)
        ]
        if self.instructions:
            messages.insert(0, {"role": "system", "content": self.instructions})
        return messages


@router.post("/responses", response_class=Response, responses=answers())
async def openai_responses(asked: ResponsesRequest, caller: ACaller) -> Response:
    """OpenAI Responses: the reply to an input."""
    turn = await caller.start(asked.history())
    if asked.stream:
        return await caller.stream(turn, response_frames(turn, asked))
    return JSONResponse(whole_response(await caller.finished(turn), asked))


async def response_frames(turn: Turn, asked: ResponsesRequest) -> AsyncGenerator[bytes, None]:
    """The events of a response, numbered."""
    number = 0
    async for type, data in response_events(turn, asked):
        numbered = {"type": type, "sequence_number": number} | data
        yield encode(json.dumps(numbered), event=type)
        number += 1


async def response_events(turn: Turn, asked: ResponsesRequest) -> AsyncGenerator[Event, None]:
    """Those of the response, and between them those of its items, one after the other."""
    begun = begun_response(turn, asked)
    yield "response.created", {"response": begun}
    yield "response.in_progress", {"response": begun}
    async for step in steps(turn):
        for event in item_events(turn, step):
            yield event
    said = whole_response(turn, asked)
    if said["error"]:
        # As it is documented, and once more as it has to be for the SDK to raise it.
        yield "error", said["error"] | {"param": None, "error": said["error"]}
    yield f"response.{said['status']}", {"response": said}


def item_events(turn: Turn, step: Step) -> Iterator[Event]:
    """What a response says of a step: of the item, and of its one part, which has the text."""
    what, index, type, text = step
    names = NAMES[type]
    part = {"item_id": item_id(turn, index), "output_index": index, names.index_key: 0}
    if what == "open":
        added = item(turn, index, type)
        yield "response.output_item.added", {"output_index": index, "item": added}
        yield f"response.{names.part}.added", part | {"part": item_part(type, "")}
    elif what == "add":
        yield f"response.{names.text}.delta", part | {"delta": text} | names.more
    else:
        done = item(turn, index, type, text)
        yield f"response.{names.text}.done", part | {"text": text} | names.more
        yield f"response.{names.part}.done", part | {"part": item_part(type, text)}
        yield "response.output_item.done", {"output_index": index, "item": done}


def item_id(turn: Turn, index: int) -> str:
    return f"item_{turn.id}_{index}"


def item(turn: Turn, index: int, type: str, text: str | None = None) -> dict[str, Any]:
    """A run of text, or of reasoning. Without its text, it has only begun."""
    head = {"type": type, "id": item_id(turn, index)}
    content = [] if text is None else [item_part(type, text)]
    if type == "reasoning":
        return head | {"summary": content}
    status = "in_progress" if text is None else "completed"
    return head | {"role": "assistant", "status": status, "content": content}


def item_part(type: str, text: str) -> dict[str, Any]:
    """The part of an item that has the text."""
    if type == "reasoning":
        return {"type": "summary_text", "text": text}
    return {"type": "output_text", "text": text, "annotations": []}


def begun_response(turn: Turn, asked: ResponsesRequest) -> dict[str, Any]:
    """A response that has only begun."""
    return {
        "id": f"resp_{turn.id}",
        "object": "response",
        "created_at": int(time.time()),
        "status": "in_progress",
        "error": None,
        "incomplete_details": None,
        "model": asked.model,
        "instructions": asked.instructions,
        "output": [],
        "parallel_tool_calls": False,
        "tool_choice": "auto",
        "tools": [],
        "usage": None,
    }


def whole_response(turn: Turn, asked: ResponsesRequest) -> dict[str, Any]:
    """The same in one piece."""
    ending: dict[str, Any] = {"status": "completed"}
    if turn.status == "failed":
        error = {"code": "server_error", "message": turn.summary["message"]}
        ending = {"status": "failed", "error": error}
    elif limit := LIMITS.get(stop_reason(turn)):
        ending = {"status": "incomplete", "incomplete_details": {"reason": limit}}
    items = [item(turn, number, *part) for number, part in enumerate(parts(turn.log))]
    read, written = usage(turn, asked.history())
    tokens = {
        "input_tokens": read,
        "input_tokens_details": {"cached_tokens": 0},
        "output_tokens": written,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": read + written,
    }
    return begun_response(turn, asked) | ending | {"output": items, "usage": tokens}


OPENAI_RESPONSES = Dialect(router, openai_refusal)
