"""A chat is a tree: versions of a message and of a reply, and the way from one to the other."""

from collections.abc import Callable

from chat_page import ChatPage, OpenPage
from handed_reply import HandedReply, HandedTurn
from playwright.sync_api import expect

from chatkit import Server, create_app
from chatkit.turns import Limits, Turns

Run = Callable[..., Server]


def send(page: ChatPage, reply: HandedReply, message: str, text: str) -> None:
    page.send(message)
    answer(page, reply, text)


def edit(page: ChatPage, number: int, text: str) -> None:
    page.button("Edit").nth(number).click()
    page.page.get_by_role("textbox", name="Your text").fill(text)
    page.button("Save").click()


def answer(page: ChatPage, reply: HandedReply, text: str) -> list[str]:
    """Write the next reply, wait until the page has it; what its model was told."""
    turn = reply.next()
    turn.write(text)
    turn.end()
    page.expect_text(text)
    page.expect_end()
    return [message["content"] for message in turn.messages]


def look_again(page: ChatPage) -> None:
    """The reader comes back to the tab, which asks for the chat."""
    with page.page.expect_response("**/chats/*"):
        page.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")


def test_each_branch_keeps_what_followed(run: Run, reply: HandedReply, open_page: OpenPage) -> None:
    page = open_page(run(create_app(reply)).url)
    for message, text in (("one", "1"), ("two", "2"), ("three", "3")):
        send(page, reply, message, text)
    expect(page.page.locator(".versions:not([hidden])")).to_have_count(0)

    edit(page, 1, "zwei")
    assert answer(page, reply, "2b") == ["one", "1", "zwei"]
    send(page, reply, "drei", "3b")
    page.button("Regenerate").nth(1).click()
    assert answer(page, reply, "2c") == ["one", "1", "zwei"]
    page.expect_turns(("one", "1"), ("zwei", "2c"))
    expect(page.message_versions).to_contain_text("2/2")
    expect(page.reply_versions).to_contain_text("2/2")

    page.reply_versions.get_by_role("button", name="Previous version").click()
    page.expect_turns(("one", "1"), ("zwei", "2b"), ("drei", "3b"))
    expect(page.message_versions).to_contain_text("2/2")
    expect(page.reply_versions).to_contain_text("1/2")

    page.message_versions.get_by_role("button", name="Previous version").click()
    page.expect_turns(("one", "1"), ("two", "2"), ("three", "3"))
    expect(page.message_versions).to_contain_text("1/2")
    expect(page.reply_versions).to_have_count(0)
    page.send("four")
    assert answer(page, reply, "4") == ["one", "1", "two", "2", "three", "3", "four"]

    page.button("Next version").click()  # to the newest of all replies to "zwei"
    page.expect_turns(("one", "1"), ("zwei", "2c"))
    edit(page, 0, "eins")
    assert answer(page, reply, "1b") == ["eins"]
    page.expect_turns(("eins", "1b"))
    page.button("Previous version").click()
    page.expect_turns(("one", "1"), ("two", "2"), ("three", "3"), ("four", "4"))

    page.reload()  # to the newest turn
    page.expect_turns(("eins", "1b"))
    page.button("Previous version").click()
    page.expect_turns(("one", "1"), ("two", "2"), ("three", "3"), ("four", "4"))
    for number in range(4):
        expect(page.replies.nth(number)).to_have_attribute("data-proof", "ok")
    page.switch_view()  # it holds for what is not on screen, too
    page.button("Next version").first.click()
    page.expect_turns(("eins", "1b"))
    expect(page.main).to_have_attribute("data-view", "raw")


def test_the_buttons(run: Run, reply: HandedReply, open_page: OpenPage) -> None:
    page = open_page(run(create_app(reply)).url)
    send(page, reply, "one", "1")
    for text in ("1b", "1c"):
        page.button("Regenerate").click()
        answer(page, reply, text)
    previous, following = page.button("Previous version"), page.button("Next version")
    expect(page.page.get_by_role("group", name="Version 3 of 3")).to_be_visible()
    expect(following).to_be_disabled()

    previous.press("Enter")
    page.expect_turns(("one", "1b"))
    expect(previous).to_be_focused()
    expect(page.status).to_have_text("Ready")
    page.page.keyboard.press("Enter")
    page.expect_turns(("one", "1"))
    expect(page.page.get_by_role("group", name="Version 1 of 3")).to_be_visible()
    expect(previous).to_be_disabled()
    expect(following).to_be_focused()
    page.page.keyboard.press("Enter")
    page.expect_turns(("one", "1b"))
    expect(following).to_be_focused()

    edit(page, 0, "one")  # the same words are another reply
    answer(page, reply, "1d")
    expect(page.reply_versions).to_contain_text("4/4")
    expect(page.message_versions).to_have_count(0)


def test_a_reply_beside_the_path_has_no_stream_and_goes_on_where_it_was(
    run: Run, reply: HandedReply, open_page: OpenPage
) -> None:
    server = run(create_app(reply))
    page = open_page(server.url)

    def open_streams() -> int:
        count: int = page.page.request.get(f"{server.url}healthz").json()["streams"]
        return count

    send(page, reply, "one", "1")
    page.send("two")
    long: HandedTurn = reply.next()
    long.write("a long ")
    page.expect_text("a long ", 1)
    edit(page, 0, "eins")
    other = reply.next()
    other.write("another ")
    page.expect_turns(("eins", "another "))
    page.wait_for(lambda: open_streams() == 1)

    page.button("Previous version").click()
    page.expect_turns(("one", "1"), ("two", "a long "))
    expect(page.status).to_have_text("Generating")
    expect(page.button("Stop")).to_be_visible()
    page.wait_for(lambda: open_streams() == 1)
    long.write("reply")
    page.expect_text("a long reply", 1)
    other.write("one")
    page.button("Next version").click()
    page.expect_turns(("eins", "another one"))
    asked = [(url.split("/")[1], url.partition("?")[2]) for url in page.streams()]
    assert [cursor for _, cursor in asked] == [
        *("after=0", "after=0", "after=0"),
        *("after=1", "after=1"),
    ]
    assert [turn for turn, _ in asked][1:4:2] == [asked[1][0]] * 2

    long.end()
    other.end()
    page.expect_end()
    page.expect_connection("closed")
    page.button("Previous version").click()
    page.expect_end("done", 1)
    page.expect_turns(("one", "1"), ("two", "a long reply"))
    for number in (0, 1):
        expect(page.replies.nth(number)).to_have_attribute("data-proof", "ok")
    expect(page.button("Send")).to_be_visible()
    page.wait_for(lambda: open_streams() == 0)


def test_a_reader_in_another_branch_stays_in_it(
    run: Run, reply: HandedReply, open_page: OpenPage
) -> None:
    page = open_page(run(create_app(reply)).url)
    send(page, reply, "one", "1")
    edit(page, 0, "eins")
    answer(page, reply, "1b")
    tab = page.another_tab()
    tab.expect_turns(("eins", "1b"))

    page.button("Previous version").click()
    page.expect_turns(("one", "1"))
    send(tab, reply, "zwei", "2b")
    look_again(page)
    page.expect_turns(("one", "1"))
    tab.button("Previous version").click()
    send(tab, reply, "two", "2")
    page.expect_turns(("one", "1"), ("two", "2"))  # in its own branch a reader follows the newest
    send(page, reply, "three", "3")
    tab.expect_turns(("one", "1"), ("two", "2"), ("three", "3"))


def test_a_branch_whose_beginning_the_server_has_forgotten(
    run: Run, reply: HandedReply, open_page: OpenPage
) -> None:
    page = open_page(run(create_app(reply, Turns(Limits(kept=2)))).url, failing=True)
    for number in "1234":
        send(page, reply, f"message {number}", f"reply {number}")
    page.reload()
    page.expect_turns(*((f"message {n}", f"reply {n}") for n in "234"))
    page.button("Regenerate").first.click()  # what its message followed is not kept
    assert answer(page, reply, "reply 2b") == ["message 2"]
    page.expect_turns(("message 2", "reply 2b"))
    assert [post["parent"] for post in page.posted()[-2:]] == [page.posted()[1]["parent"], None]
    page.button("Previous version").click()
    page.expect_turns(*((f"message {n}", f"reply {n}") for n in "234"))


def test_the_wire_leaves_a_branch_with_the_page(
    run: Run, reply: HandedReply, open_page: OpenPage
) -> None:
    page = open_page(run(create_app(reply)).url)
    send(page, reply, "one", "1")
    page.button("Regenerate").click()
    reply.next().write("1b")
    page.expect_text("1b")
    page.button("Wire").click()
    wire = page.page.get_by_role("complementary", name="Wire inspector")
    expect(wire).to_contain_text('"1b"')
    page.button("Previous version").click()
    expect(wire).not_to_contain_text('"1b"')
    page.button("Next version").click()
    expect(wire).to_contain_text('"1b"')
    expect(wire).to_contain_text("left")  # in the meantime
