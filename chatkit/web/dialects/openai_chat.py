"""OpenAI Chat Completions, which is what most clients of models speak.

Source: https://platform.openai.com/docs/api-reference/chat. Reasoning comes as
`reasoning_content`, as DeepSeek, vLLM and llama.cpp have it: OpenAI's own API does not show any.

Refused: parts of a message that are not text, tools, more than one choice (`n`). Ignored: `model`,
which is said back as it is, temperature, limits of tokens, and all else.
"""

import json
import time
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
    Said,
    Text,
    answers,
    stop_reason,
    usage,
)

DELTAS = {"message": "content", "reasoning": "reasoning_content"}

router = APIRouter(prefix="/openai/v1", tags=["openai"])


class StreamOptions(BaseModel):
    include_usage: bool | None = None


class CompletionRequest(BaseModel):
    """What is read of a request."""

    messages: list[Said] = Field(min_length=1)
    model: Text = "chatkit"
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    n: int | None = Field(None, ge=1, le=1)
    tools: Absent = None
    functions: Absent = None

    def history(self) -> list[Message]:
        return [said.message() for said in self.messages]


@router.post("/chat/completions", response_class=Response, responses=answers())
async def openai_chat(asked: CompletionRequest, caller: ACaller) -> Response:
    """OpenAI Chat Completions: the reply to the messages of a chat."""
    turn = await caller.start(asked.history())
    if asked.stream:
        return await caller.stream(turn, completion_frames(turn, asked))
    return JSONResponse(whole_completion(await caller.finished(turn), asked))


@router.get("/models")
@router.head("/models", include_in_schema=False)
async def openai_models() -> dict[str, Any]:
    """OpenAI's list of models. There is one."""
    model = {"id": "chatkit", "object": "model", "created": 0, "owned_by": "chatkit"}
    return {"object": "list", "data": [model]}


def heading(turn: Turn, asked: CompletionRequest, kind: str) -> dict[str, Any]:
    made = int(time.time())
    return {"id": f"chatcmpl-{turn.id}", "object": kind, "created": made, "model": asked.model}


async def completion_frames(turn: Turn, asked: CompletionRequest) -> AsyncGenerator[bytes, None]:
    """A frame for each piece, one that says how the reply ended, and `[DONE]`."""
    head = heading(turn, asked, "chat.completion.chunk")

    def chunk(delta: dict[str, str], reason: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "finish_reason": reason}
        return encode(json.dumps(head | {"choices": [choice]}))

    yield chunk({"role": "assistant", "content": ""})
    async for event in turn.events():
        if event.type in DELTAS:
            yield chunk({DELTAS[event.type]: event.data})
        elif event.type == "failure":
            yield encode(json.dumps(openai_refusal(500, event.data["message"])[1]))
            return
    yield chunk({}, stop_reason(turn))
    if asked.stream_options and asked.stream_options.include_usage:
        yield encode(json.dumps(head | {"choices": [], "usage": tokens(turn, asked)}))
    yield encode("[DONE]")


def whole_completion(turn: Turn, asked: CompletionRequest) -> dict[str, Any]:
    """The same in one piece."""
    message = {"role": "assistant", "content": turn.reply, "refusal": None}
    if turn.reasoning:
        message["reasoning_content"] = turn.reasoning
    choice = {"index": 0, "message": message, "finish_reason": stop_reason(turn)}
    head = heading(turn, asked, "chat.completion")
    return head | {"choices": [choice], "usage": tokens(turn, asked)}


def tokens(turn: Turn, asked: CompletionRequest) -> dict[str, int]:
    read, written = usage(turn, asked.history())
    return {
        "prompt_tokens": read,
        "completion_tokens": written,
        "total_tokens": read + written,
    }


def openai_refusal(status: int, message: str) -> tuple[int, dict[str, Any]]:
    """An error of OpenAI's. What is wrong in a body is 400 there."""
    status = 400 if status == 422 else status
    kind = "server_error" if status >= 500 else "invalid_request_error"
    return status, {"error": {"message": message, "type": kind, "param": None, "code": None}}


OPENAI_CHAT = Dialect(router, openai_refusal)
