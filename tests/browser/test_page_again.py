"""Another try: a message edited, a reply regenerated, a failure retried, a text copied."""

import re
import time
from collections.abc import Callable

import pytest
from chat_page import ChatPage, OpenPage
from handed_reply import HandedReply, HandedTurn
from playwright.sync_api import APIResponse, Locator, Route, expect

from chatkit import Server
from chatkit.turns import Limits, Turns
from chatkit.web.app import create_app

Run = Callable[..., Server]


def say(page: ChatPage, reply: HandedReply, message: str, text: str) -> None:
    """Send a message and wait for the whole reply."""
    before = page.replies.count()
    page.send(message)
    finish(reply.next(), text)
    page.expect_end("done", before)


def finish(turn: HandedTurn, text: str) -> None:
    turn.write(text)
    turn.end()


def turn_ids(page: ChatPage) -> list[str]:
    ids: list[str] = page.replies.evaluate_all("all => all.map(one => one.id)")
    return [id.removesuffix("-assistant") for id in ids]


def editor(page: ChatPage) -> Locator:
    return page.page.get_by_role("textbox", name="Your text")


def test_edit(run: Run, reply: HandedReply, open_page: OpenPage) -> None:
    page = open_page(run(create_app(reply)).url)
    for name in ("one", "two", "three"):
        say(page, reply, name, f"{name} <b>")
    ids = turn_ids(page)
    page.button("Edit").nth(1).click()
    expect(editor(page)).to_be_focused()
    expect(editor(page)).to_have_value("two")
    expect(page.users).to_have_count(2)

    page.page.keyboard.type(" and")
    page.page.keyboard.press("Shift+Enter")
    page.page.keyboard.type("a half")
    page.page.keyboard.press("Enter")
    turn = reply.next()
    assert [m["content"] for m in turn.messages] == ["one", "one <b>", "two and\na half"]
    page.expect_said("two and\na half")
    expect(editor(page)).to_have_count(0)
    expect(page.users).to_have_count(2)
    expect(page.replies).to_have_count(2)
    expect(page.box).to_be_focused()
    finish(turn, "2.5")
    page.expect_end()
    page.expect_turns(("one", "one <b>"), ("two and\na half", "2.5"))
    assert page.posted()[-1]["parent"] == ids[0]
    expect(page.message_versions).to_contain_text("2/2")
    expect(page.reply_versions).to_have_count(0)

    page.reload()  # nothing is gone
    page.expect_turns(("one", "one <b>"), ("two and\na half", "2.5"))
    page.button("Previous version").click()
    page.expect_turns(("one", "one <b>"), ("two", "two <b>"), ("three", "three <b>"))
    assert turn_ids(page) == ids


def test_edit_and_think_again(run: Run, reply: HandedReply, open_page: OpenPage) -> None:
    page = open_page(run(create_app(reply)).url)
    say(page, reply, "one", "1")
    for way in ("Cancel", "Escape"):
        page.button("Edit").click()
        editor(page).fill("something else")
        if way == "Escape":
            page.page.keyboard.press("Escape")
        else:
            page.button("Cancel").click()
        page.expect_said("one")
        page.expect_text("1")
        expect(page.button("Edit")).to_be_focused()
    page.button("Edit").click()
    expect(editor(page)).to_have_value("one")
    editor(page).fill(" \n")
    page.button("Save").click()  # nothing to send
    editor(page).evaluate(
        """box => box.dispatchEvent(new KeyboardEvent("keydown",
            {key: "Enter", isComposing: true, bubbles: true, cancelable: true}))"""
    )
    expect(editor(page)).to_be_visible()
    assert len(page.posted()) == 1


def test_edit_what_is_being_answered(run: Run, reply: HandedReply, open_page: OpenPage) -> None:
    server = run(create_app(reply))
    page = open_page(server.url)
    page.send("Helo")
    reply.next().write("What is a he")
    page.expect_text("What is a he")
    (old,) = turn_ids(page)
    page.button("Edit").click()
    editor(page).fill("Hel")
    page.page.keyboard.press("Escape")  # this leaves the editor, and stops nothing
    page.expect_end("streaming")
    page.button("Edit").click()
    editor(page).fill("Hello")
    page.record()
    answers: list[tuple[Route, APIResponse]] = []
    # To the end: Playwright may miss a request that is made while it stops to route.
    page.page.route("**/turns", lambda route: answers.append((route, route.fetch())))
    page.button("Save").click()
    page.wait_for(lambda: answers)
    page.expect_said("Hello")  # at once, in the place of what it replaces
    expect(page.page.get_by_text("Sending…")).to_be_visible()
    expect(page.replies).to_have_count(0)
    with page.page.expect_response(f"**/turns/{old}/cancel"):
        answers[0][0].fulfill(response=answers[0][1])
    finish(reply.next(), "Hi")
    page.expect_end()
    page.expect_turns(("Hello", "Hi"))
    expect(page.status).to_have_text("Response complete")
    assert page.recorded()["status"] == ["Sending", "Generating", "Response complete"]
    state = page.page.request.get(f"{server.url}turns/{old}").json()
    assert state["status"] == "cancelled"
    assert len(page.streams()) <= 2  # one for each reply

    page.button("Previous version").click()  # what came is still there
    page.expect_turns(("Helo", "What is a he"))
    page.expect_end("cancelled")
    expect(page.replies).to_have_attribute("data-proof", "ok")
    expect(page.status).to_have_text("Stopped")
    expect(editor(page)).to_have_count(0)


def test_an_edit_that_is_not_taken_stays(run: Run, reply: HandedReply, open_page: OpenPage) -> None:
    page = open_page(run(create_app(reply, max_message=10)).url, failing=True)
    say(page, reply, "one", "1")
    page.button("Edit").click()
    editor(page).fill("longer than ten bytes")
    page.button("Save").click()
    expect(page.alert).to_contain_text("The message is larger than 10 bytes.")
    expect(editor(page)).to_have_value("longer than ten bytes")
    page.expect_text("1")
    editor(page).fill("one more")
    page.button("Save").click()
    finish(reply.next(), "2")
    page.expect_said("one more")
    page.expect_text("2")
    expect(page.alert).to_have_count(0)


def test_regenerate(run: Run, reply: HandedReply, open_page: OpenPage) -> None:
    page = open_page(run(create_app(reply)).url)
    say(page, reply, "one", "1")
    say(page, reply, "two", "2")
    page.box.fill("a draft")
    page.button("Regenerate").nth(1).click()
    turn = reply.next()
    assert [m["content"] for m in turn.messages] == ["one", "1", "two"]
    turn.write("II")
    page.expect_text("II")
    expect(page.button("Regenerate")).to_have_count(1)  # not while it is written
    turn.end()
    page.expect_end()
    expect(page.replies).to_have_count(2)
    expect(page.box).to_have_value("a draft")

    page.button("Regenerate").nth(0).click()
    finish(reply.next(), "I")
    page.expect_turns(("one", "I"))
    page.expect_end()
    expect(page.reply_versions).to_contain_text("2/2")
    expect(page.message_versions).to_have_count(0)
    page.reload()
    page.expect_turns(("one", "I"))
    page.button("Previous version").click()  # with what followed it, as it was seen last
    page.expect_turns(("one", "1"), ("two", "II"))
    expect(page.reply_versions).to_contain_text(["1/2", "2/2"])


def test_regenerate_a_stopped_reply(run: Run, reply: HandedReply, open_page: OpenPage) -> None:
    page = open_page(run(create_app(reply)).url)
    page.send("Count")
    reply.next().write("1 2")
    page.expect_text("1 2")
    page.button("Stop").click()
    page.expect_end("cancelled")
    page.button("Regenerate").click()
    turn = reply.next()
    assert turn.messages == [{"role": "user", "content": "Count"}]
    finish(turn, "3")
    page.expect_text("3")
    page.expect_end("done")


def test_after_a_retry_a_reload_shows_the_new_reply(
    run: Run, reply: HandedReply, open_page: OpenPage
) -> None:
    page = open_page(run(create_app(reply)).url)
    page.send("Do it")
    reply.next().fail()
    page.expect_end("failed")
    page.button("Retry").click()
    finish(reply.next(), "Done")
    page.expect_end("done")
    page.reload()
    page.expect_turns(("Do it", "Done"))
    expect(page.reply_versions).to_contain_text("2/2")


def test_a_busy_server_and_the_same_try_again(
    run: Run, reply: HandedReply, open_page: OpenPage
) -> None:
    page = open_page(run(create_app(reply, Turns(Limits(live=1)))).url, failing=True)
    say(page, reply, "one", "1")
    taken = page.page.request.post(f"{page.url}turns", data={"message": "somebody else"})
    other = reply.next()
    page.button("Regenerate").click()
    expect(page.alert).to_contain_text("The server is busy.")
    page.expect_text("1")
    other.end()
    page.wait_until_written(taken.json()["turn"])
    page.button("Retry").click()
    finish(reply.next(), "2")
    page.expect_turns(("one", "2"))
    expect(page.alert).to_have_count(0)


def test_another_try_here_and_on_another_device(
    run: Run, reply: HandedReply, open_page: OpenPage
) -> None:
    server = run(create_app(reply))
    page, device = open_page(server.url), open_page(server.url)
    say(page, reply, "one", "1")
    device.visit(f"?chat={page.chat}")
    device.button("Regenerate").click()
    finish(reply.next(), "another 1")
    device.expect_end()
    page.expect_text("1")
    page.button("Regenerate").click()
    finish(reply.next(), "a third 1")
    page.expect_turns(("one", "a third 1"))
    page.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.reply_versions).to_contain_text("3/3")
    page.button("Previous version").click()
    page.expect_turns(("one", "another 1"))


@pytest.mark.parametrize("way", ["clipboard", "without the Clipboard API", "not at all"])
def test_copy(way: str, run: Run, reply: HandedReply, open_page: OpenPage) -> None:
    text = "# Raw *text*\n\n  `as` it was 🦊\n"
    allowed = ["clipboard-read", "clipboard-write"]
    page = open_page(run(create_app(reply)).url, clock=True, permissions=allowed)
    say(page, reply, "one", text)
    if way != "clipboard":
        page.page.evaluate(
            "() => { navigator.clipboard.writeText = async () => { throw 'as planned'; }; }"
        )
    if way == "not at all":
        page.page.evaluate("() => { document.execCommand = () => false; }")
    page.page.clock.pause_at(time.time() + 60)  # what is said for a moment stays
    page.button("Copy").click()
    said = "Not copied" if way == "not at all" else "Copied"
    expect(page.button(said)).to_be_visible()
    expect(page.button(said)).to_be_focused()
    if way != "not at all":
        assert page.page.evaluate("navigator.clipboard.readText()") == text
    page.page.clock.run_for(2_000)
    expect(page.button("Copy")).to_be_visible()


def test_the_figures_and_the_proof(run: Run, reply: HandedReply, open_page: OpenPage) -> None:
    page = open_page(run(create_app(reply)).url, clock=True)
    page.send("one")
    turn = reply.next()
    figures = page.replies.last.locator(".words")
    expect(page.replies).to_contain_text("Waiting for the first word…")
    expect(page.button("Copy")).to_have_count(0)  # there is nothing yet
    page.page.clock.run_for(3_000)
    expect(page.replies).to_contain_text(re.compile(r"Waiting for the first word… ([3-9]|\d\d) s"))
    expect(figures).to_have_text("")
    turn.write("🦊")
    expect(figures).to_have_text(re.compile(r"^1\scharacter ·\sfirst\spiece\safter\s\d+\.\d\d\ss$"))
    expect(page.replies).not_to_contain_text("Waiting")
    turn.write("ab")
    expect(figures).to_contain_text("3\xa0characters")
    page.page.clock.run_for(2_000)
    turn.write("c")
    expect(figures).to_have_text(
        re.compile(r"^4\scharacters ·\sfirst\spiece\safter\s\d+\.\d\d\ss ·\s(0\.\d+|1)\spieces/s$")
    )
    expect(page.replies).not_to_have_attribute("data-proof", re.compile(""))
    turn.end()
    proof = page.replies.locator("details")
    expect(proof.locator("summary")).to_have_text("✓ exact")
    digest = page.page.evaluate(
        """async text => {
            const bytes = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
            return new Uint8Array(bytes).toHex?.() ??
                [...new Uint8Array(bytes)].map(b => b.toString(16).padStart(2, "0")).join("");
        }""",
        "🦊abc",
    )
    expect(proof).to_contain_text(digest)
    expect(page.page.get_by_text(digest)).to_be_hidden()
    proof.locator("summary").click()
    expect(page.page.get_by_text(digest)).to_be_visible()
    page.box.click()
    expect(page.page.get_by_text(digest)).to_be_hidden()

    page.reload()  # when it was sent is not known any more
    expect(figures).to_have_text("4\xa0characters")
    expect(proof.locator("summary")).to_have_text("✓ exact")
    before = page.texts.bounding_box()
    page.send("two")  # of an earlier reply, the rest is behind the word
    reply.next()
    expect(page.page.locator(".words").first).to_be_hidden()
    assert page.texts.first.bounding_box() == before  # and nothing has moved


def test_where_nothing_was_compared_nothing_is_exact(
    run: Run, reply: HandedReply, open_page: OpenPage
) -> None:
    page = open_page(run(create_app(reply)).url)
    page.send("empty")
    reply.next().end()
    page.expect_end()
    expect(page.replies).to_contain_text("The reply was empty.")
    page.send("stopped")
    reply.next()
    page.button("Stop").click()
    page.expect_end("cancelled", 1)
    expect(page.replies.nth(1)).to_contain_text("Stopped before the first word.")
    expect(page.replies.nth(1).get_by_role("button", name="Raw")).to_be_hidden()  # of no text
    page.send("failed")
    turn = reply.next()
    turn.write("As far as")
    turn.fail()
    page.expect_end("failed", 2)
    for number in (0, 1, 2):
        expect(page.replies.nth(number)).to_have_attribute("data-proof", "ok")
    expect(page.page.get_by_text("✓ exact")).to_have_count(0)


def test_a_message_is_there_at_once_and_esc_counts_while_it_is_sent(
    run: Run, reply: HandedReply, open_page: OpenPage
) -> None:
    page = open_page(run(create_app(reply)).url)
    held: list[Route] = []
    page.page.route("**/turns", lambda route: held.append(route))
    with page.page.expect_request("**/turns"):
        page.send("Hello")
    page.expect_said("Hello")
    expect(page.page.get_by_text("Sending…")).to_be_visible()
    expect(page.box).to_have_value("")
    page.page.keyboard.press("Escape")
    held[0].continue_()
    page.expect_end("cancelled")
    page.expect_said("Hello")
    expect(page.users).to_have_count(1)
    expect(page.status).to_have_text("Stopped")


def test_a_long_message_is_shown_in_part(run: Run, reply: HandedReply, open_page: OpenPage) -> None:
    page = open_page(run(create_app(reply)).url)
    text = "".join(f"line {number}\n" for number in range(40))
    page.send(text)
    reply.next().end()
    page.expect_said(text)
    assert page.users.evaluate("it => it.clientHeight") < 400
    page.button("Show all").click()
    assert page.users.evaluate("it => it.clientHeight") > 900
    page.button("Show less").click()
    expect(page.button("Show all")).to_have_attribute("aria-expanded", "false")
    page.send("short")
    reply.next().end()
    page.expect_said("short", 1)
    expect(page.button("Show all")).to_have_count(1)


def test_a_warning_where_the_text_is_not_the_servers(
    run: Run, reply: HandedReply, open_page: OpenPage
) -> None:
    page = open_page(run(create_app(reply)).url)
    page.send("Hello")
    turn = reply.next()
    turn.write("The text")
    page.expect_text("The text")
    page.texts.evaluate("it => it.firstChild.appendData('!')")
    turn.end()
    expect(page.replies).to_have_attribute("data-proof", "mismatch")
    expect(page.replies.locator("summary")).to_have_text("⚠ not exact")
    expect(page.status).to_have_text("The response is not what the server wrote")
