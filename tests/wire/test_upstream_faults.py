"""What a model's server does wrong, and what stands in the log of the turn for its reader.

`pytest -s` prints the table.
"""

import gzip
import json
import socket
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from email.utils import formatdate
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import pytest
from fake_model import Request, fake_model
from sse_client import post, read, text

from chatkit import Server, create_app, serve
from chatkit.replies import upstream

KEY = "sk-secret-0123456789"
FAULTS: dict[str, tuple[Callable[[Request], None], str, str]] = {}

Answer = Callable[[Request], None]


def fault(name: str, before: str, told: str) -> Callable[[Answer], Answer]:
    """A fault, with the text that comes before it, and the words for the reader.

    "" is none: the reply is done.
    """

    def add(answer: Answer) -> Answer:
        FAULTS[name] = (answer, before, told)
        return answer

    return add


def error(status: int, said: Any, *headers: str) -> Answer:
    """An answer in OpenAI's shape of an error."""

    def answer(request: Request) -> None:
        request.whole(status, "application/json", json.dumps({"error": said}), *headers)

    return answer


def frames(*data: Any) -> Answer:
    """A stream that ends without a word more."""

    def answer(request: Request) -> None:
        request.stream()
        for one in data:
            request.frame(one)
        request.end()

    return answer


def piece(text: Any, finish_reason: str | None = None, **delta: Any) -> dict[str, Any]:
    choice = {"index": 0, "delta": {"content": text} | delta, "finish_reason": finish_reason}
    return {"choices": [choice]}


# The status of the answer.

for name, answer, words in (
    (
        "401, with the key in it",
        error(401, {"message": f"Incorrect API key provided: {KEY}"}),
        "HOST does not accept the key (401). Is OPENAI_API_KEY set, and right for it?",
    ),
    (
        "403",
        error(403, "forbidden"),
        "HOST does not accept the key (403). Is OPENAI_API_KEY set, and right for it?",
    ),
    (
        "404, as Ollama says it",
        error(404, {"message": "model 'tiny' not found"}),
        "HOST knows no model 'tiny', or base_url is wrong: most end in /v1 (404). "
        "It said: model 'tiny' not found",
    ),
    (
        "404, a page",
        lambda request: request.whole(404, "text/html", "<h1>Not found</h1>"),
        "HOST knows no model 'tiny', or base_url is wrong: most end in /v1 (404).",
    ),
    (
        "429, in seconds",
        error(429, {"message": "Rate limit reached"}, "Retry-After: 20"),
        "HOST takes no more requests at the moment (429). Try again in 20 s. "
        "It said: Rate limit reached",
    ),
    (
        "429, a date",
        lambda request: error(429, "", f"Retry-After: {formatdate(time.time() - 5, usegmt=True)}")(
            request
        ),
        "HOST takes no more requests at the moment (429). Try again in 1 s.",
    ),
    (
        "429, no date",
        error(429, "slow down", "Retry-After: soon"),
        "HOST takes no more requests at the moment (429). It said: slow down",
    ),
    (
        "400",
        error(400, {"message": "the context is too long"}),
        "HOST refuses the request (400). It said: the context is too long",
    ),
    (
        "400, long, in lines, with the key",
        error(400, {"message": f"bad\n\n<b>{KEY}</b>\x1b[31m\u202e" + 1000 * "x"}),
        "HOST refuses the request (400). It said: bad <b>[hidden]</b> [31m "
        + (300 - len("bad <b>[hidden]</b> [31m ")) * "x"
        + "…",
    ),
    (
        "422, as FastAPI says it",
        lambda request: request.whole(422, "application/json", '{"detail": [{"msg": "no"}]}'),
        'HOST refuses the request (422). It said: [{"msg": "no"}]',
    ),
    (
        "500, as text",
        lambda request: request.whole(500, "text/plain", "Internal Server Error"),
        "HOST has an error of its own (500).",
    ),
    (
        "503",
        error(503, "loading model"),
        "HOST has an error of its own (503). It said: loading model",
    ),
    (
        "503, endless",
        lambda request: (
            request.head(503, "text/plain"),
            [request.body(100_000 * "x") for _ in range(1000)],
        ),
        "HOST has an error of its own (503).",
    ),
    (
        "503, with a time",
        error(503, "loading model", "Retry-After: 7"),
        "HOST has an error of its own (503). Try again in 7 s. It said: loading model",
    ),
    (
        "400, as text, with the key",
        lambda request: request.whole(
            400, "text/plain", f"Client sent an HTTP request to an HTTPS server. {KEY}"
        ),
        "HOST refuses the request (400). It said: Client sent an HTTP request to an HTTPS server. "
        "[hidden]",
    ),
    (
        "400, no words",
        lambda request: request.whole(400, "application/json", "{}"),
        "HOST refuses the request (400).",
    ),
    (
        "302, with the key",
        lambda request: request.whole(
            302, "text/plain", "", f"Location: https://example.org/{KEY}"
        ),
        "HOST sends us to another URL (302). Is base_url right? "
        "It said: https://example.org/[hidden]",
    ),
):
    fault(name, "", words)(answer)  # type: ignore[arg-type]


# No event stream, or none that can be read.

BEFORE = "HOST broke off before its answer began. Is base_url right, with http:// or https://?"

fault(
    "a web page",
    "",
    "HOST answered with a web page. Is base_url right? Most end in /v1.",
)(lambda request: request.whole(200, "text/html; charset=utf-8", "<!doctype html>Hello"))

fault(
    "plain text",
    "",
    "HOST answered with no event stream. Is base_url right? It said: text/plain",
)(lambda request: request.whole(200, "text/plain", "Hello"))

fault("compressed", "", "HOST compresses its answer, which was not asked for.")(
    lambda request: (
        request.head(200, "text/event-stream", "Content-Encoding: gzip"),
        request.body(gzip.compress(b"data: [DONE]\n\n")),
        request.end(),
    )[0]
)

fault("JSON instead of a stream", "All of it.", "")(
    lambda request: request.whole(
        200,
        "application/json",
        json.dumps({"choices": [{"message": {"content": "All of it."}, "finish_reason": "stop"}]}),
    )
)

fault("other JSON", "", "HOST ended its answer before the reply was complete.")(
    lambda request: request.whole(200, "application/json", '{"ok": true}')
)

fault("a list in JSON", "", "HOST sent a frame that is not a chunk of a reply. It said: [1]")(
    lambda request: request.whole(200, "application/json", "[1]")
)

fault("huge JSON", "", "HOST sent a frame that is not a chunk of a reply.")(
    lambda request: request.whole(200, "application/json", 2_000_000 * " " + "{}")
)

fault("an error in JSON, 200", "", "HOST reports an error. It said: out of memory")(
    error(200, {"message": "out of memory"})
)

fault("not HTTP", "", BEFORE)(lambda request: request.raw(b"SSH-2.0-OpenSSH_9.2\r\n\r\n"))

fault("not HTTP, long, with the key", "", BEFORE)(
    lambda request: request.raw(f"{KEY} {KEY}{50_000 * 'x'}\r\n\r\n".encode())
)

fault("closed without an answer", "", BEFORE)(lambda request: None)


# An event stream that goes wrong.

fault("an error frame, an object", "Half", "HOST reports an error. It said: overloaded")(
    frames(piece("Half"), {"error": {"message": "overloaded", "code": 503}})
)
fault("an error frame, text with the key", "Half", "HOST reports an error. It said: no [hidden]")(
    frames(piece("Half"), {"error": f"no {KEY}"})
)
fault("an error frame, no words", "Half", 'HOST reports an error. It said: {"code": 5}')(
    frames(piece("Half"), {"error": {"code": 5}})
)
fault("an error without `error`", "Half", "HOST reports an error. It said: overloaded")(
    frames(piece("Half"), {"object": "error", "message": "overloaded", "code": 503}, "[DONE]")
)
fault("an error as FastAPI says it", "Half", "HOST reports an error. It said: overloaded")(
    frames(piece("Half"), {"detail": "overloaded"}, "[DONE]")
)
NO_CHUNK = "HOST sent a frame that is not a chunk of a reply. It said: "
fault("a frame that is not JSON", "Half", NO_CHUNK + "{half")(frames(piece("Half"), "{half"))
fault("a frame that is a list", "Half", NO_CHUNK + "[1]")(frames(piece("Half"), "[1]"))
fault("a frame that is a number", "Half", NO_CHUNK + "5")(frames(piece("Half"), "5"))
fault("deep JSON", "Half", NO_CHUNK + 300 * "[" + "…")(frames(piece("Half"), 200_000 * "["))
fault("choices is not a list", "Half", NO_CHUNK + '{"choices": 5}')(
    frames(piece("Half"), {"choices": 5})
)
fault("a choice is not an object", "Half", NO_CHUNK + '{"choices": [null]}')(
    frames(piece("Half"), {"choices": [None]})
)
fault(
    "content is a number", "Half", NO_CHUNK + '{"choices": [{"index": 0, "delta": {"content": 5}'
)(frames(piece("Half"), piece(5)))
fault("content is a list of a number", "Half", NO_CHUNK + '{"choices": [{"index": 0, "delta": {')(
    frames(piece("Half"), piece([5]))
)
fault("a part's text is a number", "Half", NO_CHUNK + '{"choices": [{"index": 0, "delta": {"cont')(
    frames(piece("Half"), piece([{"type": "text", "text": 5}]))
)
fault("a part without a text", "Halfway", "")(
    frames(
        piece([{"type": "text", "text": "Half"}]),
        piece([{"type": "reference", "reference_ids": [1]}, {"type": "thinking"}]),
        piece([{"type": "text", "text": "way"}], "stop"),
    )
)
fault("content is null, no choices, no delta", "Halfway", "")(
    frames(
        piece("Half"),
        piece(None),
        {"choices": []},
        {"choices": None},
        {},
        {"choices": [{"index": 0, "delta": None}]},
        {"choices": [{"index": 0}]},
        piece("way"),
        "[DONE]",
    )
)
fault("a tool is called", "Let me", "HOST wants to call a tool, and this chat has none.")(
    frames(piece("Let me"), piece(None, tool_calls=[{"index": 0, "function": {"name": "f"}}]))
)
fault("a function is called", "Let me", "HOST wants to call a tool, and this chat has none.")(
    frames(piece("Let me"), piece(None, function_call={"name": "f"}), "[DONE]")
)
fault("index is null", "All", "")(
    frames({"choices": [{"index": None, "delta": {"content": "All"}}]}, "[DONE]")
)
fault("a refusal", "I can't.", "")(
    frames(piece(None, refusal="I "), piece(None, refusal="can't."), piece(None, "stop"), "[DONE]")
)
fault("several choices", "one", "")(
    frames(
        piece("o"),
        {"choices": [{"index": 1, "delta": {"content": "TWO"}}]},
        {
            "choices": [
                {"index": 1, "delta": {"content": "TWO"}, "finish_reason": "stop"},
                {"index": 0, "delta": {"content": "ne"}},
            ]
        },
        piece(None, "stop"),
        "[DONE]",
    )
)
fault("no [DONE], but a reason", "All", "")(frames(piece("All"), piece(None, "stop")))
fault("[DONE], but no reason", "All", "")(frames(piece("All"), "[DONE]"))
fault("[DONE], and a space", "All", "")(frames(piece("All"), "[DONE] "))
fault("a character in two halves", "A 🎉!", "")(
    frames(piece("A \ud83c"), piece("\udf89!"), "[DONE]")
)
fault("half a character", "A \ufffd!", "")(frames(piece("A \ud83c"), piece("!"), "[DONE]"))
fault("half a character at the end", "A ", "")(frames(piece("A \ud83c", "\ud83c")))
fault("neither", "Half", "HOST ended its answer before the reply was complete.")(
    frames(piece("Half"))
)
fault("nothing at all", "", "HOST ended its answer before the reply was complete.")(frames())
fault("more after [DONE]", "All", "")(frames(piece("All"), "[DONE]", piece("more"), "{"))


@fault("a drop", "Half", "HOST broke off before the reply was complete.")
def drop(request: Request) -> None:
    request.stream()
    request.text("Half")


@fault("a drop after the reason", "All", "")
def drop_at_the_end(request: Request) -> None:
    request.stream()
    request.text("All")
    request.delta("stop")


@fault("a byte order mark", "All", "")
def byte_order_mark(request: Request) -> None:
    request.stream()
    request.body(b"\xef\xbb")
    request.body(b"\xbf")
    request.text("All")
    request.finish()


@fault("a huge line", "Half", "HOST sent 1,000,000 bytes without an event in them.")
def huge_line(request: Request) -> None:
    request.stream()
    request.text("Half")
    request.body("data: ")
    while True:  # until the reader has had enough
        request.body(65536 * "x")


@fault("a huge event", "Half", "HOST sent 1,000,000 bytes without an event in them.")
def huge_event(request: Request) -> None:
    request.stream()
    request.text("Half")
    while True:
        request.body("data: x\n" * 1000)


@fault("silence", "Half", "HOST was silent for 4 seconds, which is the limit (silence).")
def silence(request: Request) -> None:
    request.stream()
    request.text("Half")
    request.until_closed()


@fault("silence from the start", "", "HOST was silent for 4 seconds, which is the limit (silence).")
def no_answer(request: Request) -> None:
    request.until_closed()


@fault("comments for longer than the silence", "Slow", "")
def heartbeats(request: Request) -> None:
    request.stream()
    for _ in range(50):
        request.body(": OPENROUTER PROCESSING\n\n")
        time.sleep(0.1)
    request.text("Slow")
    request.finish()


@pytest.fixture(scope="module")
def printed() -> Iterator[list[tuple[str, str, str]]]:
    """Rows of the table, printed at the end."""
    rows: list[tuple[str, str, str]] = [("The model's server:", "text", "told")]
    yield rows
    print()
    for name, before, told in rows:
        print(f"{name:<38} {before:<11} {told[:120]}")


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_told(
    start: Callable[..., Server], printed: list[tuple[str, str, str]], name: str
) -> None:
    answer, before, told = FAULTS[name]
    with fake_model(answer) as model:
        seconds = 4 if "silence" in name else 60
        server = start(reply=upstream(model.url, "tiny", KEY, silence=seconds))
        events = read(post(server.url, "Hi")["events"])
        host = f"The model's server at {model.host}"
    last = json.loads(events[-1].data)
    sentence = last.get("message", "").replace(host, "HOST")
    printed.append((name, text(events), sentence or last["status"]))
    assert text(events) == before
    if told:
        assert events[-1].type == "failure"
        assert sentence.startswith(told)
        assert len(sentence) < 450
        assert sentence.isprintable()
    else:
        assert (events[-1].type, last["status"]) == ("end", "done")
    assert KEY not in repr(events) + server.messages


# No connection.


def refused() -> Iterator[str]:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))  # nobody listens
        yield f"http://127.0.0.1:{bound.getsockname()[1]}/v1"


def unknown() -> Iterator[str]:
    yield "http://nobody.invalid/v1"


def silent_tls() -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as listener:  # nobody answers
        yield f"https://127.0.0.1:{listener.getsockname()[1]}/v1"


def not_tls() -> Iterator[str]:
    with serve(create_app(), name="not TLS") as server:
        yield f"https://127.0.0.1:{server.port}/v1"


def tls_after_all() -> Iterator[str]:
    def answer(request: Request) -> None: ...

    with fake_model(answer, ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)) as model:
        yield model.url


def not_trusted() -> Iterator[str]:
    with TemporaryDirectory() as folder:
        key, certificate = f"{folder}/key", f"{folder}/pem"
        subprocess.run(
            [
                *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
                *("-subj", "/CN=localhost", "-keyout", key, "-out", certificate),
            ],
            check=True,
            capture_output=True,
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
    with fake_model(lambda request: None, context) as model:
        yield model.url.replace("http:", "https:")


def a_proxy_refuses() -> Iterator[str]:
    def refuse(request: Request) -> None:
        request.raw(b"HTTP/1.1 403 Forbidden\r\n\r\n")

    with fake_model(refuse) as proxy, pytest.MonkeyPatch.context() as patch:
        patch.setenv("HTTPS_PROXY", f"http://{proxy.host}")
        yield "https://nobody.invalid/v1"


@pytest.mark.parametrize(
    ("place", "told"),
    [
        (refused, "takes no connection (All connection attempts failed). Does it run, and is b"),
        (unknown, "has a name that is not known. Is base_url right?"),
        (silent_tls, "took no connection within 1 seconds. Is base_url right?"),
        (
            not_tls,
            "takes no connection over TLS (WRONG_VERSION_NUMBER). Should base_url begin with http://?",
        ),
        (tls_after_all, BEFORE.removeprefix("HOST ")),
        (not_trusted, "has a certificate that is not trusted here (self-signed certificate). "),
        (a_proxy_refuses, "takes no connection (403 Forbidden)."),
    ],
)
def test_no_connection_is_told(
    start: Callable[..., Server],
    printed: list[tuple[str, str, str]],
    place: Callable[[], Iterator[str]],
    told: str,
) -> None:
    for url in place():
        seconds = 1 if place is silent_tls else 60
        server = start(reply=upstream(url, "tiny", KEY, connect=seconds))
        events = read(post(server.url, "Hi")["events"])
        sentence = json.loads(events[-1].data)["message"]
        name = f"The model's server at {httpx.URL(url).netloc.decode()} "
        printed.append((place.__name__.replace("_", " "), "", sentence.replace(name, "HOST ")))
        assert sentence.startswith(name + told)
