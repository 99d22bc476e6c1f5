"""A nonce by which a page can tell that it has reached one particular server.

Only the browser can find out under which URL a server in a notebook can be reached: on this
machine, through a proxy, or not at all. It tries the candidates and asks each for the nonce.
"""

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

PATH = "/.chatkit/beacon"


class Beacon:
    """ASGI middleware that answers at `PATH` with `nonce`, and passes on everything else."""

    def __init__(self, app: ASGIApp, nonce: str) -> None:
        self.app = app
        self.nonce = nonce

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == PATH:
            # The notebook that asks is often of another origin: another port.
            headers = {"Access-Control-Allow-Origin": "*", "Cache-Control": "no-store"}
            await PlainTextResponse(self.nonce, headers=headers)(scope, receive, send)
        else:
            await self.app(scope, receive, send)
