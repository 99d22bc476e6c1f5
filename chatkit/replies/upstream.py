"""A reply from a model: any server that speaks OpenAI's Chat Completions API.

Our server is a client here. It sends the chat on, reads the event stream that comes back, and
hands on each piece when it arrives. `chatkit.replies.endpoint` has the address and the key, and
says in words what goes wrong.
"""

import json
import logging
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace
from typing import Any

import httpx
from httpx_sse import EventSource, aconnect_sse

from chatkit.replies.endpoint import (
    LARGEST,
    Endpoint,
    Fault,
    beginning,
    error_words,
    only_model,
    refusal,
    streams,
)
from chatkit.replies.reply import Message, Reply
from chatkit.turns import Finish, Piece, Reasoning
from chatkit.turns.turn import check_numbers

Part = tuple[type[str] | type[Reasoning], str]  # of a chunk: what it is, and its text
server_messages = logging.getLogger("chatkit")


def upstream(
    base_url: str | None = None,
    model: str | None = None,
    api_key: str | None = None,
    *,
    system: str = "",
    max_history: int = 100_000,
    connect: float = 10.0,
    silence: float = 100.0,
) -> Reply:
    """A reply from the model `model` of the API at `base_url`.

    - `base_url`: as in "http://127.0.0.1:11434/v1"; else `OPENAI_BASE_URL`, else OpenAI
    - `model`: its name; None: the only one that the API has, which is asked for each time
    - `api_key`: else `OPENAI_API_KEY`; "": none
    - `system`: the system prompt. A system message of a client comes after it
    - `max_history`: bytes of the messages that are sent; the oldest are left out
    - `connect`, `silence`: seconds until there is a connection, and until the next byte. A
      turn has a limit of its own, `Limits.silence`, until the next piece. 0: as long as it takes

    Raises `ValueError` for what cannot be a URL, a key or a bound. The reply raises `ReplyFailed`.
    """
    check_numbers(max_history=max_history, connect=connect, silence=silence)
    endpoint = Endpoint(base_url, api_key, connect, silence)

    async def reply(messages: list[Message]) -> AsyncGenerator[Piece, None]:
        async with endpoint.client() as client:
            name = model or await only_model(client)
            sent = request(name, prompt(messages, system, max_history))
            async with asked(client, sent) as source, aclosing(relay(source)) as pieces:
                async for piece in pieces:
                    yield piece

    return reply


def prompt(messages: list[Message], system: str, max_history: int) -> list[Message]:
    """What is sent of a chat: one system message, if there is any, then the newest of the others.

    Many models want it so: the system's words first, then user and assistant in turn.
    """
    rules = [system, *(said["content"] for said in messages if said["role"] == "system")]
    rule = "\n\n".join(filter(None, rules))
    others = [said for said in messages if said["role"] != "system"]
    kept = newest(others, max_history)
    if len(kept) < len(others):
        server_messages.warning(
            "the oldest %d of %d messages were not sent to the model: max_history is %d bytes",
            *(len(others) - len(kept), len(others), max_history),
        )
    return [Message(role="system", content=rule), *kept] if rule else kept


def newest(messages: list[Message], most: int) -> list[Message]:
    """The newest messages, from a user's on, that take `most` bytes at the most.

    The last one stays, however long it is.
    """
    start, size = len(messages) - 1, 0
    for index in range(len(messages) - 1, -1, -1):
        size += len(messages[index]["content"].encode(errors="replace"))
        if size > most:
            break
        if messages[index]["role"] == "user":
            start = index
    return messages[start:]


def request(model: str, messages: list[Message]) -> dict[str, Any]:
    """What is posted to `chat/completions`."""
    usage = {"include_usage": True}  # the numbers of tokens, in a frame before the last
    return {"model": model, "messages": messages, "stream": True, "stream_options": usage}


@asynccontextmanager
async def asked(client: httpx.AsyncClient, sent: dict[str, Any]) -> AsyncIterator[EventSource]:
    """The answer to a request, open to be read. Raises `Fault` if it is an error.

    A server that does not know `stream_options` is asked again without it.
    """
    async with aconnect_sse(client, "POST", "chat/completions", json=sent) as source:
        if source.response.status_code == 200:
            yield source
            return
        refused = await refusal(source.response, sent["model"])
    if "stream_options" not in sent or "stream_options" not in refused.said:
        raise refused
    sent = {name: value for name, value in sent.items() if name != "stream_options"}
    async with asked(client, sent) as source:
        yield source


async def relay(source: EventSource) -> AsyncGenerator[Piece, None]:
    """Yield the pieces of an answer as they arrive, and `Finish` at its end.

    Raises `Fault` if there is none.
    """
    finish, half = Finish(reason=""), ""
    try:
        async with aclosing(frames(source)) as arriving:
            async for data in arriving:
                if data.strip() == "[DONE]":
                    finish = replace(finish, reason=finish.reason or "stop")
                    break
                pieces, end = read_chunk(data)
                for type, text in pieces:
                    text, half = whole_characters(half + text)
                    if text:
                        yield type(text)
                finish = replace(finish, **end)
    except httpx.TransportError:
        if not finish.reason:  # after the reason for its end, an answer has no more text
            raise
    if not finish.reason:
        raise Fault("ended its answer before the reply was complete.")
    yield finish


async def frames(source: EventSource) -> AsyncGenerator[str, None]:
    """The data of each event, as they arrive; of a server that does not stream, all at once."""
    response = source.response
    if streams(response):
        body = response.stream = Body(response.stream)
        response.encoding = "utf-8-sig"  # an event stream is UTF-8, after a mark or none
        async for event in source.aiter_sse():
            body.size = 0
            if event.data:
                yield event.data
    else:
        yield (await beginning(response, LARGEST)).decode(errors="replace")


class Body(httpx.AsyncByteStream):
    """The bytes of an answer. Raises `Fault` after `LARGEST` of them without an event.

    httpx-sse 0.4 has no limit: it keeps a line until it ends.
    """

    def __init__(self, stream: Any) -> None:
        self.stream = stream
        self.size = 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self.stream:
            self.size += len(chunk)
            if self.size > LARGEST:
                raise Fault(f"sent {LARGEST:,} bytes without an event in them.")
            yield chunk

    async def aclose(self) -> None:
        await self.stream.aclose()


def whole_characters(text: str) -> tuple[str, str]:
    """A text without half of a character at its end, and that half.

    A server that counts in UTF-16, as JavaScript does, may cut a character in two.
    """
    half = text[-1:] if "\ud800" <= text[-1:] <= "\udbff" else ""
    utf16 = text.removesuffix(half).encode("utf-16-le", "surrogatepass")
    return utf16.decode("utf-16-le", "replace"), half


def read_chunk(data: str) -> tuple[list[Part], dict[str, Any]]:
    """The pieces in a frame, and what it says of the end, as `Finish` has it.

    Raises `Fault` if the frame says an error, or is not a chunk of a reply.
    """
    try:
        chunk = json.loads(data)
        error = chunk.get("error")
        if "choices" not in chunk:  # some servers say an error so
            error = error or chunk.get("message") or chunk.get("detail")
        if error:
            raise Fault("reports an error.", error_words({"error": error}))
        choices = chunk.get("choices") or []  # none in the frame with the numbers of tokens
        choice: dict[str, Any] = next((found for found in choices if not found.get("index")), {})
        return pieces_in(choice), end_in(choice, chunk.get("usage") or {})
    except (ValueError, TypeError, AttributeError, RecursionError):
        raise Fault("sent a frame that is not a chunk of a reply.", data) from None


def pieces_in(choice: dict[str, Any]) -> list[Part]:
    """The reasoning and the text in a choice: a piece of it, or the whole message."""
    delta = choice.get("delta") or choice.get("message") or {}
    if delta.get("tool_calls") or delta.get("function_call"):
        raise Fault("wants to call a tool, and this chat has none.")
    pieces: list[Part] = []
    if thought := text_in(delta, "reasoning_content", "reasoning"):
        pieces.append((Reasoning, thought))
    if isinstance(content := delta.get("content"), list):
        pieces += in_parts(content)
    elif text := text_in(delta, "content", "refusal"):
        pieces.append((str, text))
    return pieces


def in_parts(parts: list[dict[str, Any]]) -> list[Part]:
    """The same in a list of parts, as Mistral's reasoning models send it."""
    pieces: list[Part] = []
    for part in parts:
        if part.get("type") == "thinking":
            pieces += [(Reasoning, thought) for _, thought in in_parts(part.get("thinking") or [])]
        elif text := text_in(part, "text"):
            pieces.append((str, text))
    return pieces


def end_in(choice: dict[str, Any], usage: dict[str, Any]) -> dict[str, Any]:
    """What a frame says of the end: the reason, and how many tokens were read and written."""
    end: dict[str, Any] = {}
    if reason := text_in(choice, "finish_reason"):
        end["reason"] = reason[:40].encode(errors="replace").decode()
    for name, theirs in (("input_tokens", "prompt_tokens"), ("output_tokens", "completion_tokens")):
        if isinstance(number := usage.get(theirs), int):
            end[name] = number
    return end


def text_in(found: dict[str, Any], *names: str) -> str:
    """The text under the first of these names that has some; "" if none has."""
    text = next(filter(None, map(found.get, names)), "")
    if not isinstance(text, str):
        raise TypeError
    return text
