"""The names under which the server may be asked for: a guard against DNS rebinding.

A page of any site can make its own name stand for 127.0.0.1. The browser of whoever opens it
then lets that page read this server: same name, same port, same origin. What it cannot do is
send another `Host` header than that name.
"""

import re
from collections.abc import Collection
from ipaddress import ip_address

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from chatkit.loopback import is_loopback

HOST = re.compile(r"(?P<name>\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::(?P<port>[0-9]{1,5}))?")
# Where a notebook is near: in a browser on this machine, or in VS Code. It reaches a server here
# directly, and may show its page in an iframe. (No policy can name [::1], and "*" is not VS Code.)
NEAR = "http://127.0.0.1:* http://localhost:* vscode-webview: vscode-file:"


class HostCheck:
    """ASGI middleware: a request for another name than these is answered 421.

    Names of this machine are always right, with any port: localhost, 127.0.0.1, [::1] and the
    like, and the numeric address that a request has come to. `hosts` are more names, without a
    port; "*" is any.
    """

    def __init__(self, app: ASGIApp, hosts: Collection[str] = ()) -> None:
        self.app = app
        self.hosts = {host.lower().strip("[]") for host in hosts}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan" or "*" in self.hosts or self.allows(scope):
            await self.app(scope, receive, send)
            return
        detail = "This server does not go by that name. If it should: create_app(hosts=[NAME])"
        answer = JSONResponse({"detail": f"{detail} or chatkit serve --allow-host NAME."}, 421)
        await answer(scope, receive, send)

    def allows(self, scope: Scope) -> bool:
        """Whether the `Host` of a request is a name of this server."""
        headers = Headers(scope=scope)
        given = headers.getlist("host")
        found = HOST.fullmatch(given[0].lower()) if len(given) == 1 else None
        if found is None:
            return False
        name = found["name"].strip("[]").removesuffix(".")
        address, own_port = scope.get("server") or ("", None)  # without TCP there is no port
        if is_loopback(name) or is_same_address(name, address) or name in self.hosts:
            return True
        return through_jupyter(headers, found["port"], own_port)


def is_same_address(name: str, address: str) -> bool:
    """Whether a name is this address, written as numbers: no DNS stands behind those.

    An IPv4 address that has come to a socket of IPv6 begins with "::ffff:".
    """
    try:
        return ip_address(name) == ip_address(address.removeprefix("::ffff:"))
    except ValueError:
        return False


def through_jupyter(headers: Headers, port: str | None, own_port: int | None) -> bool:
    """Whether jupyter-server-proxy has passed a request on, with the Host of the notebook's URL.

    It says so in a header, which a page can set too. But a page that has come straight to this
    server cannot change the port in its browser's `Host`: that is the server's own. (Of 80 and
    443 a browser names none.)
    """
    if own_port in (None, 80, 443) or port == str(own_port):
        return False
    return headers.get("x-forwarded-context", "").endswith(f"/proxy/{own_port}")
