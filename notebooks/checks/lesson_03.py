"""The checks of lesson 03, the browser client."""

from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin

import httpx
from fastapi import FastAPI
from sse_starlette import EventSourceResponse

from chatkit.notebook import record
from chatkit.server.background import serve
from chatkit.sse import Parser
from checks.judging import NotYet, Verdict, collect, verdict, want
from checks.own_lines import describe, why

HUB = "https://hub.example/user/ada/proxy/8000/"


def check_moving(home: Sequence[str], help_page: Sequence[str]) -> Coroutine[Any, Any, Verdict]:
    """The URLs of two pages, which find the same files under any path."""

    async def check() -> None:
        for page, urls, files in (
            ("", home, ["style.css", "stream"]),
            ("help/keys", help_page, ["style.css", "help/keys.js"]),
        ):
            is_list = isinstance(urls, list | tuple) and all(isinstance(it, str) for it in urls)
            want(
                is_list and len(urls) == 2, f"the URLs of a page should be two texts, not {urls!r}"
            )
            for url, file in zip(urls, files, strict=True):
                for root in ("http://127.0.0.1:8000/", HUB):
                    asked = urljoin(root + page, url)
                    want(
                        asked == root + file,
                        f"in the page {root + page}\n    the URL {url!r} asks for {asked}\n"
                        f"    and not for {root + file}",
                    )

    return verdict(check(), "03.3")


def check_listeners(events: Callable[[], AsyncIterator[Any]]) -> Coroutine[Any, Any, Verdict]:
    """A message, a failure and an end, as an EventSource gets them."""

    async def frames_of_it() -> list[bytes]:
        app = FastAPI()

        @app.get("/stream")
        async def stream() -> EventSourceResponse:
            return EventSourceResponse(events())

        with serve(app, name="check_listeners") as server:
            try:
                came = await record(server.url + "stream", limit=1000)
            except httpx.HTTPError:
                raise NotYet("the stream breaks" + await why(server)) from None
        return [arrival.frame for arrival in came]

    async def check() -> None:
        try:
            await collect(events())
        except NotYet:
            raise
        except Exception as error:
            raise NotYet(describe(error)) from None
        frames = await frames_of_it()
        found = [event for frame in frames for event in Parser().feed(frame)]
        kinds = [event.type for event in found]
        gets = ", then ".join(f"{it.type} with the data {it.data!r}" for it in found) or "nothing"
        for frame in frames:
            name = frame.partition(b"event: ")[2].partition(b"\r\n")[0].decode()
            want(
                b"data:" in frame or not name,
                f"an event without data never arrives: the page does not get the {name!r}",
            )
        want("error" not in kinds, "an event of the type error reaches the page's onerror")
        for number, (kind, data, listener) in enumerate(
            (
                ("message", "Hello", "`onmessage`"),
                ("failure", "no more", "its listener"),
                ("end", "", "its listener"),
            )
        ):
            here = found[number : number + 1]
            right = here and here[0].type == kind and data in ("", here[0].data)
            should = f"{kind} with {f'the data {data!r}' if data else 'any data'}"
            want(
                right,
                f"event {number + 1} should be {should}, for {listener}; the page gets {gets}",
            )
        want(len(found) == 3, f"after end nothing should come; the page gets {gets}")

    return verdict(check(), "03.1")


def check_profile(profile: Callable[[str], str]) -> Coroutine[Any, Any, Verdict]:
    """HTML in which a name stays text, whatever it is."""

    class Parts(HTMLParser):
        def __init__(self) -> None:
            super().__init__()
            self.elements: list[tuple[str, dict[str, str | None]]] = []
            self.text = ""

        def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
            self.elements.append((tag, dict(attributes)))

        def handle_data(self, data: str) -> None:
            self.text += data

    def check_name(name: str) -> None:
        try:
            made: Any = profile(name)
        except Exception as error:
            raise NotYet(f"for the name {name!r} {describe(error)}") from None
        want(isinstance(made, str), f"it should return the HTML as a text, not {made!r}")
        parts = Parts()
        parts.feed(made)
        parts.close()
        shown = f"for the name {name!r} you return\n    {made}\n  and a browser finds there"
        tags = [tag for tag, _ in parts.elements]
        want("p" in tags[:1], f"{shown} no element p")
        want(len(tags) == 1, f"{shown} another element: {', '.join(tags[1:])}")
        attributes = parts.elements[0][1]
        title = attributes.pop("title", None)
        want(not attributes, f"{shown} another attribute: {', '.join(attributes)}")
        want(title == name, f"{shown} the title {title!r}")
        want(parts.text.strip() == f"Hello, {name}!", f"{shown} the text {parts.text!r}")

    async def check() -> None:
        names = ["Ada", "<b>Ada</b>", "O'Brien", '"Bob"', "A & B", "&lt;", "<img src=x onerror=x>"]
        for name in [*names, '" onmouseover="attack()', "</p><script>attack()</script>"]:
            check_name(name)

    return verdict(check(), "03.2")
