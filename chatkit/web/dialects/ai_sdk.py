"""The AI SDK's UI message stream, version 1: what its `useChat` sends and reads.

Source: https://ai-sdk.dev/docs/ai-sdk-ui/stream-protocol. `new DefaultChatTransport({ api })` needs
no more than the URL of the chat, and the log keeps what others need Redis for:

- `useChat({ resume: true })` asks for the reply that is being written, and gets it from its start.
- `GET api/{chat}` gives the messages, which a page that is loaded again passes on as `messages`.
- `stop()` only leaves, as a reload does, so the turn goes on. A button to stop it calls
  `fetch(`${api}/${id}/stop`, { method: "POST" })` too, as the SDK's documentation advises.
- The SDK takes a reply for whole if its stream ends too early, or if it has ended before the SDK
  asks for it again. What tells is the `state` of its last part, which stays "streaming": then get
  the messages, and call `resumeStream()`.

The client makes the id of a chat, and whoever knows it can read the chat and add to it. So it has
to be `crypto.randomUUID()`: the SDK's own ids can be guessed, as they come from `Math.random`.

Reasoning in the client's messages is left out; other parts that are not text are refused.
"""

import json
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any, Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from chatkit.replies.reply import Message
from chatkit.sse import encode
from chatkit.turns import LogEvent, Turn, path_to
from chatkit.web.answers import ID
from chatkit.web.dialects.dialect import (
    ACaller,
    Caller,
    Dialect,
    Part,
    Step,
    answers,
    parts,
    steps,
    stop_reason,
    text_of,
)
from chatkit.web.routes import AService, Service

UI_PARTS = {"message": "text", "reasoning": "reasoning"}  # of parts, by the events of the log
UI_STEPS = {"open": "start", "add": "delta", "close": "end"}
# How a reply may end, in the SDK's words. Of any other word it makes an error.
FINISH_REASONS = {
    "stop": "stop",
    "length": "length",
    "content_filter": "content-filter",
    "tool_calls": "tool-calls",
}
TOKENS = {"input_tokens": "inputTokens", "output_tokens": "outputTokens"}

router = APIRouter(prefix="/ai-sdk/api/chat", tags=["ai-sdk"])


class UIMessage(BaseModel):
    """A message, as the SDK keeps it. The id of a reply is that of its turn."""

    id: str
    role: Literal["system", "user", "assistant"]
    parts: list[Part]

    def text(self) -> str:
        return text_of([part for part in self.parts if part.type != "step-start"])


class UIRequest(BaseModel):
    """What is read of a request."""

    id: str = Field(pattern=ID)
    messages: list[UIMessage] = Field(min_length=1)

    def history(self) -> list[Message]:
        return [{"role": said.role, "content": said.text()} for said in self.messages]

    def parent(self, turns: list[Turn]) -> str | None:
        """The turn of the newest reply among the messages.

        To write another reply, or to edit a message, the SDK sends what came before: a sibling.
        """
        known = {turn.id for turn in turns}
        replies = [message.id for message in self.messages if message.id in known]
        return replies[-1] if replies else None


@router.post("", response_class=Response, responses=answers())
async def ai_sdk_chat(asked: UIRequest, caller: ACaller, service: AService) -> Response:
    """AI SDK: the reply to the messages of a chat, as a stream. It goes on if its client leaves."""
    parent = asked.parent(await service.turns.chat(asked.id))
    turn = await caller.start(asked.history(), asked.id, parent, alone=False)
    return await ui_stream(caller, turn)


@router.get("/{chat}", responses=answers())
async def ai_sdk_messages(chat: str, service: AService) -> list[dict[str, Any]]:
    """AI SDK: the messages of a chat that lead to its newest turn; none, if it is not known."""
    turns = await service.turns.chat(chat)
    path = path_to(turns[-1], turns) if turns else []
    return [message for turn in path for message in ui_messages(turn, await so_far(turn))]


@router.get(
    "/{chat}/stream",
    response_class=Response,
    responses={204: {"description": "No reply is being written"}, **answers()},
)
async def ai_sdk_resume(chat: str, caller: ACaller, service: AService) -> Response:
    """AI SDK: the newest reply that is being written, from its start; 204: there is none."""
    turns = await being_written(chat, service)
    return await ui_stream(caller, turns[-1]) if turns else Response(status_code=204)


@router.post("/{chat}/stop", status_code=204, responses=answers())
async def ai_sdk_stop(chat: str, service: AService) -> None:
    """AI SDK: stop all replies of a chat that are being written. Repeating it is harmless."""
    for turn in await being_written(chat, service):
        await service.turns.cancel(turn.id)


async def being_written(chat: str, service: Service) -> list[Turn]:
    return [turn for turn in await service.turns.chat(chat) if turn.status == "streaming"]


async def ui_stream(caller: Caller, turn: Turn) -> Response:
    response = await caller.stream(turn, ui_frames(turn))
    response.headers["x-vercel-ai-ui-message-stream"] = "v1"
    return response


async def ui_frames(turn: Turn) -> AsyncGenerator[bytes, None]:
    async for chunk in ui_chunks(turn):
        yield encode(json.dumps(chunk))
    yield encode("[DONE]")


async def ui_chunks(turn: Turn) -> AsyncGenerator[dict[str, Any], None]:
    """What the SDK is told of a turn: each part of the message has a start, pieces, and an end."""
    yield {"type": "start", "messageId": turn.id}
    step = None
    async for step in steps(turn):
        yield ui_chunk(step)
    if step and step.what != "close":  # the reply has failed in the middle of a part, which stays
        yield ui_chunk(step._replace(what="close"))
    yield last_chunk(turn)


def ui_chunk(step: Step) -> dict[str, Any]:
    named = {"type": f"{UI_PARTS[step.type]}-{UI_STEPS[step.what]}", "id": f"{step.number}"}
    return named | {"delta": step.text} if step.what == "add" else named


def last_chunk(turn: Turn) -> dict[str, Any]:
    if turn.status == "failed":
        return {"type": "error", "errorText": turn.summary["message"]}
    if turn.status == "cancelled":
        return {"type": "abort"}
    reason = FINISH_REASONS.get(stop_reason(turn), "other")
    return {"type": "finish", "finishReason": reason, "messageMetadata": metadata(turn)}


def metadata(turn: Turn) -> dict[str, Any]:
    """The tokens, if the model has counted them, in the SDK's words."""
    counted = turn.summary.get("finish", {})
    usage = {name: counted[key] for key, name in TOKENS.items() if key in counted}
    return {"usage": usage} if usage else {}


async def so_far(turn: Turn) -> list[LogEvent]:
    """The events of a turn by now, wherever its log is."""
    found: list[LogEvent] = []
    async with aclosing(turn.events()) as events:
        while len(found) < turn.last and (event := await anext(events, None)):
            found.append(event)
    return found


def ui_messages(turn: Turn, log: list[LogEvent]) -> list[dict[str, Any]]:
    """The message of a turn and its reply, as the SDK keeps them.

    If more is to come, the last part is one without text, whose state is "streaming".
    """
    said = {"type": "text", "text": turn.message}
    reply = [{"type": UI_PARTS[type], "text": text, "state": "done"} for type, text in parts(log)]
    if turn.status == "streaming":
        reply.append({"type": "text", "text": "", "state": "streaming"})
    return [
        {"id": f"{turn.id}-message", "role": "user", "parts": [said]},
        {"id": turn.id, "role": "assistant", "parts": reply, "metadata": metadata(turn)},
    ]


def ai_sdk_refusal(status: int, message: str) -> tuple[int, str]:
    """The SDK shows the body of a refusal as it is."""
    return status, message


AI_SDK = Dialect(router, ai_sdk_refusal)
