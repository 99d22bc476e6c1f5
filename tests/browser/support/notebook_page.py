"""A page that stands for a notebook: at any URL, in any program, with the outputs of its cells."""

import re
from collections.abc import Callable
from types import SimpleNamespace
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import Page, Route

from chatkit import Server

BASE = "/user/ada/"
LAB = f"""<!doctype html><title>Lab</title><body data-jp-theme-light="true">
<script id="jupyter-config-data" type="application/json">{{"baseUrl": "{BASE}"}}</script>"""
CLASSIC = f'<!doctype html><title>nbclassic</title><body data-base-url="{BASE}">'
OTHER = "<!doctype html><title>Another program</title><body>"
LONG_AGO = {r'data-at="\d+"': 'data-at="1"'}
# As JupyterLab leaves the outputs of a notebook that is not trusted.
UNTRUSTED = {r' data-[a-z]+="[^"]*"': "", r"(?s)<script>.*</script>": ""}


def output_of(server: Server, path: str = "") -> str:
    """The HTML that `server.show(path)` gives to the notebook."""
    shown: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("IPython.core.getipython.get_ipython", lambda: SimpleNamespace(kernel=True))
        patch.setattr("IPython.display.display", lambda it: shown.append(it.data))
        server.show(path)
    return shown[0]


def changed(output: str, changes: dict[str, str]) -> str:
    for pattern, new in changes.items():
        assert re.search(pattern, output)
        output = re.sub(pattern, new, output)
    return output


class NotebookPage:
    """`asked`: the URLs of what the outputs have asked for. `proxy`: the status that a Jupyter
    server gives to a request to its proxy, or 0: it passes it on."""

    def __init__(
        self, new_page: Callable[..., Page], url: str, html: str, proxy: int = 404
    ) -> None:
        # To Chromium a page that a test makes up comes from a public address.
        self.page = new_page(permissions=["local-network-access"])
        self.proxy = proxy
        self.asked: list[str] = []
        self.page.context.route(url, lambda route: self._answer(route, html))
        proxied = re.compile(rf"^{re.escape('://'.join(urlsplit(url)[:2]))}{BASE}proxy/")
        self.page.context.route(proxied, self._pass_on)
        self.page.goto(url)

    def _answer(self, route: Route, html: str) -> None:
        route.fulfill(body=html, content_type="text/html; charset=utf-8")
        self.page.on("request", lambda request: self.asked.append(request.url))

    def _pass_on(self, route: Route) -> None:
        if self.proxy:
            route.fulfill(status=self.proxy, body="no")
            return
        port, _, path = route.request.url.split("/proxy/")[1].partition("/")
        answer = httpx.get(f"http://127.0.0.1:{port}/{path}")
        headers = {name: it for name, it in answer.headers.items() if name != "content-encoding"}
        route.fulfill(status=answer.status_code, headers=headers, body=answer.content)
