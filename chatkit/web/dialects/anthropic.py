"""Anthropic Messages: a reply is a list of blocks, each opened, continued and closed by events.

Source: https://platform.claude.com/docs/en/api/messages and .../build-with-claude/streaming.
Reasoning comes as blocks of thinking, for a client that asks for it (`thinking`), with an empty
signature.

Refused: parts of a message that are not text, tools. Ignored: `model`, which is said back as it is,
temperature, `max_tokens`, and all else.
"""

import json
from collections.abc import AsyncGenerator
from typing import Any

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from chatkit.replies.reply import Message
from chatkit.sse import encode
from chatkit.turns import Turn
from chatkit.web.dialects.dialect import (
    Absent,
    ACaller,
    Dialect,
    Part,
    Said,
    Text,
    answers,
    parts,
    steps,
    stop_reason,
    text_of,
    usage,
    words,
)

BLOCKS = {"message": "text", "reasoning": "thinking"}  # of blocks
STOP_REASONS = {"length": "max_tokens", "content_filter": "refusal"}  # else "end_turn"
ERRORS = {
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    500: "api_error",
    529: "overloaded_error",
}

router = APIRouter(prefix="/anthropic/v1", tags=["anthropic"])


class Thinking(BaseModel):
    type: str


class MessagesRequest(BaseModel):
    """What is read of a request."""

    messages: list[Said] = Field(min_length=1)
    system: Text | list[Part] | None = None
    model: Text = "chatkit"
    stream: bool | None = None
    thinking: Thinking | None = None
    tools: Absent = None

    def history(self) -> list[Message]:
        system: list[Message] = []
        if self.system:
            system.append({"role": "system", "content": text_of(self.system)})
        return system + [said.message() for said in self.messages]

    def types(self) -> set[str]:
        """The events of a reply that the client wants to know about."""
        thinks = self.thinking is not None and self.thinking.type != "disabled"
        return {"message", "reasoning"} if thinks else {"message"}


@router.post("/messages", response_class=Response, responses=answers())
async def anthropic_messages(asked: MessagesRequest, caller: ACaller) -> Response:
    """Anthropic Messages: the reply to the messages of a chat."""
    turn = await caller.start(asked.history())
    if asked.stream:
        return await caller.stream(turn, message_frames(turn, asked))
    return JSONResponse(whole_message(await caller.finished(turn), asked))


def event_frame(type: str, **data: Any) -> bytes:
    return encode(json.dumps({"type": type} | data), event=type)


async def message_frames(turn: Turn, asked: MessagesRequest) -> AsyncGenerator[bytes, None]:
    """The events of a message, and between them those of its blocks, one after the other."""
    yield event_frame("message_start", message=begun_message(turn, asked))
    async for what, index, type, text in steps(turn, asked.types()):
        kind = BLOCKS[type]
        if what == "open":
            yield event_frame("content_block_start", index=index, content_block=block(kind, ""))
        elif what == "add":
            delta = {"type": f"{kind}_delta", kind: text}
            yield event_frame("content_block_delta", index=index, delta=delta)
        else:
            yield event_frame("content_block_stop", index=index)
    if turn.status == "failed":
        yield event_frame(**anthropic_refusal(500, turn.summary["message"])[1])
        return
    said = whole_message(turn, asked)
    ending = {"stop_reason": said["stop_reason"], "stop_sequence": None}
    yield event_frame("message_delta", delta=ending, usage=said["usage"])
    yield event_frame("message_stop")


def begun_message(turn: Turn, asked: MessagesRequest) -> dict[str, Any]:
    """A message that has only begun."""
    return {
        "id": f"msg_{turn.id}",
        "type": "message",
        "role": "assistant",
        "model": asked.model,
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": {"input_tokens": words(asked.history()), "output_tokens": 0},
    }


def whole_message(turn: Turn, asked: MessagesRequest) -> dict[str, Any]:
    """The same in one piece."""
    read, written = usage(turn, asked.history())
    return begun_message(turn, asked) | {
        "content": [block(BLOCKS[type], text) for type, text in parts(turn.log, asked.types())],
        "stop_reason": STOP_REASONS.get(stop_reason(turn), "end_turn"),
        "usage": {"input_tokens": read, "output_tokens": written},
    }


def block(kind: str, text: str) -> dict[str, str]:
    signature = {"signature": ""} if kind == "thinking" else {}
    return {"type": kind, kind: text} | signature


def anthropic_refusal(status: int, message: str) -> tuple[int, dict[str, Any]]:
    """An error of Anthropic's. What is wrong in a body is 400 there, and a full server is 529."""
    status = {422: 400, 503: 529}.get(status, status)
    error = {"type": ERRORS.get(status, "invalid_request_error"), "message": message}
    return status, {"type": "error", "error": error}


ANTHROPIC = Dialect(router, anthropic_refusal)
