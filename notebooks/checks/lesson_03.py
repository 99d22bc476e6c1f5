"""The checks of lesson 03, the browser client."""

from collections.abc import AsyncIterator, Callable, Coroutine
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin

import httpx
from fastapi import FastAPI
from sse_starlette import EventSourceResponse

from chatkit.server.background import serve
from checks.judging import PATIENCE, Verdict, collect, events_of, verdict, want


def check_moving(app: Any) -> Coroutine[Any, Any, Verdict]:
    """A page whose URLs are all relative, and still name the same files."""

    class Urls(HTMLParser):
        def __init__(self) -> None:
            super().__init__()
            self.found: list[str] = []

        def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
            self.found += [value or "" for name, value in attributes if name in ("src", "href")]

    async def check() -> None:
        with serve(app, name="check_moving") as server:
            async with httpx.AsyncClient(trust_env=False, timeout=PATIENCE) as client:
                answer = await client.get(server.url)
        want(answer.status_code == 200, f"GET / answers {answer.status_code}")
        page = "https://hub.example/user/ada/proxy/8000/"
        parser = Urls()
        parser.feed(answer.text)
        for file in ("style.css", "reply.js", "stream"):
            urls = [url for url in parser.found if url.split("/")[-1] == file]
            want(urls, f"the page no longer asks for {file}")
            for url in urls:
                asked = urljoin(page, url)
                want(
                    asked == page + file,
                    f"at {page} the URL {url!r} asks for {asked}, not for {page + file}",
                )

    return verdict(check())


def check_listeners(events: Callable[[], AsyncIterator[Any]]) -> Coroutine[Any, Any, Verdict]:
    """A message, a failure and an end, as an EventSource gets them."""

    async def check() -> None:
        app = FastAPI()

        @app.get("/stream")
        async def stream() -> EventSourceResponse:
            return EventSourceResponse(events())

        await collect(events())
        with serve(app, name="check_listeners") as server:
            found = [(e.type, e.data) for e in await events_of(server.url + "stream")]
        kinds = [kind for kind, _ in found]
        want("error" not in kinds, "an event of the type error reaches the page's onerror")
        want(
            found[:1] == [("message", "Hello")],
            f"the first event should be a message with the data 'Hello'; the page gets {found[:1]}",
        )
        want(
            found[1:2] == [("failure", "no more")],
            f"then a failure with the data 'no more'; the page gets {found[1:2]}",
        )
        want(kinds[2:] == ["end"], f"then one end, and nothing else; the page gets {found[2:]}")

    return verdict(check())


def check_profile(profile: Callable[[str], str]) -> Coroutine[Any, Any, Verdict]:
    """HTML in which a name stays text, whatever it is."""

    class Parts(HTMLParser):
        def __init__(self) -> None:
            super().__init__()
            self.elements: list[tuple[str, list[tuple[str, str | None]]]] = []
            self.text = ""

        def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
            self.elements.append((tag, attributes))

        def handle_data(self, data: str) -> None:
            self.text += data

    async def check() -> None:
        names = ["Ada", "<b>Ada</b>", "O'Brien", '"Bob"', "A & B", "&lt;", "<img src=x onerror=x>"]
        for name in [*names, '" onmouseover="attack()', "</p><script>attack()</script>"]:
            parts = Parts()
            parts.feed(profile(name))
            parts.close()
            shown = f"for the name {name!r}"
            elements = [("p", [("title", name)])]
            want(
                parts.elements == elements,
                f"{shown} the page should have the element {elements}, not {parts.elements}",
            )
            text = f"Hello, {name}!"
            want(parts.text == text, f"{shown} it should say {text!r}, not {parts.text!r}")

    return verdict(check())
