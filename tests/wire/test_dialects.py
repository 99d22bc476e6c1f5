"""The same replies, read by the SDKs of other APIs: what they get, and how they stop it."""

import asyncio
import hashlib
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import Any

import httpx
import pytest
from sdks import ASYNC, KEY, SDKS, SYNC, Answer, Anthropic, OpenAIChat
from sse_client import post, read
from told import Told
from waiting import until

from chatkit import Server, create_app
from chatkit.replies import Finish, Message, Piece, Reasoning, Reply, ReplyFailed
from chatkit.web.dialects import dialect

Start = Callable[..., Server]
every_sdk = pytest.mark.parametrize("sdk", SDKS)

TEXTS = {
    "empty": [],
    "one piece": ["Hello"],
    "5,000 pieces": [f" {number}" for number in range(5000)],
    "unicode": [
        *(
            "é",
            "😀",
            "👩\u200d👧",
            "\ud83d",
            "\ude00",
            "a\ud83d\ude00",
            "\n",
            "\r",
            "\r\n",
            "\n\n",
            "\0",
        ),
        *("\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029", "\ufeff", "\uffff", '"\\/', "\x7f", "\t", " "),
        *("data: [DONE]\n\n", "event: error\ndata: x\n\n", '{"error": "x"}', "<b>&amp;</b>"),
    ],
}


def said(*contents: str) -> list[dict[str, Any]]:
    """Messages of a chat: the user's, the assistant's, and so on."""
    roles = ("user", "assistant")
    return [
        {"role": roles[number % 2], "content": content} for number, content in enumerate(contents)
    ]


async def replies(messages: list[Message]) -> AsyncIterator[Piece]:
    """The pieces of the text that the last message names."""
    for piece in TEXTS[messages[-1]["content"]]:
        yield piece


def in_unicode(pieces: list[str]) -> str:
    """The text as a turn has it: half of a surrogate pair in a piece is U+FFFD."""
    return "".join(
        piece.encode("utf-16", "surrogatepass").decode("utf-16", "replace") for piece in pieces
    )


def health(server: Server) -> dict[str, Any]:
    health: dict[str, Any] = httpx.get(server.url + "healthz").json()
    return health


def ask(sdk: Any, way: str, messages: list[dict[str, Any]], **more: Any) -> Answer:
    answer = Answer()
    if way == "whole":
        sdk.whole(messages, answer, **more)
    else:
        for _ in sdk.stream(messages, answer, **more):
            pass
    return answer


@pytest.mark.parametrize("name", TEXTS)
def test_every_sdk_reads_the_same_text(start: Start, record_property: Any, name: str) -> None:
    server = start(reply=replies, dialects=True)
    events = read(post(server.url, name)["events"])
    expected = in_unicode(TEXTS[name]).encode()
    sha256 = hashlib.sha256(expected).hexdigest()
    assert f'"sha256": "{sha256}"' in events[-1].data
    rows = [f"{name}: {len(expected):,} bytes, SHA-256 {sha256[:16]}"]
    for kind in SYNC if len(expected) > 10_000 else SDKS:
        found = []
        for way in ("whole", "stream"):
            answer = ask(kind(server.url), way, said(name))
            found.append(hashlib.sha256(answer.text.encode()).hexdigest())
        pieces = answer.pieces
        rows.append(f"  {kind.__name__:22} {found[0][:16]}  {found[1][:16]} in {pieces:,} pieces")
        assert found == [sha256, sha256], rows[-1]
    record_property("announced", "\n".join(rows))
    print("\n".join(["", *rows]))


@every_sdk
@pytest.mark.parametrize("way", ["whole", "stream"])
def test_reasoning_tokens_and_the_reason_of_the_end(start: Start, sdk: Any, way: str) -> None:
    async def reply(messages: list[Message]) -> AsyncIterator[Piece]:
        yield Reasoning("Let me ")
        yield Reasoning("think.")
        yield "One"
        yield " word"
        if messages[-1]["content"] == "cut":
            yield Finish(reason="length", input_tokens=11, output_tokens=7)

    client = sdk(start(reply=reply, dialects=True).url)
    cut = ask(client, way, said("cut"))
    assert (cut.text, cut.reasoning) == ("One word", "Let me think.")
    assert (cut.reason, cut.tokens) == (sdk.reasons[1], (11, 7))
    # Where the model has counted nothing: words of the messages, pieces of text.
    ended = ask(client, way, said("one two", "three", "four five"))
    assert (ended.reason, ended.tokens) == (sdk.reasons[0], (5, 2))


@every_sdk
@pytest.mark.parametrize("way", ["whole", "stream"])
def test_text_and_reasoning_in_turns(start: Start, sdk: Any, way: str) -> None:
    async def reply(_: list[Message]) -> AsyncIterator[Piece]:
        for piece in (
            Reasoning("a"),
            "b",
            Reasoning("c"),
            Reasoning("d"),
            "e",
            "f",
            Reasoning("g"),
        ):
            yield piece

    answer = ask(sdk(start(reply=reply, dialects=True).url), way, said("x"))
    assert (answer.text, answer.reasoning) == ("bef", "acdg")


def noting() -> tuple[list[list[Message]], Reply]:
    """A reply, and the messages that it has got each time."""
    asked: list[list[Message]] = []

    async def reply(messages: list[Message]) -> AsyncIterator[str]:
        asked.append(messages)
        yield "Good"

    return asked, reply


@every_sdk
def test_the_history_is_what_the_client_sends(start: Start, sdk: Any) -> None:
    asked, reply = noting()
    server = start(reply=reply, dialects=True)
    client = sdk(server.url)
    system: Any = {"role": "system", "content": "Be short."}
    ask(client, "whole", [system, *said("one", "two", "three")])
    assert asked[-1] == [system, *said("one", "two", "three")]
    # Nothing is added from an earlier request.
    ask(client, "stream", said("four"))
    assert asked[-1] == said("four")
    if kind := sdk.text_part:
        parts = [{"type": kind, "text": "fi"}, {"type": kind, "text": "ve"}]
        ask(client, "whole", [{"role": "user", "content": parts}])
        assert asked[-1] == said("five")
    assert health(server)["live"] == 0


@every_sdk
def test_user_and_assistant_alternate_whatever_is_sent(start: Start, sdk: Any) -> None:
    asked, reply = noting()
    url = start(reply=reply, dialects=True).url
    sent = [*said("one"), *said("two", ""), *said("three", "four"), *said("five")]
    ask(sdk(url), "whole", sent)
    assert asked[-1] == said("one\n\ntwo\n\nthree", "four", "five")
    ask(sdk(url), "whole", [*said("one"), *said("two")])
    assert asked[-1] == said("one\n\ntwo")


def test_an_answer_of_the_sdk_goes_back_as_a_message(start: Start) -> None:
    """What the users of an SDK do: they append what they got to what they send."""
    asked: list[list[Message]] = []

    async def reply(messages: list[Message]) -> AsyncIterator[Piece]:
        asked.append(messages)
        yield Reasoning("Hm.")
        yield "Good"

    url = start(reply=reply, dialects=True).url
    messages: list[Any] = said("one")
    for kind in (OpenAIChat, Anthropic):
        client: Any = kind(url).client
        if kind is OpenAIChat:
            answer = client.chat.completions.create(model="m", messages=messages)
            more = [answer.choices[0].message]
            client.chat.completions.create(model="m", messages=[*messages, *more, *said("two")])
        else:
            settings = {"model": "m", "max_tokens": 9, "thinking": {"type": "adaptive"}}
            answer = client.messages.create(messages=messages, **settings)
            assert answer.content[0].type == "thinking"
            more = [{"role": "assistant", "content": answer.content}]
            client.messages.create(messages=[*messages, *more, *said("two")], **settings)
        assert asked[-1] == said("one", "Good", "two")
    client = OpenAIChat(url).client
    first = client.responses.create(model="m", input=messages)
    client.responses.create(model="m", input=[*messages, *first.output, *said("two")])
    assert asked[-1] == said("one", "Good", "two")
    client.responses.create(model="m", input="one", instructions="Be short.")
    system = {"role": "system", "content": "Be short."}
    assert asked[-1] == [system, *said("one")]
    messages = [system | {"role": "developer"}, *said("one")]
    client.chat.completions.create(model="m", messages=messages)
    assert asked[-1] == [system, *said("one")]


def test_thinking_is_for_those_who_ask_for_it(start: Start) -> None:
    async def reply(_: list[Message]) -> AsyncIterator[Piece]:
        for piece in ("a", Reasoning("Hm."), "b"):
            yield piece

    url = start(reply=reply, dialects=True).url
    client: Any = Anthropic(url).client
    for more in ({}, {"thinking": {"type": "disabled"}}):
        asked = {"model": "m", "max_tokens": 9, "messages": said("x")} | more
        assert [block.text for block in client.messages.create(**asked).content] == ["ab"]
        with client.messages.stream(**asked) as stream:
            assert [block.text for block in stream.get_final_message().content] == ["ab"]
    for way in ("whole", "stream"):
        answer = ask(SYNC[3](url), way, said("x"), think=False)
        assert (answer.text, answer.reasoning) == ("ab", "")


# Stopping


@every_sdk
def test_client_that_stops_reading_stops_the_turn(start: Start, told: Told, sdk: Any) -> None:
    server = start(reply=told, dialects=True)
    told.say("Hello")
    answer = Answer()
    pieces = sdk(server.url).stream(said("x"), answer)
    assert next(pieces) == "Hello"
    assert (told.running, health(server)["live"], health(server)["streams"]) == (1, 1, 1)
    pieces.close()
    until(lambda: (told.running, health(server)["streams"]) == (0, 0))
    until(lambda: health(server)["live"] == 0)
    assert health(server)["turns"] == 1


@pytest.mark.parametrize("sdk", ASYNC)
@pytest.mark.parametrize("way", ["whole", "stream"])
def test_client_that_leaves_while_it_waits_stops_the_turn(
    start: Start, told: Told, sdk: Any, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dialect, "FIRST", 1000.0)  # it is noticed at once, and not after these
    server = start(reply=told, dialects=True)
    client = sdk(server.url)

    async def leave() -> None:
        asked = client.ask if way == "whole" else client.read_all
        asking = asyncio.create_task(asked(said("x"), Answer()))
        while not told.running:  # noqa: ASYNC110
            await asyncio.sleep(0.002)
        asking.cancel()
        with suppress(asyncio.CancelledError):
            await asking

    asyncio.run(leave())
    until(lambda: (told.running, health(server)["streams"]) == (0, 0))
    until(lambda: health(server)["live"] == 0)


@pytest.mark.parametrize("sdk", SYNC)
@pytest.mark.parametrize("way", ["whole", "stream"])
def test_a_turn_that_somebody_else_stops_ends(start: Start, told: Told, sdk: Any, way: str) -> None:
    app = create_app(told, dialects=True)
    server = start(app)
    told.say("Hello")
    found: list[Answer] = []
    reader = threading.Thread(target=lambda: found.append(ask(sdk(server.url), way, said("x"))))
    reader.start()
    turns = app.state.service.turns._turns
    until(lambda: any(turn.last == 1 for turn in list(turns.values())))
    httpx.post(f"{server.url}turns/{next(iter(turns))}/cancel").raise_for_status()
    reader.join()
    assert (found[0].text, found[0].reason) == ("Hello", sdk.reasons[0])


@pytest.mark.parametrize("sdk", SYNC)
def test_server_that_stops_ends_the_waiting_of_its_clients(
    start: Start, told: Told, sdk: Any
) -> None:
    server = start(reply=told, dialects=True)
    ended: list[BaseException | Answer] = []

    def wait() -> None:
        try:
            ended.append(ask(sdk(server.url), "whole", said("x")))
        except Exception as error:
            ended.append(error)

    reader = threading.Thread(target=wait)
    reader.start()
    until(lambda: told.running == 1)
    server.stop()
    reader.join()
    assert isinstance(ended[0], Exception)
    assert told.running == 0


# One of many


def test_heartbeats_keep_a_silent_stream_awake(start: Start, told: Told) -> None:
    server = start(reply=told, dialects=True, heartbeat=0.02)
    body = {"messages": said("x"), "stream": True}
    for path in ("openai/v1/chat/completions", "anthropic/v1/messages"):
        told.ended = False
        with httpx.stream("POST", server.url + path, json=body) as answer:
            chunks = answer.iter_bytes()
            while b": ping\n\n" not in next(chunks):
                pass
            told.end()
            for _ in chunks:
                pass


@pytest.mark.parametrize("sdk", [OpenAIChat, Anthropic])
def test_heartbeats_are_nothing_to_an_sdk(start: Start, told: Told, sdk: Any) -> None:
    server = start(reply=told, dialects=True, heartbeat=0.01)
    told.say("Hello")
    answer = Answer()
    pieces = sdk(server.url).stream(said("x"), answer)
    next(pieces)
    threading.Timer(0.2, told.end).start()
    assert list(pieces) == []
    assert answer.reason == sdk.reasons[0]


def test_without_dialects_nothing_is_there(start: Start) -> None:
    server = start()
    for path in ("openai/v1/models", "ollama/api/tags"):
        assert httpx.get(server.url + path).json() == {"detail": "Not Found"}
    assert httpx.post(server.url + "anthropic/v1/messages", json={}).status_code == 404
    assert set(create_app(dialects=True).openapi()["paths"]) > set(create_app().openapi()["paths"])


def test_lists_of_models(start: Start) -> None:
    url = start(dialects=True).url
    assert [model.id for model in OpenAIChat(url).client.models.list()] == ["chatkit"]
    assert [model.model for model in SYNC[3](url).client.list().models] == ["chatkit"]


def test_the_description_has_a_line_for_each_route() -> None:
    paths = create_app(dialects=True).openapi()["paths"]
    for path, methods in paths.items():
        for description in methods.values():
            if path.startswith(("/openai", "/anthropic", "/ollama")):
                assert description["tags"] == [path.split("/")[1]]
                assert description["description"].count("\n") == 0


@every_sdk
def test_a_key_is_seen_nowhere(
    start: Start, sdk: Any, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    async def reply(messages: list[Message]) -> AsyncIterator[str]:
        yield "x"
        if messages[-1]["content"] == "fail":
            raise ReplyFailed("It failed.")
        if messages[-1]["content"] == "break":
            raise RuntimeError("It broke.")

    server = start(reply=reply, dialects=True)
    for message in ("x", "fail", "break", ""):
        for way in ("whole", "stream"):
            with suppress(sdk.error):
                ask(sdk(server.url), way, said(message))
    assert "It broke." in server.messages
    out, err = capfd.readouterr()
    assert KEY not in server.messages + out + err + caplog.text
