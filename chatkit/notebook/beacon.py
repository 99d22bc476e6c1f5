"""What tells a notebook that a server of its own can be reached, and can be shown in an iframe.

Only the browser can find out under which URL a server in a notebook can be reached: on this
machine, through a proxy, or not at all. It asks each for a nonce, by which it knows the server.
"""

import re
from base64 import b64encode
from hashlib import sha256
from urllib.parse import unquote

from starlette.datastructures import Headers
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chatkit.limits.hosts import NEAR

PATH = "/.chatkit/beacon"
IFRAME = "/.chatkit/frame"
MOST_PAGES = 100  # of which it is known who may frame them

# An iframe that is refused looks from outside like one that works. So this page, in an iframe
# under the policy of the page that is asked about, says from inside that it runs.
SCRIPT = 'parent.postMessage("chatkit-framed", "*")'
_DIGEST = b64encode(sha256(SCRIPT.encode()).digest()).decode()
OWN_POLICY = f"default-src 'none'; script-src 'sha256-{_DIGEST}'"
POLICY = f"{OWN_POLICY}; frame-ancestors 'self' {NEAR}"  # that of all pages of a chat app


class Beacon:
    """ASGI middleware that answers at `PATH` with `nonce`, at `IFRAME` with a page that tells the
    one around it that it runs, and passes on everything else.

    After `IFRAME?path` that page may be framed wherever the page at `/path`, as it was last seen.
    """

    def __init__(self, app: ASGIApp, nonce: str) -> None:
        self.app = app
        self.nonce = nonce
        # By the path of a page, the last seen at the end: who may frame it.
        self._framing: dict[str, dict[str, str]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer: Response
        if scope["type"] == "http" and scope["path"] == PATH:
            # The notebook that asks is often of another origin: another port.
            answer = PlainTextResponse(self.nonce, headers={"Access-Control-Allow-Origin": "*"})
        elif scope["type"] == "http" and scope["path"] == IFRAME:
            path = "/" + unquote(scope["query_string"].decode("latin-1"))
            headers = self._framing.get(path, {"Content-Security-Policy": POLICY})
            page = f"<!doctype html><title>chatkit</title><script>{SCRIPT}</script>"
            answer = HTMLResponse(page, headers=headers)
        elif scope["type"] == "http" and "text/html" in Headers(scope=scope).get("accept", ""):

            async def note(message: Message) -> None:
                if message["type"] == "http.response.start":
                    self._note(scope["path"], Headers(raw=message["headers"]))
                await send(message)

            await self.app(scope, receive, note)
            return
        else:
            await self.app(scope, receive, send)
            return
        answer.headers["Cache-Control"] = "no-store"
        await answer(scope, receive, send)

    def _note(self, path: str, headers: Headers) -> None:
        if headers.get("content-type", "").startswith("text/html"):
            self._framing.pop(path, None)
            self._framing[path] = framing(headers)
            if len(self._framing) > MOST_PAGES:
                del self._framing[next(iter(self._framing))]


def framing(headers: Headers) -> dict[str, str]:
    """What a page's headers say of iframes, as headers of a page that runs `SCRIPT`."""
    ancestors = re.findall(
        r"(?i)frame-ancestors[^;,]*", ";".join(headers.getlist("content-security-policy"))
    )
    found = {"Content-Security-Policy": ", ".join([OWN_POLICY, *ancestors])}
    if options := headers.get("x-frame-options"):
        found["X-Frame-Options"] = options
    return found
