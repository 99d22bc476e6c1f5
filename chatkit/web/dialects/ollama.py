"""Ollama: its streams are lines of JSON (NDJSON), the last one with `done`.

Source: https://docs.ollama.com/api/chat. A reply is streamed unless a client says otherwise.
Reasoning comes as `thinking`, unless `think` is false. Its durations are nanoseconds from the
request to the end.

Refused: images, tools, the messages of tools. Ignored: `model`, which is said back as it is,
`options`, `format`, `keep_alive`, and all else.
"""

import json
import time
from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from chatkit.replies.reply import Message
from chatkit.turns import Turn
from chatkit.web.dialects.dialect import (
    Absent,
    ACaller,
    Dialect,
    Part,
    Said,
    Text,
    answers,
    stop_reason,
    usage,
)

PIECES = {"message": "content", "reasoning": "thinking"}
UNKNOWN = {"format": "", "family": "", "parameter_size": "", "quantization_level": ""}

router = APIRouter(prefix="/ollama/api", tags=["ollama"])


class SaidWithImages(Said):
    content: Text | list[Part] = ""  # Ollama's own client leaves out what is empty
    images: Absent = None


class OllamaRequest(BaseModel):
    """What is read of a request."""

    messages: list[SaidWithImages] = Field(min_length=1)
    model: Text = "chatkit"
    stream: bool | None = None
    think: bool | str | None = None
    tools: Absent = None

    def history(self) -> list[Message]:
        return [said.message() for said in self.messages]


@router.post("/chat", response_class=Response, responses=answers("application/x-ndjson"))
async def ollama_chat(asked: OllamaRequest, caller: ACaller) -> Response:
    """Ollama's chat: the reply to the messages of a chat."""
    begun = time.monotonic_ns()
    turn = await caller.start(asked.history())
    if asked.stream is not False:
        return await caller.stream(turn, chat_lines(turn, asked, begun), lines=True)
    return JSONResponse(whole_chat(await caller.finished(turn), asked, begun))


@router.get("/tags")
@router.head("/tags", include_in_schema=False)
async def ollama_tags() -> dict[str, Any]:
    """Ollama's list of models. There is one."""
    model = {"name": "chatkit", "model": "chatkit", "size": 0, "digest": "", "details": UNKNOWN}
    return {"models": [model | {"modified_at": "1970-01-01T00:00:00Z"}]}


def chat_part(asked: OllamaRequest, message: dict[str, str], **more: Any) -> dict[str, Any]:
    """One value of a stream."""
    said = {"role": "assistant", "content": ""} | message
    made = datetime.now(UTC).isoformat()
    return {"model": asked.model, "created_at": made, "message": said, "done": False} | more


def chat_line(data: dict[str, Any]) -> bytes:
    return json.dumps(data).encode() + b"\n"


async def chat_lines(turn: Turn, asked: OllamaRequest, begun: int) -> AsyncGenerator[bytes, None]:
    """A line for each piece, and one that says how the reply ended."""
    async for event in turn.events():
        if event.type == "reasoning" and asked.think is False:
            continue
        if event.type in PIECES:
            yield chat_line(chat_part(asked, {PIECES[event.type]: event.data}))
        elif event.type == "failure":
            yield chat_line(ollama_refusal(500, event.data["message"])[1])
            return
    yield chat_line(chat_part(asked, {}, **chat_end(turn, asked, begun)))


def whole_chat(turn: Turn, asked: OllamaRequest, begun: int) -> dict[str, Any]:
    """The same in one piece."""
    message = {"content": turn.reply}
    if turn.reasoning and asked.think is not False:
        message["thinking"] = turn.reasoning
    return chat_part(asked, message, **chat_end(turn, asked, begun))


def chat_end(turn: Turn, asked: OllamaRequest, begun: int) -> dict[str, Any]:
    read, written = usage(turn, asked.history())
    took = time.monotonic_ns() - begun
    return {
        "done": True,
        "done_reason": stop_reason(turn),
        "total_duration": took,
        "prompt_eval_count": read,
        "eval_count": written,
        "eval_duration": took,
    }


def ollama_refusal(status: int, message: str) -> tuple[int, dict[str, Any]]:
    """An error of Ollama's. What is wrong in a body is 400 there."""
    return 400 if status == 422 else status, {"error": message}


OLLAMA = Dialect(router, ollama_refusal)
