"""The checks of lesson 08, a real model."""

import asyncio
import json
import socket
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from sse_starlette import EventSourceResponse

from chatkit import serve
from chatkit.replies import Finish, Message, Reply, ReplyFailed
from chatkit.turns import Limits, Turn
from checks.judging import PATIENCE, NotYet, Verdict, rest_of, verdict, want
from checks.own_lines import describe

KEY = "sk-test-5678"
TEXTS = ["Twelve", " and", " “three”.\n"]


def chunk(**delta: str | None) -> str:
    return json.dumps({"choices": [{"index": 0, "delta": delta, "finish_reason": None}]})


def want_generator(pieces: Any) -> None:
    if asyncio.iscoroutine(pieces):
        pieces.close()  # Python would warn that nobody has awaited it
    want(
        hasattr(pieces, "__aiter__"),
        f"the reply gives {type(pieces).__name__}, which is not an async generator: that takes "
        "`async def`, and a `yield`",
    )


def raised(error: BaseException) -> str:
    """What an error says; of a text that is not JSON, also the text."""
    text = f"\n  the text: {error.doc[:40]!r}" if isinstance(error, json.JSONDecodeError) else ""
    return describe(error) + text


def check_own_relay(
    own_relay: Callable[[str, str, str, str], Reply],
) -> Coroutine[Any, Any, Verdict]:
    """A relay that streams, passes on what is text, and tells the model its system prompt."""
    seen: list[str] = []  # the pieces that the relay has yielded
    asked: list[Any] = []
    keys: list[str | None] = []
    in_vain: list[str] = []  # pieces that the model waited for, and nobody had
    app = FastAPI()

    @app.post("/v1/chat/completions")
    async def completions(request: Request) -> Response:
        asked.append(await request.json())
        keys.append(request.headers.get("authorization"))
        if asked[-1].get("stream") is not True:
            whole = {"role": "assistant", "content": "".join(TEXTS)}
            return JSONResponse({"choices": [{"index": 0, "message": whole}]})
        return EventSourceResponse(stream(), sep="\n")

    async def stream() -> AsyncIterator[dict[str, str]]:
        yield {"comment": "hello"}
        yield {"data": chunk(role="assistant", content="")}
        yield {"data": chunk(content=None)}
        for text in TEXTS:
            yield {"data": chunk(content=text)}
            for _ in range(200):
                if "".join(seen).endswith(text):
                    break
                await asyncio.sleep(0.01)
            else:
                in_vain.append(text)
                break
        yield {"data": json.dumps({"choices": [{"index": 0, "delta": {}}]})}
        yield {"data": json.dumps({"choices": [], "usage": {"completion_tokens": 3}})}
        yield {"data": "[DONE]"}

    async def ask(reply: Reply, messages: list[Message]) -> None:
        seen.clear()
        pieces: Any = reply(messages)
        want_generator(pieces)
        async for piece in pieces:
            if isinstance(piece, Finish):
                continue  # no text, and a reply may say it
            want(isinstance(piece, str), f"it should yield text, not {piece!r}")
            want(piece, "it yields an empty piece: not every chunk has text")
            seen.append(piece)

    def want_stream() -> None:
        want(asked, "it asks nothing of the model")
        want(
            asked[-1].get("stream") is True,
            'it asks for the reply in one piece: the request has no `"stream": True`',
        )

    async def check() -> None:
        rule: Message = {"role": "system", "content": "Be brief."}
        messages: list[Message] = [
            {"role": "user", "content": "Hello"},
            {"role": "assistant", "content": "Hi"},
            {"role": "user", "content": "How many?"},
        ]
        with serve(app, name="check of own_relay") as server:
            reply: Any = own_relay(server.url + "v1", "small", KEY, "Be brief.")
            want(callable(reply), f"own_relay should return a reply function, not {reply!r}")
            for _ in range(2):  # what the first time changes in the messages is told the second
                try:
                    await ask(reply, messages)
                except json.JSONDecodeError as error:
                    want_stream()
                    raise NotYet(raised(error)) from None
                except Exception:
                    want_stream()
                    raise
                want_stream()
                want(
                    not in_vain,
                    f"the model has sent {in_vain[:1]}, and waits until it is passed on: the relay "
                    "holds it back",
                )
                want(seen == TEXTS, f"the model sends {TEXTS}, and the relay yields {seen}")
                want(keys[-1] == f"Bearer {KEY}", "the key is not sent")
                want(asked[-1].get("model") == "small", "the name of the model is not sent")
                told = asked[-1].get("messages")
                want(
                    told == [rule, *messages],
                    f"the model should be told\n    {[rule, *messages]},\n  not\n    {told}",
                )

    return verdict(check(), "08.1")


FAULTS = {  # what the model's server does, and what the reader should still get
    "answers 401": [],
    "answers 500": [],
    "sends an error in the middle": ["The answer is "],
    "breaks off in the middle": ["The answer is "],
    "ends its stream without [DONE]": ["The answer is "],
}


def check_careful(careful: Callable[[str, str, str], Reply]) -> Coroutine[Any, Any, Verdict]:
    """Whatever goes wrong upstream becomes `ReplyFailed`, in which no key stands."""
    app = FastAPI()
    kinds = list(FAULTS)

    @app.post("/{number}/chat/completions")
    async def completions(number: int, _: dict[str, Any]) -> Response:
        if number < 2:
            error = {"error": {"message": f"Not with {KEY}."}}
            return JSONResponse(error, (401, 500)[number])
        return EventSourceResponse(stream(number), sep="\n")

    async def stream(number: int) -> AsyncGenerator[str, None]:
        yield chunk(content="The answer is ")
        match number:
            case 2:
                yield json.dumps({"error": {"message": f"Out of memory, {KEY}."}})
                yield "[DONE]"
            case 3:
                raise ConnectionError
            case 5:
                yield chunk(content="42.")
                yield "[DONE]"

    async def ask(url: str) -> tuple[list[Any], BaseException | None]:
        reply: Any = careful(url, "small", KEY)
        want(callable(reply), f"careful should return a reply function, not {reply!r}")
        pieces = reply([{"role": "user", "content": "What is the answer?"}])
        want_generator(pieces)
        found = []
        try:
            async for piece in pieces:
                if piece and not isinstance(piece, Finish):
                    found.append(piece)
        except Exception as error:
            return found, error
        return found, None

    async def want_failure(url: str, what: str, before: list[str]) -> None:
        found, error = await ask(url)
        when = f"the model's server {what}"
        want(error is not None, f"{when}, and the reply ends as if it were complete: {found}")
        if not isinstance(error, ReplyFailed):
            raise NotYet(f"{when}: it should raise ReplyFailed, but {raised(error or NotYet())}")
        sentence = str(error)
        want(
            " " in sentence.strip() and "{" not in sentence,
            f"{when}: {sentence!r} is not a sentence for people",
        )
        status = what.removeprefix("answers ")
        want(
            status == what or status in sentence,
            f"{when}: its reader should be told the status, not only {sentence!r}",
        )
        want(KEY not in sentence, f"{when}: its reader gets to know the key: {sentence!r}")
        want(found == before, f"{when}: before that it should yield {before}, not {found}")

    async def check() -> None:
        with serve(app, name="check of careful") as server:
            found, error = await ask(f"{server.url}{len(kinds)}")
            if error is not None:
                raise NotYet(f"nothing goes wrong, and {raised(error)}")
            want(
                found == ["The answer is ", "42."],
                f"nothing goes wrong: it should yield ['The answer is ', '42.'], not {found}",
            )
            for number, kind in enumerate(kinds):
                await want_failure(f"{server.url}{number}", kind, FAULTS[kind])
        with socket.create_server(("127.0.0.1", 0)) as closed:
            port = closed.getsockname()[1]  # free again, and nobody listens there
        await want_failure(f"http://127.0.0.1:{port}/v1", "does not run", [])

    return verdict(check(), "08.2")


def check_dialect(lines: Callable[[Turn], AsyncIterator[bytes]]) -> Coroutine[Any, Any, Verdict]:
    """A turn as lines of JSON: its text, its reasoning, and how it ended."""

    def start(turn: Turn) -> Any:
        pieces: Any = lines(turn)
        want_generator(pieces)
        return pieces

    def read(said: bytes) -> list[Any]:
        want(isinstance(said, bytes), f"it should yield bytes, not {type(said).__name__}")
        want(said.endswith(b"\n"), f"a line should end with a line end: {said!r}")
        try:
            return [json.loads(line) for line in said.splitlines()]
        except ValueError:
            raise NotYet(f"{said!r} has a line that is not JSON") from None

    async def want_lines(when: str, turn: Turn, expected: list[dict[str, str]]) -> None:
        try:
            said = await asyncio.wait_for(rest_of(start(turn)), PATIENCE / 5)
        except TimeoutError:
            raise NotYet(f"{when}, and it waits for more") from None
        found = [value for piece in said for value in read(piece)]
        for number, (one, other) in enumerate(zip(found, expected, strict=False), start=1):
            want(one == other, f"{when}: line {number} should be {other}, not {one!r}")
        want(found == expected, f"{when}: there should be {len(expected)} lines, not {len(found)}")

    def new() -> Turn:
        return Turn("Hello", "chat", None, Limits())

    async def check() -> None:
        done = new()
        await done.append("Two\nlines, ", "reasoning")
        for text in ("“Yes”,\n", " she said."):
            await done.append(text)
        await done.finish()
        said = [{"thought": "Two\nlines, "}, {"text": "“Yes”,\n"}, {"text": " she said."}]
        await want_lines("a reply is complete", done, [*said, {"done": "stop"}])

        cut = new()
        await cut.append("Half")
        await cut.finish(finish=Finish(reason="length"))
        await want_lines("the model has said “length”", cut, [{"text": "Half"}, {"done": "length"}])

        counted = new()
        await counted.finish(finish=Finish(reason="stop", output_tokens=0))
        await want_lines("a reply is empty", counted, [{"done": "stop"}])

        failed = new()
        await failed.append("Half")
        await failed.finish("failed", "The model is gone.")
        error = [{"text": "Half"}, {"error": "The model is gone."}]
        await want_lines("a reply has failed", failed, error)

        live = new()
        await live.append("Now")
        reader = start(live)
        try:
            first = await asyncio.wait_for(anext(reader), PATIENCE / 5)
        except TimeoutError:
            raise NotYet("a piece is there, and it waits for the end of the reply") from None
        want(read(first) == [{"text": "Now"}], f"the first line should be a piece, not {first!r}")
        await reader.aclose()

    return verdict(check(), "08.3")
