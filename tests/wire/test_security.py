"""Each guard of the server, attacked."""

import json
import os
import re
import socket
from base64 import urlsafe_b64decode
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from bare_socket import ask, connect, head, rest
from sse_client import post, read, text
from told import Told
from waiting import until

from chatkit import Server, create_app

Start = Callable[..., Server]

CLOSE = "Connection: close"
EVIL = "https://evil.example"


def detail(answer: bytes) -> str:
    return str(json.loads(answer.partition(b"\r\n\r\n")[2])["detail"])


# DNS rebinding: a page of another site, under a name of its own that means 127.0.0.1.


@pytest.mark.parametrize(
    "host",
    [
        *("evil.example", "evil.example:{port}", "localhost.evil.example", "evil-localhost"),
        *("127.0.0.1.evil.example", "128.0.0.1", "0.0.0.0", "[::]", "[::2]", "localhost@evil"),
        *("evil.example:80", "evil.example#localhost", "localhost:80:80", "localhost:evil", ""),
        *("[::1", "::1]", "localhost, evil.example", "localhost/", "\xe9vil.example"),
    ],
)
@pytest.mark.parametrize("request_line", ["GET /", "GET /healthz", "POST /turns", "GET /static/"])
def test_request_for_another_name_is_refused(start: Start, host: str, request_line: str) -> None:
    server = start()
    method, path = request_line.split()
    request = head(method, path, CLOSE, host=host.format(port=server.port))
    status, answer = ask(server, request)
    assert status in (421, 400)
    if status == 421:
        assert detail(answer).startswith("This server does not go by that name.")
        assert "create_app(hosts=[NAME])" in detail(answer)
        assert "chatkit serve --allow-host NAME" in detail(answer)


def test_request_for_no_name_or_for_two_is_refused(start: Start) -> None:
    server = start()
    assert ask(server, b"GET / HTTP/1.0\r\n\r\n")[0] == 421
    assert ask(server, head("GET", "/", "Host: evil.example", CLOSE))[0] in (421, 400)


@pytest.mark.parametrize(
    "host",
    [
        *("localhost", "LocalHost", "localhost.", "lab.localhost", "127.0.0.1", "127.9.9.9"),
        *("[::1]", "[0:0:0:0:0:0:0:1]"),
    ],
)
@pytest.mark.parametrize("port", ["", ":{port}", ":80", ":9999"])
def test_names_of_this_machine_need_no_setting(start: Start, host: str, port: str) -> None:
    server = start()
    name = host + port.format(port=server.port)
    assert ask(server, head("GET", "/healthz", CLOSE, host=name))[0] == 200


def test_other_names_are_a_setting(start: Start) -> None:
    server = start(hosts=["Chat.Example", "192.0.2.7", "[2001:db8::7]"])
    for host in ("chat.example", "CHAT.example:443", "192.0.2.7:8000", "[2001:db8::7]:1"):
        assert ask(server, head("GET", "/healthz", CLOSE, host=host))[0] == 200, host
    for host in ("evil.chat.example", "example", "192.0.2.8", "[2001:db8::8]"):
        assert ask(server, head("GET", "/healthz", CLOSE, host=host))[0] == 421, host
    server = start(hosts=["*"])
    assert ask(server, head("GET", "/healthz", CLOSE, host="any.example"))[0] == 200


@pytest.mark.parametrize("setting", ["hosts", "origins"])
def test_one_name_is_not_taken_for_a_list(setting: str) -> None:
    with pytest.raises(TypeError, match="hosts and origins are lists"):
        create_app(**{setting: "https://chat.example"})


def test_what_jupyter_server_proxy_passes_on_is_served(start: Start) -> None:
    server = start()
    context = f"X-Forwarded-Context: /user/ada/proxy/{server.port}"
    for host in ("hub.example", "lab.example:8888"):
        assert ask(server, head("GET", "/healthz", context, CLOSE, host=host))[0] == 200, host
    # A page can set this header too. But its browser's Host has the port of this server.
    rebound = f"evil.example:{server.port}"
    assert ask(server, head("GET", "/healthz", context, CLOSE, host=rebound))[0] == 421
    other = f"X-Forwarded-Context: /user/ada/proxy/{server.port + 1}"
    assert ask(server, head("GET", "/healthz", other, CLOSE, host="hub.example"))[0] == 421


# Other origins: a page of another site asks this server by its right name.


def cross_origin(server: Server, method: str, path: str, **headers: str) -> httpx.Response:
    return httpx.request(method, server.url + path, headers={"Origin": EVIL} | headers)


def test_no_origin_may_read_unless_it_is_named(start: Start) -> None:
    server = start()
    asked = {"Access-Control-Request-Method": "POST"}
    for method, path in (("GET", "healthz"), ("POST", "turns"), ("OPTIONS", "turns")):
        answer = cross_origin(server, method, path, **asked)
        assert not [name for name in answer.headers if name.startswith("access-control")]


def test_named_origins_may_use_the_chat(start: Start) -> None:
    server = start(origins=["https://mine.example"])
    origin = {"Origin": "https://mine.example"}
    asked = {
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type, last-event-id",
    }
    answer = httpx.options(server.url + "turns", headers=origin | asked)
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == origin["Origin"]
    assert "last-event-id" in answer.headers["access-control-allow-headers"].lower()
    answer = httpx.post(server.url + "turns", json={"message": "Hi"}, headers=origin)
    assert answer.headers["access-control-allow-origin"] == origin["Origin"]
    exposed = answer.headers["access-control-expose-headers"]
    assert {"Location", "Retry-After"} <= set(exposed.split(", "))
    assert "access-control-allow-credentials" not in answer.headers
    events = httpx.get(server.url + answer.json()["events"], headers=origin)
    assert events.headers["access-control-allow-origin"] == origin["Origin"]
    missing = httpx.get(
        server.url + "turns/x", headers=origin
    )  # an answer can be read, an error too
    assert missing.headers["access-control-allow-origin"] == origin["Origin"]

    refused = cross_origin(server, "OPTIONS", "turns", **asked)
    assert refused.status_code == 400
    assert "access-control-allow-origin" not in refused.headers
    assert "access-control-allow-origin" not in cross_origin(server, "GET", "healthz").headers


@pytest.mark.parametrize(
    "kind",
    [
        *("text/plain", "text/plain;charset=UTF-8", "application/x-www-form-urlencoded"),
        *("multipart/form-data; boundary=x", None),
    ],
)
def test_request_that_needs_no_permission_starts_nothing(start: Start, kind: str | None) -> None:
    """What a page of any origin may send without being asked for its origin first."""
    server = start()
    headers = {"Origin": EVIL} | ({"Content-Type": kind} if kind else {})
    body = b'{"message": "x"}'
    answer = httpx.post(server.url + "turns", content=body, headers=headers)
    assert answer.status_code == 422
    assert httpx.get(server.url + "healthz").json()["turns"] == 0


# Files


@pytest.mark.parametrize(
    "path",
    [
        *(
            "../app.py",
            "../chatkit/web/app.py",
            "%2e%2e/chatkit/web/app.py",
            "..%2fchatkit%2fapp.py",
        ),
        *("%2e%2e%2fchatkit%2fapp.py", "..%5cchatkit%5capp.py", "%5c..%5cchatkit%5capp.py"),
        *("/etc/passwd", "%2fetc%2fpasswd", "//etc/passwd", "x/../../chatkit/web/app.py"),
        *("....//chatkit/web/app.py", "..;/chatkit/web/app.py", "%252e%252e/chatkit/web/app.py"),
        *("main.js%00.css", "%00", "main.js/..", "..", ".", "", "%c0%ae%c0%ae/x"),
        *("x" * 300, "x/" * 3000, "C:%5cWindows%5cwin.ini", "file:///etc/passwd", "~root"),
    ],
)
def test_no_file_outside_the_page_is_served(start: Start, path: str) -> None:
    server = start()
    status, answer = ask(server, head("GET", "/static/" + path, CLOSE))
    assert status in (404, 400), answer[:200]
    assert b"import " not in answer
    assert b"root:" not in answer
    assert "Traceback" not in server.messages


def test_symbolic_link_that_leads_out_is_not_followed(start: Start, tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("secret", "utf-8")
    (tmp_path / "page").mkdir()
    (tmp_path / "page/index.html").write_text("<!doctype html>", "utf-8")
    os.symlink(tmp_path / "secret.txt", tmp_path / "page/link.txt")
    os.symlink(tmp_path, tmp_path / "page/out")
    server = start(static=tmp_path / "page")
    for path in ("link.txt", "out/secret.txt"):
        assert ask(server, head("GET", f"/static/{path}", CLOSE))[0] == 404


def test_page_can_run_only_its_own_scripts(start: Start) -> None:
    server = start()
    for path in ("", "static/main.js", "static/shared/style.css"):
        answer = httpx.get(server.url + path)
        directives = dict(
            part.strip().partition(" ")[::2]
            for part in answer.headers["content-security-policy"].split(";")
        )
        assert directives["default-src"] == "'none'"
        # The one script that stands in the page itself is its import map.
        scripts = r"'self' 'sha256-[\w+/]{43}='" if path == "" else "'self'"
        assert re.fullmatch(scripts, directives["script-src"])
        assert directives["connect-src"] == "'self'"
        assert directives["base-uri"] == directives["form-action"] == "'none'"
        assert not re.search(r"unsafe|data:|blob:|\*(?!;|$| )", str(directives).replace(":*", ""))
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
    page = httpx.get(server.url).text
    page = re.sub(r'<script type="importmap">[^<]*</script>', "", page)
    assert not re.search(r"<script(?![^>]*\bsrc=)|\son\w+=|javascript:|<style|\sstyle=", page)


# Ids


def test_ids_cannot_be_guessed(start: Start) -> None:
    server = start()
    turns = [post(server.url, "x") for _ in range(50)]
    ids = {turn[kind] for turn in turns for kind in ("turn", "chat")}
    assert len(ids) == 100
    assert all(len(urlsafe_b64decode(id + "==")) * 8 >= 128 for id in ids)
    # Nothing is the same in all of them, as a clock or a counter would be.
    assert all(len({id[place] for id in ids}) > 10 for place in range(21))


# Bodies


def test_body_that_says_it_is_too_large_is_refused_before_it_comes(start: Start) -> None:
    server = start(max_message=1000)
    large = head("POST", "/turns", "Content-Type: application/json", "Content-Length: 999999999999")
    status, answer = ask(server, large)  # and not a byte of it is sent
    assert status == 413
    assert detail(answer) == "The request is larger than 7,000 bytes."
    waits = head("POST", "/turns", "Content-Length: 99999", "Expect: 100-continue")
    assert ask(server, waits)[0] == 413


def test_body_in_chunks_is_cut_where_it_is_too_large(start: Start) -> None:
    server = start(max_message=1000)
    line = connect(server)
    line.sendall(
        head("POST", "/turns", "Content-Type: application/json", "Transfer-Encoding: chunked")
    )
    line.sendall(b"1000\r\n" + b" " * 0x1000 + b"\r\n")
    line.sendall(b"1000\r\n" + b" " * 0x1000 + b"\r\n")
    answer = rest(line)
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert detail(answer) == "The request is larger than 7,000 bytes."


@pytest.mark.parametrize("body", [b"", b'{"mess'])
def test_body_that_does_not_come_is_given_up(start: Start, told: Told, body: bytes) -> None:
    server = start(reply=told, max_wait=2)
    other = post(server.url, "x")
    line = connect(server)
    line.sendall(head("POST", "/turns", "Content-Type: application/json", "Content-Length: 50"))
    line.sendall(body)
    answer = rest(line)
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert detail(answer) == "The request did not come within 2 seconds."
    told.say("still here")  # a stream that has been open for longer
    told.end()
    assert text(read(other["events"])) == "still here"


def test_stream_is_not_cut_by_the_bound_of_bodies(start: Start, told: Told) -> None:
    server = start(reply=told, max_wait=2, heartbeat=0.8)
    url = post(server.url, "x")["events"]
    promises = connect(server)  # a body that never comes
    promises.sendall(head("GET", url.partition(str(server.port))[2], "Content-Length: 5", CLOSE))
    with httpx.stream("GET", url) as response:
        chunks = response.iter_raw()
        assert [next(chunks) for _ in range(3)] == [b": ping\n\n"] * 3  # more than max_wait
        told.say("a")
        told.end()
        assert b'"a"' in b"".join(chunks)
    assert b'"a"' in rest(promises)
    assert server.messages == ""


# The fault lab


@pytest.mark.parametrize(
    "path", ["/faults", "/faults/", "/Faults", "//faults", "/static/../faults"]
)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "PUT", "OPTIONS"])
def test_fault_lab_cannot_be_reached_when_it_is_off(start: Start, method: str, path: str) -> None:
    server = start()
    body = b'{"kind": "drop", "after": 0}'
    headers = ("Content-Type: application/json", f"Content-Length: {len(body)}", CLOSE)
    assert ask(server, head(method, path, *headers) + body)[0] in (404, 405)
    assert text(read(post(server.url, "Hi")["events"])) == "Hi"
    assert "faults" not in httpx.get(server.url + "openapi.json").json()["paths"]


def test_only_this_machine_is_listened_to(start: Start) -> None:
    server = start()
    own = {info[4][0] for info in socket.getaddrinfo(socket.gethostname(), None)}
    for address in {host for host in own if "." in host and not host.startswith("127.")}:
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((address, server.port), timeout=10)
    until(lambda: server._listener.getsockname()[0] == "127.0.0.1")
