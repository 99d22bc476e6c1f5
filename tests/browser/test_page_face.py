"""What stands around the conversation: the box and its button, themes, chats, help, suggestions."""

import re
from collections.abc import Callable

import pytest
from chat_page import ChatPage, OpenPage
from handed_reply import HandedReply
from playwright.sync_api import Route, expect

from chatkit import Server
from chatkit.replies import Message, echo
from chatkit.web.app import create_app

Run = Callable[..., Server]

# Every storage refuses, as in an iframe whose browser keeps nothing for other sites.
NO_STORAGE = """
for (const name of ["localStorage", "sessionStorage"]) {
    const get = () => { throw new DOMException("denied", "SecurityError"); };
    Object.defineProperty(window, name, { get });
}
"""


def theme_of(page: ChatPage) -> str:
    """ "light" or "dark", as it is on screen."""
    return str(
        page.page.evaluate(
            """() => {
                const probe = document.createElement("i");
                document.body.append(probe);
                probe.style.color = "light-dark(#fff, #000)";
                const { color } = getComputedStyle(probe);
                probe.remove();
                return color === "rgb(0, 0, 0)" ? "dark" : "light";
            }"""
        )
    )


def start_chat(page: ChatPage, reply: HandedReply, message: str) -> str:
    """Send the first message of a new chat; returns the id of the chat."""
    page.send(message)
    turn = reply.next()
    turn.write("OK")
    turn.end()
    page.expect_end()
    return page.chat


def test_one_button_sends_and_stops(run: Run, reply: HandedReply, open_page: OpenPage) -> None:
    page = open_page(run(create_app(reply)).url)
    expect(page.button("Send")).to_be_disabled()
    page.box.fill(" \n")
    expect(page.button("Send")).to_be_disabled()
    start_chat(page, reply, "Hello")  # the box is where it stays, from now on
    page.box.fill("Do you know?")
    page.button("Send").dblclick()  # the second click is not for "Stop"
    turn = reply.next()
    turn.write("As far as")
    page.expect_text("As far as")
    expect(page.button("Send")).to_have_count(0)
    expect(page.button("Stop")).to_be_enabled()
    expect(page.box).to_be_focused()

    page.box.fill("And then?")
    page.box.press("Enter")
    expect(page.page.get_by_text("Your message waits here")).to_be_visible()
    expect(page.box).to_have_value("And then?")
    page.button("Stop").click()
    page.expect_end("cancelled")
    expect(page.button("Stop")).to_have_count(0)
    expect(page.page.get_by_text("Your message waits here")).to_have_count(0)
    page.box.press("Enter")
    reply.next().end()
    page.expect_end("done", 2)
    page.expect_said("And then?")
    assert len(page.posted()) == 3


def test_enter_on_a_touch_keyboard_starts_a_new_line(run: Run, open_page: OpenPage) -> None:
    page = open_page(
        run(create_app(echo(delay=0))).url,
        viewport={"width": 390, "height": 780},
        is_mobile=True,
        has_touch=True,
    )
    page.box.fill("one")
    page.box.press("Enter")
    page.box.press_sequentially("two")
    expect(page.box).to_have_value("one\ntwo")
    page.button("Send").tap()
    page.expect_said("one\ntwo")
    page.button("Wire").tap()
    handle = page.page.get_by_role("separator", name="Size of the panel")
    expect(handle).to_be_visible()
    assert (handle.bounding_box() or {})["height"] >= 24  # for a finger


def test_each_chat_has_a_draft_that_survives_a_reload(
    run: Run, reply: HandedReply, open_page: OpenPage
) -> None:
    page = open_page(run(create_app(reply)).url)
    page.box.fill("begun")
    page.reload()
    expect(page.box).to_have_value("begun")
    expect(page.button("Send")).to_be_enabled()
    first = start_chat(page, reply, "First")
    expect(page.box).to_have_value("")

    page.button("New chat").click()
    expect(page.box).to_have_value("")  # "First" was sent
    second = start_chat(page, reply, "Second")
    page.box.fill("about the second")
    page.visit(f"?chat={first}")
    page.expect_said("First")
    expect(page.box).to_have_value("")
    page.page.go_back()
    page.expect_said("Second")
    expect(page.box).to_have_value("about the second")
    page.button("New chat").click()  # what is written goes along
    expect(page.box).to_have_value("about the second")
    page.visit(f"?chat={second}")
    page.expect_said("Second")
    expect(page.box).to_have_value("")


def test_the_theme_is_chosen_and_remembered(run: Run, open_page: OpenPage) -> None:
    page = open_page(run(create_app(echo(delay=0))).url, color_scheme="dark")
    theme = page.button("Theme")
    expect(theme).to_have_attribute("title", "Theme: as the system")
    assert theme_of(page) == "dark"
    theme.click()
    expect(theme).to_have_attribute("title", "Theme: light")
    assert theme_of(page) == "light"
    page.reload()
    expect(theme).to_have_attribute("title", "Theme: light")
    assert theme_of(page) == "light"

    tab = page.another_tab()
    tab.button("Theme").click()
    expect(theme).to_have_attribute("title", "Theme: dark")  # in all tabs
    tab.button("Theme").click()
    expect(theme).to_have_attribute("title", "Theme: as the system")
    page.page.emulate_media(color_scheme="light")
    assert theme_of(page) == "light"


def test_in_a_frame_the_theme_is_the_notebooks(run: Run, open_page: OpenPage) -> None:
    server = run(create_app(echo(delay=0)))
    page = open_page(server.url, color_scheme="light")
    page.visit("healthz")  # any page of this origin may show the chat in an iframe
    page.page.evaluate(
        """() => new Promise((loaded) => {
            const frame = document.createElement("iframe");
            frame.src = "./";
            frame.onload = loaded;
            document.body.append(frame);
        })"""
    )
    frame = page.page.frames[1]
    root = frame.locator("html")
    expect(frame.get_by_role("button", name="Theme")).to_have_attribute(
        "title", "Theme: as the notebook"
    )

    def tell(window: str, message: object) -> None:
        page.page.evaluate(f"(message) => {window}.postMessage(message, '*')", message)

    tell("frames[0]", {"type": "chatkit-theme", "theme": "dark"})
    expect(root).to_have_attribute("data-theme", "dark")
    # Not from anybody else, and nothing else.
    frame.evaluate("postMessage({ type: 'chatkit-theme', theme: 'light' }, '*')")
    for message in (None, "light", {"type": "chatkit-theme", "theme": "loud"}, {"theme": "light"}):
        tell("frames[0]", message)
    frame.evaluate("new Promise((done) => setTimeout(done))")
    expect(root).to_have_attribute("data-theme", "dark")

    frame.get_by_role("button", name="Theme").click()  # the reader's own choice
    expect(root).to_have_attribute("data-theme", "light")


@pytest.mark.parametrize("storage", ["kept", "denied"])
def test_the_list_of_chats(storage: str, run: Run, reply: HandedReply, open_page: OpenPage) -> None:
    page = open_page(run(create_app(reply)).url)
    if storage == "denied":
        page.page.add_init_script(NO_STORAGE)
        page.reload()
    items = page.page.locator("#chat-list li")
    page.button("Chats").click()
    expect(page.page.get_by_text("No chats yet.")).to_be_visible()
    page.page.keyboard.press("Escape")

    first = start_chat(page, reply, "The first chat")
    page.button("New chat").click()
    second = start_chat(page, reply, "<b>The second</b>")
    page.button("Chats").click()
    expect(items).to_have_count(2)
    expect(items.nth(0)).to_contain_text("<b>The second</b>")
    expect(items.nth(0).locator("[aria-current=true]")).to_have_count(1)
    items.nth(1).get_by_role("button").first.click()
    page.expect_said("The first chat")
    assert page.chat == first
    expect(items.first).to_be_hidden()
    if storage == "kept":
        page.reload()

    page.button("Chats").click()
    expect(page.page.locator("#chat-list [aria-current=true]")).to_contain_text("The first chat")
    items.filter(has_text="second").get_by_role("button", name="Remove").click()
    expect(items).to_have_count(1)
    # It is still there for whoever has its address.
    page.visit(f"?chat={second}")
    page.expect_said("<b>The second</b>")


def test_help_and_keys(run: Run, reply: HandedReply, open_page: OpenPage) -> None:
    page = open_page(run(create_app(reply)).url)
    help_dialog = page.page.get_by_role("dialog", name="Help")
    page.box.press("?")
    expect(page.box).to_have_value("?")  # this was typed
    start_chat(page, reply, "Hello")
    page.send("Again")
    turn = reply.next()
    turn.write("As far as")
    page.expect_text("As far as")

    page.page.locator("#conversation").focus()
    page.page.keyboard.press("?")
    expect(help_dialog).to_contain_text("Stop the reply")
    page.page.keyboard.press("Escape")
    expect(help_dialog).to_be_hidden()
    page.button("Chats").click()
    page.page.keyboard.press("Escape")
    expect(page.page.locator("#chat-list")).to_be_hidden()
    turn.write(" I know")
    page.expect_text("As far as I know")  # nothing was stopped
    page.page.keyboard.press("Escape")
    page.expect_end("cancelled")

    page.box.press("ArrowUp")
    expect(page.page.get_by_role("textbox", name="Your text")).to_be_focused()
    page.page.keyboard.press("Escape")
    expect(page.box).to_be_focused()

    page.page.keyboard.press("Control+.")
    expect(page.button("Wire")).to_have_attribute("aria-expanded", "true")
    page.page.keyboard.press("Control+.")
    expect(page.button("Wire")).to_have_attribute("aria-expanded", "false")
    page.page.keyboard.press("Control+Shift+O")
    expect(page.users).to_have_count(0)
    expect(page.box).to_be_focused()


def test_suggestions(run: Run, open_page: OpenPage) -> None:
    seen: list[str] = []

    async def reply(messages: list[Message]):  # type: ignore[no-untyped-def]
        seen.append(messages[-1]["content"])
        yield messages[-1]["content"]

    page = open_page(run(create_app(reply)).url)
    suggestions = page.page.locator("#welcome button")
    expect(suggestions).to_have_count(4)
    box = page.box.bounding_box()
    assert box is not None
    assert 200 < box["y"] < 500  # in the middle
    suggestions.filter(has_text="table").click()
    page.expect_end()
    expect(page.replies.locator("table")).to_be_visible()
    expect(suggestions.first).to_be_hidden()

    page.button("New chat").click()
    suggestions.last.click()
    page.expect_end()
    expect(page.button("Wire")).to_have_attribute("aria-expanded", "true")
    assert len(seen) == 2


def test_a_model_is_asked_for_what_the_suggestions_show(run: Run, open_page: OpenPage) -> None:
    app = create_app(echo(delay=0))
    app.state.page_settings["model"] = "yes"
    page = open_page(run(app).url)
    page.page.locator("#welcome button").filter(has_text="A long reply").click()
    page.expect_end()
    expect(page.users).to_contain_text("In five paragraphs: how does a chat stream")


def test_the_line_is_broken_before_the_eyes_of_the_wire(run: Run, open_page: OpenPage) -> None:
    """However late that is there: the stream must not be left for another transport."""
    page = open_page(run(create_app(echo(delay=0.01), faults=True)).url, failing=True)
    held: list[Route] = []
    page.page.route(re.compile("/static/panel[.]js"), lambda route: held.append(route))
    page.page.get_by_role("button", name="Break the line").click()
    page.wait_for(lambda: held)
    page.page.request.get(f"{page.url}faults")  # time enough for what does not wait
    held[0].continue_()
    page.expect_end()
    expect(page.page.locator("wire-inspector")).to_contain_text(re.compile("s lost (after|before)"))
    streams = [request for request in page.asked() if "/events" in request.url]
    assert [request.resource_type for request in streams] == ["fetch", "fetch"]


@pytest.mark.parametrize("size", [(320, 256), (390, 780), (800, 560)], ids=str)
def test_small_pages(
    size: tuple[int, int], run: Run, reply: HandedReply, open_page: OpenPage
) -> None:
    """Nothing has to be scrolled sideways, and what is pressed is large enough (WCAG 2.5.8)."""
    page = open_page(run(create_app(reply)).url, viewport={"width": size[0], "height": size[1]})

    def check() -> None:
        scrolls = page.page.locator("html, body, main, header, #talk, footer").evaluate_all(
            "all => all.filter(it => it.scrollWidth > it.clientWidth + 1).map(it => it.tagName)"
        )
        assert scrolls == []
        small = page.page.locator("button:visible").evaluate_all(
            """all => all.map(it => [it.ariaLabel ?? it.textContent, it.getBoundingClientRect()])
                .filter(([, box]) => box.width < 24 || box.height < 24).map(([name]) => name)"""
        )
        assert small == []

    check()
    start_chat(page, reply, "Wide" * 100)
    check()
    page.send("A table")
    turn = reply.next()
    turn.write("|a|b|c|d|e|\n|-|-|-|-|-|\n|a|b|c|d|some words that are not one below the other|")
    turn.end()
    page.expect_end()
    row = page.page.locator("tbody tr").evaluate("it => it.getBoundingClientRect().height")
    assert row < 120  # pixels: of four lines
    edges = page.page.locator("#messages, #composer").evaluate_all(
        "all => all.map(it => it.getBoundingClientRect()).map(({ left, right }) => [left, right])"
    )
    assert edges[0] == pytest.approx(edges[1], abs=1)  # also beside a scroll bar
    check()
    page.button("Help").click()
    check()
    page.page.keyboard.press("Escape")
    page.button("Chats").click()
    check()


def test_on_paper(run: Run, reply: HandedReply, open_page: OpenPage) -> None:
    page = open_page(run(create_app(reply)).url, viewport={"width": 800, "height": 300})
    page.send("Print this, " * 200)
    turn = reply.next()
    turn.write("line\n\n" * 60)
    turn.end()
    page.expect_end()
    page.page.emulate_media(media="print", color_scheme="dark")
    expect(page.page.locator("header")).to_be_hidden()
    expect(page.box).to_be_hidden()
    expect(page.button("Show all")).to_be_hidden()
    assert page.users.evaluate("said => said.scrollHeight <= said.clientHeight")
    assert theme_of(page) == "light"
    # All of it, not what fits on a screen.
    page.wait_for(lambda: page.page.evaluate("document.documentElement.scrollHeight") > 2000)
