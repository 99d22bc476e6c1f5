"""The page's own files, and the headers that keep it to itself."""

from pathlib import Path

from fastapi import FastAPI, Response
from fastapi.responses import FileResponse
from fastapi.staticfiles import StaticFiles
from starlette.types import Scope

HEADERS = {
    # The page runs its own scripts and talks to its own server, nothing else. A notebook on
    # this machine may frame it; behind a proxy, the notebook is of the same origin.
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self' http://127.0.0.1:* http://localhost:*",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    # Ask each time whether a file has changed: a learner edits them.
    "Cache-Control": "no-cache",
}


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
        return response


def add_page(app: FastAPI, folder: Path) -> None:
    """Serve `folder`: its index.html at `/`, everything in it under `/static/`."""

    @app.api_route("/", methods=["GET", "HEAD"], include_in_schema=False)
    async def index() -> FileResponse:
        headers = HEADERS | {"Content-Type": TYPES[".html"]}
        return FileResponse(folder / "index.html", headers=headers)

    app.mount("/static", PageFiles(directory=folder), name="static")
