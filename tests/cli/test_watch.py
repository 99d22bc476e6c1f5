"""`chatkit watch`: a message goes out, the events come in."""

import asyncio
import json
import re
import signal
import socket

import pytest
from starlette.applications import Starlette
from starlette.responses import JSONResponse, PlainTextResponse, StreamingResponse
from starlette.routing import Route

from chatkit import create_app, echo
from chatkit.sse import encode
from chatkit.turns import Finish, Reasoning

LINE = re.compile(r" *\d+\.\d{3} s  id (\S*) +(\S+) +(.*)\n?")


def shown(output):
    """The events in the output: id, type, data."""
    lines = output.splitlines()
    found = [LINE.fullmatch(line) for line in lines]
    assert all(found), lines
    return [match.groups() for match in found]


def end(status="done", id="9"):
    return encode(json.dumps({"status": status}), event="end", id=id)


def chat(events, status=201, answer=None):
    """An app whose turns are what `events(last_event_id, number of the request)` returns."""
    asked = []

    async def post(request):
        return JSONResponse({"events": "turns/1/events"} if answer is None else answer, status)

    async def get(request):
        asked.append(request.headers.get("last-event-id"))
        found = events(asked[-1], len(asked))
        if isinstance(found, int):
            return PlainTextResponse("no", found)
        return StreamingResponse(found, media_type="text/event-stream")

    app = Starlette(
        routes=[
            Route("/turns", post, methods=["POST"]),
            Route("/turns/1/events", get),
        ]
    )
    app.state.asked = asked
    return app


async def stream(*frames, broken=False, silent=False):
    for frame in frames:
        yield frame
    if broken:
        raise ConnectionError("the line breaks")
    if silent:
        await asyncio.Event().wait()


def test_the_events_are_shown(run, chatkit):
    server = run(create_app(echo(delay=0)))
    code, output, errors = chatkit("watch", server.url, "-m", "Hü\n")
    assert (code, errors) == (0, "")
    *pieces, last = shown(output)
    assert pieces == [
        ("1", "message", '"H"'),
        ("2", "message", '"ü"'),
        ("3", "message", r'"\n"'),
    ]
    assert last[:2] == ("4", "end")
    assert json.loads(last[2])["status"] == "done"


def test_reasoning_is_shown_as_what_it_is(run, chatkit):
    async def thinks(messages):
        yield Reasoning("Hm")
        yield "Hi"
        yield Finish(reason="length")

    code, output, errors = chatkit("watch", run(create_app(thinks)).url, "-m", "Why?")
    assert (code, errors) == (0, "")
    *pieces, last = shown(output)
    assert pieces == [("1", "reasoning", '"Hm"'), ("2", "message", '"Hi"')]
    assert json.loads(last[2])["finish"] == {"reason": "length"}
    first, second, third = output.splitlines()
    assert first.index('"') == second.index('"') == third.index("{")  # below each other


def test_raw_frames_are_the_bytes(run, chatkit):
    server = run(create_app(echo(delay=0)))
    code, output, errors = chatkit("watch", server.url, "-m", "Hi", "--raw")
    assert (code, errors) == (0, "")
    first, second, last = output.splitlines()
    assert [first, second] == [r"""b'id: 1\ndata: "H"\n\n'""", r"""b'id: 2\ndata: "i"\n\n'"""]
    assert last.startswith(r"b'id: 3\nevent: end\ndata: ")


def test_an_event_is_shown_when_it_arrives(run, start):
    """The reply is still being written: its second character comes in an hour."""
    server = run(create_app(echo(delay=3600)))
    for options in [], ["--raw"]:
        command = start("watch", server.url, "-m", "Hi", *options)
        assert '"H"' in command.line()
        command.signal(signal.SIGINT)
        assert command.wait() == (130, "", "")


AS_A_BACKGROUND_JOB = """
import os, signal, sys
signal.signal(signal.SIGINT, signal.SIG_IGN)
os.execv(sys.executable, [sys.executable, "-m", "chatkit", *sys.argv[1:]])
"""


def test_ctrl_c_ends_it_although_it_was_started_with_sigint_ignored(run, start):
    server = run(create_app(echo(delay=3600)))
    command = start("watch", server.url, "-m", "Hi", python=["-c", AS_A_BACKGROUND_JOB])
    assert '"H"' in command.line()
    command.signal(signal.SIGINT)
    assert command.wait() == (130, "", "")


def test_the_url_needs_no_slash_at_its_end(run, chatkit):
    server = run(create_app(echo(delay=0)))
    assert chatkit("watch", server.url.rstrip("/"), "-m", "Hi")[0] == 0


def test_this_machine_is_not_reached_through_a_proxy(run, chatkit):
    server = run(create_app(echo(delay=0)))
    code, _, errors = chatkit("watch", server.url, "-m", "Hi", HTTP_PROXY="http://127.0.0.1:1")
    assert (code, errors) == (0, "")


@pytest.mark.parametrize("how", [{}, {"broken": True}, {"silent": True}])
def test_a_dropped_line_is_connected_again_where_it_broke(run, chatkit, how):
    def events(cursor, number):
        if number == 1:
            half = b'id: 3\ndata: "half'
            first = encode('"a"', id="1", retry=10) + encode('"b"', id="2")
            return stream(first, half, **how)
        return stream(encode('"c"', id="3"), end())

    app = chat(events)
    options = ["--timeout", 3] if how.get("silent") else []
    code, output, errors = chatkit("watch", run(app).url, "-m", "Hi", *options)
    assert code == 0
    assert [id for id, *_ in shown(output)] == ["1", "2", "3", "9"]
    assert app.state.asked == [None, "2"]
    assert re.fullmatch(r"chatkit watch: [^\n]+; connecting again after event 2\n", errors)


def test_a_server_error_in_between_is_no_end(run, chatkit):
    def events(cursor, number):
        if number == 1:
            return stream(encode('"a"', id="1", retry=10))
        return 502 if number == 2 else stream(end())

    app = chat(events)
    code, output, _ = chatkit("watch", run(app).url, "-m", "Hi")
    assert code == 0
    assert [id for id, *_ in shown(output)] == ["1", "9"]
    assert app.state.asked == [None, "1", "1"]


def test_it_does_not_try_for_ever(run, chatkit):
    app = chat(lambda cursor, number: stream(b"retry: 0\n\n", broken=True))
    code, output, errors = chatkit("watch", run(app).url, "-m", "Hi")
    assert (code, output) == (1, "")
    assert len(app.state.asked) == 6
    assert "gave up" in errors.splitlines()[-1]


@pytest.mark.parametrize(
    ("last", "why"),
    [
        (end("cancelled"), "cancelled"),
        (encode('{"message": "No fuel."}', event="failure", id="9"), "No fuel."),
        (encode("nonsense", event="end", id="9"), "None"),
    ],
)
def test_any_other_end_is_1(run, chatkit, last, why):
    code, output, errors = chatkit("watch", run(chat(lambda *_: stream(last))).url, "-m", "Hi")
    assert code == 1
    assert [id for id, *_ in shown(output)] == ["9"]
    assert re.fullmatch(rf"chatkit watch: [^\n]*{why}[^\n]*\n", errors)


def test_a_reply_that_fails(run, chatkit):
    async def broken(messages):
        yield "H"
        raise RuntimeError("no fuel")

    code, _, errors = chatkit("watch", run(create_app(broken)).url, "-m", "Hi")
    assert code == 1
    assert "the reply failed" in errors


@pytest.mark.parametrize(
    "url",
    ["127.0.0.1:8000", "ftp://127.0.0.1/", "http://", "http:///x", "", "http://a\x07"],
)
def test_what_is_no_url(chatkit, url):
    code, output, errors = chatkit("watch", url, "-m", "Hi")
    assert (code, output) == (1, "")
    assert re.fullmatch(r"chatkit watch: [^\n]+ is not the URL of a server[^\n]+\n", errors)


def test_no_server(chatkit):
    with socket.socket() as taken:  # bound, but it does not listen
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/"
        code, output, errors = chatkit("watch", url, "-m", "Hi")
    assert (code, output) == (1, "")
    assert re.fullmatch(r"chatkit watch: no answer from [^\n]+\n", errors)


def test_a_server_that_never_answers(chatkit):
    with socket.socket() as mute:
        mute.bind(("127.0.0.1", 0))
        mute.listen()
        url = f"http://127.0.0.1:{mute.getsockname()[1]}/"
        code, output, errors = chatkit("watch", url, "-m", "Hi", "--timeout", 0.2)
    assert (code, output) == (1, "")
    assert re.fullmatch(r"chatkit watch: no answer from [^\n]+\n", errors)


@pytest.mark.parametrize(
    ("app", "why"),
    [
        (Starlette(), "404 Not Found. Is that a chatkit server"),
        (PlainTextResponse("hello"), "200 OK. Is that a chatkit server"),
        (chat(None, answer=[]), "not a chatkit server"),
        (chat(None, answer={"events": 7}), "not a chatkit server"),
        (chat(None, 422, {"detail": [{"msg": "too short"}]}), "422 too short"),
        (chat(None, 413, {"detail": "too large"}), "413 too large"),
        (chat(None, 503, {"detail": "busy"}), "503 busy"),
        (chat(None, 500, "\x1b[2J"), "500 Internal Server Error"),
        (chat(lambda *_: 404), "404 Not Found"),
        (chat(lambda *_: 200), "200 OK. Is that a chatkit server"),
        (chat(lambda *_: 204), "has no end"),
    ],
)
def test_a_server_that_answers_something_else(run, chatkit, app, why):
    code, output, errors = chatkit("watch", run(app).url, "-m", "Hi")
    assert (code, output) == (1, "")
    assert re.fullmatch(rf"chatkit watch: [^\n]*{why}[^\n]*\n", errors)


def test_a_server_that_was_switched_off_and_its_turn_is_gone(run, chatkit):
    app = chat(lambda _, n: stream(encode("1", id="1", retry=0)) if n == 1 else 404)
    code, output, errors = chatkit("watch", run(app).url, "-m", "Hi")
    assert code == 1
    assert [id for id, *_ in shown(output)] == ["1"]
    assert "404" in errors.splitlines()[-1]


def test_nothing_steers_the_terminal(run, chatkit):
    evil = encode("\x1b]0;owned\x07\x9b2J‮", id="1", event="\x1b[2J") + end()
    code, output, _ = chatkit("watch", run(chat(lambda *_: stream(evil))).url, "-m", "Hi")
    assert code == 0
    assert output.replace("\n", "").isprintable()


def test_an_event_without_end_does_not_fill_the_memory(run, chatkit):
    async def endless():
        while True:
            yield b"data: " + b"x" * 1_000_000
            await asyncio.sleep(0)  # or it blocks the server when its reader has left

    code, output, errors = chatkit("watch", run(chat(lambda *_: endless())).url, "-m", "Hi")
    assert (code, output) == (1, "")
    assert re.fullmatch(r"chatkit watch: [^\n]+\n", errors)
