"""The AI SDK's dialect, read by the SDK itself, from npm and unmodified, under Node."""

import asyncio
import json
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import httpx
import pytest
from ai_sdk import Chat, Chats
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.types import Message as ASGIMessage
from told import Told
from waiting import until

from chatkit import Server, create_app
from chatkit.replies import Finish, Message, Piece, Reasoning, ReplyFailed
from chatkit.turns import Limits, Turns

Start = Callable[..., Server]

TEXTS = {
    "plain": "Hello World",
    "scripts": "Grüße, 世界, שלום, 👩‍👩‍👧 é",
    "lines": "a\nb\r\nc\rd\u2028e\u2029f\x85g\n\n",
    "signs": 'data: "x"\\ <b> [DONE] \x00\x1f\x7f',
    "long": "word 🙂 " * 200,
}
ENDED = {"isAbort": False, "isDisconnect": False, "isError": False, "reason": "stop"}


@pytest.fixture(scope="module")
def chats() -> Iterator[Chats]:
    with Chats() as chats:
        yield chats


@pytest.fixture
def id() -> str:
    return str(uuid.uuid4())


def api(server: Server) -> str:
    return f"{server.url}ai-sdk/api/chat"


def saying(*pieces: Piece) -> Any:
    async def reply(messages: list[Message]) -> AsyncIterator[Piece]:
        for piece in pieces:
            yield piece

    return reply


def turns(server: Server, chat: str) -> Any:
    return httpx.get(f"{server.url}chats/{chat}").json()["turns"]


def said(shown: Any) -> list[tuple[str, str]]:
    """Who says what, as it is shown."""
    return [
        (message["role"], "".join(part.get("text", "") for part in message["parts"]))
        for message in shown["messages"]
    ]


def test_reply_is_shown_while_it_is_written(
    start: Start, chats: Chats, told: Told, id: str
) -> None:
    chat = chats.open(api(start(reply=told, dialects=True)), id)
    chat.send("Hi")
    told.say("Hel")
    until(lambda: chat.text == "Hel")
    assert chat.shown["status"] == "streaming"
    told.say("lo")
    told.end()
    shown = chat.settled()
    assert (shown["status"], shown["error"]) == ("ready", None)
    assert said(shown) == [("user", "Hi"), ("assistant", "Hello")]
    assert shown["messages"][-1]["parts"] == [{"type": "text", "text": "Hello", "state": "done"}]
    assert shown["ends"] == [ENDED]


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_text_comes_as_it_was_written(start: Start, chats: Chats, id: str, text: str) -> None:
    server = start(dialects=True)  # whose reply is what is sent
    chat = chats.open(api(server), id)
    chat.send(text)
    assert said(chat.settled()) == [("user", text), ("assistant", text)]
    (turn,) = turns(server, id)
    assert (turn["message"], turn["reply"]) == (text, text)


def test_empty_reply_has_no_parts(start: Start, chats: Chats, id: str) -> None:
    chat = chats.open(api(start(reply=saying(), dialects=True)), id)
    chat.send("Hi")
    shown = chat.settled()
    assert shown["status"] == "ready"
    assert shown["messages"][-1]["parts"] == []
    assert shown["ends"][0]["reason"] == "stop"


def test_reasoning_has_parts_of_its_own(start: Start, chats: Chats, id: str) -> None:
    pieces = Reasoning("hm"), Reasoning("!"), "a", "b", Reasoning("so"), "c"
    chat = chats.open(api(start(reply=saying(*pieces), dialects=True)), id)
    chat.send("Hi")
    parts = chat.settled()["messages"][-1]["parts"]
    assert [(part["type"], part["text"], part["state"]) for part in parts] == [
        ("reasoning", "hm!", "done"),
        ("text", "ab", "done"),
        ("reasoning", "so", "done"),
        ("text", "c", "done"),
    ]


@pytest.mark.parametrize(
    ("finish", "reason", "metadata"),
    [
        (Finish(), "stop", None),
        (Finish(reason="length", output_tokens=5), "length", {"outputTokens": 5}),
        (
            Finish(reason="content_filter", input_tokens=0, output_tokens=4),
            "content-filter",
            {"inputTokens": 0, "outputTokens": 4},
        ),
        (Finish(reason="a word that the SDK does not know"), "other", None),
    ],
    ids=["nothing said", "length", "filter", "unknown"],
)
def test_end_and_usage(
    start: Start, chats: Chats, id: str, finish: Finish, reason: str, metadata: Any
) -> None:
    chat = chats.open(api(start(reply=saying("a", finish), dialects=True)), id)
    chat.send("Hi")
    shown = chat.settled()
    assert shown["ends"][0]["reason"] == reason
    usage = shown["messages"][-1].get("metadata", {}).get("usage")
    assert usage == metadata


def test_failure_keeps_what_came(start: Start, chats: Chats, id: str) -> None:
    async def reply(messages: list[Message]) -> AsyncIterator[Piece]:
        yield "half "
        raise ReplyFailed("The model is not there.")

    chat = chats.open(api(start(reply=reply, dialects=True)), id)
    chat.send("Hi")
    shown = chat.settled()
    assert (shown["status"], shown["error"]) == ("error", "The model is not there.")
    assert shown["messages"][-1]["parts"] == [{"type": "text", "text": "half ", "state": "done"}]


def test_refusal_is_shown_in_words(start: Start, chats: Chats, told: Told, id: str) -> None:
    limits = Limits(live=1)
    server = start(reply=told, turns=Turns(limits), max_message=100, dialects=True)

    def refused(chat: Chat, text: str) -> str:
        chat.send(text)
        shown = chat.settled()
        assert shown["status"] == "error"
        error: str = shown["error"]
        return error

    first = chats.open(api(server), id)
    assert refused(first, "x" * 101) == "The last message is larger than 100 bytes."
    first.send("Hi")
    told.say("a")
    until(lambda: first.text == "a")
    other = chats.open(api(server), str(uuid.uuid4()))
    assert refused(other, "Hi") == "1 replies are being written, which is the limit."
    named = chats.open(api(server), "a name with spaces")
    assert "id" in refused(named, "Hi")
    picture = {"type": "file", "mediaType": "image/png", "url": "data:image/png;base64,AA=="}
    shown = [{"id": "1", "role": "user", "parts": [picture]}]
    sent = chats.open(api(server), str(uuid.uuid4()), shown)
    assert refused(sent, "Hi") == "Only text is read here, not 'file'."
    told.end()


def test_who_leaves_stops_nothing(start: Start, chats: Chats, told: Told, id: str) -> None:
    server = start(reply=told, dialects=True)
    chat = chats.open(api(server), id)
    chat.send("Hi")
    told.say("a")
    until(lambda: chat.text == "a")
    chat.stop()
    shown = chat.settled()
    assert (shown["status"], shown["ends"][0]["isAbort"]) == ("ready", True)
    until(lambda: httpx.get(f"{server.url}healthz").json()["streams"] == 0)
    told.say("b")
    until(lambda: turns(server, id)[0]["reply"] == "ab")
    chat.resume()
    until(lambda: chat.text == "ab")
    told.say("c")
    told.end()
    assert said(chat.settled()) == [("user", "Hi"), ("assistant", "abc")]


def test_second_client_reads_along_from_the_start(
    start: Start, chats: Chats, told: Told, id: str
) -> None:
    server = start(reply=told, dialects=True)
    first, second = chats.open(api(server), id), chats.open(api(server), id)
    first.send("Hi")
    told.say("a")
    until(lambda: first.text == "a")
    second.resume()
    until(lambda: second.text == "a")
    told.say("b")
    until(lambda: (first.text, second.text) == ("ab", "ab"))
    told.end()
    assert said(first.settled())[-1] == said(second.settled())[-1] == ("assistant", "ab")
    assert second.shown["messages"] == first.shown["messages"][-1:]


class CutOnce:
    """ASGI middleware: the first answer that brings `after` is cut off there."""

    def __init__(self, app: ASGIApp, after: bytes) -> None:
        self.app = app
        self.after = after

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def cut(message: ASGIMessage) -> None:
            await send(message)
            if self.after and self.after in message.get("body", b""):
                self.after = b""
                raise ConnectionError("the test cuts the line")

        await self.app(scope, receive, cut)


def test_dropped_line_is_resumed(start: Start, chats: Chats, told: Told, id: str) -> None:
    app = create_app(told, dialects=True)
    app.add_middleware(CutOnce, after=b'"b"')
    chat = chats.open(api(start(app)), id)
    chat.send("Hi")
    for piece in "abc":
        told.say(piece)
    assert chat.settled()["status"] == "error"
    assert chat.text.startswith("ab"[: len(chat.text)])
    chat.resume()
    until(lambda: chat.text == "abc")
    assert chat.shown["error"] is None
    told.end()
    assert said(chat.settled()) == [("user", "Hi"), ("assistant", "abc")]


def test_nothing_to_resume(start: Start, chats: Chats, id: str) -> None:
    server = start(dialects=True)
    chat = chats.open(api(server), id)
    assert httpx.get(f"{api(server)}/{id}/stream").status_code == 204  # a chat of tomorrow
    chat.send("Hi")
    before = chat.settled()
    assert httpx.get(f"{api(server)}/{id}/stream").status_code == 204
    chat.resume()
    assert chat.settled() == before


def test_regenerating_starts_a_sibling(start: Start, chats: Chats, id: str) -> None:
    server = start(dialects=True)
    chat = chats.open(api(server), id)
    for text in "abc":
        chat.send(text)
        chat.settled()
    chat.regenerate()
    shown = chat.settled()
    assert said(shown) == [(role, text) for text in "abc" for role in ("user", "assistant")]
    first, second, third, again = turns(server, id)
    parents = [turn["parent"] for turn in (first, second, third, again)]
    assert parents == [None, first["turn"], second["turn"], second["turn"]]
    assert shown["messages"][-1]["id"] == again["turn"]
    assert said({"messages": httpx.get(f"{api(server)}/{id}").json()}) == said(shown)


def test_edited_message_starts_a_sibling(start: Start, chats: Chats, id: str) -> None:
    server = start(dialects=True)
    chat = chats.open(api(server), id)
    chat.send("a")
    chat.edit(chat.settled()["messages"][0]["id"], "b")
    assert said(chat.settled()) == [("user", "b"), ("assistant", "b")]
    assert [turn["parent"] for turn in turns(server, id)] == [None, None]


def test_stopping_ends_the_turn(start: Start, chats: Chats, told: Told, id: str) -> None:
    server = start(reply=told, dialects=True)
    chat = chats.open(api(server), id)
    chat.send("Hi")
    told.say("a")
    until(lambda: chat.text == "a")
    assert httpx.post(f"{api(server)}/{uuid.uuid4()}/stop").status_code == 204
    assert chat.shown["status"] == "streaming"
    for _ in range(2):  # repeating it is harmless
        assert httpx.post(f"{api(server)}/{id}/stop").status_code == 204
    shown = chat.settled()
    assert (shown["status"], shown["error"]) == ("ready", None)
    assert shown["ends"] == [ENDED | {"reason": None}]
    assert shown["messages"][-1]["parts"] == [{"type": "text", "text": "a", "state": "done"}]
    assert [turn["status"] for turn in turns(server, id)] == ["cancelled"]
    until(lambda: told.running == 0)


def test_newest_of_two_is_resumed_and_both_are_stopped(start: Start, chats: Chats, id: str) -> None:
    async def reply(messages: list[Message]) -> AsyncIterator[Piece]:
        yield messages[-1]["content"]
        await asyncio.Event().wait()

    server = start(reply=reply, dialects=True)
    first, second = chats.open(api(server), id), chats.open(api(server), id)
    for text in ("old", "new"):
        first.send(text)
        until(lambda text=text: first.text == text)
        first.stop()
    second.resume()
    until(lambda: second.text == "new")
    httpx.post(f"{api(server)}/{id}/stop")
    assert second.settled()["status"] == "ready"
    assert [turn["status"] for turn in turns(server, id)] == ["cancelled", "cancelled"]


def test_history_is_what_the_client_sends(start: Start, chats: Chats, id: str) -> None:
    got: list[list[Message]] = []

    async def reply(messages: list[Message]) -> AsyncIterator[Piece]:
        got.append(messages)
        yield Reasoning("hm")
        yield "ye"
        yield "s"

    system = {"id": "s", "role": "system", "parts": [{"type": "text", "text": "Be short."}]}
    chat = chats.open(api(start(reply=reply, dialects=True)), id, [system])
    for text in "ab":
        chat.send(text)
        chat.settled()
    assert got[-1] == [
        {"role": "system", "content": "Be short."},
        {"role": "user", "content": "a"},
        {"role": "assistant", "content": "yes"},
        {"role": "user", "content": "b"},
    ]


def test_message_without_a_reply_is_told_with_the_next(start: Start, chats: Chats, id: str) -> None:
    got: list[list[Message]] = []

    async def reply(messages: list[Message]) -> AsyncIterator[Piece]:
        got.append(messages)
        return
        yield

    chat = chats.open(api(start(reply=reply, dialects=True)), id)
    for text in "ab":
        chat.send(text)
        chat.settled()
    assert got[-1] == [{"role": "user", "content": "a\n\nb"}]


def test_chat_is_there_after_a_reload(start: Start, chats: Chats, told: Told, id: str) -> None:
    server = start(reply=told, dialects=True)
    assert httpx.get(f"{api(server)}/{id}").json() == []
    before = chats.open(api(server), id)
    before.send("Hi")
    told.say("a")
    until(lambda: before.text == "a")
    messages = httpx.get(f"{api(server)}/{id}").json()
    assert said({"messages": messages}) == [("user", "Hi"), ("assistant", "a")]
    after = chats.open(api(server), id, messages)
    after.resume()
    until(lambda: after.shown["status"] == "streaming")
    told.say("b")
    told.end()
    assert said(after.settled()) == said(before.settled()) == [("user", "Hi"), ("assistant", "ab")]
    after.send("more")
    assert len(after.settled()["messages"]) == 4
    first, second = turns(server, id)
    assert second["parent"] == first["turn"]


def test_reply_that_ends_between_loading_and_resuming(
    start: Start, chats: Chats, told: Told, id: str
) -> None:
    server = start(reply=told, dialects=True)
    first = chats.open(api(server), id)
    first.send("Hi")
    told.say("a")
    until(lambda: first.text == "a")
    messages = httpx.get(f"{api(server)}/{id}").json()
    told.say("b")
    told.end()
    first.settled()
    second = chats.open(api(server), id, messages)
    second.resume()
    shown = second.settled()
    assert (shown["status"], second.text) == ("ready", "a")
    assert shown["messages"][-1]["parts"][-1]["state"] == "streaming"  # there is more
    messages = httpx.get(f"{api(server)}/{id}").json()
    assert [part["state"] for part in messages[-1]["parts"]] == ["done"]
    assert said({"messages": messages}) == said(first.shown)


def test_stream_on_the_wire(start: Start, id: str) -> None:
    pieces = Reasoning("hm"), "a", Finish(input_tokens=1, output_tokens=2)
    server = start(reply=saying(*pieces), dialects=True)
    message = {"id": "1", "role": "user", "parts": [{"type": "text", "text": "Hi"}]}
    answer = httpx.post(api(server), json={"id": id, "messages": [message]})
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.headers["x-vercel-ai-ui-message-stream"] == "v1"
    *lines, last, rest = answer.text.split("\n\n")
    assert (last, rest) == ("data: [DONE]", "")
    usage = {"inputTokens": 1, "outputTokens": 2}
    assert [json.loads(line.removeprefix("data: ")) for line in lines] == [
        {"type": "start", "messageId": turns(server, id)[0]["turn"]},
        {"type": "reasoning-start", "id": "0"},
        {"type": "reasoning-delta", "id": "0", "delta": "hm"},
        {"type": "reasoning-end", "id": "0"},
        {"type": "text-start", "id": "1"},
        {"type": "text-delta", "id": "1", "delta": "a"},
        {"type": "text-end", "id": "1"},
        {"type": "finish", "finishReason": "stop", "messageMetadata": {"usage": usage}},
    ]


def test_server_that_stops_gives_no_reason(start: Start, chats: Chats, told: Told, id: str) -> None:
    server = start(reply=told, dialects=True)
    chat = chats.open(api(server), id)
    chat.send("Hi")
    told.say("a")
    until(lambda: chat.text == "a")
    server.stop()
    shown = chat.settled()
    assert (shown["status"], chat.text) == ("ready", "a")
    assert shown["ends"] == [ENDED | {"reason": None}]
    assert shown["messages"][-1]["parts"][-1]["state"] == "streaming"
