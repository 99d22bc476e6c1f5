"""The page when the network goes away and comes back.

A browser calls itself offline when only the machine itself is left. So a page from there goes on
as ever, and for this test the server must look as if it were somewhere else.
"""

import os
from collections.abc import Callable, Iterator

import pytest
from chat_page import ChatPage, OpenPage, stop_timers
from chromium import FLAGS, find_chromium
from handed_reply import HandedReply
from playwright.sync_api import Browser, expect, sync_playwright

from chatkit import Server
from chatkit.web.app import create_app

Run = Callable[..., Server]

# Keep every EventSource of the page, and how many were alive at most.
COUNT = """
window.sources = [];
window.most = 0;
window.EventSource = class extends EventSource {
    constructor(url) {
        super(url);
        sources.push(this);
        most = Math.max(most, sources.filter(({ readyState }) => readyState !== 2).length);
    }
};
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        path = find_chromium(playwright)
        if path is None:
            pytest.skip("no Chromium was found")
        flags = [*FLAGS, "--host-resolver-rules=MAP chat.test 127.0.0.1"]
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            flags.append("--no-sandbox")
        browser = playwright.chromium.launch(executable_path=path, args=flags)
        yield browser
        browser.close()


def far_away(server: Server) -> str:
    return f"http://chat.test:{server.port}/"


def count_sources(page: ChatPage) -> None:
    page.page.add_init_script(COUNT)
    page.reload()


def test_offline_and_online(run: Run, reply: HandedReply, open_page: OpenPage) -> None:
    server = run(create_app(reply, hosts=["chat.test"]))
    page = open_page(far_away(server), failing=True, clock=True)
    count_sources(page)
    page.send("Hello")
    turn = reply.next()
    turn.write("one ")
    page.expect_text("one ")

    network = page.page.context
    network.set_offline(True)
    expect(page.status).to_have_text("Offline")
    page.expect_connection("waiting")
    turn.write("two ")
    page.page.clock.run_for(60_000)
    assert page.page.evaluate("sources.length") == 1  # nothing is tried
    page.expect_text("one ")
    expect(page.button("Stop")).to_be_visible()
    network.set_offline(False)  # no time passes: it is tried at once
    page.expect_text("one two ")
    page.expect_connection("open")
    expect(page.status).to_have_text("Generating")

    for _ in range(5):
        network.set_offline(True)
        network.set_offline(False)
    turn.write("three")
    turn.end()
    page.expect_text("one two three")
    page.expect_end()
    expect(page.status).to_have_text("Response complete")
    assert page.page.evaluate("most") == 1
    network.set_offline(True)  # there is nothing left to follow
    expect(page.status).to_have_text("Response complete")
    page.expect_connection("closed")


def test_a_message_that_is_sent_offline(run: Run, reply: HandedReply, open_page: OpenPage) -> None:
    page = open_page(far_away(run(create_app(reply, hosts=["chat.test"]))), failing=True)
    page.page.context.set_offline(True)
    page.send("Hello")
    expect(page.alert).to_contain_text("The server does not answer")
    page.page.context.set_offline(False)
    page.button("Retry").click()
    reply.next().write("Hi")
    page.expect_text("Hi")


def test_on_the_machine_itself_no_network_is_needed(
    run: Run, reply: HandedReply, open_page: OpenPage
) -> None:
    page = open_page(run(create_app(reply)).url, failing=True)
    count_sources(page)
    page.send("Hello")
    turn = reply.next()
    turn.write("one ")
    page.expect_text("one ")
    page.page.evaluate(
        """() => {
            Object.defineProperty(navigator, "onLine", { get: () => false });
            window.dispatchEvent(new Event("offline"));
        }"""
    )
    turn.write("two")
    page.expect_text("one two")
    expect(page.status).to_have_text("Generating")
    page.page.evaluate("() => window.dispatchEvent(new Event('online'))")
    turn.end()
    page.expect_end()
    assert page.page.evaluate("sources.length") == 1


def test_on_an_insecure_origin(run: Run, reply: HandedReply, open_page: OpenPage) -> None:
    page = open_page(far_away(run(create_app(reply, hosts=["chat.test"]))))
    assert page.page.evaluate("[isSecureContext, navigator.clipboard ?? null]") == [False, None]
    page.send("Hello")
    turn = reply.next()
    turn.write("*Hi*")
    turn.end()
    page.expect_end()
    stop_timers(page.page, 2_000)
    page.button("Copy").click()
    expect(page.button("Copied")).to_be_visible()
    page.reload()
    page.box.focus()
    page.page.keyboard.press("Control+v")
    expect(page.box).to_have_value("*Hi*")
    # There is no SHA-256 for such a page: it can prove nothing, and claims nothing.
    expect(page.replies.locator("details")).to_have_count(0)
