"""The page's own files, and the headers that keep it to itself."""

import re
from base64 import b64encode
from hashlib import sha256
from pathlib import Path

from fastapi import FastAPI, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.middleware.gzip import GZipMiddleware
from fastapi.responses import FileResponse
from fastapi.staticfiles import StaticFiles
from starlette.middleware import Middleware
from starlette.routing import Route
from starlette.types import Scope

from chatkit.limits.hosts import NEAR
from chatkit.web.import_map import by_content, version

HEADERS = {
    # The page runs its own scripts and talks to its own server, nothing else. A notebook that is
    # near may show it in an iframe; behind a proxy, the notebook is of the same origin.
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    f"frame-ancestors 'self' {NEAR}",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    # Ask each time whether a file has changed: a learner edits them.
    "Cache-Control": "no-cache",
}
FOR_GOOD = "public, max-age=31536000, immutable"  # of a file asked for by its content


# Not asked of the machine: there are some whose table says that JavaScript is plain text, and
# then no browser runs it.
TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


class PageFiles(StaticFiles):
    """Static files with the page's headers, and the types of `TYPES`."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers.update(HEADERS)
        if isinstance(response, FileResponse) and (kind := TYPES.get(Path(path).suffix)):
            response.headers["Content-Type"] = kind
        asked = scope["query_string"]
        if asked and asked == await run_in_threadpool(self.by_content, path):
            response.headers["Cache-Control"] = FOR_GOOD
        return response

    def by_content(self, path: str) -> bytes:
        """The query that asks for what now stands in the file."""
        file, _ = self.lookup_path(path)
        return b"v=" + version(Path(file).read_bytes()).encode()


def allow_script(script: str) -> dict[str, str]:
    """`HEADERS` for a page that has this one script in it."""
    digest = b64encode(sha256(script.encode()).digest()).decode()
    policy = HEADERS["Content-Security-Policy"]
    policy = policy.replace("script-src 'self'", f"script-src 'self' 'sha256-{digest}'")
    return HEADERS | {"Content-Security-Policy": policy}


def tell(page: str, **settings: str) -> str:
    """Fill in what the page leaves open: `<meta name="chatkit-NAME" content="">`."""
    for name, value in settings.items():
        place = f'(?<=<meta name="chatkit-{name}" content=")[^"]*'
        page = re.sub(place, value.replace("\\", r"\\"), page)
    return page


def add_page(app: FastAPI, folder: Path, heartbeat: float = 0, faults: bool = False) -> None:
    """Serve `folder`: its index.html at `/`, everything in it under `/static/`.

    The page is told the `heartbeat` of the event streams, in seconds (0: there is none), whether
    there is a fault lab, and what else is put into `app.state.page_settings`.
    """
    app.state.page_settings = {"heartbeat": f"{heartbeat:g}", "faults": "yes" if faults else ""}

    def index(request: Request) -> Response:
        page = (folder / "index.html").read_text("utf-8")
        page, import_map = by_content(tell(page, **app.state.page_settings), folder)
        headers = allow_script(import_map) if import_map else HEADERS
        tag = f'"{version(page.encode())}"'
        headers = headers | {"Content-Type": TYPES[".html"], "ETag": tag}
        if request.headers.get("If-None-Match", "").removeprefix("W/") == tag:
            return Response(status_code=304, headers=headers)
        return Response(page, headers=headers)

    # Only the page and its files are compressed: a stream would be held back.
    app.router.routes.append(Route("/", index, middleware=[Middleware(GZipMiddleware)]))
    app.mount("/static", GZipMiddleware(PageFiles(directory=folder)), name="static")
