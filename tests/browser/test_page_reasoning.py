"""What a model thinks before it answers: seen, and no part of the reply. And how a reply ends."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from chat_page import ChatPage, OpenPage, stop_timers
from handed_reply import HandedReply
from playwright.sync_api import Locator, expect
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from test_page_accessible import expect_accessible
from test_page_scrolling import STANDS, below, expect_end
from test_wire import LEARNERS_PAGE
from wire_page import WirePage

from chatkit import Server
from chatkit.faults.kinds import KINDS
from chatkit.replies import Message
from chatkit.resources import folder
from chatkit.turns import Finish, Piece, Reasoning, ReplyFailed
from chatkit.web.app import create_app

Run = Callable[..., Server]

HOSTILE = "First,\n  <img src=x onerror='document.title = 1'> **no Markdown** שלום 🦊\n"


def summary(page: ChatPage) -> Locator:
    return page.replies.last.locator(".reasoning summary")


def reasoning(page: ChatPage) -> Locator:
    return page.replies.last.locator("[data-reasoning]")


def expect_reasoning(page: ChatPage, text: str) -> None:
    """Wait until the reasoning of the last reply is exactly `text`."""
    expect(reasoning(page)).to_have_js_property("textContent", text)


def test_reasoning_is_told_live_and_folded(
    run: Run, reply: HandedReply, open_page: OpenPage
) -> None:
    page = open_page(run(create_app(reply)).url, clock=True)
    clock, keyboard = page.page.clock, page.page.keyboard
    page.record()
    page.send("Why?")
    turn = reply.next()
    expect(page.replies).to_contain_text("Waiting for the first word…")
    expect(summary(page)).to_be_hidden()
    clock.run_for(3_000)
    expect(page.replies).to_contain_text(re.compile(r"Waiting for the first word… ([3-9]|\d\d) s"))

    turn.write(Reasoning(HOSTILE))
    expect(summary(page)).to_have_text("Thinking…")
    expect(page.replies).not_to_contain_text("Waiting")
    expect(page.status).to_have_text("Thinking")
    expect(reasoning(page)).to_be_hidden()
    clock.run_for(3_000)
    expect(summary(page)).to_have_text(re.compile(r"^Thinking… ([3-9]|\d\d) s$"))
    expect(summary(page)).to_have_accessible_name("Thinking…")  # and not anew each second

    summary(page).focus()
    keyboard.press("Enter")
    expect(reasoning(page)).to_be_visible()
    expect_reasoning(page, HOSTILE)
    turn.write(Reasoning("Then."))
    expect_reasoning(page, HOSTILE + "Then.")
    assert reasoning(page).evaluate("it => it.innerText") == HOSTILE + "Then."
    assert reasoning(page).locator("*").count() == 0

    turn.write("Since *that*.")
    page.expect_text("Since *that*.")
    expect(summary(page)).to_have_text(re.compile(r"^Thought for \d+ s$"))
    expect(summary(page)).to_have_accessible_name(re.compile(r"^Thought for \d+ s$"))
    expect(page.status).to_have_text("Generating")
    told = summary(page).text_content() or ""
    clock.run_for(2_000)
    expect(summary(page)).to_have_text(told)
    turn.end()
    page.expect_end()
    page.expect_text("Since *that*.")
    expect(page.replies).to_have_attribute("data-proof", "ok")
    figures = page.replies.locator(".words")
    first, thought = re.findall(r"after\s(\d+\.\d+)\ss", figures.text_content() or "")
    expect(figures).to_contain_text("first\xa0text\xa0after")
    assert float(first) > float(thought) + 3
    said = page.recorded()["status"]
    assert said == ["Sending", "Generating", "Thinking", "Generating", "Response complete"]

    page.send("And?")
    assert [message["content"] for message in reply.next().messages] == [
        *("Why?", "Since *that*.", "And?"),
    ]
    page.button("Stop").click()
    page.reload()
    expect(page.replies).to_have_count(2)
    first_summary = page.replies.first.locator(".reasoning summary")
    expect(first_summary).to_have_text("Thought")  # this page has not seen for how long
    expect(page.replies.first.locator("[data-reasoning]")).to_be_hidden()
    page.expect_text("Since *that*.", 0)
    first_summary.click()
    text = page.replies.first.locator("[data-reasoning]")
    expect(text).to_have_js_property("textContent", HOSTILE + "Then.")
    expect(page.replies.last.locator(".reasoning")).to_be_hidden()


def test_a_reload_while_it_thinks(run: Run, reply: HandedReply, open_page: OpenPage) -> None:
    page = open_page(run(create_app(reply)).url)
    page.send("Why?")
    turn = reply.next()
    turn.write(Reasoning("Hm"))
    expect(page.status).to_have_text("Thinking")
    page.reload()
    expect(summary(page)).to_have_text("Thinking…")
    turn.write(Reasoning("m."))
    expect_reasoning(page, "Hmm.")
    turn.write("So.")
    page.expect_text("So.")
    expect(summary(page)).to_have_text("Thought")
    turn.write(Reasoning(" No."))  # it thinks once more
    expect(summary(page)).to_have_text("Thinking…")
    expect(page.status).to_have_text("Generating")  # which is said once
    turn.write(" No.")
    turn.end()
    page.expect_end()
    page.expect_text("So. No.")
    expect_reasoning(page, "Hmm. No.")
    expect(page.replies).to_have_attribute("data-proof", "ok")


def test_stopped_while_it_thinks(run: Run, reply: HandedReply, open_page: OpenPage) -> None:
    page = open_page(run(create_app(reply)).url)
    page.send("Why?")
    reply.next().write(Reasoning("Hm"))
    expect(summary(page)).to_contain_text("Thinking")
    page.button("Stop").click()
    page.expect_end("cancelled")
    expect(page.status).to_have_text("Stopped")
    expect(page.replies).to_contain_text("Stopped before the first word.")
    expect(summary(page)).to_have_text(re.compile("^Thought for"))
    expect_reasoning(page, "Hm")
    expect(page.button("Copy")).to_have_count(0)
    expect(page.button("Regenerate")).to_be_visible()


WORDS = (
    "The model's server at https://models.example.org:8443/v1/chat/completions/with/a/long/path "
    "dropped the line. What came before stays. Check OPENAI_BASE_URL, then try again."
)


def test_failure_after_half_the_text(run: Run, reply: HandedReply, open_page: OpenPage) -> None:
    page = open_page(run(create_app(reply)).url, viewport={"width": 390, "height": 740})
    page.send("Why?")
    turn = reply.next()
    turn.write(Reasoning("Hm"))
    turn.write("The first half ")
    turn.fail(ReplyFailed(WORDS))
    page.expect_end("failed")
    page.expect_text("The first half ")
    expect_reasoning(page, "Hm")
    expect(summary(page)).to_have_text(re.compile("^Thought for"))
    expect(page.alert).to_have_text(WORDS)  # that is all: the server's messages say no more
    wide = page.page.locator("#conversation").evaluate("it => it.scrollWidth - it.clientWidth")
    assert wide == 0
    words, button = page.page.locator(".problem").evaluate(
        "it => Array.from(it.children, (child) => child.getBoundingClientRect().toJSON())"
    )  # both at once: the page may be scrolling
    assert words["width"] > 280
    assert button["top"] >= words["bottom"]

    page.button("Retry").click()
    reply.next().fail()
    expect(page.replies.last).to_contain_text("Run server.show_log() in a cell")


ENDS = [  # the reason, the text, and what the page says
    ("length", "Half a", "The model stopped at its limit of tokens."),
    ("length", "", "The reply was empty. The model stopped at its limit of tokens."),
    ("content_filter", "Half a", "The model's provider cut this reply off."),
    ("stop", "All of it", ""),
    ("tool_calls", "Half a", "The model stopped early (tool_calls)."),
    ("constructor", "", "The reply was empty. The model stopped early (constructor)."),
]


def test_why_a_model_stopped(run: Run, reply: HandedReply, open_page: OpenPage) -> None:
    page = open_page(run(create_app(reply)).url)
    for number, (reason, text, _) in enumerate(ENDS):
        page.send("Why?")
        turn = reply.next()
        turn.write(Reasoning("Hm"))
        turn.write(text)
        turn.write(Finish(reason=reason, output_tokens=8))
        turn.end()
        page.expect_end("done", number)
    notes = page.replies.locator(".note > span")
    expect(notes).to_have_text([says for _, _, says in ENDS])
    page.reload()
    expect(notes).to_have_text([says for _, _, says in ENDS])


def test_only_the_reply_is_copied(run: Run, reply: HandedReply, open_page: OpenPage) -> None:
    page = open_page(run(create_app(reply)).url, permissions=["clipboard-read", "clipboard-write"])
    page.send("Why?")
    turn = reply.next()
    turn.write(Reasoning("Hm"))
    turn.write("Since **that**.")
    turn.end()
    page.expect_end()
    expect(page.page.locator("[data-markdown]")).to_have_text("Since that.")
    stop_timers(page.page, 2_000)
    page.button("Copy").click()
    expect(page.button("Copied")).to_be_visible()
    assert page.page.evaluate("navigator.clipboard.readText()") == "Since **that**."
    page.page.locator("#conversation").focus()
    page.page.keyboard.press("Control+a")
    selected = page.page.evaluate("getSelection().toString()")
    assert selected.split()[:3] == ["Why?", "Since", "that."]  # not what is folded
    summary(page).click()
    expect(reasoning(page)).to_be_visible()
    page.switch_view()
    page.expect_text("Since **that**.")
    expect_reasoning(page, "Hm")


PIECES: list[Piece] = [
    *(Reasoning(piece) for piece in ("Ich ", "überlege", " 🦊", ",\n\n", "ob ", "*dies*", " geht")),
    *("Nichts ", "geht ", "verlören", " 🦊", "\n", "*o*"),
    *(Reasoning(piece) for piece in (" und", " ü", "ber", "haupt.")),
    *(" Gar ", "nichts."),
]
TEXT = "".join(piece for piece in PIECES if isinstance(piece, str))
THOUGHT = "".join(piece.text for piece in PIECES if isinstance(piece, Reasoning))


async def think(messages: list[Message]) -> AsyncIterator[Piece]:
    for piece in PIECES:
        yield piece
        await asyncio.sleep(0.02)


def test_every_fault_in_the_middle_of_reasoning(run: Run, open_page: OpenPage) -> None:
    page = open_page(run(create_app(think, faults=True)).url, failing=True)
    parameters: dict[str, Any] = {"refuse": {"seconds": 0.5}, "delay": {"seconds": 0.05}}
    for number, kind in enumerate(KINDS):
        fault = {"kind": kind} | parameters.get(kind, {})
        assert page.page.request.post(f"{page.url}faults", data=fault).ok
        page.send(kind)
        expect(page.users.last).to_have_text(kind)
        expect(page.replies).to_have_count(number + 1)  # else the last one is that of before
        page.expect_end()
        page.expect_text(TEXT)
        expect_reasoning(page, THOUGHT)
        expect(page.replies.last).to_have_attribute("data-proof", "ok")
        hits = page.page.request.get(f"{page.url}faults").json()["hits"]
        assert kind == "silence" or hits[-1]["kind"] == kind, "nothing was hit"
        page.page.request.delete(f"{page.url}faults")
    page.errors[:] = [error for error in page.errors if "MIME type" not in error]  # the browser's


@pytest.mark.parametrize(("scheme", "size"), [("light", (1200, 800)), ("dark", (360, 740))])
def test_axe_finds_nothing(
    scheme: str, size: tuple[int, int], run: Run, reply: HandedReply, open_page: OpenPage
) -> None:
    page = open_page(
        run(create_app(reply)).url,
        color_scheme=scheme,
        viewport={"width": size[0], "height": size[1]},
        reduced_motion="reduce",
    )
    page.send("Why?")
    turn = reply.next()
    expect(page.replies).to_contain_text("Waiting")
    expect_accessible(page, "a slow first word")
    turn.write(Reasoning(HOSTILE))
    expect(summary(page)).to_contain_text("Thinking")
    expect_accessible(page, "thinking")
    summary(page).click()
    expect(reasoning(page)).to_be_visible()
    expect_accessible(page, "thinking, open")
    turn.write("Since that.")
    turn.write(Finish(reason="length"))
    turn.end()
    page.expect_end()
    expect_accessible(page, "open")
    summary(page).click()
    expect(reasoning(page)).to_be_hidden()
    expect_accessible(page, "folded")


LINES = [f"{number:04}: so I think of this, and of that.\n" for number in range(2_500)]  # 100 KB

# How often the reasoning was added to, how many characters those were, and in how many frames. A
# timer does the work of a frame that is late.
COUNT = """() => {
    window.added = window.characters = 0;
    window.frames = 0;
    window.began = performance.now();
    const appendData = CharacterData.prototype.appendData;
    CharacterData.prototype.appendData = function (text) {
        if (this.parentElement?.closest("[data-reasoning]")) {
            added += 1;
            characters += text.length;
        }
        return appendData.call(this, text);
    };
    const count = () => { frames += 1; requestAnimationFrame(count); };
    count();
}"""


def test_100_kilobytes_of_reasoning(run: Run, reply: HandedReply, open_page: OpenPage) -> None:
    """Open it grows once a frame, at its end; whoever goes up is left alone."""
    page = open_page(run(create_app(reply)).url, viewport={"width": 700, "height": 500})
    page.send("Why?")
    turn = reply.next()
    turn.write(Reasoning("Hm\n"))
    expect(summary(page)).to_contain_text("Thinking")
    summary(page).click()
    page.page.evaluate(COUNT)
    for line in LINES[:1_500]:
        turn.write(Reasoning(line))
    expect_reasoning(page, "Hm\n" + "".join(LINES[:1_500]))
    expect_end(page)
    conversation = page.page.locator("#conversation")
    conversation.hover()
    page.page.mouse.wheel(0, -100)
    expect(page.button("To the end")).to_be_visible()
    page.wait_for(lambda: below(page) > 90)
    place = conversation.evaluate(STANDS)
    for line in LINES[1_500:]:
        turn.write(Reasoning(line))
    expect_reasoning(page, "Hm\n" + "".join(LINES))
    added, frames, late = page.page.evaluate("[added, frames, (performance.now() - began) / 200]")
    parts = reasoning(page).locator("*").count()
    assert conversation.evaluate(STANDS) == place
    assert added <= frames + late + 2 * parts + 2
    assert parts < 10
    again = len("".join(LINES)) - page.page.evaluate("characters")
    assert 0 <= again <= parts  # each once; the line ends between two parts are nodes of their own
    turn.write("Since.")
    turn.end()
    page.expect_end()
    page.expect_text("Since.")


def test_unfolding_keeps_the_reader_where_they_are(
    run: Run, reply: HandedReply, open_page: OpenPage
) -> None:
    page = open_page(run(create_app(reply)).url, viewport={"width": 700, "height": 500})
    for number in range(2):
        page.send("Why?")
        turn = reply.next()
        for line in LINES[:200]:
            turn.write(Reasoning(line))
        turn.write("Since. " * 60)
        turn.end()
        page.expect_end("done", number)
    expect_end(page)
    conversation = page.page.locator("#conversation")
    conversation.evaluate(STANDS)
    summary(page).focus()  # a driver scrolls before it clicks
    place = summary(page).bounding_box()
    page.page.keyboard.press("Enter")
    expect(reasoning(page)).to_be_visible()
    conversation.evaluate(STANDS)
    assert summary(page).bounding_box() == place
    expect(page.button("To the end")).to_be_visible()
    assert below(page) > 1_000
    page.page.keyboard.press("Enter")
    expect(page.button("To the end")).to_be_hidden()  # it is in sight again
    expect_end(page)


LIT = """() => [...(CSS.highlights.get("wire") ?? [])].map(String).join()"""


def test_the_wire_shows_reasoning_as_what_it_is(
    run: Run, reply: HandedReply, open_page: OpenPage
) -> None:
    page = open_page(run(create_app(reply)).url)
    wire = WirePage(page)
    page.send("Why?")
    turn = reply.next()
    for piece in (Reasoning("Hm. "), "Since ", Reasoning("No: "), "that."):
        turn.write(piece)
    turn.end()
    page.expect_end()
    wire.expect_words("the reply is complete")
    assert [(row["number"], row["type"], row["as"]) for row in wire.events()] == [
        ("1", "reasoning", "reasoning"),
        ("2", "message", "new"),
        ("3", "reasoning", "reasoning"),
        ("4", "message", "new"),
        ("5", "end", "other"),
    ]
    line = wire.event(1).locator(".type")
    assert line.evaluate("it => it.scrollWidth <= it.clientWidth")  # the whole word
    expect(wire.timeline).to_have_accessible_name(re.compile("5 events, 2 reasoning"))
    expect(wire.timeline.locator(".ticks.reasoning")).to_have_attribute("d", re.compile("^M"))
    details = wire.details(wire.event(3))
    assert details["event"]["type"] == "reasoning"
    assert details["fields"] == [["id", "3"], ["event", "reasoning"], ["data", '"No: "']]
    wire.event(3).locator(".line").click()
    words = "The page added it to the reasoning: characters 4 to 8."
    expect(wire.event(3)).to_contain_text(words)

    summary(page).click()
    wire.event(3).locator(".line").hover()
    page.wait_for(lambda: page.page.evaluate(LIT) == "No: ")
    wire.event(4).locator(".line").hover()
    page.wait_for(lambda: page.page.evaluate(LIT) == "that.")
    point_at(page, reasoning(page), 1)
    expect(wire.event(1)).to_have_attribute("data-marked", "")
    expect(page.page.locator("[data-marked]")).to_have_count(1)

    wire.event(3).get_by_role("button", name="Replay from here").click()
    wire.expect_frames(7)
    wire.event(4).last.locator(".line").hover()
    page.wait_for(lambda: page.page.evaluate(LIT) == "that.")

    page.reload()
    wire.expect_frames(5)
    assert [row["as"] for row in wire.events()] == [
        *("reasoning", "new", "reasoning", "new", "other"),
    ]
    wire.event(3).locator(".line").hover()
    page.wait_for(lambda: page.page.evaluate(LIT) == "No: ")


def point_at(page: ChatPage, element: Locator, character: int) -> None:
    """Move the mouse over a character of an element with one text node."""
    place = element.evaluate(
        """(it, at) => {
            const range = document.createRange();
            range.setStart(it.firstChild, at);
            range.setEnd(it.firstChild, at + 1);
            const { x, y, width, height } = range.getBoundingClientRect();
            return [x + width / 2, y + height / 2];
        }""",
        character,
    )
    page.page.mouse.move(*place)


def test_the_wire_on_a_page_of_a_learners_own(run: Run, open_page: OpenPage) -> None:
    """Which reads reasoning with an EventSource, or does not listen to it."""

    async def stream(request: Request) -> StreamingResponse:
        frames = b'id: 1\nevent: reasoning\ndata: "Hm"\n\nid: 2\ndata: a\n\nevent: end\ndata: x\n\n'
        return StreamingResponse(iter([frames]), media_type="text/event-stream")

    listens = 'source.addEventListener("reasoning", () => {});'
    hears = LEARNERS_PAGE.replace("source.onmessage", f"{listens} source.onmessage")
    assert listens in hears
    routes = [
        Route("/", lambda _: HTMLResponse(hears)),
        Route("/deaf", lambda _: HTMLResponse(LEARNERS_PAGE)),
        Route("/stream", stream),
        Mount("/static", StaticFiles(directory=folder("static"))),
    ]
    page = open_page(run(Starlette(routes=routes)).url)
    wire = WirePage(page, opened=False)
    page.page.evaluate("listen()")
    wire.expect_words("closed by the page: close()")
    assert [row["type"] for row in wire.events()] == ["reasoning", "message", "end"]
    page.page.goto(f"{page.url}deaf")
    page.page.evaluate("listen()")
    wire.expect_words("closed by the page: close()")
    assert [row["type"] for row in wire.events()] == ["message", "end"]  # as that page sees it
