"""A reply in two forms: the raw text, always there and exact, and the Markdown made of it."""

import random
from collections.abc import Callable

import pytest
from chat_page import ChatPage, OpenPage
from handed_reply import HandedReply
from kept_turns import KeptTurns
from playwright.sync_api import Locator, expect

from chatkit import Server
from chatkit.turns import Turn
from chatkit.web.app import create_app

Run = Callable[..., Server]

TEXT = (
    "# Title\n\nSome *words*, `code`:\n\n- one\n- **two**\n\n```py\nprint(1)\n```\n\nThe end.  \n"
)

# The Markdown module's own rendering of a text, given to it in one piece.
RENDER = """async text => {
    const { createMarkdown } = await import(new URL("static/markdown/markdown.js", location));
    const element = document.createElement("div");
    const markdown = createMarkdown(element);
    markdown.append(text);
    markdown.end();
    return element.innerHTML;
}"""


def expect_rendered(page: ChatPage, text: str) -> None:
    rendered = page.page.evaluate(RENDER, text)
    assert "<" in rendered
    expect(page.page.locator("[data-markdown]")).to_have_js_property("innerHTML", rendered)


def expect_raw(page: ChatPage, text: str) -> None:
    """The raw text is in the page, and displayed where the Markdown is not."""
    page.expect_text(text)
    is_raw = page.main.get_attribute("data-view") == "raw"
    expect(page.texts.last).to_be_visible(visible=is_raw)
    expect(shown(page)).to_be_visible(visible=not is_raw)


def shown(page: ChatPage) -> Locator:
    """The reply as Markdown."""
    return page.page.locator("[data-markdown]")


def test_it_is_rendered_while_it_streams(run: Run, reply: HandedReply, open_page: OpenPage) -> None:
    page = open_page(run(create_app(reply)).url)
    page.send("*Hello*")
    page.expect_said("*Hello*")
    turn = reply.next()
    turn.write("# Ti")
    expect(shown(page).get_by_role("heading", name="Ti", level=3)).to_be_visible()
    heading = shown(page).get_by_role("heading").element_handle()
    turn.write("tle\n\nSome *wor")
    expect(shown(page).get_by_role("heading", name="Title")).to_be_visible()
    expect(shown(page).locator("em")).to_have_text("wor")
    turn.write("ds* ")
    expect(shown(page).locator("em")).to_have_text("words")
    assert heading.evaluate("it => it.isConnected")  # it is the same one, not a new one
    expect_raw(page, "# Title\n\nSome *words* ")
    turn.write("\n\n- ")
    turn.end()
    page.expect_end()
    expect_rendered(page, "# Title\n\nSome *words* \n\n- ")
    expect(page.replies).to_have_attribute("data-proof", "ok")


@pytest.mark.parametrize("view", ["Markdown", "raw"])
def test_the_raw_text_is_there_in_both_forms(
    view: str, run: Run, reply: HandedReply, open_page: OpenPage
) -> None:
    page = open_page(run(create_app(reply)).url)
    if view == "raw":
        page.open_raw()
    page.send("Hello")
    turn = reply.next()
    for place in range(0, len(TEXT), 7):
        turn.write(TEXT[place : place + 7])
    expect_raw(page, TEXT)
    turn.end()
    page.expect_end()
    expect_raw(page, TEXT)
    if view == "raw":
        expect(shown(page)).to_be_hidden()
        assert shown(page).evaluate("it => it.childNodes.length") == 0  # nobody needs it
        assert page.texts.inner_text() == TEXT
    else:
        expect_rendered(page, TEXT)
        expect(page.texts).to_be_hidden()  # who selects, copies or searches finds the text once


def test_the_switch(run: Run, reply: HandedReply, open_page: OpenPage) -> None:
    page = open_page(run(create_app(reply)).url)
    raw = page.replies.get_by_role("button", name="Raw")
    page.send("Hello")
    turn = reply.next()
    turn.write("*one* ")
    expect(page.page.locator("em")).to_have_text("one")
    expect(raw).to_have_attribute("aria-pressed", "false")
    page.switch_view()
    expect(raw).to_have_attribute("aria-pressed", "true")
    expect(page.page.locator("em")).to_be_hidden()
    turn.write("*two* ")
    expect_raw(page, "*one* *two* ")
    page.switch_view()
    expect(page.page.locator("em")).to_have_text(["one", "two"])
    turn.write("*three* ")
    expect(page.page.locator("em")).to_have_text(["one", "two", "three"])
    page.switch_view()
    turn.end()
    page.expect_end()
    raw.press("Enter")
    expect_rendered(page, "*one* *two* *three* ")

    for pressed in ("true", "false"):  # remembered
        page.switch_view()
        page.reload()
        expect(raw).to_have_attribute("aria-pressed", pressed)
        expect(shown(page)).to_be_visible(visible=pressed == "false")
    expect_rendered(page, "*one* *two* *three* ")


def test_the_switch_where_nothing_can_be_remembered(
    run: Run, reply: HandedReply, open_page: OpenPage
) -> None:
    page = open_page(run(create_app(reply)).url)
    page.page.add_init_script(
        """Object.defineProperty(window, "localStorage", {
            get() { throw new DOMException("as planned", "SecurityError"); },
        });
        window.BroadcastChannel = class { constructor() { throw new Error("as planned"); } };"""
    )
    page.reload()
    page.send("Hello")
    turn = reply.next()
    turn.write("*Hi*!")
    expect(page.page.locator("em")).to_be_visible()
    page.switch_view()
    expect(page.page.locator("em")).to_be_hidden()
    expect_raw(page, "*Hi*!")


def test_where_no_frames_are_drawn(run: Run, reply: HandedReply, open_page: OpenPage) -> None:
    page = open_page(run(create_app(reply)).url)
    page.page.evaluate("() => { window.requestAnimationFrame = () => 1; }")
    page.send("Hello")
    turn = reply.next()
    turn.write("*one* ")
    expect(page.page.locator("em")).to_have_text("one")
    expect_raw(page, "*one* ")
    turn.write("and *two*")
    turn.end()
    page.expect_end()
    expect_rendered(page, "*one* and *two*")


def test_a_log_that_starts_again(run: Run, open_page: OpenPage) -> None:
    turns = KeptTurns()
    server = run(turns.app())
    page = open_page(server.url, failing=True)
    page.send("Hello")
    page.expect_connection("open")
    turns.write("*a* ", "text ", "that ", "is *lost* ")
    expect(page.page.locator("em")).to_have_text(["a", "lost"])
    server.stop()
    turns.start_again()
    turns.write("*another* ", "text")
    run(turns.app())
    page.expect_text("*another* text")
    turns.finish()
    page.expect_end()
    expect_raw(page, "*another* text")
    expect_rendered(page, "*another* text")


@pytest.mark.parametrize("view", ["Markdown", "raw"])
def test_a_long_text_is_exact_and_in_parts(view: str, run: Run, open_page: OpenPage) -> None:
    dice = random.Random(4)
    lines = [
        " ".join("x" * dice.randrange(12) for _ in range(dice.randrange(30))) for _ in range(2_000)
    ]
    text = "\n".join(lines) + "\n\n\n世界\n" + "one long line " * 3_000 + "\nend\n"

    async def write_all(turn: Turn) -> None:
        start = 0
        while start < len(text):
            size = dice.choice([1, 20, 700, 40_000])
            await turn.append(text[start : start + size])
            start += size
        await turn.finish()

    page = open_page(run(KeptTurns(write_all).app()).url)
    if view == "raw":
        page.open_raw()
    page.send("Hello")
    page.expect_end()
    page.expect_text(text)
    assert page.texts.locator("span").count() > 10
    expect(page.replies).to_have_attribute("data-proof", "ok")
    if view == "raw":  # it looks as if it were one text
        same = page.texts.evaluate("(it, text) => it.innerText === text", text)
        assert same, "innerText differs"
        higher = page.texts.evaluate(
            """it => {
                const before = it.getBoundingClientRect().height;
                it.textContent = it.textContent;
                return it.getBoundingClientRect().height - before;
            }"""
        )
        assert abs(higher) < 1
    else:
        expect_rendered(page, text)
