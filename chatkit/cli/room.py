"""The room: how others in the network reach `chatkit serve`, what it says of that, and its page."""

import contextlib
import io
import socket
import sys
from html import escape

import segno
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from chatkit.cli.settings import Settings
from chatkit.loopback import is_loopback
from chatkit.server.foreground import address
from chatkit.web.page import HEADERS, TYPES

# Addresses of documentation and of private networks: asking for the way there sends nothing.
TOWARDS = {
    socket.AF_INET: ("203.0.113.1", "192.168.255.254", "172.31.255.254", "10.255.255.254"),
    socket.AF_INET6: ("2001:db8::1", "fd00::1"),
}
NONE_FOUND = """\
chatkit serve: this machine has no address in a network that could be found; if it has one, start
  again with --host ADDRESS"""


def announce_room(settings: Settings, listener: socket.socket) -> None:
    """Say how others reach the server, if they can."""
    if settings.room_url or not is_private(listener):
        say_where(urls_of_room(settings, listener))


def urls_of_room(settings: Settings, listener: socket.socket) -> list[str]:
    """Where others reach the server, the best guess first. Empty: they do not, or it is unknown."""
    if settings.room_url:
        return [settings.room_url]
    return [] if is_private(listener) else room_urls(listener)


def is_private(listener: socket.socket) -> bool:
    """Whether only this machine can reach it."""
    return is_loopback(address(listener))


def room_urls(listener: socket.socket) -> list[str]:
    """Where other machines in the network find a listener on every address, or on one of them.

    The first is the best guess: the way to the internet. Empty: only this machine reaches it.
    """
    port, found = listener.getsockname()[1], [address(listener)]
    if found == ["0.0.0.0"]:
        found = own_addresses(socket.AF_INET)
    elif found == ["::"]:
        found = own_addresses(socket.AF_INET6)
        if not listener.getsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY):
            found = own_addresses(socket.AF_INET) + found
    return [f"http://[{at}]:{port}/" if ":" in at else f"http://{at}:{port}/" for at in found]


def own_addresses(family: socket.AddressFamily) -> list[str]:
    """The addresses of this machine in networks, without those that only it reaches."""
    found: list[str] = []
    for target in TOWARDS[family]:
        with socket.socket(family, socket.SOCK_DGRAM) as line, contextlib.suppress(OSError):
            line.connect((target, 9))
            found.append(line.getsockname()[0])
    if not found:  # a network without a way out has no route to any of them
        with contextlib.suppress(OSError):
            name = socket.gethostname()
            found += [str(info[4][0]) for info in socket.getaddrinfo(name, None, family)]
    return [at for at in dict.fromkeys(found) if not at.startswith(("127.", "::1", "fe80:", "0."))]


def say_where(urls: list[str]) -> None:
    """Print how others reach the server: the URLs, and in a terminal the first as a QR code."""
    if not urls:
        print(NONE_FOUND, file=sys.stderr, flush=True)
        return
    first, *others = urls
    more = f" (or {', '.join(others)})" if others else ""
    print(f"others in the network reach it at {first}{more}", flush=True)
    if sys.stdout.isatty() and can_show("▀"):
        print(code_for_terminal(first), flush=True)


def can_show(sign: str) -> bool:
    try:
        sign.encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return False
    return True


def code_for_terminal(url: str) -> str:
    """The QR code, in half blocks: light on dark, whatever the colours of the terminal are."""
    text = io.StringIO()
    make_code(url).terminal(text, border=2, compact=True)
    return "\n".join(f"\x1b[97;40m{line}\x1b[0m" for line in text.getvalue().splitlines())


def make_code(url: str) -> segno.QRCode:
    return segno.make_qr(url, error="m")


def add_room(app: ASGIApp, url: str) -> None:
    """Let the page of a chat app say how others reach it: at `url`, and as a QR code.

    An app that has no such page stays as it is.
    """
    state = getattr(app, "state", None)
    if not hasattr(state, "page_settings"):
        return
    app.state.page_settings["room"] = escape(url)  # type: ignore[attr-defined]
    drawing = io.BytesIO()
    make_code(url).save(drawing, kind="svg", scale=8, light="#fff", xmldecl=False)

    def code(_: Request) -> Response:
        return Response(drawing.getvalue(), headers=HEADERS | {"Content-Type": TYPES[".svg"]})

    app.router.routes.append(Route("/room.svg", code))  # type: ignore[attr-defined]
