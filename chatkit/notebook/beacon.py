"""What tells a notebook that a server of its own can be reached, and can be shown in a frame.

Only the browser can find out under which URL a server in a notebook can be reached: on this
machine, through a proxy, or not at all. It asks each for a nonce, by which it knows the server.
"""

from base64 import b64encode
from hashlib import sha256

from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from chatkit.limits.hosts import NEAR

PATH = "/.chatkit/beacon"
FRAME = "/.chatkit/frame"

# A frame that is refused looks from outside like one that works. So this page, in a frame under
# the policy of all pages, says from inside that it runs.
SCRIPT = 'parent.postMessage("chatkit-framed", "*")'
_DIGEST = b64encode(sha256(SCRIPT.encode()).digest()).decode()
POLICY = f"default-src 'none'; script-src 'sha256-{_DIGEST}'; frame-ancestors 'self' {NEAR}"


class Beacon:
    """ASGI middleware that answers at `PATH` with `nonce`, at `FRAME` with a page that tells the
    one around it that it runs, and passes on everything else."""

    def __init__(self, app: ASGIApp, nonce: str) -> None:
        self.app = app
        self.nonce = nonce

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer: Response
        if scope["type"] == "http" and scope["path"] == PATH:
            # The notebook that asks is often of another origin: another port.
            answer = PlainTextResponse(self.nonce, headers={"Access-Control-Allow-Origin": "*"})
        elif scope["type"] == "http" and scope["path"] == FRAME:
            page = f"<!doctype html><title>chatkit</title><script>{SCRIPT}</script>"
            answer = HTMLResponse(page, headers={"Content-Security-Policy": POLICY})
        else:
            await self.app(scope, receive, send)
            return
        answer.headers["Cache-Control"] = "no-store"
        await answer(scope, receive, send)
