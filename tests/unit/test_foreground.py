"""Foreground: where it says it is, and how it ends; its clients are in the same event loop."""

import asyncio
import signal
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from fastapi.responses import StreamingResponse
from log_contract import in_loop, until

from chatkit.server import foreground, live_requests
from chatkit.server.foreground import Foreground, url

NOW, PATIENTLY = signal.SIGINT, signal.SIGTERM


class App(FastAPI):
    """An app with an endless stream, and an answer and a stream that begin when `go` is set."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.asked, self.go = asyncio.Event(), asyncio.Event()
        self.replies = 1
        self.looked = 0  # how often the server wanted to know

        @self.get("/stream")
        async def stream() -> StreamingResponse:
            return StreamingResponse(self.pieces())

        @self.get("/slow")
        async def slow() -> str:
            self.asked.set()
            await self.go.wait()
            return "all of it"

        @self.get("/late")
        async def late() -> StreamingResponse:
            await slow()
            return await stream()

    async def pieces(self) -> AsyncIterator[bytes]:
        while True:
            yield b"x"
            await asyncio.sleep(0.001)

    def writing(self) -> int:
        self.looked += 1
        return self.replies


class Running:
    """A server that serves, and a client that keeps its connections."""

    def __init__(self, app: App, grace: float) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.server = Foreground(app, app.writing, grace, {PATIENTLY})
        self.server.config.timeout_keep_alive = 60
        self.serving = asyncio.create_task(self.server.serve([self.listener]))
        limits = httpx.Limits(keepalive_expiry=60)
        self.client = httpx.AsyncClient(base_url=url(self.listener), timeout=60, limits=limits)

    async def stream(self, stack: AsyncExitStack) -> AsyncIterator[bytes]:
        """The chunks of an open stream."""
        response = await stack.enter_async_context(self.client.stream("GET", "stream"))
        chunks = response.aiter_raw()
        assert await anext(chunks)
        return chunks


@asynccontextmanager
async def running(app: App, grace: float = 3600) -> AsyncIterator[Running]:
    """Serve an app. At the end of the block, the server has to be told to stop."""
    run = Running(app, grace)

    async def has_started() -> bool:
        return run.server.started

    async with run.client:
        await until(has_started)
        yield run
        await run.serving


async def rest_of(chunks: AsyncIterator[bytes]) -> None:
    """Read to the end, which has to be a clean one: httpx raises at any other."""
    async for _ in chunks:
        pass


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who has just connected has little time to ask for something."""
    monkeypatch.setattr(foreground, "LAST", 0.05)


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1", "http://127.0.0.1:8000/"),
        ("192.0.2.7", "http://192.0.2.7:8000/"),
        ("0.0.0.0", "http://127.0.0.1:8000/"),
        ("::1", "http://[::1]:8000/"),
        ("::", "http://[::1]:8000/"),
        ("fe80::1%eth0", "http://[fe80::1]:8000/"),
    ],
)
def test_url_is_one_that_can_be_opened_on_this_machine(host: str, expected: str) -> None:
    listener: Any = SimpleNamespace(getsockname=lambda: (host, 8000))
    assert url(listener) == expected


def test_it_says_where_it_is_and_gives_the_signals_back(
    capsys: pytest.CaptureFixture[str],
) -> None:
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = [signal.getsignal(number) for number in numbers]

    @in_loop
    async def test() -> None:
        async with running(App()) as run:
            said = f"chatkit is running at {run.client.base_url} (Ctrl-C stops it)\n"
            assert capsys.readouterr().out == said
            assert [signal.getsignal(number) for number in numbers] != before
            run.server.stop(NOW)

    test()
    assert [signal.getsignal(number) for number in numbers] == before


def test_it_does_not_say_so_if_the_app_fails_to_start(capsys: pytest.CaptureFixture[str]) -> None:
    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        raise ZeroDivisionError
        yield

    @in_loop
    async def test() -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            server = Foreground(App(lifespan=lifespan))
            with suppress(SystemExit):  # of later uvicorns
                await server.serve([listener])
            assert isinstance(server.requests.startup_error, ZeroDivisionError)

    test()
    assert capsys.readouterr().out == ""


@in_loop
async def test_each_signal_is_less_patient() -> None:
    server = Foreground(App(), patient={PATIENTLY})
    found = []
    for number in (PATIENTLY, NOW, NOW):
        server.stop(number)
        found.append((server.should_exit, server.waits, server.force_exit))
    assert found == [(True, True, False), (True, False, False), (True, False, True)]


@in_loop
async def test_open_streams_end() -> None:
    async with running(App()) as run, AsyncExitStack() as stack:
        chunks = await run.stream(stack)
        run.server.stop(NOW)
        await rest_of(chunks)


@in_loop
async def test_stream_that_begins_while_it_stops_ends_too(monkeypatch: pytest.MonkeyPatch) -> None:
    app = App()
    async with running(app) as run:
        answer = asyncio.create_task(run.client.get("late"))
        await app.asked.wait()
        ended, end = [], run.server.requests.end
        monkeypatch.setattr(run.server.requests, "end", lambda *how: ended.append(end(*how)))
        run.server.stop(NOW)

        async def has_ended_others() -> bool:
            return bool(ended)

        await until(has_ended_others)
        app.go.set()
        assert (await answer).status_code == 200


@in_loop
async def test_replies_end_first_where_it_is_to_wait() -> None:
    app = App()
    async with running(app) as run, AsyncExitStack() as stack:
        chunks = await run.stream(stack)
        assert (await run.client.get("openapi.json")).status_code == 200  # a second connection
        run.server.stop(PATIENTLY)

        async def is_closed() -> bool:
            with socket.socket() as line:
                return line.connect_ex(("127.0.0.1", run.client.base_url.port)) != 0

        await until(is_closed)
        while app.looked < 20:  # it waits for the reply
            await anext(chunks)
        # Who is connected may still ask, once.
        answer = await run.client.get("openapi.json")
        assert (answer.status_code, answer.headers["connection"]) == (200, "close")
        assert not run.serving.done()
        app.replies = 0
        await rest_of(chunks)


@in_loop
async def test_replies_that_take_longer_than_the_grace_are_waited_for_no_longer() -> None:
    async with running(App(), grace=0.05) as run, AsyncExitStack() as stack:
        chunks = await run.stream(stack)
        run.server.stop(PATIENTLY)
        await rest_of(chunks)


def test_request_that_has_no_answer_yet_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_requests, "ONLY_STREAMS", -1)  # all are ended where streams are

    @in_loop
    async def test() -> None:
        app = App()
        app.replies = 0
        async with running(app) as run:
            answer = asyncio.create_task(run.client.get("slow"))
            await app.asked.wait()
            run.server.stop(PATIENTLY)

            async def waits() -> bool:
                return app.looked > 20 or answer.done()

            await until(waits)
            app.go.set()
            assert (await answer).status_code == 200

    test()
