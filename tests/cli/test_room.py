"""`chatkit serve` for a room: where others reach it, what it says of that, what they may take."""

import os
import re
import signal
import subprocess
import sys
from urllib.parse import urlsplit

import httpx
import pytest
import zxingcpp
from command import PATIENCE
from PIL import Image

from chatkit.cli.room import code_for_terminal, own_addresses, room_urls
from chatkit.server.listening import listen

RUNNING = r"chatkit is running at (http://\S+/) .*\n"
THERE = r"others in the network reach it at (https?://\S+/)( \(or .*\))?\n"


def said(command, pattern):
    line = command.line()
    found = re.fullmatch(pattern, line)
    assert found, line
    return found[1]


def status(url, **headers):
    return httpx.get(url + "healthz", headers=headers).status_code


def test_the_url_that_it_says_is_the_one_to_use(start):
    """Of a machine that is in no network, it says that instead."""
    command = start("serve", "--host", "0.0.0.0", "--port", 0)
    said(command, RUNNING)
    addresses = own_addresses(2)  # socket.AF_INET
    if addresses:
        url = said(command, THERE)
        assert urlsplit(url).hostname == addresses[0]
        assert status(url) == 200
        assert status(url, Host="evil.example") == 421
        assert f'content="{url}"' in httpx.get(url).text
        assert httpx.get(url + "room.svg").headers["content-type"] == "image/svg+xml"
    command.signal(signal.SIGINT)
    code, output, errors = command.wait()
    assert (code, output) == (0, "")
    assert ("no address in a network" in errors) is not bool(addresses)


BREAK, SPEND = "can break the streams of everybody", "spends your money"


@pytest.mark.parametrize(
    ("options", "more"),
    [
        ((), set()),
        (("--faults",), {BREAK}),
        (("--base-url", "http://127.0.0.1:9/v1", "--model", "m", "--faults"), {BREAK, SPEND}),
    ],
    ids=["echo", "faults", "model"],
)
def test_its_warnings(start, options, more):
    command = start("serve", "--host", "0.0.0.0", "--port", 0, *options)
    said(command, RUNNING)
    command.signal(signal.SIGINT)
    errors = command.wait()[2]
    for word in ("no\n  password", "--allow-host", "--max-streams-per-client"):
        assert word in errors
    assert {words for words in (BREAK, SPEND) if words in errors} == more


def test_this_machine_only_is_no_room(start):
    command = start("serve", "--port", 0)
    url = said(command, RUNNING)
    assert 'name="chatkit-room" content=""' in httpx.get(url).text
    assert httpx.get(url + "room.svg").status_code == 404
    command.signal(signal.SIGINT)
    assert command.wait() == (0, "", "")


def test_a_proxy_before_it_has_its_own_url(start):
    command = start("serve", "--port", 0, "--room-url", "https://chat.example/chat")
    url = said(command, RUNNING)
    assert said(command, THERE) == "https://chat.example/chat/"
    assert 'content="https://chat.example/chat/"' in httpx.get(url).text
    assert status(url, Host="chat.example") == 200
    assert status(url, Host="evil.example") == 421


@pytest.mark.skipif(sys.platform == "win32", reason="there one process serves")
def test_all_workers_know_it(start):
    typed = ("--workers", 2, "--valkey", "embedded", "--room-url", "https://chat.example/")
    command = start("serve", "--port", 0, *typed)
    url = said(command, RUNNING)
    assert said(command, THERE) == "https://chat.example/"
    for _ in range(20):
        assert httpx.get(url + "room.svg").status_code == 200


def test_an_app_of_ones_own_has_it_too(start, tmp_path):
    (tmp_path / "my_chat.py").write_text(
        "from chatkit import create_app\napp = create_app()\n", "utf-8"
    )
    (tmp_path / "plain.py").write_text("from fastapi import FastAPI\napp = FastAPI()\n", "utf-8")
    for name, expected in (("my_chat:app", 200), ("plain:app", 404)):
        options = ("--host", "0.0.0.0", "--port", 0)
        url = said(start("serve", name, *options), RUNNING)
        assert httpx.get(url + "room.svg").status_code == (expected if own_addresses(2) else 404)


def test_what_one_client_may_take(start):
    limits = ("--max-streams-per-client", 2, "--max-message", 5, "--max-streams", 3)
    command = start("serve", "--port", 0, "--delay", 3600, *limits)
    with httpx.Client(base_url=said(command, RUNNING)) as client:
        assert client.post("turns", json={"message": "123456"}).status_code == 413
        events = client.post("turns", json={"message": "12345"}).json()["events"]
        with client.stream("GET", events) as one, client.stream("GET", events) as two:
            assert (one.status_code, two.status_code) == (200, 200)
            refused = client.get(events)
    assert refused.status_code == 429
    assert "max_streams_per_client" in refused.json()["detail"]


@pytest.mark.parametrize("host", ["0.0.0.0", "127.0.0.1"])
def test_urls_name_the_port_and_no_loopback(host):
    with listen(host, 0) as listener:
        port = listener.getsockname()[1]
        urls = room_urls(listener)
    assert all(url.endswith(f":{port}/") for url in urls)
    if host == "0.0.0.0":
        assert not [url for url in urls if "//127." in url or "//0." in url]


def picture(code):
    """What a terminal draws of half blocks, each half 4 pixels wide."""
    halves = {"█": (1, 1), "▀": (1, 0), "▄": (0, 1), " ": (0, 0)}
    lines = [re.fullmatch(r"\x1b\[97;40m(.*)\x1b\[0m", line)[1] for line in code.splitlines()]
    drawn = Image.new("L", (len(lines[0]), 2 * len(lines)))
    for row, line in enumerate(lines):
        for column, sign in enumerate(line):
            for half, light in enumerate(halves[sign]):
                drawn.putpixel((column, 2 * row + half), 255 * light)
    return drawn.resize((4 * drawn.width, 4 * drawn.height), Image.Resampling.NEAREST)


@pytest.mark.parametrize("url", ["http://192.0.2.7:8000/", "http://[2001:db8::1234]:8000/"])
def test_the_code_in_the_terminal_can_be_read(url):
    (code,) = zxingcpp.read_barcodes(picture(code_for_terminal(url)))
    assert code.text == url


IN_A_TERMINAL = """
import sys
from chatkit.cli.room import say_where
say_where(["http://192.0.2.7:8000/"])
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals")
@pytest.mark.parametrize(("encoding", "drawn"), [("utf-8", True), ("ascii", False)])
def test_a_terminal_gets_the_code_if_it_can_show_it(encoding, drawn):
    main, terminal = os.openpty()
    try:
        subprocess.run(
            [sys.executable, "-c", IN_A_TERMINAL],
            stdout=terminal,
            env=os.environ | {"PYTHONIOENCODING": encoding},
            check=True,
            timeout=PATIENCE,
        )
        assert ("▀" in os.read(main, 10_000).decode()) is drawn
    finally:
        os.close(main)
        os.close(terminal)
