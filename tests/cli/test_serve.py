"""`chatkit serve`: the finished app in the foreground."""

import json
import re
import signal
import socket
from contextlib import ExitStack, closing

import httpx
import pytest


def url_of(command):
    """What it prints when it answers: one line with the URL."""
    line = command.line()
    found = re.fullmatch(r"chatkit is running at (http://\S+/) .*\n", line)
    assert found, line
    return found[1]


def test_it_answers_as_soon_as_it_says_so(start):
    command = start("serve", "--port", 0, "--delay", 0)
    with httpx.Client(base_url=url_of(command)) as client:
        assert client.get("healthz").json()["status"] == "ok"
        assert client.get("").headers["content-type"].startswith("text/html")
        turn = client.post("turns", json={"message": "Hi"}).json()
        events = client.get(turn["events"]).text
    assert 'data: "H"' in events
    assert "event: end" in events
    command.signal(signal.SIGINT)
    assert command.wait() == (0, "", "")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_and_its_open_streams(start, number):
    command = start("serve", "--port", 0, "--delay", 3600)
    with ExitStack() as stack:
        client = stack.enter_context(httpx.Client(base_url=url_of(command), timeout=60))
        streams = []
        for _ in range(20):
            turn = client.post("turns", json={"message": "Hi"}).json()
            response = stack.enter_context(client.stream("GET", turn["events"]))
            streams.append(response.iter_raw())
            while b'data: "H"' not in next(streams[-1]):
                pass  # a comment, on a busy machine
        command.signal(number)
        assert command.wait() == (0, "", "")
        for stream in streams:
            assert b'data: "i"' not in b"".join(stream)  # and the end is a clean one


EARLY_SIGNAL = """
import os, sys
from chatkit import cli
from chatkit.cli import serve

create_app = serve.create_app
serve.create_app = lambda reply, **settings: (
    os.kill(os.getpid(), int(sys.argv[1])) or create_app(reply, **settings)
)
sys.exit(cli.main(["serve", "--port", "0"]))
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_while_it_starts(start, number):
    command = start(int(number), python=["-c", EARLY_SIGNAL])
    assert command.wait() == (0, "", "")


def test_delay_is_the_time_between_two_characters(start):
    command = start("serve", "--port", 0, "--delay", 3600)
    with httpx.Client(base_url=url_of(command)) as client:
        turn = client.post("turns", json={"message": "Hi"}).json()["turn"]
        while (state := client.get(f"turns/{turn}").json())["last"] == 0:
            pass
    assert (state["reply"], state["status"]) == ("H", "streaming")


def test_faults_are_there_when_they_are_asked_for(start):
    command = start("serve", "--port", 0, "--delay", 0, "--faults")
    with httpx.Client(base_url=url_of(command)) as client:
        assert client.get("healthz").json()["faults"] is True
        assert client.post("faults", json={"kind": "drop", "after": 1}).status_code == 201
        events = client.post("turns", json={"message": "Hi"}).json()["events"]
        with pytest.raises(httpx.RemoteProtocolError, match="incomplete"):
            client.get(events)
        assert "event: end" in client.get(events).text
    command.signal(signal.SIGINT)
    code, output, errors = command.wait()
    assert (code, output) == (0, "")
    assert re.fullmatch(r"ERROR: [^\n]+ without completing response\.\n", errors)


def test_faults_are_not_there_otherwise(start):
    command = start("serve", "--port", 0)
    with httpx.Client(base_url=url_of(command)) as client:
        assert client.get("faults").status_code == 404
        assert client.post("faults", json={"kind": "drop"}).status_code == 404


def test_a_taken_port(start, chatkit):
    port = httpx.URL(url_of(start("serve", "--port", 0))).port
    code, output, errors = chatkit("serve", "--port", port)
    assert (code, output) == (1, "")
    assert re.fullmatch(rf"chatkit serve: port {port} is taken: [^\n]+\n", errors)


@pytest.mark.parametrize(
    ("host", "why"),
    [
        ("203.0.113.7", "not an address of this machine"),
        ("nobody.invalid", "is not known"),
        ("x" * 64 + ".invalid", "is not known"),
    ],
)
def test_a_host_that_is_not_here(chatkit, host, why):
    code, output, errors = chatkit("serve", "--host", host, "--port", 0)
    assert (code, output) == (1, "")
    assert re.fullmatch(rf"chatkit serve: [^\n]*{why}[^\n]*\n", errors)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_this_machine_needs_no_warning(start, host):
    command = start("serve", "--host", host, "--port", 0)
    assert httpx.get(url_of(command) + "healthz").status_code == 200
    command.signal(signal.SIGINT)
    assert command.wait() == (0, "", "")


def test_every_machine_is_a_warning(start):
    command = start("serve", "--host", "0.0.0.0", "--port", 0)
    assert httpx.get(url_of(command) + "healthz").status_code == 200
    command.signal(signal.SIGINT)
    code, _, errors = command.wait()
    assert code == 0
    assert errors.startswith("chatkit serve: warning: every machine ")


def health_status(url, host):
    return httpx.get(url + "healthz", headers={"Host": host}).status_code


@pytest.mark.parametrize(
    ("arguments", "right", "wrong"),
    [
        ([], ["localhost", "[::1]:80"], ["chat.example", "192.0.2.7"]),
        (["--allow-host", "chat.example"], ["localhost", "chat.example:443"], ["192.0.2.7"]),
        (["--host", "0.0.0.0"], ["localhost", "0.0.0.0:80"], ["chat.example", "192.0.2.7:8000"]),
        (["--host", "0.0.0.0", "--allow-host", "*"], ["chat.example", "192.0.2.7:8000"], []),
        (
            ["--host", "0.0.0.0", "--allow-host", "a.example", "--allow-host", "b.example"],
            ["localhost", "a.example", "b.example:8000"],
            ["chat.example", "192.0.2.7"],
        ),
    ],
    ids=" ".join,
)
def test_names_that_it_answers_to(start, arguments, right, wrong):
    url = url_of(start("serve", "--port", 0, *arguments))
    assert {host: health_status(url, host) for host in right} == dict.fromkeys(right, 200)
    assert {host: health_status(url, host) for host in wrong} == dict.fromkeys(wrong, 421)


def test_what_goes_wrong_is_on_stderr(start):
    command = start("serve", "--port", 0)
    url = httpx.URL(url_of(command))
    with closing(socket.create_connection((url.host, url.port))) as line:
        line.sendall(b"this is not HTTP\r\n\r\n")
        assert b"400" in line.recv(1000)
    command.signal(signal.SIGINT)
    code, output, errors = command.wait()
    assert (code, output) == (0, "")
    assert "Invalid HTTP request" in errors


def test_the_replies_are_those_of_the_contract(start):
    """As in the README: five events, again from the third, and nothing after the last."""
    command = start("serve", "--port", 0, "--delay", 0)
    with httpx.Client(base_url=url_of(command)) as client:
        events = client.post("turns", json={"message": "Hello"}).json()["events"]
        blocks = client.get(events).text.replace("\r\n", "\n").split("\n\n")[:-1]
        assert blocks[:5] == [
            f"id: {number}\ndata: {json.dumps(text)}" for number, text in enumerate("Hello", 1)
        ]
        assert blocks[5].startswith("id: 6\nevent: end\n")
        again = client.get(events, headers={"Last-Event-ID": "3"}).text.split("\n\n")[:-1]
        assert again == blocks[3:]
        assert client.get(events, headers={"Last-Event-ID": "6"}).status_code == 204
