"""A reply from a model's server: what is sent to it, and how its answer is handed on."""

import asyncio
import json
import logging
import sys
import threading
from collections.abc import Callable
from traceback import format_exception
from typing import Any

import httpx
import pytest
from fake_model import PATIENCE, Answer, FakeModel, Request, fake_model
from sse_client import follow, post, read, text
from waiting import until

from chatkit import Server, create_app, serve
from chatkit.replies import Finish, Message, Piece, Reasoning, Reply, ReplyFailed, upstream
from chatkit.replies.endpoint import error_words, retry_after
from chatkit.replies.upstream import newest

KEY = "sk-secret-0123456789"


@pytest.fixture(autouse=True)
def no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def said(*words: str) -> list[Message]:
    """A chat: user and assistant in turn."""
    return [
        Message(role="assistant" if index % 2 else "user", content=content)
        for index, content in enumerate(words)
    ]


def pieces_of(reply: Reply, messages: list[Message] | None = None) -> list[Piece]:
    async def collect() -> list[Piece]:
        return [piece async for piece in reply(messages or said("Hi"))]

    return asyncio.run(collect())


def answers(*pieces: str) -> Answer:
    def answer(request: Request) -> None:
        request.stream()
        request.text(*pieces)
        request.finish()

    return answer


def test_a_whole_answer(start: Callable[..., Server]) -> None:
    def answer(request: Request) -> None:
        request.stream()
        request.body(": hello\n\n")
        request.delta(role="assistant", content="", reasoning_content=None)
        request.delta(reasoning_content="The user ")
        request.delta(reasoning="greets.")
        request.text("Hé", "llo", " 🎉\u2028", "\n")
        request.finish("length", (12, 34))

    with fake_model(answer) as model:
        reply = upstream(model.url, "tiny")
        assert pieces_of(reply) == [
            *(Reasoning("The user "), Reasoning("greets.")),
            *("Hé", "llo", " 🎉\u2028", "\n"),
            Finish(reason="length", input_tokens=12, output_tokens=34),
        ]
        server = start(reply=reply)
        events = read(post(server.url, "Hi")["events"])
    assert text(events) == "Héllo 🎉\u2028\n"
    assert [event.type for event in events] == 2 * ["reasoning"] + 4 * ["message"] + ["end"]
    assert json.loads(events[-1].data)["finish"] == {
        "reason": "length",
        "input_tokens": 12,
        "output_tokens": 34,
    }


def test_an_answer_whose_content_is_a_list() -> None:
    """As Mistral's reasoning models send it."""

    def thinking(*texts: str) -> dict[str, Any]:
        return {"type": "thinking", "thinking": [{"type": "text", "text": it} for it in texts]}

    def answer(request: Request) -> None:
        request.stream()
        request.delta(content=[thinking("The user ")])
        request.delta(content=[thinking("gre", "ets."), {"type": "text", "text": "Hel"}])
        request.text("lo")
        request.finish()

    with fake_model(answer) as model:
        assert pieces_of(upstream(model.url, "tiny")) == [
            *map(Reasoning, ("The user ", "gre", "ets.")),
            *("Hel", "lo"),
            Finish(),
        ]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_an_answer_in_parts_of_any_size(size: int, line_end: str) -> None:
    lines = [
        "\ufeff: a comment",
        "event: message",
        'data: {"choices": [{"delta": {"content": "Hé🎉"}}]}',
        "",
        'data: {"choices": [{"delta": {},',
        'data:  "finish_reason": "stop"}]}',
        "",
        "data: [DONE]",
        *("", ""),
    ]
    body = line_end.join(lines).encode()

    def answer(request: Request) -> None:
        request.head(200, "text/event-stream; charset=latin-1")  # it is UTF-8, whatever it says
        for start in range(0, len(body), size):
            request.body(body[start : start + size])
        request.end()

    with fake_model(answer) as model:
        assert pieces_of(upstream(model.url, "tiny")) == ["Hé🎉", Finish()]


def test_what_is_sent(start: Callable[..., Server]) -> None:
    with fake_model(answers("Yes")) as model:
        server = start(reply=upstream(model.url, "tiny", KEY, system="Be brief."))
        chat = post(server.url, "One")
        read(chat["events"])
        read(post(server.url, "Two", chat["chat"])["events"])
    (_, second) = model.requests
    assert (second.method, second.path) == ("POST", "/v1/chat/completions")
    assert second.headers["authorization"] == f"Bearer {KEY}"
    assert second.headers["accept"] == "text/event-stream"
    assert second.json == {
        "model": "tiny",
        "stream": True,
        "stream_options": {"include_usage": True},
        "messages": [{"role": "system", "content": "Be brief."}, *said("One", "Yes", "Two")],
    }


def sent_messages(messages: list[Message], **settings: Any) -> list[Message]:
    with fake_model(answers("Yes")) as model:
        pieces_of(upstream(model.url, "tiny", **settings), messages)
    found: list[Message] = model.requests[0].json["messages"]
    return found


def test_a_system_message_of_a_client_follows_the_own_one() -> None:
    client = Message(role="system", content="Speak French.")
    chat = [client, *said("One", "Yes", "Two")]
    assert sent_messages(chat) == chat
    assert sent_messages(chat, system="Be brief.") == [
        Message(role="system", content="Be brief.\n\nSpeak French."),
        *said("One", "Yes", "Two"),
    ]


def test_the_oldest_messages_are_left_out_and_counted(caplog: pytest.LogCaptureFixture) -> None:
    chat = said("1" * 10, "2" * 10, "3" * 10, "4" * 10, "5" * 10)
    assert sent_messages(chat, max_history=50) == chat
    assert not caplog.messages
    assert sent_messages(chat, max_history=49) == chat[2:]
    assert caplog.messages == [
        "the oldest 2 of 5 messages were not sent to the model: max_history is 49 bytes"
    ]
    assert sent_messages(chat, max_history=20, system="Be brief.") == [
        Message(role="system", content="Be brief."),
        *chat[4:],
    ]


@pytest.mark.parametrize("most", range(0, 70, 3))
def test_what_is_kept_begins_with_a_user_and_has_the_last(most: int) -> None:
    chat = said(*("é" * size for size in (3, 1, 4, 1, 5, 9, 2)))
    kept = newest(chat, most)
    assert kept == chat[-len(kept) :]
    assert kept[0]["role"] == "user"
    size = 2 * sum(len(message["content"]) for message in kept)
    assert size <= most or len(kept) == 1
    if len(kept) < len(chat):
        more = 2 * sum(len(message["content"]) for message in chat[-len(kept) - 2 :])
        assert more > most


def test_a_server_that_does_not_know_stream_options_is_asked_without() -> None:
    def answer(request: Request) -> None:
        if "stream_options" in request.json:
            refused = {"error": {"message": "stream_options: extra inputs are not permitted"}}
            request.whole(422, "application/json", json.dumps(refused))
        else:
            answers("Yes")(request)

    with fake_model(answer) as model:
        assert pieces_of(upstream(model.url, "tiny")) == ["Yes", Finish()]
    assert len(model.requests) == 2


def with_models(*names: str) -> Answer:
    def answer(request: Request) -> None:
        if request.path == "/v1/models":
            listed = {"object": "list", "data": [{"id": name} for name in names]}
            request.whole(200, "application/json", json.dumps(listed))
        else:
            answers("I am ", request.json["model"])(request)

    return answer


def test_a_bound_of_0_is_none() -> None:
    with fake_model(answers("Hello")) as model:
        reply = upstream(model.url, "m", connect=0, silence=0)
        assert pieces_of(reply)[0] == "Hello"


def test_the_only_model_needs_no_name() -> None:
    with fake_model(with_models("tiny")) as model:
        assert pieces_of(upstream(model.url)) == ["I am ", "tiny", Finish()]


def test_each_request_has_a_connection_of_its_own() -> None:
    """A server may close one after its answer, without a word: nothing is sent into that."""

    def answer(request: Request) -> None:
        if request.method == "GET":
            request.whole(200, "application/json", '{"data": [{"id": "tiny"}]}')
            request.until_closed()
        elif "stream_options" in request.json:
            request.whole(400, "application/json", '{"error": "unknown: stream_options"}')
            request.until_closed()
        else:
            answers("whole")(request)

    with fake_model(answer) as model:
        assert pieces_of(upstream(model.url)) == ["whole", Finish()]


@pytest.mark.parametrize(
    ("names", "told"),
    [
        (("small", "large"), "has 2 models: say which, as model. It said: small, large"),
        ((), "has 0 models: say which, as model."),
    ],
)
def test_of_several_models_one_has_to_be_named(names: tuple[str, ...], told: str) -> None:
    with fake_model(with_models(*names)) as model, pytest.raises(ReplyFailed) as failed:
        pieces_of(upstream(model.url))
    assert str(failed.value) == f"The model's server at {model.host} {told}"


@pytest.mark.parametrize("body", ["{}", "[]", '{"data": 5}', '{"data": [{}]}', "<html>", 9 * "["])
def test_a_list_of_models_that_is_none(body: str) -> None:
    def answer(request: Request) -> None:
        request.whole(200, "application/json", body)

    with fake_model(answer) as model, pytest.raises(ReplyFailed, match="has no list of models"):
        pieces_of(upstream(model.url))


# Settings.


def test_an_argument_goes_before_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    with fake_model(answers("right")) as right, fake_model(answers("other")) as other:
        monkeypatch.setenv("OPENAI_BASE_URL", other.url)
        monkeypatch.setenv("OPENAI_API_KEY", "of-the-environment\n")
        assert pieces_of(upstream(None, "tiny"))[0] == "other"
        assert pieces_of(upstream(right.url, "tiny"))[0] == "right"
        assert pieces_of(upstream(right.url + "/", "tiny", "of-the-argument"))[0] == "right"
        assert pieces_of(upstream(right.url, "tiny", ""))[0] == "right"
    keys = [request.headers.get("authorization") for request in other.requests + right.requests]
    assert keys == [*2 * ["Bearer of-the-environment"], "Bearer of-the-argument", None]


@pytest.mark.parametrize(
    "url",
    [
        *("127.0.0.1:11434/v1", "ftp://h/v1", "http:///v1", "h", "http://h:99999/v1"),
        *("http://h:-1/v1", "http://h/v1/chat/completions", "http://h/v1/chat/completions/"),
        *(f"http://h/v1?key={KEY}", f"http://h/v1#{KEY}", f"http://h:{KEY}/v1"),
    ],
)
def test_what_is_no_url_is_said_without_repeating_it(url: str) -> None:
    with pytest.raises(ValueError, match="base_url") as error:
        upstream(url, "tiny")
    assert KEY not in str(error.value)


def test_a_url_of_the_environment_goes_by_the_name_of_its_variable(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for url in ("foo", "http://h/v1?a=b", "http://h/v1/chat/completions"):
        monkeypatch.setenv("OPENAI_BASE_URL", url)
        with pytest.raises(ValueError, match=r"^OPENAI_BASE_URL "):
            upstream()
        with pytest.raises(ValueError, match=r"^base_url "):
            upstream(url)


@pytest.mark.parametrize("key", ["a\nb", "clé", "\x7f"])
def test_what_is_no_key_is_said_without_repeating_it(key: str) -> None:
    with pytest.raises(ValueError, match="OPENAI_API_KEY") as error:
        upstream("http://h/v1", "tiny", key)
    assert key not in str(error.value)


def test_a_proxy_is_used_for_others_and_not_for_this_machine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with fake_model(answers("the proxy")) as proxy, fake_model(answers("the model")) as model:
        monkeypatch.setenv("HTTP_PROXY", f"http://{proxy.host}")
        assert pieces_of(upstream(model.url, "tiny"))[0] == "the model"
        assert pieces_of(upstream(model.url.replace("127.0.0.1", "localhost"), "tiny"))
        assert pieces_of(upstream("http://model.invalid/v1", "tiny"))[0] == "the proxy"
    assert [request.path for request in proxy.requests] == [
        "http://model.invalid/v1/chat/completions"
    ]


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("HTTPS_PROXY", f"me:{KEY}:x", "a proxy that cannot be used"),
        ("HTTPS_PROXY", f"ftp://me:{KEY}@h:1", "a proxy that cannot be used"),
        ("ALL_PROXY", f"socks5://me:{KEY}@h:1", "a proxy that cannot be used"),
        ("SSL_CERT_FILE", f"/{KEY}.pem", "SSL_CERT_FILE"),
        ("SSL_CERT_FILE", __file__, "SSL_CERT_FILE"),
    ],
)
def test_an_environment_that_cannot_be_is_said_without_repeating_it(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, told: str
) -> None:
    monkeypatch.setenv(name, value)
    monkeypatch.setitem(sys.modules, "socksio", None)  # not installed
    with pytest.raises(ValueError, match=told) as error:
        upstream("https://model.invalid/v1", "tiny")
    assert KEY not in "".join(format_exception(error.value))


# Keys.


def repeats(request: Request) -> None:
    """Say everything that has come, and fail."""
    request.stream()
    request.text("Half")
    request.frame({"error": {"message": json.dumps(request.headers)}})


@pytest.mark.parametrize(
    ("user", "key"), [("", KEY), (f"me:{KEY}@", ""), (f"{KEY}@", ""), ("me:p%40ss-w0rd@", KEY)]
)
@pytest.mark.parametrize("answer", [repeats, lambda request: request.raw(KEY.encode())])
def test_a_key_is_shown_nowhere(
    start: Callable[..., Server],
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    user: str,
    key: str,
    answer: Answer,
) -> None:
    caplog.set_level(logging.DEBUG)
    with fake_model(answer) as model:
        reply = upstream(model.url.replace("//", f"//{user}"), "tiny", key)
        server = start(reply=reply)
        turn = post(server.url, "Hi")
        events = read(turn["events"])
        page = httpx.get(f"{server.url}turns/{turn['turn']}").text
        try:
            pieces_of(reply)
        except ReplyFailed as failed:
            shown = str(failed)
        assert events[-1].type == "failure"
        login = model.requests[0].headers["authorization"].partition(" ")[2]
    found = repr([reply, events, page, shown, server.messages, caplog.text, *capfd.readouterr()])
    for secret in (KEY, "p@ss-w0rd", "p%40ss-w0rd", login):
        assert secret not in found


def test_a_key_that_is_no_secret_leaves_the_words_as_they_are() -> None:
    def answer(request: Request) -> None:
        request.whole(500, "application/json", '{"error": "extra x"}')

    with fake_model(answer) as model, pytest.raises(ReplyFailed, match="It said: extra x"):
        pieces_of(upstream(model.url, "tiny", "x"))


# In words.


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("20", " Try again in 20 s."),
        ("0", " Try again in 1 s."),
        ("3600", " Try again in 3,600 s."),
        ("Thu, 01 Jan 1970 00:00:00 GMT", " Try again in 1 s."),
        *((value, "") for value in ("", "soon", "-5", "1.5", "²", 5000 * "9", "99 Feb", "\0")),
        ("Thu, 01 Jan 1970 00:00:00 -0000", ""),  # a time, but not of which place
        ("Thu, 01 Jan 99999 00:00:00 GMT", ""),
        ("Thu, 01 Jan 1970 00:00:00 +999999999999999", ""),
    ],
)
def test_retry_after(value: str, told: str) -> None:
    assert retry_after(value) == told


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ('{"error": {"message": "no"}}', "no"),  # OpenAI, vLLM, llama.cpp
        ('{"error": "no"}', "no"),  # Ollama, LM Studio
        ('{"message": "no"}', "no"),
        ('{"detail": "no"}', "no"),  # FastAPI
        ('{"detail": [{"msg": "no"}]}', '[{"msg": "no"}]'),
        ('{"code": 5}', '{"code": 5}'),
        *(
            ('"no"', "no"),
            ("5", "5"),
            ("null", ""),
            ("{}", ""),
            ("", ""),
            ("no", ""),
            (99_999 * "[", ""),
        ),
    ],
)
def test_the_words_of_an_error(body: str, words: str) -> None:
    assert error_words(body) == error_words(body.encode()) == words


# When.


def test_no_piece_is_held_back(start: Callable[..., Server]) -> None:
    taken = threading.Semaphore(0)

    def answer(request: Request) -> None:
        request.stream()
        for number in range(20):
            request.text(str(number))
            assert taken.acquire(timeout=PATIENCE)  # the reader has it before the next is written
        request.finish()

    with fake_model(answer) as model:
        server = start(reply=upstream(model.url, "tiny"))
        numbers = []
        for event in follow(post(server.url, "Hi")["events"]):
            if event.type == "message":
                numbers.append(json.loads(event.data))
                taken.release()
    assert numbers == [str(number) for number in range(20)]


class Endless:
    """A model that never ends, and notes who has closed the connection."""

    def __init__(self, before: str) -> None:
        self.before = before
        self.asked = threading.Event()
        self.closed = threading.Event()

    def __call__(self, request: Request) -> None:
        if self.before:
            request.stream()
            request.text(self.before)
        self.asked.set()
        request.until_closed()
        self.closed.set()


@pytest.mark.parametrize("before", ["Half", ""])
def test_cancelling_the_turn_closes_the_request(start: Callable[..., Server], before: str) -> None:
    endless = Endless(before)
    with fake_model(endless) as model:
        server = start(reply=upstream(model.url, "tiny"))
        turn = post(server.url, "Hi")
        assert endless.asked.wait(PATIENCE)
        if before:
            next(follow(turn["events"]))
        assert not endless.closed.is_set()
        assert httpx.post(f"{server.url}turns/{turn['turn']}/cancel").status_code == 200
        assert endless.closed.wait(PATIENCE)
        events = read(turn["events"])
    assert (text(events), json.loads(events[-1].data)["status"]) == (before, "cancelled")
    assert server.messages == ""


def test_closing_the_generator_closes_the_request() -> None:
    endless = Endless("Half")

    async def leave(model: FakeModel) -> None:
        pieces = upstream(model.url, "tiny")(said("Hi"))
        assert await anext(pieces) == "Half"
        await pieces.aclose()  # type: ignore[attr-defined]
        assert await asyncio.to_thread(endless.closed.wait, PATIENCE)

    with fake_model(endless) as model:
        asyncio.run(leave(model))


def test_leaving_the_page_does_not_close_the_request(start: Callable[..., Server]) -> None:
    left = threading.Event()

    def answer(request: Request) -> None:
        request.stream()
        request.text("before, ")
        assert left.wait(PATIENCE)
        request.text("after")
        request.finish()

    with fake_model(answer) as model:
        server = start(reply=upstream(model.url, "tiny"))
        turn = post(server.url, "Hi")
        reader = follow(turn["events"])
        next(reader)
        reader.close()  # type: ignore[attr-defined]
        until(lambda: httpx.get(server.url + "healthz").json()["streams"] == 0)
        left.set()
        assert text(read(turn["events"])) == "before, after"


def test_one_reply_serves_several_servers() -> None:
    """Each has an event loop of its own, in a thread of its own."""
    with fake_model(answers("a", "b")) as model:
        reply = upstream(model.url, "tiny")
        with (
            serve(create_app(reply), name="one") as one,
            serve(create_app(reply), name="two") as two,
        ):
            assert one.port != two.port
            for _ in range(2):
                turns = [post(server.url, "Hi") for server in (one, two)]
                assert [text(read(turn["events"])) for turn in turns] == ["ab", "ab"]
