"""What an SDK raises where a reply is refused, fails, or breaks off."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import anthropic
import httpx
import ollama
import openai
import pytest
from bare_socket import ask as ask_bare
from bare_socket import connect, head, rest
from sdks import SDKS, SYNC, Answer, Anthropic, Ollama, OpenAIChat, OpenAIResponses
from sse_client import post
from starlette.types import ASGIApp, Receive, Scope, Send
from told import Told
from waiting import until

from chatkit import Server, create_app, echo
from chatkit.replies import Message, Piece, Reasoning, ReplyFailed
from chatkit.turns import Limits, Turns

Start = Callable[..., Server]
every_sdk = pytest.mark.parametrize("sdk", SDKS)
every_way = pytest.mark.parametrize("way", ["whole", "stream"])
PATHS = (
    "openai/v1/chat/completions",
    "openai/v1/responses",
    "anthropic/v1/messages",
    "ollama/api/chat",
)

X = [{"role": "user", "content": "x"}]
# By the status that the app itself would answer.
OPENAI = {
    400: openai.BadRequestError,
    404: openai.NotFoundError,
    413: openai.APIStatusError,
    429: openai.RateLimitError,
    500: openai.InternalServerError,
    503: openai.InternalServerError,
}
ANTHROPIC = {
    400: anthropic.BadRequestError,
    404: anthropic.NotFoundError,
    413: anthropic.APIStatusError,
    429: anthropic.RateLimitError,
    500: anthropic.InternalServerError,
    503: anthropic.APIStatusError,
}


def raised(sdk: Any, way: str, messages: Any, answer: Answer | None = None, **more: Any) -> Any:
    """What the SDK raises when it asks for a reply."""
    answer = Answer() if answer is None else answer
    asked = sdk.whole if way == "whole" else lambda *asked, **more: list(sdk.stream(*asked, **more))
    with pytest.raises(sdk.error) as error:
        asked(messages, answer, **more)
    return error.value


def check(sdk: Any, error: Any, status: int, words: str) -> None:
    """The class, the status and the sentence of what an SDK has raised."""
    if isinstance(sdk, Ollama):
        assert (type(error), error.status_code) == (ollama.ResponseError, status)
        assert words in error.error
        return
    body = error.body
    if isinstance(sdk, Anthropic):
        assert isinstance(error, ANTHROPIC[status])
        assert body["type"] == "error"
        body = body["error"]
        status = {503: 529}.get(status, status)
        kinds = {
            400: "invalid_request_error",
            404: "not_found_error",
            413: "request_too_large",
            429: "rate_limit_error",
            500: "api_error",
            529: "overloaded_error",
        }
        assert body["type"] == kinds[status]
    else:
        assert isinstance(error, OPENAI[status])
        assert body["type"] == ("server_error" if status >= 500 else "invalid_request_error")
    assert words in body["message"]
    assert error.status_code == status


# Replies that fail


async def failing(messages: list[Message]) -> AsyncIterator[Piece]:
    """Fails after as many pieces as the message says; with 0, after none."""
    for number in range(int(messages[-1]["content"])):
        yield f"{number} "
    raise ReplyFailed("The model is tired.")


@every_sdk
@every_way
def test_reply_that_fails_before_its_first_piece(start: Start, sdk: Any, way: str) -> None:
    client = sdk(start(reply=failing, dialects=True).url)
    error = raised(client, way, [{"role": "user", "content": "0"}])
    check(client, error, 500, "The model is tired.")


@every_sdk
def test_reply_that_fails_in_the_middle_of_its_stream(start: Start, sdk: Any) -> None:
    client = sdk(start(reply=failing, dialects=True).url)
    answer = Answer()
    error = raised(client, "stream", [{"role": "user", "content": "3"}], answer)
    assert "The model is tired." in str(error)
    assert answer.text == "0 1 2 "  # what came before stays
    check(client, raised(client, "whole", [{"role": "user", "content": "3"}]), 500, "is tired")


@every_sdk
def test_reply_that_fails_late_and_without_a_piece(start: Start, sdk: Any) -> None:
    """Later than an answer waits before its stream begins: then the error comes in the stream."""
    failed = threading.Event()

    async def reply(_: list[Message]) -> AsyncIterator[Piece]:
        yield Reasoning("Hm.")
        while not failed.is_set():  # noqa: ASYNC110
            await asyncio.sleep(0.002)
        raise RuntimeError("not for its reader")

    server = start(reply=reply, dialects=True, heartbeat=0.02)
    client, answer = sdk(server.url), Answer()
    threading.Timer(0.1, failed.set).start()
    error = raised(client, "stream", X, answer)
    assert "The reply failed on the server, whose messages say why." in str(error)
    assert (answer.text, answer.reason) == ("", None)
    until(lambda: "not for its reader" in server.messages)


def test_response_that_fails_says_so_to_other_clients_too(start: Start) -> None:
    """`response.failed` comes after the `error` that the SDK raises."""
    url = start(reply=failing, dialects=True).url
    body = {"input": "1", "stream": True}
    lines = httpx.post(url + "openai/v1/responses", json=body).text.splitlines()
    names = [line.removeprefix("event: ") for line in lines if line.startswith("event: ")]
    assert names[-2:] == ["error", "response.failed"]


# Requests that are refused


def asked(*contents: Any, roles: str = "uauau") -> list[dict[str, Any]]:
    named = {"u": "user", "a": "assistant", "t": "tool", "s": "system"}
    return [
        {"role": named[role], "content": content}
        for role, content in zip(roles, contents, strict=False)
    ]


PICTURE = {"type": "image_url", "image_url": {"url": "data:,"}}


@pytest.mark.parametrize("sdk", SYNC)
@every_way
@pytest.mark.parametrize(
    ("messages", "words"),
    [
        (asked("x", "y"), "The last message has to be the user's."),
        (asked("x", roles="s"), ""),
        (asked("x", roles="t"), ""),
        ([], ""),
    ],
    ids=["assistant last", "system only", "tool", "none"],
)
def test_messages_that_cannot_be_answered(
    start: Start, sdk: Any, way: str, messages: Any, words: str
) -> None:
    server = start(dialects=True)
    client = sdk(server.url)
    check(client, raised(client, way, messages), 400, words)
    assert httpx.get(server.url + "healthz").json()["turns"] == 0


WRONG = [
    *(b"", b"{", b"[]", b'"x"', b"null", b"\xff", b'{"messages": 1, "input": 1}'),
    b'{"messages": [{"role": "user", "content": "\\ud800"}], "input": "\\ud800"}',
    b'{"messages": [{"role": "user", "content": "x"}], "input": "x", "model": "\\ud800"}',
    b'{"messages": [{"role": "user", "content": [{"type": "\\ud800", "text": "x"}]}],'
    b' "input": [{"role": "user", "content": [{"type": "text", "text": "\\ud800"}]}]}',
    b'{"messages": [{"role": "user", "content": null}], "input": null}',
    b'{"messages": [{"role": "user", "content": "x"}], "input": "x", "stream": "x"}',
    b'{"messages": [{"role": "user", "content": "x"}], "input": "x", "tools": [{}]}',
    b'{"messages": [{"role": "user", "content": [{"type": "image", "source": {}}]}],'
    b' "input": [{"role": "user", "content": [{"type": "input_image"}]}]}',
]


@pytest.mark.parametrize("path", PATHS)
def test_body_that_is_wrong(start: Start, path: str) -> None:
    server = start(dialects=True)
    more = {
        "openai/v1/chat/completions": [b'{"messages": [{"role": "user", "content": "x"}], "n": 2}'],
        "openai/v1/responses": [
            b'{"input": [{"type": "function_call_output", "call_id": "x", "output": "x"}]}',
            b'{"input": "x", "previous_response_id": "x"}',
            b'{"input": [{"type": "reasoning"}]}',
        ],
        "ollama/api/chat": [
            b'{"messages": [{"role": "user", "content": "x", "images": ["eA=="]}]}'
        ],
    }
    for body in WRONG + more.get(path, []):
        kind = {"Content-Type": "application/json"}
        answer = httpx.post(server.url + path, content=body, headers=kind)
        assert answer.status_code == 400, (body, answer.text)
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["content-type"] == "application/json"
        error = answer.json()["error"]
        sentence = error if path.startswith("ollama") else error["message"]
        assert isinstance(sentence, str)
        assert sentence.strip()
    assert httpx.get(server.url + "healthz").json()["turns"] == 0
    assert server.messages == ""


@pytest.mark.parametrize(
    ("path", "more", "told"),
    [
        ("openai/v1/chat/completions", {"tools": [{}]}, "tools: No reply here can use this: "),
        ("openai/v1/chat/completions", {"n": 2}, "n: Input should be less than or equal to 1"),
        ("openai/v1/responses", {"previous_response_id": "x"}, "previous_response_id: No reply "),
        ("openai/v1/responses", {"conversation": {"id": "x"}}, "conversation: No reply here can"),
        ("anthropic/v1/messages", {"tools": [{}]}, "tools: No reply here can use this: leave it"),
        ("ollama/api/chat", {"tools": [{}]}, "tools: No reply here can use this: leave it out"),
        ("openai/v1/chat/completions", None, "body: Field required"),
        ("anthropic/v1/messages", None, "body: Field required"),
    ],
)
def test_what_no_reply_can_do_is_said(start: Start, path: str, more: Any, told: str) -> None:
    url = start(dialects=True).url + path
    asks = {"messages": [{"role": "user", "content": "x"}], "input": "x"}
    error = httpx.post(url, json=None if more is None else asks | more).json()["error"]
    assert (error if path.startswith("ollama") else error["message"]).startswith(told)


ORDINARY: dict[str, dict[str, Any]] = {  # what is asked for, and has no effect here
    "openai/v1/chat/completions": {
        "temperature": 0.2,
        "max_tokens": 9,
        "max_completion_tokens": 9,
        "stop": ["."],
        "n": 1,
        "tools": [],
        "tool_choice": "auto",
        "seed": 1,
        "user": "ada",
        "response_format": {"type": "text"},
        "stream_options": {"include_usage": True},
    },
    "openai/v1/responses": {
        "temperature": 0.2,
        "max_output_tokens": 9,
        "tools": [],
        "store": False,
        "previous_response_id": None,
        "conversation": None,
        "metadata": {"of": "ada"},
    },
    "anthropic/v1/messages": {
        "temperature": 0.2,
        "max_tokens": 9,
        "stop_sequences": ["."],
        "tools": [],
        "system": [{"type": "text", "text": "Brief.", "cache_control": {"type": "ephemeral"}}],
    },
    "ollama/api/chat": {
        "options": {"temperature": 0.2, "num_predict": 9, "stop": ["."]},
        "tools": None,
        "format": "",
        "keep_alive": "5m",
    },
}


@pytest.mark.parametrize("stream", [True, False, None])
@pytest.mark.parametrize("path", ORDINARY)
def test_what_is_ordinary_is_taken(start: Start, path: str, stream: bool | None) -> None:
    """A client that says nothing of `stream`: in all but Ollama's API, it wants one piece."""
    asks = {"messages": [{"role": "user", "content": "Hi. You"}], "input": "Hi. You"}
    body = asks | ORDINARY[path] | {"stream": stream}
    answer = httpx.post(start(dialects=True).url + path, json=body)
    assert answer.status_code == 200, answer.text
    is_one_piece = stream is False or (stream is None and not path.startswith("ollama"))
    assert (answer.headers["content-type"] == "application/json") is is_one_piece


@pytest.mark.parametrize("sdk", SYNC)
def test_what_is_too_large(start: Start, sdk: Any) -> None:
    server = start(dialects=True, max_message=1000, max_conversation=10_000)
    client = sdk(server.url)
    long = "x" * 1000
    client.whole(asked(long, long, long), Answer())
    check(client, raised(client, "whole", asked(long + "x")), 413, "1,000 bytes")
    assert len(asked(*[long] * 5)) == 5
    messages = asked(*[long] * 5) * 3
    check(client, raised(client, "whole", messages), 413, "larger than 10,000 bytes")


def test_without_dialects_a_body_may_be_no_larger_than_a_message(start: Start) -> None:
    server = start(max_message=1000, max_conversation=1_000_000)
    answer = httpx.post(server.url + "turns", json={"message": "x" * 10_000})
    assert answer.json() == {"detail": "The request is larger than 7,000 bytes."}


@pytest.mark.parametrize("path", PATHS)
def test_body_that_grows_too_large_is_refused_in_the_dialect(start: Start, path: str) -> None:
    """One that does not say its length: the middleware learns of it while the app reads."""
    server = start(dialects=True, max_message=100, max_conversation=1000)
    body = iter([b'{"messages": "', b"x" * 2000, b'"}'])
    answer = httpx.post(
        server.url + path, content=body, headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == 413
    assert "larger than 1,600 bytes" in str(answer.json()["error"])


@pytest.mark.parametrize("sdk", SYNC)
@every_way
def test_too_many_replies_and_too_many_streams(
    start: Start, told: Told, sdk: Any, way: str
) -> None:
    full = start(reply=told, turns=Turns(Limits(live=1)), dialects=True)
    client = sdk(full.url)
    first = post(full.url, "x")
    check(client, raised(client, way, X), 503, "being written, which is the limit")
    told.end()
    until(lambda: httpx.get(full.url + f"turns/{first['turn']}").json()["status"] == "done")
    client.whole(X, Answer())

    none = start(dialects=True, max_streams=0)
    client = sdk(none.url)
    check(client, raised(client, way, X), 503, "(max_streams)")
    none = start(dialects=True, max_streams_per_client=0)
    client = sdk(none.url)
    check(client, raised(client, way, X), 429, "(max_streams_per_client)")
    assert httpx.get(none.url + "healthz").json()["turns"] == 0


@pytest.mark.parametrize("sdk", SYNC)
def test_unknown_routes(start: Start, sdk: Any) -> None:
    url = start(dialects=True).url
    client = sdk(url)
    asked: Any = {
        OpenAIChat: lambda: client.client.embeddings.create(model="m", input="x"),
        OpenAIResponses: lambda: client.client.responses.retrieve("x"),
        Anthropic: lambda: client.client.models.list(),
        Ollama: lambda: client.client.generate("m", "x"),
    }
    with pytest.raises(sdk.error) as error:
        asked[sdk]()
    check(client, error.value, 404, "Not Found: there is nothing at this URL. Is the base URL ")


def test_base_urls_that_are_too_short(start: Start) -> None:
    url = start(dialects=True).url
    client = openai.OpenAI(base_url=url + "openai", api_key="none", max_retries=0)
    with pytest.raises(openai.NotFoundError, match="Is the base URL right") as error:
        client.chat.completions.create(model="m", messages=[{"role": "user", "content": "x"}])
    assert error.value.type == "invalid_request_error"
    for path in ("ollama", "ollama/generate"):
        assert httpx.get(url + path).json()["error"].startswith("Not Found: there is nothing")
    assert "Is the base URL right" in httpx.post(url + "ai-sdk/chat").text


def test_other_refusals_stay_as_they_are(start: Start) -> None:
    server = start(dialects=True)
    assert httpx.get(server.url + "turns/x").json()["detail"].startswith("Unknown turn")
    for path in ("open", "openai-chat", "docs/openai/v1", ""):
        answer = httpx.post(server.url + path)
        assert answer.json() in ({"detail": "Not Found"}, {"detail": "Method Not Allowed"})


# Around the app


@pytest.mark.parametrize("path", PATHS)
def test_request_for_another_name_is_refused_in_the_dialect(start: Start, path: str) -> None:
    server = start(dialects=True)
    status, answer = ask_bare(server, head("POST", f"/{path}", "Connection: close", host="evil"))
    assert status == 421
    assert b'"error":' in answer
    assert b"does not go by that name" in answer
    assert b"cache-control: no-store" in answer.lower()


@pytest.mark.parametrize("path", PATHS)
def test_pages_of_named_origins_may_use_the_sdks(start: Start, path: str) -> None:
    server = start(dialects=True, origins=["https://mine.example"])
    asked = {
        "Origin": "https://mine.example",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization, content-type, x-api-key, "
        "anthropic-version, x-stainless-lang",
    }
    answer = httpx.options(server.url + path, headers=asked)
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == "https://mine.example"
    allowed = answer.headers["access-control-allow-headers"].lower()
    assert "authorization" in allowed
    assert "x-stainless-lang" in allowed
    refused = httpx.post(server.url + path, json={}, headers={"Origin": "https://mine.example"})
    assert refused.status_code == 400
    assert refused.headers["access-control-allow-origin"] == "https://mine.example"
    evil = httpx.options(server.url + path, headers=asked | {"Origin": "https://evil.example"})
    assert evil.status_code == 400
    assert "access-control-allow-origin" not in evil.headers


class Noting:
    """Notes the status of each answer, and when it was given."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.answers: list[tuple[int, float]] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def note(message: Any) -> None:
            if message["type"] == "http.response.start" and scope["path"] != "/turns":
                self.answers.append((message["status"], time.monotonic()))
            await send(message)

        await self.app(scope, receive, note)


@pytest.mark.parametrize("sdk", [OpenAIChat, OpenAIResponses, Anthropic])
def test_an_sdk_comes_again_when_the_server_has_said_it_may(
    start: Start, told: Told, sdk: Any
) -> None:
    app = Noting(create_app(told, turns=Turns(Limits(live=1)), dialects=True))
    server = start(app)
    post(server.url, "x")
    answer = Answer()
    client = sdk(server.url, max_retries=1)
    reader = threading.Thread(target=lambda: client.whole(X, answer))
    reader.start()
    until(lambda: app.answers)
    told.say("Now.")
    told.end()
    reader.join()
    assert answer.text == "Now."
    (refused, first), (served, second) = app.answers
    assert (refused, served) == (529 if sdk is Anthropic else 503, 200)
    assert second - first > 0.99  # as `Retry-After: 1` says; by themselves they would wait less


def test_reader_of_lines_that_takes_nothing_is_cut_off(start: Start) -> None:
    """Lines of JSON have no heartbeats: each line has the time limit."""

    async def reply(_: list[Message]) -> AsyncIterator[str]:
        for _ in range(1500):
            yield "x" * 10_000

    server = start(reply=reply, turns=Turns(Limits(bytes=100_000_000)), dialects=True, stalled=1)
    stalled = connect(server, window=4096)
    body = b'{"messages": [{"role": "user", "content": "x"}]}'
    request = head("POST", "/ollama/api/chat", "Content-Type: application/json")
    stalled.sendall(request[:-2] + b"Content-Length: %d\r\n\r\n" % len(body) + body)
    received = stalled.recv(1000)  # and takes no more
    assert b"application/x-ndjson" in received
    until(lambda: httpx.get(server.url + "healthz").json()["streams"] == 0)
    assert b'"done": true' not in received + rest(stalled)


@pytest.mark.parametrize("path", PATHS)
def test_a_stream_that_is_not_read_to_its_end_leaves_nothing(start: Start, path: str) -> None:
    server = start(reply=echo(delay=0.001), dialects=True)
    body = {"messages": [{"role": "user", "content": "x" * 5000}], "input": "x" * 5000}
    for _ in range(5):
        with httpx.stream("POST", server.url + path, json=body | {"stream": True}) as answer:
            next(answer.iter_bytes())
    until(lambda: httpx.get(server.url + "healthz").json()["live"] == 0)
    until(lambda: httpx.get(server.url + "healthz").json()["streams"] == 0)
    server.stop()
    assert server.messages == ""
