"""Several tabs on one chat, and what other devices do to it."""

import re
from collections.abc import Callable

from chat_page import ChatPage, OpenPage
from handed_reply import HandedReply
from playwright.sync_api import APIResponse, Response, Route, expect
from starlette.applications import Starlette
from starlette.routing import Mount

from chatkit import Server
from chatkit.web.app import create_app

Run = Callable[..., Server]


def two_tabs(page: ChatPage, reply: HandedReply) -> list[ChatPage]:
    """Send "Hello", wait for the reply "Hi", and open the chat in another tab."""
    page.send("Hello")
    turn = reply.next()
    turn.write("Hi")
    turn.end()
    page.expect_end()
    tab = page.another_tab()
    tab.expect_text("Hi")
    return [page, tab]


def test_what_is_sent_in_one_tab_streams_in_both(
    run: Run, reply: HandedReply, open_page: OpenPage
) -> None:
    tabs = two_tabs(open_page(run(create_app(reply)).url), reply)
    tabs[1].box.fill("a draft")
    tabs[0].send("How are you?")
    turn = reply.next()
    turn.write("Fine, ")
    for tab in tabs:
        tab.expect_said("How are you?", 1)
        tab.expect_text("Fine, ", 1)
        expect(tab.status).to_have_text("Generating")
        expect(tab.button("Stop")).to_be_visible()
    turn.write("thanks")
    turn.end()
    for tab in tabs:
        tab.expect_end("done", 1)
        tab.expect_text("Fine, thanks", 1)
        expect(tab.replies.nth(1)).to_have_attribute("data-proof", "ok")
        expect(tab.replies).to_have_count(2)
    expect(tabs[1].box).to_have_value("a draft")
    assert [len(tab.streams()) for tab in tabs] == [2, 1]

    tabs[1].button("Send").click()  # and the other way round
    assert reply.next().messages[-1]["content"] == "a draft"
    tabs[0].expect_said("a draft", 2)


def test_stop_in_one_tab_stops_in_both(run: Run, reply: HandedReply, open_page: OpenPage) -> None:
    tabs = two_tabs(open_page(run(create_app(reply)).url), reply)
    tabs[0].send("Count")
    reply.next().write("1 2 3 ")
    tabs[1].expect_text("1 2 3 ", 1)
    tabs[1].button("Stop").click()
    for tab in tabs:
        tab.expect_end("cancelled", 1)
        tab.expect_connection("closed")
        expect(tab.status).to_have_text("Stopped")
        expect(tab.button("Send")).to_be_visible()


def test_another_try_in_one_tab_is_shown_in_both(
    run: Run, reply: HandedReply, open_page: OpenPage
) -> None:
    tabs = two_tabs(open_page(run(create_app(reply)).url), reply)
    tabs[0].send("Second")
    second = reply.next()
    second.write("half of ")
    tabs[1].expect_text("half of ", 1)
    tabs[1].button("Regenerate").first.click()
    turn = reply.next()
    assert turn.messages == [{"role": "user", "content": "Hello"}]
    turn.write("Hey")
    for tab in tabs:
        tab.expect_turns(("Hello", "Hey"))
        expect(tab.reply_versions).to_contain_text("2/2")
        expect(tab.status).to_have_text("Generating")
        tab.expect_connection("open")
    turn.end()
    for tab in tabs:
        tab.expect_end()
    second.write("it")  # in its own branch, which nobody looks at
    second.end()
    for tab in tabs:
        tab.expect_turns(("Hello", "Hey"))
        tab.button("Previous version").click()
        tab.expect_turns(("Hello", "Hi"), ("Second", "half of it"))
        expect(tab.replies.nth(1)).to_have_attribute("data-proof", "ok")


def test_other_chats_and_other_servers_of_the_origin_hear_nothing(
    run: Run, reply: HandedReply, open_page: OpenPage
) -> None:
    app, other = create_app(reply), create_app(reply)
    server = run(Starlette(routes=[Mount("/a", app), Mount("/b", other)]))
    page, tab = two_tabs(open_page(f"{server.url}a/"), reply)
    away = ChatPage(page.page.context.new_page(), f"{server.url}b/", page.errors)
    away.page.route(
        re.compile("/chats/"), lambda route: route.fulfill(json={"chat": "x", "turns": []})
    )
    away.visit(f"?chat={page.chat}")
    fresh = ChatPage(page.page.context.new_page(), page.url, page.errors)
    for silent in (away, fresh):
        expect(silent.status).to_have_text("Ready")
        silent.requests.clear()
    page.send("Second")
    reply.next()
    tab.expect_said("Second", 1)
    fresh.send("Something else")
    reply.next()
    fresh.expect_end("streaming")
    for silent in (away, fresh):
        assert [r.url for r in silent.asked() if "/chats/" in r.url] == []


def test_what_another_device_did_is_there_when_the_tab_is_looked_at(
    run: Run, reply: HandedReply, open_page: OpenPage
) -> None:
    server = run(create_app(reply))
    page = open_page(server.url)
    device = open_page(server.url)
    two_tabs(page, reply)
    device.visit(f"?chat={page.chat}")
    device.expect_text("Hi")
    device.button("Regenerate").click()
    turn = reply.next()
    turn.write("Hey")
    turn.end()
    device.expect_end()
    device.send("Second")
    reply.next().write("and more")

    page.expect_text("Hi")
    page.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    page.expect_turns(("Hello", "Hey"), ("Second", "and more"))
    expect(page.status).to_have_text("Generating")


def test_what_the_server_has_forgotten_stays_on_screen(
    run: Run, reply: HandedReply, open_page: OpenPage
) -> None:
    page = open_page(run(create_app(reply)).url, failing=True)
    for number in "12":
        page.send(f"message {number}")
        turn = reply.next()
        turn.write(f"reply {number}")
        turn.end()
        page.expect_end("done", int(number) - 1)

    run(create_app(reply))  # its memory is empty
    with page.page.expect_response("**/chats/*"):
        page.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    page.send("message 3")
    reply.next().write("reply 3")
    page.expect_text("reply 3", 2)
    with page.page.expect_response("**/chats/*"):
        page.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    page.button("Regenerate").nth(1).click()  # of the second: the server knows the third only
    turn = reply.next()
    assert turn.messages == [{"role": "user", "content": "message 2"}]
    turn.write("another reply 2")
    now = [("message 1", "reply 1"), ("message 2", "another reply 2")]
    page.expect_turns(*now)
    page.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    turn.end()
    page.expect_end("done", 1)
    page.expect_turns(*now)
    page.button("Previous version").click()
    page.expect_turns(now[0], ("message 2", "reply 2"), ("message 3", "reply 3"))


def test_a_list_that_is_older_than_the_screen_takes_nothing_away(
    run: Run, reply: HandedReply, open_page: OpenPage
) -> None:
    page, _ = two_tabs(open_page(run(create_app(reply)).url), reply)
    held: list[tuple[Route, APIResponse]] = []
    page.page.route("**/chats/*", lambda route: held.append((route, route.fetch())), times=1)
    page.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    page.wait_for(lambda: held)  # the server has said how the chat was before the next message
    page.send("Second")
    reply.next().write("two")
    page.expect_text("two", 1)
    lists: list[str] = []

    def is_second_list(response: Response) -> bool:
        if "/chats/" in response.url:
            lists.append(response.url)
        return len(lists) == 2

    with page.page.expect_response(is_second_list):  # it is asked again
        route, old = held[0]
        route.fulfill(response=old)
    page.expect_text("two", 1)
    expect(page.replies).to_have_count(2)
    page.expect_connection("open")


def test_two_messages_at_the_same_time(run: Run, reply: HandedReply, open_page: OpenPage) -> None:
    tabs = two_tabs(open_page(run(create_app(reply)).url), reply)
    for tab in tabs:  # each sends before it can have heard of the other
        tab.page.evaluate(
            """name => {
                const box = document.querySelector("#message");
                box.value = name;
                box.dispatchEvent(new Event("input", { bubbles: true }));
                BroadcastChannel.prototype.postMessage = () => {};
                document.querySelector("#send").click();
            }""",
            f"from tab {tabs.index(tab)}",
        )
    turns = [reply.next(), reply.next()]
    for turn in turns:
        turn.write(f"to {turn.messages[-1]['content']}")
    first, second = (turn.messages[-1]["content"] for turn in turns)
    for tab in tabs:  # both are answers to "Hi", and the newest is shown
        expect(tab.status).to_have_text("Generating")  # its own, which it shows first
        tab.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        tab.expect_turns(("Hello", "Hi"), (second, f"to {second}"))
        expect(tab.message_versions).to_contain_text("2/2")
        expect(tab.button("Stop")).to_be_visible()
        expect(tab.status).to_have_text("Generating")
    tabs[0].button("Previous version").click()
    tabs[0].expect_turns(("Hello", "Hi"), (first, f"to {first}"))
    for turn in turns:
        turn.end()
    for tab in tabs:
        tab.expect_end("done", 1)
        expect(tab.button("Send")).to_be_visible()
