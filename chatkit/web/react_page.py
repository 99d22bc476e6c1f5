"""The React client at `/react/`: what its build has made of `static/react/`."""

from pathlib import Path

from fastapi import FastAPI, Request, Response
from fastapi.middleware.gzip import GZipMiddleware
from fastapi.responses import HTMLResponse
from starlette.middleware import Middleware
from starlette.routing import Route
from starlette.types import Scope

from chatkit.web.page import FOR_GOOD, HEADERS, PageFiles, tell

# Its `<base>` says that its server is one level up: static/react/src/server.ts.
POLICY = HEADERS["Content-Security-Policy"].replace("base-uri 'none'", "base-uri 'self'")
NOT_BUILT = """\
<!doctype html>
<html lang="en">
<meta name="color-scheme" content="light dark">
<title>chatkit: not built yet</title>
<h1>The React client is not built yet</h1>
<p>This command builds it: <code>chatkit react build</code>. Then load this page again.</p>
</html>
"""


class BuiltFiles(PageFiles):
    """Files that a build has named by their content."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = FOR_GOOD
        return response


def add_react_page(app: FastAPI, folder: Path, heartbeat: float = 0) -> None:
    """Serve the build in `folder`: its index.html at `/react/`, `NAME.html` at `/react/NAME.html`.

    It may be built, and built again, while the app runs. `heartbeat` as for `add_page`.
    """

    def page(request: Request) -> Response:
        name = request.path_params.get("name", "index")
        file = folder / f"{name}.html"
        if not (folder / "index.html").is_file():
            return HTMLResponse(NOT_BUILT, 404, HEADERS)
        if not file.is_file():
            return Response(status_code=404, headers=HEADERS)
        text = tell(file.read_text("utf-8"), heartbeat=f"{heartbeat:g}")
        return HTMLResponse(text, headers=HEADERS | {"Content-Security-Policy": POLICY})

    gzip = Middleware(GZipMiddleware)
    for path in ("/react/", "/react/{name}.html"):  # of a path, {name} is one part
        app.router.routes.append(Route(path, page, middleware=[gzip]))
    assets = BuiltFiles(directory=folder / "assets", check_dir=False)
    app.mount("/react/assets", GZipMiddleware(assets), name="react")
