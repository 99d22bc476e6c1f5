"""HostCheck where no test on a real port can come: ports 80 and 443, and no port at all."""

import asyncio
from typing import Any

import pytest

from chatkit.limits import HostCheck


async def app(*_: Any) -> None: ...


def allows(host: str, context: str, server: tuple[str, int | None] | None) -> bool:
    headers = [(b"host", host.encode())]
    if context:
        headers.append((b"x-forwarded-context", context.encode()))
    return HostCheck(app).allows({"type": "http", "headers": headers, "server": server})


@pytest.mark.parametrize("port", [80, 443])
def test_browser_leaves_the_port_out_where_the_page_could_be_rebound(port: int) -> None:
    own = ("127.0.0.1", port)
    assert allows("localhost", "", own)
    assert not allows("evil.example", f"/proxy/{port}", own)
    assert not allows("evil.example:8888", f"/proxy/{port}", own)


@pytest.mark.parametrize("server", [None, ("/run/chatkit.sock", None)])
def test_without_tcp_there_is_no_port_to_tell_by(server: Any) -> None:
    assert allows("127.0.0.1", "", server)
    assert not allows("hub.example", "/proxy/None", server)


def test_port_of_the_proxied_server_stands_at_the_end() -> None:
    own = ("127.0.0.1", 8000)
    assert allows("hub.example", "/user/ada/proxy/8000", own)
    assert not allows("hub.example", "/user/ada/proxy/8000/x", own)
    assert not allows("hub.example", "/user/ada/notproxy/18000", own)
    assert not allows("hub.example", "", own)


@pytest.mark.parametrize(
    ("host", "address", "allowed"),
    [
        ("192.0.2.7:8000", "192.0.2.7", True),
        ("192.0.2.7", "::ffff:192.0.2.7", True),  # IPv4 that has come to a socket of IPv6
        ("[2001:db8:0::1]:8000", "2001:db8::1", True),
        ("192.0.2.8:8000", "192.0.2.7", False),
        ("192.0.2.7.evil.example:8000", "192.0.2.7", False),
        ("192.0.2.7:8000", "127.0.0.1", False),
        ("testserver", "testserver", False),  # a server that takes it from the Host: no number
    ],
)
def test_the_number_that_a_request_has_come_to_is_right(
    host: str, address: str, allowed: bool
) -> None:
    assert allows(host, "", (address, 8000)) is allowed


def test_of_two_names_none_counts() -> None:
    headers = [(b"host", b"localhost"), (b"host", b"evil.example")]
    scope = {"type": "http", "headers": headers, "server": ("127.0.0.1", 8000)}
    assert not HostCheck(app).allows(scope)
    assert not HostCheck(app).allows(scope | {"headers": headers[::-1]})


@pytest.mark.parametrize("kind", ["http", "websocket"])
def test_websocket_is_a_request_too(kind: str) -> None:
    sent, passed_on = [], []

    async def send(message: Any) -> None:
        sent.append(message["type"])

    async def noting(*_: Any) -> None:
        passed_on.append(kind)

    headers = [(b"host", b"evil.example")]
    scope = {"type": kind, "method": "GET", "headers": headers, "extensions": {}}
    asyncio.run(HostCheck(noting)(scope, None, send))  # type: ignore[arg-type]
    assert sent
    assert not passed_on
