"""serve(): a server in a background thread, again and again."""

import asyncio
import contextlib
import gc
import importlib
import json
import multiprocessing
import os
import re
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Response
from fastapi.responses import StreamingResponse
from sse_client import post, read
from sse_starlette import EventSourceResponse
from waiting import until

from chatkit import Server, create_app, serve
from chatkit.notebook.beacon import IFRAME, MOST_PAGES, PATH
from chatkit.resources import PACKAGE
from chatkit.server import background, live_requests
from chatkit.server.log import LOGGERS

Start = Callable[..., Server]


async def endless() -> AsyncIterator[dict[str, str]]:
    while True:
        yield {"data": "x"}
        await asyncio.sleep(0.01)


def app_of(generator: Any = endless, response: Any = EventSourceResponse, **settings: Any) -> Any:
    app = FastAPI(**settings)

    @app.get("/stream")
    async def stream() -> Any:
        return response(generator())

    @app.get("/hello")
    async def hello() -> str:
        return "hello"

    return app


def open_streams(port: int, count: int, answered: bool = True) -> list[socket.socket]:
    streams = [socket.create_connection(("127.0.0.1", port), timeout=60) for _ in range(count)]
    for stream in streams:
        stream.sendall(b"GET /stream HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n\r\n")
    for stream in streams if answered else ():
        assert stream.recv(12) == b"HTTP/1.1 200"
    return streams


def rest_of(stream: socket.socket) -> bytes:
    with stream:
        return b"".join(iter(lambda: stream.recv(65536), b""))


@pytest.fixture
def left_behind() -> Iterator[None]:
    """For tests that block a thread for good: let it not count as a thread of this server."""
    yield
    for thread in threading.enumerate():
        if thread.name.startswith("chatkit "):
            thread.name = "left behind"


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that stops gives each response a minute to end: a busy machine is not a failure."""
    monkeypatch.setattr(background, "PATIENCE", 6000)
    monkeypatch.setattr(live_requests, "ONLY_STREAMS", 6000)
    monkeypatch.setattr(live_requests, "ONLY_REQUESTS", 6000)


def test_it_answers_when_serve_returns(start: Start) -> None:
    server = start(app_of())
    assert server.url == f"http://127.0.0.1:{server.port}/"
    assert httpx.get(server.url + "hello").json() == "hello"
    assert server.running
    assert "running" in repr(server)


def test_only_this_machine_is_served(start: Start) -> None:
    server = start(app_of())
    assert server._listener.getsockname()[0] == "127.0.0.1"


def test_again_replaces_it_on_the_same_port(start: Start) -> None:
    first = start(app_of())
    second = start(app_of(title="second"))
    assert second.port == first.port
    assert not first.running
    assert httpx.get(second.url + "openapi.json").json()["info"]["title"] == "second"


def test_stop_of_a_replaced_server_leaves_the_new_one_alone(start: Start) -> None:
    first = start(app_of())
    second = start(app_of())
    first.stop()
    assert httpx.get(second.url + "hello").json() == "hello"
    third = start(app_of())
    assert third.port == first.port
    third.stop()
    with pytest.raises(httpx.ConnectError):
        httpx.get(third.url)


def test_other_names_are_other_places() -> None:
    with serve(app_of(), name="test a") as a, serve(app_of(), name="test b") as b:
        assert a.port != b.port
        assert httpx.get(a.url + "hello").json() == httpx.get(b.url + "hello").json()


def test_context_manager_and_stop_free_the_port() -> None:
    with serve(app_of(), name="test") as server:
        pass
    server.stop()
    assert not server.running
    with pytest.raises(httpx.ConnectError):
        httpx.get(server.url)
    with serve(app_of(), name="other", port=server.port) as other:
        assert other.port == server.port


@pytest.mark.usefixtures("patient")
def test_open_streams_end_cleanly_and_nothing_is_printed(
    start: Start, capfd: pytest.CaptureFixture[str]
) -> None:
    server = start(app_of())
    streams = open_streams(server.port, 100)
    start(app_of())
    for stream in streams:
        assert rest_of(stream).endswith(b"0\r\n\r\n")  # the last chunk: a complete response
    assert capfd.readouterr() == ("", "")
    assert server.messages == ""


@pytest.mark.usefixtures("patient")
def test_stream_ends_cleanly_though_its_app_keeps_the_cancellation_to_itself(start: Start) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        assert scope["type"] == "http"
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"x", "more_body": True})
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(1000)

    server = start(app)
    (stream,) = open_streams(server.port, 1)
    server.stop()
    assert rest_of(stream).endswith(b"0\r\n\r\n")
    assert server.messages == ""


@pytest.mark.usefixtures("patient")
@pytest.mark.parametrize("response", [EventSourceResponse, StreamingResponse])
def test_generator_of_the_learner_is_closed(start: Start, response: Any) -> None:
    closed = []

    async def generator() -> AsyncIterator[bytes]:
        try:
            while True:
                yield b"data: x\n\n"
                await asyncio.sleep(0.01)
        finally:
            closed.append(True)

    server = start(app_of(generator, response))
    streams = open_streams(server.port, 1)
    server.stop()
    assert closed == [True]
    rest_of(streams[0])


def test_any_asgi_app_is_served(start: Start) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        assert scope["type"] == "http"  # it knows nothing of lifespan
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"plain"})

    assert httpx.get(start(app).url).text == "plain"


@pytest.mark.usefixtures("patient")
def test_middleware_of_the_learner_does_no_harm(start: Start) -> None:
    app = app_of()

    @app.middleware("http")
    async def middleware(request: Any, call_next: Any) -> Any:
        return await call_next(request)

    server = start(app)
    (stream,) = open_streams(server.port, 1)
    server.stop()
    assert rest_of(stream).endswith(b"0\r\n\r\n")


def test_request_that_has_no_answer_yet_gets_503(start: Start) -> None:
    app = FastAPI()
    entered = threading.Event()

    @app.get("/stream")
    async def slow() -> None:
        entered.set()
        await asyncio.sleep(1000)

    server = start(app)
    (stream,) = open_streams(server.port, 1, answered=False)
    assert entered.wait(60)
    server.stop()
    assert rest_of(stream).startswith(b"HTTP/1.1 503 ")


@pytest.mark.usefixtures("patient")
def test_request_that_is_just_being_answered_gets_its_answer(start: Start) -> None:
    app = FastAPI()
    asked, answers = threading.Event(), []

    @app.get("/file")
    async def file() -> str:
        asked.set()
        await asyncio.sleep(0.1)
        return "all of it"

    server = start(app)
    reader = threading.Thread(target=lambda: answers.append(httpx.get(server.url + "file")))
    reader.start()
    assert asked.wait(60)
    start(app_of())
    reader.join()
    assert [(answer.status_code, answer.json()) for answer in answers] == [(200, "all of it")]


def test_reader_who_comes_while_it_is_replaced_waits_and_is_served(start: Start) -> None:
    server = start(app_of())
    stop, answers = threading.Event(), []

    def ask() -> None:
        while not stop.is_set():
            answers.append(httpx.get(server.url + "hello").json())

    asker = threading.Thread(target=ask)
    asker.start()
    for _ in range(3):
        start(app_of())
    stop.set()
    asker.join()
    assert set(answers) == {"hello"}


def test_error_of_the_start_is_raised_in_the_cell(start: Start) -> None:
    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        raise ZeroDivisionError("in the lifespan")
        yield

    before = start(app_of())
    with pytest.raises(ZeroDivisionError, match="in the lifespan"):
        start(app_of(lifespan=lifespan))
    assert start(app_of()).port == before.port  # corrected: the page finds it where it was


@pytest.mark.parametrize("wrong", [None, "app", 5, FastAPI, create_app, lambda: None])
def test_what_is_no_app_is_refused(wrong: Any) -> None:
    with pytest.raises(TypeError, match="takes an ASGI app"):
        serve(wrong, name="test")


@pytest.mark.parametrize("wrong", [-1, 65_536, 99_999, "8000"])
def test_what_is_no_port_is_refused(wrong: Any) -> None:
    with pytest.raises(OSError, match=f"a port is a number from 0 to 65535, not {wrong!r}"):
        serve(app_of(), name="test", port=wrong)


def test_taken_port_is_an_error_in_the_cell_and_stops_nothing(start: Start) -> None:
    server = start(app_of())
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(OSError, match=f"port {port} is taken"):
            serve(app_of(), name=server.name, port=port)
    assert httpx.get(server.url + "hello").json() == "hello"


def test_port_can_be_chosen_and_changed(start: Start) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    name = "test port"
    first = serve(app_of(), name=name)
    with serve(app_of(), name=name, port=port) as second:
        assert second.port == port
        assert not first.running


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_forked_child_does_not_keep_the_port(start: Start) -> None:
    server = start(app_of())
    child = multiprocessing.get_context("fork").Process(target=time.sleep, args=(600,))
    child.start()
    try:
        server.stop()
        with serve(app_of(), name="after a fork", port=server.port) as after:
            assert httpx.get(after.url + "hello").json() == "hello"
    finally:
        child.kill()
        child.join()


def test_all_of_our_modules_log_where_a_server_keeps_it() -> None:
    """A server takes what is logged as "chatkit": a module's own name would be printed."""
    sources = [path.read_text("utf-8") for path in PACKAGE.rglob("*.py")]
    loggers = {name for source in sources for name in re.findall(r"getLogger\((.*?)\)", source)}
    assert loggers == {'"chatkit"', "_name"}
    assert "chatkit" in LOGGERS


async def sleeping() -> AsyncIterator[dict[str, str]]:
    yield {"data": "x"}
    time.sleep(1000)  # noqa: ASYNC251


async def spinning() -> AsyncIterator[dict[str, str]]:
    yield {"data": "x"}
    while threading.current_thread().name != "left behind":
        pass


@pytest.mark.parametrize(("generator", "line"), [(sleeping, "time.sleep(1000)"), (spinning, "")])
@pytest.mark.usefixtures("left_behind")
def test_blocked_loop_is_named_and_does_not_hold_up_the_next(
    start: Start, capsys: pytest.CaptureFixture[str], generator: Any, line: str
) -> None:
    server = start(app_of(generator))
    (stream,) = open_streams(server.port, 1, answered=False)
    stream.recv(1)
    after = start(app_of())
    assert after.port == server.port
    assert httpx.get(after.url + "hello").json() == "hello"
    said = capsys.readouterr().out
    assert "event loop is blocked" in said
    first = generator.__code__.co_firstlineno
    assert any(f"{__file__}, line {first + n}, " in said for n in (2, 3)), said
    assert f"in {generator.__name__}: {line}" in said
    server.stop()
    assert capsys.readouterr().out == "", "once is enough"
    stream.close()


async def stubborn() -> AsyncIterator[bytes]:
    while True:
        try:
            yield b"data: x\n\n"
            await asyncio.sleep(0.01)
        except BaseException:
            pass


@pytest.mark.parametrize("response", [EventSourceResponse, StreamingResponse])
def test_task_that_does_not_end_is_ended_with_its_loop(
    start: Start,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    response: Any,
) -> None:
    monkeypatch.setattr(background, "PATIENCE", 20)
    server = start(app_of(stubborn, response))
    (stream,) = open_streams(server.port, 1)
    after = start(app_of())
    assert after.port == server.port
    assert httpx.get(after.url + "hello").json() == "hello"
    said = capsys.readouterr().out
    assert said.endswith("stopped by force. A task did not end when it was cancelled.\n")
    stream.close()


def test_log_keeps_the_traceback_that_is_not_printed(
    start: Start, capfd: pytest.CaptureFixture[str]
) -> None:
    app = FastAPI()

    @app.get("/fails")
    async def fails() -> None:
        raise ValueError("look here")

    server = start(app)
    assert httpx.get(server.url + "fails").status_code == 500
    server.stop()
    assert "look here" in server.messages
    assert "in fails" in server.messages
    assert capfd.readouterr() == ("", "")


def lines_of(log: str) -> list[str]:
    """A log without the lines that only point at a place in the line before (`^^^^`)."""
    return [line for line in log.splitlines() if line.strip(" ^~")]


def test_log_names_the_lines_of_own_code(start: Start) -> None:
    app = FastAPI()

    @app.get("/stream")
    async def stream() -> Any:
        return EventSourceResponse(fails())

    async def fails() -> Any:
        yield "a"
        try:
            json.loads("x")
        except ValueError as error:
            raise KeyError("look here") from error

    server = start(app)
    with pytest.raises(httpx.RemoteProtocolError):
        httpx.get(server.url + "stream")
    until(lambda: server.messages)
    first = fails.__code__.co_firstlineno
    assert lines_of(server.messages) == [
        "Exception in ASGI application",
        "Traceback (most recent call last):",
        f'  File "{__file__}", line {first + 3}, in fails',
        '    json.loads("x")',
        "json.decoder.JSONDecodeError: Expecting value: line 1 column 1 (char 0)",
        "The above exception was the direct cause of the following exception:",
        "Traceback (most recent call last):",
        f'  File "{__file__}", line {first + 5}, in fails',
        '    raise KeyError("look here") from error',
        "KeyError: 'look here'",
    ]


def deep(depth: int = 0) -> None:
    try:
        raise ValueError("look here")
    except ValueError:
        deep(depth + 1)


def wrapped() -> None:
    """What counts is the cause of the context of the error."""
    try:
        try:
            raise ValueError("look here")
        except ValueError as error:
            raise RuntimeError("stage") from error
    except RuntimeError:
        {}["x"]


class Unprintable(Exception):
    def __str__(self) -> str:
        raise AttributeError


def raises(error: BaseException) -> Callable[[], None]:
    def raise_it() -> None:
        raise error

    return raise_it


ODD = {
    "deep": (deep, "RecursionError"),
    "wrapped": (wrapped, "ValueError: look here"),
    "a surrogate": (raises(ValueError("\ud83d look here")), "look here"),
    "unprintable": (raises(Unprintable()), "Unprintable"),
    "malformed": (raises(SyntaxError("m", ("f.py", 1, "y", "text"))), "SyntaxError"),
    "long": (raises(ValueError("look here " * 100_000)), "look here"),
    "a group": (raises(BaseExceptionGroup("look", [KeyboardInterrupt()])), "KeyboardInterrupt"),
}


@pytest.mark.parametrize("name", ODD)
def test_odd_errors_reach_the_log_and_end_their_reply(
    start: Start, capfd: pytest.CaptureFixture[str], name: str
) -> None:
    fail, said = ODD[name]

    async def reply(_: Any) -> AsyncIterator[str]:
        yield "a"
        fail()

    server = start(reply=reply)
    server.show_log()  # here it is printed, once
    assert capfd.readouterr().out == "no warnings, no errors\n"
    assert read(post(server.url, "x")["events"])[-1].type == "failure"
    until(lambda: said in server.messages)
    assert len(server.messages) < 6000
    server.stop()
    assert capfd.readouterr() == ("", "")


def test_log_names_the_lines_of_a_group(start: Start) -> None:
    async def fails() -> None:
        raise ValueError("look here")

    async def app(scope: Any, receive: Any, send: Any) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(fails())

    server = start(app)
    assert httpx.get(server.url).status_code == 500
    until(lambda: server.messages)
    assert re.findall(r'File "(.*)", line \d+, in (\w+)', server.messages) == [
        (__file__, "app"),
        (__file__, "fails"),
    ]


def test_log_names_the_line_that_raised_if_none_is_of_own_code(start: Start) -> None:
    app = FastAPI()

    @app.get("/stream")
    async def stream() -> Any:
        return EventSourceResponse(wrong())

    async def wrong() -> Any:
        yield {"data": "Hello", "evnt": "x"}  # sse-starlette raises, and anyio makes a group of it

    server = start(app)
    with pytest.raises(httpx.RemoteProtocolError):
        httpx.get(server.url + "stream")
    until(lambda: server.messages)
    lines = lines_of(server.messages)
    assert len(lines) == 5
    assert re.fullmatch(r'  File ".*sse_starlette.*", line \d+, in \w+', lines[2])
    assert lines[4].startswith("TypeError: ")
    assert "'evnt'" in lines[4]


def test_messages_of_others_are_left_as_they_were() -> None:
    code = (
        "import chatkit.server, logging; logging.getLogger('uvicorn.error').warning('mine'); "
        "logging.getLogger('chatkit').warning('mine too')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr == "mine\nmine too\n"


def test_nothing_is_printed_when_logging_is_set_up_afterwards() -> None:
    code = """
import logging, time, httpx, uvicorn
from chatkit import create_app, serve
async def fails(messages):
    yield "a"
    raise ValueError("look here")
server = serve(create_app(fails))
client = httpx.Client(base_url=server.url, timeout=60)
uvicorn.Config(None).configure_logging()  # as a server started by hand would
logging.basicConfig(level="INFO")
turn = client.post("turns", json={"message": "x"}).json()
client.get(turn["events"])
while "look here" not in server.messages:
    time.sleep(0.01)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert [line for line in done.stderr.splitlines() if "httpx" not in line] == []


def test_beacon_answers_with_the_nonce_to_any_origin(start: Start) -> None:
    server = start(app_of())
    answer = httpx.get(server.url.rstrip("/") + PATH)
    assert answer.text == server.nonce
    assert answer.headers["access-control-allow-origin"] == "*"
    assert len(server.nonce) >= 22
    assert start(app_of()).nonce == server.nonce


def test_beacon_has_a_page_that_may_be_framed_where_the_page_may(start: Start) -> None:
    server = start()
    policies = [
        httpx.get(server.url + path).headers["content-security-policy"]
        for path in ("", IFRAME.removeprefix("/"))
    ]
    framed_by = {re.search("frame-ancestors ([^;]*)", policy)[1] for policy in policies}
    assert framed_by == {
        "'self' http://127.0.0.1:* http://localhost:* vscode-webview: vscode-file:"
    }


@pytest.mark.parametrize(
    ("header", "more"),
    [
        ({}, ""),
        ({"Content-Security-Policy": "default-src 'self'"}, ""),
        (
            {"Content-Security-Policy": "img-src *; Frame-Ancestors 'none'"},
            ", Frame-Ancestors 'none'",
        ),
        ({"X-Frame-Options": "DENY"}, ""),
    ],
)
def test_beacon_may_be_framed_where_the_page_of_ones_own_may(
    start: Start, header: dict[str, str], more: str
) -> None:
    app = FastAPI()

    @app.get("/{path}")
    def own(path: str) -> Response:
        return Response("<p>", headers=header, media_type="text/html")

    server = start(app)
    asked = server.url.rstrip("/") + IFRAME + "?a%20b"
    assert "frame-ancestors" in httpx.get(asked).headers["content-security-policy"]  # not seen yet
    with httpx.Client(base_url=server.url, headers={"Accept": "text/html,*/*"}) as browser:
        for number in range(MOST_PAGES):
            browser.get(f"{number}")
        browser.get("a%20b?c=d")
    found = httpx.get(asked).headers
    assert found.get("x-frame-options") == header.get("X-Frame-Options")
    own_policy, _, rest = found["content-security-policy"].partition("='")
    assert "script-src 'sha256-" in own_policy
    assert rest == more
    first = httpx.get(server.url.rstrip("/") + IFRAME + "?0").headers  # too many came after it
    assert "frame-ancestors 'self'" in first["content-security-policy"]


def test_process_ends_with_streams_open() -> None:
    code = """
import httpx, threading
from chatkit import create_app, serve
server = serve(create_app())
client = httpx.Client(base_url=server.url, timeout=60)
turn = client.post("turns", json={"message": "x" * 1000}).json()
stream = client.stream("GET", turn["events"])
response = stream.__enter__()
next(response.iter_raw())
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs /proc to count descriptors")
def test_nothing_leaks_over_restarts(start: Start) -> None:
    def counts() -> tuple[int, int]:
        gc.collect()
        threads = [thread for thread in threading.enumerate() if thread.name.startswith("chatkit ")]
        return len(threads), sum(map(is_of_a_loop, os.listdir("/proc/self/fd")))

    def is_of_a_loop(descriptor: str) -> bool:
        try:
            target = os.readlink(f"/proc/self/fd/{descriptor}")
        except FileNotFoundError:  # that of the listing itself
            return False
        return target.startswith(("socket:", "anon_inode:"))

    server = start(app_of())
    for stream in open_streams(server.port, 100):
        stream.close()
    server = start(app_of())
    before = counts()
    tasks = []
    for _ in range(8):
        streams = open_streams(server.port, 100)
        replaced, server = server, start(app_of())
        for stream in streams:
            stream.close()
        tasks.append(len(replaced._requests.live) + len(replaced._requests._ended))
        assert replaced.messages == ""
    assert counts() == before
    assert statistics.mean(tasks) == 0


def test_a_reload_of_the_module_knows_the_servers_before(start: Start) -> None:
    old = start(app_of())
    importlib.reload(background)
    with background.serve(app_of(), name=old.name) as new:
        assert new.port == old.port
    with pytest.raises(httpx.ConnectError):
        httpx.get(old.url)
