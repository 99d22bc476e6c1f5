"""Local Network Access: a page of a public address may not ask this machine (lesson 09)."""

from collections.abc import Callable, Iterator

import chromium
import pytest
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import HTMLResponse
from playwright.sync_api import Browser, Page, Playwright

from chatkit.server.background import Server, serve

ASK = "url => fetch(url).then((answer) => answer.status, (error) => error.message)"
LISTEN = """url => new Promise((done) => {
  const source = new EventSource(url);
  source.onerror = () => { done(source.readyState); source.close(); };
})"""


def page_of_another_origin() -> FastAPI:
    app = FastAPI()

    @app.get("/", response_class=HTMLResponse)
    async def page() -> str:
        return "<!doctype html><title>A page</title>"

    return app


@pytest.fixture(scope="module")
def local() -> Iterator[Server]:
    with serve(page_of_another_origin(), "local") as server:
        yield server


@pytest.fixture(scope="module")
def public() -> Iterator[Server]:
    """A server whose address is a public one, for this browser."""
    with serve(page_of_another_origin(), "public") as server:
        yield server


@pytest.fixture(scope="module")
def launch(public: Server) -> Callable[[Playwright], Browser]:
    flag = f"--ip-address-space-overrides=127.0.0.1:{public.port}=public"
    return lambda playwright: chromium.launch(playwright, flag)


def test_nothing_is_sent_for_a_page_of_a_public_address(
    new_page: Callable[..., Page], local: Server, public: Server
) -> None:
    asked: list[str] = []
    app = FastAPI()

    @app.get("/secret")
    async def secret() -> str:
        asked.append("secret")
        return "what Ada said"

    app.add_middleware(CORSMiddleware, allow_origins=["*"])
    with serve(app, "asked") as server:
        url = server.url + "secret"
        page = new_page()
        page.goto(local.url)
        assert page.evaluate(ASK, url) == 200
        assert asked == ["secret"]
        page.goto(public.url)
        assert page.evaluate(ASK, url) == "Failed to fetch"
        assert page.evaluate(LISTEN, url) == 2  # closed for good
        assert asked == ["secret"]
