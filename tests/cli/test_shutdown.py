"""A server that is told to stop, from the outside: what its readers and its writers see."""

import re
import signal
import socket
from contextlib import ExitStack

import httpx
import pytest

from chatkit.sse import Parser

# A reply that never ends by itself, and notes that it was closed.
REPLY = """
import asyncio, sys
from chatkit import create_app

async def reply(messages):
    try:
        yield "a"
        await asyncio.Event().wait()
    finally:
        await asyncio.sleep(0.05)
        print("closed", flush=True)
"""

SERVE = (
    REPLY
    + """
from chatkit import cli
from chatkit.cli import model
model.echo = lambda delay: reply
sys.exit(cli.main(["serve", "--port", sys.argv[1]]))
"""
)

STOP = (
    REPLY
    + """
import signal
from chatkit import serve
signals = [signal.SIGTERM, signal.SIGINT]
signal.pthread_sigmask(signal.SIG_BLOCK, signals)
server = serve(create_app(reply), port=int(sys.argv[1]))
signal.sigwait(signals)
server.stop()
assert server.messages == "", server.messages
"""
)


@pytest.fixture
def port():
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]


@pytest.fixture(params=["chatkit serve", "uvicorn", "Server.stop()"])
def serving(request, start, tmp_path, port):
    """Start a server in one of three ways; returns the command when it answers."""

    def serving():
        if request.param == "uvicorn":
            (tmp_path / "mine.py").write_text(
                REPLY + "\ndef make():\n    return create_app(reply)\n", "utf-8"
            )
            command = start("mine:make", "--factory", "--port", port, python=["-m", "uvicorn"])
        else:
            code = SERVE if request.param == "chatkit serve" else STOP
            command = start(port, python=["-c", code])
        while True:
            try:
                assert httpx.get(f"http://127.0.0.1:{port}/healthz").status_code == 200
            except httpx.ConnectError:
                assert command.process.poll() is None, command.wait()
            else:
                return command

    serving.kind = request.param
    return serving


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_streams_end_without_an_end_and_writers_are_closed(serving, port, number):
    command = serving()
    url = f"http://127.0.0.1:{port}/"
    with ExitStack() as stack:
        client = stack.enter_context(httpx.Client(base_url=url, timeout=60))
        streams = []
        for _ in range(5):
            path = client.post("turns", json={"message": "x"}).json()["events"]
            response = stack.enter_context(client.stream("GET", path))
            chunks, parser = response.iter_raw(), Parser()
            while not (events := parser.feed(next(chunks))):
                pass  # a comment, on a busy machine
            assert [event.data for event in events] == ['"a"']
            streams.append((chunks, parser))
        command.signal(number)
        for chunks, parser in streams:
            # A complete response, or httpx would raise; and no event more.
            assert parser.feed(b"".join(chunks)) == []
        code, output, errors = command.wait()
    assert output.count("closed") == 5
    assert not re.search("ERROR|Traceback|Exception", errors), errors
    # uvicorn ends as SIGTERM would have ended it, once it has stopped.
    plain = serving.kind == "uvicorn" and number == signal.SIGTERM
    assert code == (-signal.SIGTERM if plain else 0)

    # Who comes back to a new process is told that the turn is gone.
    serving()
    answer = httpx.get(url + path, headers={"Last-Event-ID": "1"})
    assert answer.status_code == 404
    assert answer.json()["detail"].startswith("Unknown turn: ")


LARGE = """
import sys
from chatkit import cli
from chatkit.cli import model
from chatkit.replies import Message

async def reply(messages):
    for _ in range(90):
        yield "x" * 40_000

model.echo = lambda delay: reply
sys.exit(cli.main(["serve", "--port", "0"]))
"""


def takes_nothing(stack, url, path):
    line = stack.enter_context(socket.socket())
    line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    line.connect((url.host, url.port))
    line.sendall(f"GET /{path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    assert line.recv(10)


def test_a_reader_that_takes_nothing_does_not_keep_it_from_ending(start):
    command = start(python=["-c", LARGE])
    url = httpx.URL(re.search(r"http://\S+/", command.line())[0])
    with httpx.Client(base_url=url) as client, ExitStack() as stack:
        for _ in range(10):
            path = client.post("turns", json={"message": "x"}).json()["events"]
            takes_nothing(stack, url, path)
        command.signal(signal.SIGTERM)
        assert command.wait() == (0, "", "")


PLAIN = """
from chatkit import create_app

async def reply(messages):
    for _ in range(90):
        yield "x" * 40_000

app = create_app(reply)
"""


def test_a_reader_that_takes_nothing_does_not_keep_uvicorn_from_ending(start, tmp_path, port):
    (tmp_path / "plain.py").write_text(PLAIN, "utf-8")
    command = start("plain:app", "--port", port, python=["-m", "uvicorn"])
    url = httpx.URL(f"http://127.0.0.1:{port}/")
    while True:
        try:
            httpx.get(url)
            break
        except httpx.ConnectError:
            assert command.process.poll() is None, command.wait()
    with httpx.Client(base_url=url) as client, ExitStack() as stack:
        for _ in range(10):
            path = client.post("turns", json={"message": "x"}).json()["events"]
            takes_nothing(stack, url, path)
        command.signal(signal.SIGTERM)
        assert command.wait()[0] == -signal.SIGTERM
