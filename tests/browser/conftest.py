"""A browser, servers and pages for the tests of the page."""

from collections.abc import Callable, Iterator
from typing import Any

import chromium
import pytest
from chat_page import PATIENCE, ChatPage, OpenPage
from handed_reply import HandedReply
from lab_server import lab_server
from playwright.sync_api import (
    Browser,
    BrowserContext,
    Page,
    Playwright,
    expect,
    sync_playwright,
)
from starlette.types import ASGIApp

from chatkit.server.background import Server, serve

expect.set_options(timeout=PATIENCE * 1000)  # milliseconds

# How a browser logs a request that failed: Chromium; Firefox, of an EventSource.
CANNOT_LOAD = (
    "Failed to load resource",
    "Firefox can",  # "... not establish a connection to the server"
    "The connection to http://",
)


@pytest.fixture(scope="module")
def launch() -> Callable[[Playwright], Browser]:
    """What starts the browser. A module that wants another one has a fixture of this name."""
    return chromium.launch


# Not for the whole session: Playwright keeps an event loop running in the thread of the tests,
# and with it no other test could run one of its own.
@pytest.fixture(scope="module")
def browser(launch: Callable[[Playwright], Browser]) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = launch(playwright)
        yield browser
        browser.close()


@pytest.fixture
def new_page(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Open an empty page in a browser context of its own, with these options."""
    contexts: list[BrowserContext] = []

    def new_page(**options: Any) -> Page:
        contexts.append(browser.new_context(**options))
        contexts[-1].set_default_timeout(PATIENCE * 1000)
        return contexts[-1].new_page()

    yield new_page
    for context in contexts:
        context.close()


@pytest.fixture
def open_page(new_page: Callable[..., Page]) -> Iterator[OpenPage]:
    """Open the page in a browser context of its own.

    At the end the page must have logged no error and asked nobody but its server. `failing`:
    requests that the server refuses are part of the test. With `clock` the test can put the
    page's clock forward; it is there from the start, since no clock goes back. The page is at
    `path` of the server. `options` are the context's.
    """
    pages: list[tuple[ChatPage, bool]] = []

    def open_page(
        url: str, *, failing: bool = False, clock: bool = False, path: str = "", **options: Any
    ) -> ChatPage:
        empty = new_page(**options)
        if clock:
            empty.clock.install()
        page = ChatPage(empty, url, path=path)
        pages.append((page, failing))
        return page

    yield open_page
    for page, _ in pages:
        page.page.context.close()
    for page, failing in pages:
        expected = CANNOT_LOAD if failing else ()
        assert [error for error in page.errors if not error.startswith(expected)] == []
        assert [r.url for r in page.requests if not r.url.startswith(page.url)] == []


@pytest.fixture
def layer() -> Callable[[ASGIApp], ASGIApp]:
    """What is put around an app that is served."""
    return lambda app: app


@pytest.fixture
def run(
    request: pytest.FixtureRequest, layer: Callable[[ASGIApp], ASGIApp]
) -> Iterator[Callable[..., Server]]:
    """Serve an app until the test is over. Called again, it replaces the app on the same port."""
    servers: list[Server] = []

    def run(app: ASGIApp, name: str = "") -> Server:
        servers.append(serve(layer(app), name=f"{request.node.nodeid} {name}"))
        return servers[-1]

    yield run
    for server in servers:
        server.stop()


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of a JupyterLab, under the path BASE."""
    with lab_server(tmp_path_factory.mktemp("lab")) as port:
        yield port


@pytest.fixture
def reply() -> HandedReply:
    return HandedReply()
