"""A reply is in the page once: for who selects, copies, searches or translates it."""

from collections.abc import Callable

import pytest
from chat_page import ChatPage, OpenPage
from handed_reply import HandedReply
from playwright.sync_api import expect

from chatkit import Server
from chatkit.web.app import create_app

Run = Callable[..., Server]

# As the translators of browsers do it: each text node becomes an element with another text.
TRANSLATE = """selector => {
    for (const form of document.querySelectorAll(selector)) {
        const walker = document.createTreeWalker(form, NodeFilter.SHOW_TEXT);
        const nodes = [];
        while (walker.nextNode()) nodes.push(walker.currentNode);
        for (const node of nodes.filter(({ data }) => data.trim())) {
            const font = document.createElement("font");
            font.append(node.data.replaceAll("Wort", "Word"));
            node.replaceWith(font);
        }
    }
}"""


def say(page: ChatPage, reply: HandedReply, message: str, text: str) -> None:
    before = page.replies.count()
    page.send(message)
    turn = reply.next()
    turn.write(text)
    turn.end()
    page.expect_end("done", before)
    expect(page.replies.nth(before)).to_have_attribute("data-proof", "ok")


@pytest.mark.parametrize("view", ["Markdown", "raw"])
def test_each_text_is_selected_copied_and_found_once(
    view: str, run: Run, reply: HandedReply, open_page: OpenPage
) -> None:
    page = open_page(run(create_app(reply)).url)
    say(page, reply, "Question 1", "The **answer** is one.\n\nAnd two.")
    say(page, reply, "Question 2", "A second *answer*.")
    marks = ("**answer**", "*answer*") if view == "raw" else ("answer", "answer")
    expect(page.page.locator("[data-markdown]")).to_have_text(
        ["The answer is one.\nAnd two.", "A second answer."], use_inner_text=True
    )
    if view == "raw":
        page.switch_view()
    expect(page.page.get_by_text("is one")).to_have_count(2)

    keyboard, mouse = page.page.keyboard, page.page.mouse
    page.page.locator("#conversation").focus()
    keyboard.press("Control+a")
    keyboard.press("Control+c")
    page.page.evaluate("getSelection().removeAllRanges()")
    page.box.focus()
    keyboard.press("Control+v")
    copied = page.box.input_value()
    said = f"Question 1 The {marks[0]} is one. And two. Question 2 A second {marks[1]}."
    assert copied.split()[: len(said.split())] == said.split()
    for name in (
        "answer is",
        "exact",
        "characters",
        "Edit",
        "Copy",
        "Regenerate",
        "Raw",
        "Message",
        "new line",
    ):
        assert name not in copied[len(said) :]

    page.box.fill("")
    question = page.users.last.bounding_box()
    answer = page.replies.last.bounding_box()
    assert question
    assert answer
    mouse.move(question["x"] + 10, question["y"] + 20)
    mouse.down()
    mouse.move(answer["x"] + answer["width"] - 5, answer["y"] + 12, steps=4)
    mouse.up()
    selected = page.page.evaluate("getSelection().toString()")
    assert selected.split() == f"Question 2 A second {marks[1]}.".split()

    shown = page.page.locator("#messages").evaluate("it => it.innerText")
    assert shown.count("answer") == 2
    page.page.evaluate("getSelection().removeAllRanges()")
    found = page.page.evaluate(
        """() => {
            let hits = 0;
            while (find("answer") && hits < 9) hits += 1;
            return hits;
        }"""
    )
    assert found == 2

    page.send("Question 3 " + "is long " * 300)
    turn = reply.next()
    turn.write("Half")
    turn.fail()
    page.expect_end("failed")
    expect(page.button("Show all")).to_be_visible()
    page.page.locator("#conversation").focus()
    keyboard.press("Control+a")
    keyboard.press("Control+c")
    page.box.focus()
    keyboard.press("Control+v")
    copied = page.box.input_value()
    assert "Half" in copied
    for name in ("Show all", "Retry"):
        assert name not in copied


@pytest.mark.parametrize("view", ["Markdown", "raw"])
def test_a_translator_in_the_middle_of_a_reply(
    view: str, run: Run, reply: HandedReply, open_page: OpenPage
) -> None:
    page = open_page(run(create_app(reply)).url)
    if view == "raw":
        page.open_raw()
    selector = "[data-text]" if view == "raw" else "[data-markdown]"
    meet_a_translator(page, reply, selector)
    page.page.evaluate(TRANSLATE, selector)  # what is complete may be translated, and is
    expect(page.page.locator(selector)).to_contain_text("Word59")
    expect(page.replies).to_have_attribute("data-proof", "ok")


def meet_a_translator(page: ChatPage, reply: HandedReply, selector: str) -> None:
    """Translate what is shown of a reply three times while it grows: nothing is missing then."""
    page.send("Hello")
    turn = reply.next()
    shown = page.page.locator(selector)
    words = [f"Wort{number} " for number in range(60)]
    expect(shown).to_have_attribute("translate", "no")  # a translator that asks leaves it alone
    for number, word in enumerate(words):
        turn.write(word)
        if number in (5, 20, 40):
            expect(shown).to_contain_text(word.strip())
            page.page.evaluate(TRANSLATE, selector)
            expect(shown.locator("font")).not_to_have_count(0)
    expect(shown).to_contain_text("Wort59")
    turn.end()
    page.expect_end()
    text = "".join(words)
    page.expect_text(text)
    expect(shown).to_have_text(text)
    expect(page.replies).to_have_attribute("data-proof", "ok")
    if selector == "[data-markdown]":
        expect(shown).to_have_js_property("translate", True)
