"""The clients of other APIs, unmodified. Each of them reads the replies of a server of ours.

An SDK here asks with `whole`, or with `stream`, which yields the pieces of text as they come. Both
fill an `Answer`. To close such a generator is to stop as the users of that SDK do.
"""

import asyncio
from collections.abc import AsyncGenerator, Generator, Iterator
from dataclasses import dataclass
from typing import Any

import anthropic
import ollama
import openai

KEY = "sk-a-key-that-nobody-may-see"
Messages = list[dict[str, Any]]


@dataclass
class Answer:
    """What an SDK has read. `reason` is in the words of its API, `tokens` are read and written."""

    text: str = ""
    pieces: int = 0
    reasoning: str = ""
    reason: str | None = None
    tokens: tuple[int, int] | None = None

    def add(self, text: str) -> str:
        self.text += text
        self.pieces += 1
        return text


class OpenAIChat:
    error: type[Exception] = openai.APIError
    reasons = ("stop", "length")
    text_part = "text"

    def __init__(self, url: str, **settings: Any) -> None:
        settings = {"base_url": url + "openai/v1", "api_key": KEY, "max_retries": 0} | settings
        self.client = openai.OpenAI(**settings)

    def whole(self, messages: Messages, answer: Answer, **more: Any) -> None:
        self.read(self.client.chat.completions.create(model="m", messages=messages, **more), answer)

    def read(self, reply: Any, answer: Answer) -> None:
        choice = reply.choices[0]
        answer.add(choice.message.content)
        answer.reasoning = getattr(choice.message, "reasoning_content", "")
        answer.reason = choice.finish_reason
        answer.tokens = (reply.usage.prompt_tokens, reply.usage.completion_tokens)

    def stream(self, messages: Messages, answer: Answer, **more: Any) -> Generator[str]:
        more = {"stream_options": {"include_usage": True}, "model": "m", "stream": True} | more
        with self.client.chat.completions.create(messages=messages, **more) as stream:
            for chunk in stream:
                yield from self.chunk(chunk, answer)

    def chunk(self, chunk: Any, answer: Answer) -> Iterator[str]:
        if chunk.usage:
            answer.tokens = (chunk.usage.prompt_tokens, chunk.usage.completion_tokens)
        for choice in chunk.choices:
            answer.reasoning += getattr(choice.delta, "reasoning_content", None) or ""
            answer.reason = choice.finish_reason or answer.reason
            if choice.delta.content:
                yield answer.add(choice.delta.content)


class OpenAIResponses:
    error: type[Exception] = openai.APIError
    reasons = ("completed", "incomplete max_output_tokens")
    text_part = "input_text"

    def __init__(self, url: str, **settings: Any) -> None:
        self.client = OpenAIChat(url, **settings).client

    def whole(self, messages: Messages, answer: Answer, **more: Any) -> None:
        reply = self.client.responses.create(model="m", input=messages, **more)
        answer.add(reply.output_text)
        self.read(reply, answer)

    def read(self, reply: Any, answer: Answer) -> None:
        thoughts = [item for item in reply.output if item.type == "reasoning"]
        answer.reasoning = "".join(part.text for item in thoughts for part in item.summary)
        answer.reason = reply.status
        if reply.incomplete_details:
            answer.reason += f" {reply.incomplete_details.reason}"
        answer.tokens = (reply.usage.input_tokens, reply.usage.output_tokens)

    def stream(self, messages: Messages, answer: Answer, **more: Any) -> Generator[str]:
        with self.client.responses.stream(model="m", input=messages, **more) as stream:
            for event in stream:
                yield from self.event(event, answer)

    def event(self, event: Any, answer: Answer) -> Iterator[str]:
        if event.type == "response.output_text.delta":
            yield answer.add(event.delta)
            assert event.snapshot.endswith(event.delta)
        elif event.type in ("response.completed", "response.incomplete"):
            self.read(event.response, answer)
            assert event.response.output_text == answer.text


class Anthropic:
    error: type[Exception] = anthropic.APIError
    reasons = ("end_turn", "max_tokens")
    text_part = "text"

    def __init__(self, url: str, **settings: Any) -> None:
        settings = {"base_url": url + "anthropic", "api_key": KEY, "max_retries": 0} | settings
        self.client = anthropic.Anthropic(**settings)

    def asked(self, messages: Messages) -> dict[str, Any]:
        system = [message["content"] for message in messages if message["role"] == "system"]
        asked: dict[str, Any] = {"system": system[0]} if system else {}
        asked["messages"] = [message for message in messages if message["role"] != "system"]
        thinking = {"type": "enabled", "budget_tokens": 1024}
        return asked | {"model": "m", "max_tokens": 2048, "thinking": thinking}

    def whole(self, messages: Messages, answer: Answer, **more: Any) -> None:
        reply = self.client.messages.create(**self.asked(messages) | more)
        answer.add("".join(block.text for block in reply.content if block.type == "text"))
        self.read(reply, answer)

    def read(self, reply: Any, answer: Answer) -> None:
        thoughts = [block.thinking for block in reply.content if block.type == "thinking"]
        answer.reasoning = "".join(thoughts)
        answer.reason = reply.stop_reason
        answer.tokens = (reply.usage.input_tokens, reply.usage.output_tokens)

    def stream(self, messages: Messages, answer: Answer, **more: Any) -> Generator[str]:
        with self.client.messages.stream(**self.asked(messages) | more) as stream:
            for event in stream:
                yield from self.event(event, answer)

    def event(self, event: Any, answer: Answer) -> Iterator[str]:
        if event.type == "text":
            yield answer.add(event.text)
        elif event.type == "message_stop":
            self.read(event.message, answer)
            blocks = [block.text for block in event.message.content if block.type == "text"]
            assert "".join(blocks) == answer.text


class Ollama:
    error: type[Exception] = ollama.ResponseError
    reasons = ("stop", "length")
    text_part = ""

    def __init__(self, url: str, **settings: Any) -> None:
        headers = {"Authorization": f"Bearer {KEY}"}
        self.client = ollama.Client(url + "ollama", headers=headers, **settings)

    def whole(self, messages: Messages, answer: Answer, **more: Any) -> None:
        self.read(self.client.chat("m", messages, **more), answer)

    def read(self, reply: Any, answer: Answer) -> None:
        if reply.message.content:
            answer.add(reply.message.content)
        answer.reasoning += reply.message.thinking or ""
        if reply.done:
            answer.reason = reply.done_reason
            answer.tokens = (reply.prompt_eval_count, reply.eval_count)

    def stream(self, messages: Messages, answer: Answer, **more: Any) -> Generator[str]:
        pieces = self.client.chat("m", messages, stream=True, **more)
        try:
            for reply in pieces:
                self.read(reply, answer)
                if reply.message.content:
                    yield reply.message.content
        finally:
            pieces.close()  # as leaving a `for` loop over it does


class Async:
    """An asynchronous client, for a caller that has no event loop."""

    def whole(self, messages: Messages, answer: Answer, **more: Any) -> None:
        asyncio.run(self.ask(messages, answer, **more))

    async def read_all(self, messages: Messages, answer: Answer) -> None:
        async for _ in self.pieces(messages, answer):
            pass

    def stream(self, messages: Messages, answer: Answer, **more: Any) -> Generator[str]:
        with asyncio.Runner() as runner:
            pieces = self.pieces(messages, answer, **more)
            try:
                while (piece := runner.run(anext(pieces, None))) is not None:
                    yield piece
            finally:
                runner.run(pieces.aclose())


class AsyncOpenAIChat(Async, OpenAIChat):
    def __init__(self, url: str, **settings: Any) -> None:
        settings = {"base_url": url + "openai/v1", "api_key": KEY, "max_retries": 0} | settings
        self.settings = settings

    async def ask(self, messages: Messages, answer: Answer, **more: Any) -> None:
        async with openai.AsyncOpenAI(**self.settings) as client:
            create = client.chat.completions.create
            self.read(await create(model="m", messages=messages, **more), answer)

    async def pieces(self, messages: Messages, answer: Answer, **more: Any) -> AsyncGenerator[str]:
        more = {"stream_options": {"include_usage": True}, "model": "m", "stream": True} | more
        async with openai.AsyncOpenAI(**self.settings) as client:
            stream = await client.chat.completions.create(messages=messages, **more)
            async with stream:
                async for chunk in stream:
                    for piece in self.chunk(chunk, answer):
                        yield piece


class AsyncOpenAIResponses(Async, OpenAIResponses):
    def __init__(self, url: str, **settings: Any) -> None:
        self.settings = AsyncOpenAIChat(url, **settings).settings

    async def ask(self, messages: Messages, answer: Answer, **more: Any) -> None:
        async with openai.AsyncOpenAI(**self.settings) as client:
            reply = await client.responses.create(model="m", input=messages, **more)
            answer.add(reply.output_text)
            self.read(reply, answer)

    async def pieces(self, messages: Messages, answer: Answer, **more: Any) -> AsyncGenerator[str]:
        async with (
            openai.AsyncOpenAI(**self.settings) as client,
            client.responses.stream(model="m", input=messages, **more) as stream,
        ):
            async for event in stream:
                for piece in self.event(event, answer):
                    yield piece


class AsyncAnthropic(Async, Anthropic):
    def __init__(self, url: str, **settings: Any) -> None:
        self.settings = {"base_url": url + "anthropic", "api_key": KEY, "max_retries": 0} | settings

    async def ask(self, messages: Messages, answer: Answer, **more: Any) -> None:
        async with anthropic.AsyncAnthropic(**self.settings) as client:
            reply = await client.messages.create(**self.asked(messages) | more)
            answer.add("".join(block.text for block in reply.content if block.type == "text"))
            self.read(reply, answer)

    async def pieces(self, messages: Messages, answer: Answer, **more: Any) -> AsyncGenerator[str]:
        async with (
            anthropic.AsyncAnthropic(**self.settings) as client,
            client.messages.stream(**self.asked(messages) | more) as stream,
        ):
            async for event in stream:
                for piece in self.event(event, answer):
                    yield piece


class AsyncOllama(Async, Ollama):
    def __init__(self, url: str, **settings: Any) -> None:
        headers = {"Authorization": f"Bearer {KEY}"}
        self.settings = {"host": url + "ollama", "headers": headers} | settings

    async def ask(self, messages: Messages, answer: Answer, **more: Any) -> None:
        self.read(await ollama.AsyncClient(**self.settings).chat("m", messages, **more), answer)

    async def pieces(self, messages: Messages, answer: Answer, **more: Any) -> AsyncGenerator[str]:
        client = ollama.AsyncClient(**self.settings)
        pieces = await client.chat("m", messages, stream=True, **more)
        try:
            async for reply in pieces:
                self.read(reply, answer)
                if reply.message.content:
                    yield reply.message.content
        finally:
            await pieces.aclose()


SYNC = (OpenAIChat, OpenAIResponses, Anthropic, Ollama)
ASYNC = (AsyncOpenAIChat, AsyncOpenAIResponses, AsyncAnthropic, AsyncOllama)
SDKS = SYNC + ASYNC
