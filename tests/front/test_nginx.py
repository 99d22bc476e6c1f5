"""The page behind a real nginx, as lesson 10 configures it: TLS, HTTP/2, a path prefix.

The configuration for Caddy stands beside it. Where there is a Caddy, it is asked whether it is one.
"""

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import chromium
import httpx
import pytest
from chat_page import PATIENCE, ChatPage
from handed_reply import HandedReply
from playwright.sync_api import Browser, expect, sync_playwright
from valkey_processes import Valkey
from waiting import until

from chatkit import Server, create_app, serve
from chatkit.turns.valkey import ValkeyTurns

HERE = Path(__file__).parent
NAME = "chat.example"
PORTS = ("8001", "8002")  # of the workers, in the configuration

expect.set_options(timeout=PATIENCE * 1000)  # milliseconds


def program(name: str) -> str:
    """The path of a program. Without it the test is skipped; where `CI` is set, it fails."""
    found = shutil.which(name, path=os.pathsep.join([os.environ["PATH"], "/usr/sbin"]))
    if found is None:
        reason = f"{name} was not found (Debian: apt-get install nginx-light openssl)"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return found


@pytest.fixture
def reply() -> HandedReply:
    return HandedReply()


@pytest.fixture
def workers(tmp_path: Path, reply: HandedReply) -> Iterator[list[Server]]:
    """Two servers that share a Valkey. Both ask the test for their replies."""
    valkey = Valkey(tmp_path / "valkey")
    servers: list[Server] = []
    try:
        for name in PORTS:
            app = create_app(reply, ValkeyTurns(valkey.url), hosts=[NAME])
            servers.append(serve(app, name=f"nginx {name}"))
        yield servers
    finally:
        for server in servers:
            server.stop()
        valkey.server.terminate()


@pytest.fixture
def url(tmp_path: Path, workers: list[Server]) -> Iterator[str]:
    """The URL of the page behind nginx."""
    nginx = program("nginx")
    make_certificate(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    (tmp_path / "nginx.conf").write_text(configuration(port, workers), "utf-8")
    log = tmp_path / "nginx.log"
    started = [nginx, "-p", str(tmp_path), "-c", "nginx.conf", "-e", "nginx.log"]
    process = subprocess.Popen([*started, "-g", "daemon off; pid nginx.pid;"])
    try:
        until(lambda: process.poll() is not None or answers(port))
        assert process.poll() is None, log.read_text("utf-8")
        yield f"https://{NAME}:{port}/chat/"
    finally:
        process.terminate()
        process.wait(60)


def configuration(port: int, workers: list[Server]) -> str:
    """What lesson 10 shows, with the ports of this test, and folders that anybody can write to."""
    text = (HERE / "nginx.conf").read_text("utf-8")
    changes = {"listen 443": f"listen 127.0.0.1:{port}", "http {": "http {\n    access_log off;"}
    for name, server in zip(PORTS, workers, strict=True):
        changes[f"127.0.0.1:{name}"] = f"127.0.0.1:{server.port}"
    for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"):
        changes["http {"] += f"\n    {kind}_temp_path {kind};"
    for old, new in changes.items():
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


def make_certificate(folder: Path) -> None:
    """A certificate of its own for NAME, as the configuration names it."""
    make = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={NAME}"]
    files = ["-keyout", f"{folder}/{NAME}.key", "-out", f"{folder}/{NAME}.pem"]
    subprocess.run([program("openssl"), *make, *files], check=True, capture_output=True)


def answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port)).close()
    except ConnectionRefusedError:
        return False
    return True


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = chromium.launch(playwright, f"--host-resolver-rules=MAP {NAME} 127.0.0.1")
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser, url: str) -> Iterator[ChatPage]:
    context = browser.new_context(ignore_https_errors=True)
    context.set_default_timeout(PATIENCE * 1000)
    yield ChatPage(context.new_page(), url)
    context.close()


def test_a_page_behind_nginx(page: ChatPage, reply: HandedReply, workers: list[Server]) -> None:
    protocol = "performance.getEntriesByType('navigation')[0].nextHopProtocol"
    assert page.page.evaluate(protocol) == "h2"
    page.send("Hello")
    turn = reply.next()
    for written in ("one ", "one two ", "one two three "):
        turn.write(written.split()[-1] + " ")
        page.expect_text(written)  # before the next one is written: nothing holds it back

    page.reload()
    page.expect_text("one two three ")
    turn.write("four ")
    page.expect_text("one two three four ")
    turn.end()
    page.expect_end()
    expect(page.replies).to_have_attribute("data-proof", "ok")
    assert page.errors == []
    assert [r.url for r in page.requests if not r.url.startswith(page.url)] == []


# A browser has six connections of HTTP/1.1 to a server, and the seventh stream would wait.
FOLLOW = """async (messages) => {
    window.firsts = [];
    for (const message of messages) {
        const turn = await (await fetch("turns", {
            method: "POST",
            headers: { "Content-Type": "application/json" },
            body: JSON.stringify({ message }),
        })).json();
        const source = new EventSource(turn.events);
        source.onmessage = (event) => firsts.push(JSON.parse(event.data));
    }
}"""


def test_seven_streams_at_once(page: ChatPage, reply: HandedReply, workers: list[Server]) -> None:
    messages = [str(number) for number in range(7)]
    page.page.evaluate(FOLLOW, messages)
    turns = [reply.next() for _ in messages]
    for turn in turns:
        turn.write("piece " + turn.messages[-1]["content"])
    page.wait_for(lambda: len(page.page.evaluate("firsts")) == 7)
    assert sorted(page.page.evaluate("firsts")) == [f"piece {name}" for name in messages]
    assert sum(streams(server) for server in workers) == 7
    page.send("And an eighth")
    eighth = reply.next()
    eighth.write("Here.")
    page.expect_text("Here.")
    for turn in [*turns, eighth]:
        turn.end()
    page.expect_end()


def test_a_worker_goes_while_the_page_reads(
    page: ChatPage, reply: HandedReply, workers: list[Server]
) -> None:
    page.send("Hello")
    turn = reply.next()
    turn.write("one ")
    page.expect_text("one ")
    (writer,) = (server for server in workers if server._loop is turn._loop)
    (other,) = (server for server in workers if server is not writer)
    page.wait_for(lambda: read_from(other, page))
    other.stop()
    turn.write("two ")
    page.expect_text("one two ")
    turn.write("three")
    turn.end()
    page.expect_end()
    page.expect_text("one two three")
    expect(page.replies).to_have_attribute("data-proof", "ok")


def streams(server: Server) -> int:
    count: int = httpx.get(server.url + "healthz").json()["streams"]
    return count


def read_from(server: Server, page: ChatPage) -> bool:
    """Whether the page reads from this server; else it is loaded again."""
    page.expect_connection("open")
    if streams(server):
        return True
    page.reload()
    return False


if caddy := shutil.which("caddy"):

    def test_caddy_takes_its_configuration() -> None:
        check = [caddy, "validate", "--adapter", "caddyfile", "--config", str(HERE / "Caddyfile")]
        done = subprocess.run(check, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
