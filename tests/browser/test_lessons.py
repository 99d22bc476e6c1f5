"""The pages that lessons put into cells do in a browser what the lessons say of them."""

import asyncio
import json
import operator
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nbformat
import pytest
from chat_page import ChatPage
from execute_notebooks import NOTEBOOKS, code_cells
from exercises import IN_THE_BROWSER, VERDICT, solved
from fastapi import FastAPI, Request, Response
from fastapi.responses import RedirectResponse
from playwright.sync_api import Page, expect
from wire_page import WirePage

from chatkit import serve
from chatkit.notebook.drawing import draw_arrivals


@contextmanager
def servers_of(lesson: str) -> Iterator[dict[str, str]]:
    """Run all cells of a lesson in a process of its own, with its exercises solved.

    Gives the URLs of its servers by name.
    """
    notebook, found = solved(NOTEBOOKS / f"{lesson}.ipynb")
    script = Path(__file__).parent / "support" / "run_lesson.py"
    with tempfile.NamedTemporaryFile("w", suffix=".ipynb", encoding="utf-8") as file:
        nbformat.write(notebook, file)
        file.flush()
        command = [sys.executable, str(script), file.name, str(NOTEBOOKS)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line, "a cell failed; see above"
            ran = json.loads(line)
            for exercise in found:
                said = ran["said"][code_cells(notebook).index(exercise.check)]
                assert VERDICT.findall(said) == ["passed"], f"{exercise.name}: {said}"
            yield ran["urls"]


def test_these_are_the_lessons_that_are_solved_here() -> None:
    tested = re.findall(r'servers_of\("(.*?)"\)', Path(__file__).read_text("utf-8"))
    assert sorted(tested) == sorted(IN_THE_BROWSER)


@pytest.fixture
def page(new_page: Callable[..., Page]) -> Page:
    return new_page()


def brightness(colour: str) -> float:
    """The relative luminance of an opaque colour, as WCAG 2.2 defines it."""
    channels = [int(value) / 255 for value in re.findall(r"\d+", colour)[:3]]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(map(operator.mul, (0.2126, 0.7152, 0.0722), linear))


def contrast(one: str, other: str) -> float:
    low, high = sorted(map(brightness, (one, other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize(
    ("back", "text", "brand"),
    [
        ("rgb(255, 255, 255)", "rgb(0, 0, 0)", None),  # a plain page
        ("rgb(17, 17, 17)", "rgb(221, 221, 221)", None),
        ("rgb(17, 17, 17)", "rgb(255, 255, 255)", "rgb(33, 150, 243)"),  # JupyterLab, dark
    ],
)
def test_01_a_timeline_follows_the_theme(
    page: Page, back: str, text: str, brand: str | None
) -> None:
    drawing = draw_arrivals({"streamed": [0.1, 0.2], "buffered": [0.3]})
    page.set_content(f'<body style="background: {back}; color: {text}">{drawing.svg}')
    if brand:
        page.evaluate("it => document.body.style.setProperty('--jp-brand-color1', it)", brand)
    expect(page.get_by_role("img", name="streamed: 2 frames between 0.10 s")).to_be_visible()
    computed = "(its, name) => its.map((it) => getComputedStyle(it)[name])"
    assert set(page.locator("svg text").evaluate_all(computed, "fill")) == {text}
    (marks,) = set(page.locator("svg g path").evaluate_all(computed, "stroke"))
    assert brand in (marks, None)
    assert contrast(marks, back) >= 3


def test_03_the_browser_client(page: Page) -> None:
    with servers_of("03-the-browser-client") as urls:
        take_the_tour(page, urls["finished"])

        page.goto(urls["greeting"])
        expect(page.locator("#greeting")).to_have_text("The script has run.")

        heard = ["message: Hello", "message:  World", "message: !", "end: that was all"]
        page.goto(urls["listener"])
        expect(page.locator("#list li")).to_have_text(heard)
        wire = WirePage(ChatPage(page, urls["watched"]), opened=False)
        expect(page.locator("#list li")).to_have_text(heard)
        wire.expect_words("closed by the page: close()")
        events = [(row["type"], row["data"], row["size"]) for row in wire.events()]
        words = [("message", word, "") for word in ("Hello", " World", "!")]
        assert events == [*words, ("end", "that was all", "")]

        page.goto(urls["unsafe"])
        attack = "The message has run a program!"
        expect(page.locator("body")).to_contain_text(attack)
        expect(page.locator("#html img")).to_have_count(1)
        expect(page.locator("#text")).to_have_text('Look: <img src="x" onerror="attack()">')
        expect(page.locator("#text *")).to_have_count(0)

        for _ in range(5):  # a busy machine may stop the fast one, but not each time
            page.goto(urls["cost"])
            expect(page.locator("#result")).to_contain_text("appendData:")
            both = page.locator("#html, #text")
            assert (
                both.evaluate_all("all => all.map((it) => it.textContent.length)") == [25_000] * 2
            )
            said = page.locator("#result").inner_text()
            slow, fast = map(float, re.findall(r"[\d.]+(?= ms)", said)[:2])
            if slow > fast:
                break
        assert slow > fast

        page.goto(urls["attacked"])
        expect(page.locator("body")).to_contain_text(attack)
        page.goto(urls["attacked"] + "guarded")
        expect(page.locator("img")).to_have_js_property("complete", value=True)
        expect(page.locator("body")).to_have_text("Look: ")


def take_the_tour(page: Page, url: str) -> None:
    """What lesson 03 says of the finished page: what to click, and what to see."""
    page.set_viewport_size({"width": 833, "height": 720})  # a cell of JupyterLab
    wire = WirePage(ChatPage(page, url))
    button, box = wire.chat.button, page.get_by_role("textbox", name="Message")
    message = "This is **bold**, and <b>this</b> is not."
    box.fill(message)
    box.press("Enter")
    wire.expect_words("closed by the page: the reply is complete")
    below, chat = (page.locator(it).bounding_box() for it in ("#panel", "#talk"))
    assert below
    assert chat
    assert below["y"] >= chat["y"] + chat["height"] - 1
    assert wire.events()[0]["data"] == '"T"'
    details = wire.details(wire.event(1).first)
    assert details["event"] == {"type": "message", "data": '"T"', "lastEventId": "1"}

    text = page.locator("[data-text]")
    markdown = page.locator("[data-markdown]")
    expect(markdown.locator("strong, b")).to_have_text(["bold"])
    button("Raw").click()
    expect(text).to_have_text(message)
    page.get_by_text("✓ exact").click()
    expect(page.get_by_text("This is exactly what the server wrote.")).to_be_visible()

    expect(button("Regenerate")).to_be_visible()
    button("Edit").first.click()
    page.get_by_role("textbox", name="Your text").fill("Another")
    page.keyboard.press("Enter")
    expect(page.get_by_text("2/2")).to_be_visible()
    button("Previous version").click()
    expect(text.first).to_have_text(message)
    button("New chat").click()
    page.get_by_role("button", name="A long reply").click()
    button("Stop").click()
    expect(page.locator(".figures").last).to_contain_text("Stopped")
    for theme in ("light", "dark"):
        button("Theme").click()
        expect(page.locator("html")).to_have_attribute("data-theme", theme)


def test_04_a_chat(page: Page, new_page: Callable[..., Page]) -> None:
    with servers_of("04-a-chat") as urls:
        other = new_page()
        for it, message in ((page, "I am Ada."), (other, "I am Bob.")):
            it.goto(urls["page"])
            it.get_by_role("textbox", name="Message").fill(message)
        for it in (page, other):
            it.get_by_role("button", name="Send").click()
        expect(page.locator("#chat li")).to_have_text(["I am Ada.", "I am Ada."])
        expect(other.locator("#chat li")).to_have_text(["I am Bob.", "I am Bob."])
        expect(page.get_by_role("button", name="Send")).to_be_enabled()
        other.close()
        for kind, says in (
            ("request", "POST turns → 201"),
            ("request", "GET turns/"),
            ("event", "end"),
        ):
            rows = page.locator(f".row[data-kind={kind}]", has_text=says)
            expect(rows).not_to_have_count(0)

        page.get_by_role("textbox", name="Message").fill("<b>bold</b>")
        page.get_by_role("button", name="Send").click()
        expect(page.locator("#chat li").last).to_have_text("<b>bold</b>")
        expect(page.locator("#chat li b")).to_have_count(0)

        expect(page.get_by_role("button", name="Send")).to_be_enabled()
        page.route("**/turns", lambda route: route.fulfill(status=503))
        page.get_by_role("textbox", name="Message").fill("again")
        page.get_by_role("button", name="Send").click()
        expect(page.get_by_role("alert")).to_have_text(
            "Not sent: the server answers 503. Try again."
        )
        expect(page.get_by_role("button", name="Send")).to_be_enabled()

        page.unroute("**/turns")
        page.set_viewport_size({"width": 833, "height": 640})  # a cell of JupyterLab
        box = page.get_by_role("textbox", name="Message")
        for number in range(8):
            box.fill(f"{number}")
            box.press("Enter")
            expect(page.locator("#chat li").last).to_have_text(f"{number}")
            expect(page.get_by_role("button", name="Send")).to_be_enabled()
        expect(box).to_be_in_viewport(ratio=1)
        expect(page.locator("#chat li").last).to_be_in_viewport(ratio=1)
        size = box.bounding_box()
        assert size
        assert size["width"] > 600


def test_05_ending_and_reconnecting(page: Page) -> None:
    with servers_of("05-ending-and-reconnecting") as urls:
        page.goto(urls["lab"])  # in the cell that says: open Wire, choose a fault, arm it, send
        page.get_by_role("button", name="Wire").click()
        page.get_by_role("tab", name="Faults").click()
        page.locator("select:has([data-fault])").select_option("drop")
        page.get_by_role("button", name="Arm").click()
        page.get_by_role("textbox", name="Message").fill("Hello, world")
        page.get_by_role("button", name="Send", exact=True).click()
        reply = page.locator("[data-role=assistant]")
        expect(reply).to_have_attribute("data-proof", "ok")
        expect(reply.locator("[data-text]")).to_have_text("Hello, world")
        verdict = page.locator(".fault-lab article")
        expect(verdict).to_contain_text("✓ Text exact")
        expect(verdict).to_contain_text("Saved by client/connection.js")


# What a server answers, one response after the other: then 204. `retry: 10` keeps the test short.
STREAMS = {
    "an id holds until a new one comes": ["retry: 10\nid: 7\ndata: a\n\n", "data: b\n\n"],
    "an id without data": ["retry: 10\nid: 9\n\n", "data: a\n\n"],
    "an empty id": ["retry: 10\nid: 7\ndata: a\n\n", "id:\ndata: b\n\n"],
    "an id that is not ASCII": ["retry: 10\nid: \u00e9\ndata: a\n\n"],
    "half an event": ["retry: 10\nid: 1\ndata: a\n\nid: 2\ndata: b\n"],
    "a redirect": ["307", "retry: 10\ndata: a\n\n"],
    "an error": ["retry: 10\ndata: a\n\n", "500"],
    "a page": ["html"],
}
LISTEN = """
(name) => new Promise((done) => {
    const heard = [];
    const source = new EventSource("stream/" + name);
    source.onmessage = ({ data, lastEventId }) => heard.push([data, lastEventId]);
    source.onerror = () => source.readyState === EventSource.CLOSED && done(heard);
})
"""


def test_05_the_browser_in_a_cell_is_like_a_real_one(page: Page) -> None:
    notebook = nbformat.read(NOTEBOOKS / "05-ending-and-reconnecting.ipynb", as_version=4)
    cells = {cell.id: cell for cell in notebook.cells}
    names: dict[str, Any] = {}
    for each in ("cell-2", "cell-4"):
        exec(cells[each].source, names)

    async def listen(url: str) -> list[list[str]]:
        heard = [what async for what in names["event_source"](url, most=9)]
        return [[what.data, what.id] for what in heard if not isinstance(what, str)]

    app = FastAPI()
    asked: dict[str, list[str | None]] = {name: [] for name in STREAMS}

    @app.get("/")
    def home() -> Response:
        return Response("", media_type="text/html")

    @app.get("/stream/{name}")
    def stream(name: str, request: Request) -> Response:
        asked[name].append(request.headers.get("last-event-id"))
        answers = STREAMS[name][len(asked[name]) - 1 :]
        if not answers or answers[0] == "500":
            return Response(status_code=500 if answers else 204)
        if answers[0] == "307":
            return RedirectResponse(request.url.path)
        kind = "text/html" if answers[0] == "html" else "Text/Event-Stream; charset=utf-8"
        return Response(answers[0], headers={"Content-Type": kind})

    with serve(app, name="both browsers") as server:
        page.goto(server.url)
        for name in STREAMS:
            read = page.evaluate(LISTEN, name), asked[name]
            asked[name] = []
            with ThreadPoolExecutor() as pool:  # Playwright has a loop in this thread
                heard = pool.submit(asyncio.run, listen(f"{server.url}stream/{name}")).result()
            assert (heard, asked[name]) == read, name


def test_09_limits_names_origins(page: Page) -> None:
    with servers_of("09-limits-names-origins") as urls:
        page.goto(urls["elsewhere"] + "closed")
        refused = ["GET: Failed to fetch", "POST: Failed to fetch"]
        expect(page.locator("li")).to_have_text([*refused, "EventSource: error, and it gives up"])
        page.goto(urls["elsewhere"] + "open")
        expect(page.locator("li")).to_have_text(["GET: 200", "POST: 201", "EventSource: end"])


def test_appendix_a_the_app_line_by_line(page: Page) -> None:
    with servers_of("appendix/A-the-app-line-by-line") as urls:
        page.goto(urls["finished"])  # the app that was built from the cells
        page.get_by_role("textbox", name="Message").fill("Hello, world")
        page.get_by_role("button", name="Send", exact=True).click()
        reply = page.locator("[data-role=assistant]")
        expect(reply).to_have_attribute("data-proof", "ok")
        expect(reply.locator("[data-text]")).to_have_text("Hello, world")
