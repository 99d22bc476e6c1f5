"""The wire inspector in a real browser: what it shows is what the server sent."""

import time
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import httpx
import pytest
from chat_page import ChatPage, OpenPage
from handed_stream import HandedStreams
from inspector_page import InspectorPage
from kept_turns import KeptTurns
from playwright.sync_api import expect
from starlette.applications import Starlette
from starlette.routing import Mount

from chatkit import Server
from chatkit.replies import Message
from chatkit.sse import Event, Parser
from chatkit.web.app import create_app

Run = Callable[..., Server]

PIECES = ["Hello", " 🦊", "\n", 'said "no"', " é\u0301", " <b>", "\\n", " שלום"]


def visible(frame: bytes) -> str:
    """A frame of the server as the inspector shows it."""
    return frame.decode().replace("\n", "\\n\n")


def event_of(row: dict[str, Any]) -> Event:
    event = row["event"]
    return Event(event["data"], event["type"], event["lastEventId"])


class Setting:
    """A server whose turns the test writes, and the inspector on a page of it."""

    def __init__(self, server: Server, turns: KeptTurns, page: ChatPage) -> None:
        self.server = server
        self.turns = turns
        self.page = page
        self.inspector = InspectorPage(page.page)

    def frames(self) -> list[bytes]:
        return list(self.turns.newest.frames)

    def expect_streams(self, count: int) -> None:
        """Wait until the server has so many streams open."""
        end = time.monotonic() + 30
        url = f"{self.server.url}healthz"
        while httpx.get(url, trust_env=False).json()["streams"] != count:
            assert time.monotonic() < end, f"the server never had {count} streams"


@pytest.fixture
def setting(run: Run, open_page: OpenPage) -> Setting:
    turns = KeptTurns()
    server = run(turns.app())
    return Setting(server, turns, open_page(server.url))


@pytest.fixture
def streams(run: Run, open_page: OpenPage) -> Iterator[tuple[HandedStreams, InspectorPage]]:
    """Streams that the test hands out, and the inspector, open, on a page that asks for them."""
    streams = HandedStreams(create_app())
    inspector = InspectorPage(open_page(run(streams).url, failing=True).page)
    inspector.open()
    inspector.watch("t")
    yield streams, inspector
    inspector.call("left()")


def test_rows_are_the_frames_of_the_server(setting: Setting) -> None:
    inspector, turns = setting.inspector, setting.turns
    inspector.open()
    inspector.watch(inspector.start_turn())
    turns.write(*PIECES)
    turns.finish()
    inspector.expect_line("end of the stream")

    rows = inspector.rows()
    frames = setting.frames()
    assert [row["bytes"] for row in rows] == [visible(frame) for frame in frames]
    assert [event_of(row) for row in rows] == Parser().feed(b"".join(frames))
    assert rows[1]["fields"] == [["id", "2"], ["data", '" 🦊"']]
    assert [name for name, _ in rows[-1]["fields"]] == ["id", "event", "data"]
    assert rows[-1]["event"]["type"] == "end"
    expect(inspector.page.locator(".state b")).to_have_text("9")
    expect(inspector.counts).to_have_text("9 blocks")
    url = f"turns/{turns.newest.id}/events"
    lines = [f"GET {url}, after event 0", "200, text/event-stream; charset=utf-8"]
    assert inspector.lines() == [*lines, "end of the stream"]


def test_it_has_a_connection_only_while_it_is_open_and_there_is_a_turn(setting: Setting) -> None:
    inspector, turns = setting.inspector, setting.turns
    inspector.open()
    inspector.close()
    turn = inspector.start_turn()
    turns.write("a", "b")
    inspector.watch(turn)
    expect(inspector.region).to_be_hidden()
    setting.expect_streams(0)
    assert setting.page.streams() == []

    inspector.open()
    inspector.expect_blocks(2)
    setting.expect_streams(1)
    inspector.close()
    setting.expect_streams(0)

    turns.write("c")
    inspector.open()
    inspector.expect_blocks(3)
    setting.expect_streams(1)
    inspector.call("left()")
    setting.expect_streams(0)
    inspector.close()
    inspector.open()
    assert [row["bytes"] for row in inspector.rows()] == [visible(f) for f in setting.frames()]
    setting.expect_streams(0)
    asked = [f"turns/{turn}/events?after={after}" for after in (0, 2)]
    assert setting.page.streams() == asked


def test_a_finished_turn_is_read_once(setting: Setting) -> None:
    inspector, turns = setting.inspector, setting.turns
    inspector.watch(inspector.start_turn())
    turns.write("a")
    turns.finish()
    for _ in range(3):
        inspector.open()
        inspector.expect_line("end of the stream")
        inspector.expect_blocks(2)
        inspector.close()
    assert len(setting.page.streams()) == 1


def test_the_rows_of_a_turn_stay_until_the_next_one(setting: Setting) -> None:
    inspector, turns = setting.inspector, setting.turns
    inspector.open()
    inspector.watch(inspector.start_turn())
    turns.write("first")
    turns.finish()
    inspector.expect_line("end of the stream")
    turn = inspector.start_turn()
    inspector.expect_blocks(2)
    inspector.watch(turn)
    turns.write("second")
    expect(inspector.page.locator(".rows")).to_contain_text("second")
    assert [row["bytes"] for row in inspector.rows()] == [visible(f) for f in setting.frames()]
    setting.expect_streams(1)


def test_pause_holds_the_screen_and_loses_nothing(setting: Setting) -> None:
    inspector, turns = setting.inspector, setting.turns
    inspector.open()
    inspector.watch(inspector.start_turn())
    turns.write("a", "b")
    inspector.expect_blocks(2)
    inspector.button("Pause").click()
    turns.write("c", "d", "e")
    expect(inspector.counts).to_have_text("5 blocks, 3 waiting")
    inspector.expect_blocks(2)
    inspector.button("Resume").click()
    inspector.expect_blocks(5)
    turns.finish()
    inspector.expect_blocks(6)
    assert [row["bytes"] for row in inspector.rows()] == [visible(f) for f in setting.frames()]
    expect(inspector.button("Pause")).to_be_visible()


def test_filter(setting: Setting) -> None:
    inspector, turns = setting.inspector, setting.turns
    inspector.open()
    inspector.watch(inspector.start_turn())
    turns.write("Apple", "pear", "apple pie")
    inspector.expect_blocks(3)
    box = inspector.region.get_by_role("textbox", name="Filter")
    box.fill("APPLE")
    expect(inspector.counts).to_have_text("2 of 3 blocks")
    assert [row["event"]["lastEventId"] for row in inspector.rows()] == ["1", "3"]
    turns.write("more apples", "grapes")
    inspector.expect_blocks(5)
    expect(inspector.counts).to_have_text("3 of 5 blocks")
    turns.finish()
    box.fill("end")
    expect(inspector.counts).to_have_text("1 of 6 blocks")
    assert inspector.rows()[0]["event"]["type"] == "end"
    box.fill("")
    expect(inspector.shown).to_have_count(6)


def test_comments_are_shown_or_not(streams: tuple[HandedStreams, InspectorPage]) -> None:
    handed, inspector = streams
    handed.next().write(b": ping\n\ndata: a\n\n: ping\n: pong\n\nretry: 5\n\n\nid: 7\n\n")
    inspector.expect_blocks(6)
    assert [row["event"] for row in inspector.rows()] == [
        "nothing dispatched: comment",
        {"type": "message", "data": "a", "lastEventId": ""},
        "nothing dispatched: comment",
        "nothing dispatched: no data",
        "nothing dispatched: blank line",
        "nothing dispatched: no data",
    ]
    assert inspector.rows()[2]["fields"] == [[":", "ping"], [":", "pong"]]
    inspector.region.get_by_role("checkbox", name="Comments").uncheck()
    expect(inspector.shown).to_have_count(4)
    expect(inspector.page.locator(".state b")).to_have_text("7")


@pytest.mark.parametrize("allowed", [True, False], ids=["clipboard", "selection"])
def test_copy_gives_the_bytes_on_screen(allowed: bool, setting: Setting) -> None:
    inspector, turns = setting.inspector, setting.turns
    page = inspector.page
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    inspector.open()
    inspector.watch(inspector.start_turn())
    turns.write(*PIECES)
    turns.finish()
    inspector.expect_line("end of the stream")
    if not allowed:
        page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(); }")
    inspector.button("Copy").click()
    expect(inspector.button("Copied")).to_be_focused()
    everything = b"".join(setting.frames()).decode()
    assert page.evaluate("navigator.clipboard.readText()") == everything

    inspector.region.get_by_role("textbox", name="Filter").fill("fox that is not there")
    expect(inspector.counts).to_have_text("0 of 9 blocks")
    inspector.region.get_by_role("textbox", name="Filter").fill("🦊")
    expect(inspector.counts).to_have_text("1 of 9 blocks")
    inspector.region.get_by_role("button", name="Cop").click()
    fox = setting.frames()[1].decode()
    page.wait_for_function(
        "text => navigator.clipboard.readText().then((t) => t === text)", arg=fox
    )


def test_clear(setting: Setting) -> None:
    inspector, turns = setting.inspector, setting.turns
    inspector.open()
    inspector.watch(inspector.start_turn())
    turns.write("a", "b")
    inspector.expect_blocks(2)
    inspector.button("Clear").click()
    inspector.expect_blocks(0)
    expect(inspector.counts).to_have_text("0 blocks")
    turns.write("c")
    inspector.expect_blocks(1)
    assert inspector.rows()[0]["event"]["lastEventId"] == "3"


def test_every_byte_shows_as_it_arrived(streams: tuple[HandedStreams, InspectorPage]) -> None:
    handed, inspector = streams
    stream = handed.next()
    block = inspector.blocks.last.locator(".bytes")
    shown = ""
    for chunk, as_shown in [
        (b"data: \xe2\x82", "data: \\xe2\\x82"),
        (b"\xac\xff\r", "¦\\xac\\xff\\r\n"),
        (b"\nid: 1\x00\t", "¦\\n\nid: 1\\0\\t"),
        ("\u202e\ufeff🦊\n".encode(), "¦\\u202e\\ufeff🦊\\n\n"),
    ]:
        stream.write(chunk)
        shown += as_shown
        expect(block).to_have_js_property("textContent", shown)
    assert inspector.rows()[0]["event"] == "not finished"
    assert inspector.rows()[0]["fields"] == []

    stream.write(b"retry: 9\r\rdata: <b>x</b>\n\n")
    inspector.expect_blocks(2)
    first, second = inspector.rows()
    assert first["bytes"] == shown + "¦retry: 9\\r\n\\r\n"
    assert first["arrival"] == "chunks 1 to 5 · 40 bytes"
    assert first["fields"] == [
        ["data", "€\ufffd"],
        ["id", "1\\0\\t\\u202e\\ufeff🦊", "ignored"],
        ["retry", "9"],
    ]
    assert first["event"] == {"type": "message", "data": "€\ufffd", "lastEventId": ""}
    assert second["arrival"] == "chunk 5 · 16 bytes"
    assert second["event"]["data"] == "<b>x</b>"

    stream.write(b"data: lost")
    inspector.expect_blocks(3)
    stream.break_off()
    inspector.expect_line("the connection broke; the next try in")
    assert inspector.rows()[2]["event"] == "discarded: the stream ended before its blank line"


def test_it_asks_as_jupyter_server_proxy_needs_it(
    streams: tuple[HandedStreams, InspectorPage],
) -> None:
    handed, _ = streams
    stream = handed.next()
    assert stream.headers["accept"] == "text/event-stream"
    assert stream.headers["cache-control"] == "no-cache"  # what `no-store` makes of a request
    assert stream.query == "after=0"


def test_it_goes_on_behind_the_last_event_id(
    streams: tuple[HandedStreams, InspectorPage],
) -> None:
    handed, inspector = streams
    stream = handed.next()
    stream.write(b"id: 1\ndata: a\n\nid: 2\ndata: b\n\n")
    stream.write(b": a comment has no id\n\n")
    inspector.expect_blocks(3)
    stream.end()
    inspector.expect_line("the stream ended before the reply did; the next try in")
    stream = handed.next()
    assert stream.query == "after=2"
    stream.write(b": still alive\n\n")
    inspector.expect_blocks(4)
    stream.break_off()
    inspector.expect_line("the connection broke; the next try in")
    inspector.call('note("open")')  # the page's own connection came back: no need to wait
    stream = handed.next()
    assert stream.query == "after=2"
    stream.write(b"id: 3\nevent: failure\ndata: {}\n\n")
    stream.end()
    inspector.expect_line("end of the stream")
    inspector.call('note("open")')
    inspector.close()
    inspector.open()
    assert handed.unasked()


@pytest.mark.parametrize(
    ("status", "type", "line"),
    [
        (500, "application/json", "refused; the next try in"),
        (503, "text/event-stream", "refused; the next try in"),
        (200, "text/html", "this is no event stream; the next try in"),
        (200, "text/event-streams", "this is no event stream; the next try in"),
    ],
)
def test_an_answer_that_is_no_stream(
    status: int, type: str, line: str, streams: tuple[HandedStreams, InspectorPage]
) -> None:
    handed, inspector = streams
    handed.next().refuse(status, type)
    inspector.expect_line(line)
    assert inspector.lines()[1].startswith(f"{status}, {type}")
    handed.next().write(b"id: 1\ndata: a\n\n")
    inspector.expect_blocks(1)


@pytest.mark.parametrize(
    ("status", "line"), [(204, "there is nothing more to read"), (404, "refused")]
)
def test_an_answer_that_is_the_last(
    status: int, line: str, streams: tuple[HandedStreams, InspectorPage]
) -> None:
    handed, inspector = streams
    handed.next().refuse(status)
    inspector.expect_line(line)
    assert inspector.lines()[-1] == line
    inspector.call('note("open")')
    inspector.close()
    inspector.open()
    assert handed.unasked()


def test_a_server_that_is_gone_and_comes_back(run: Run, open_page: OpenPage) -> None:
    turns = KeptTurns()
    server = run(turns.app())
    inspector = InspectorPage(open_page(server.url, failing=True).page)
    inspector.open()
    inspector.watch(inspector.start_turn())
    turns.write("a")
    inspector.expect_blocks(1)
    server.stop()
    inspector.expect_line("no answer; the next try in")
    turns.write("b")
    assert run(turns.app()).port == server.port
    turns.finish()
    inspector.expect_line("end of the stream")
    frames = [visible(frame) for frame in turns.newest.frames]
    assert [row["bytes"] for row in inspector.rows()] == frames


def test_under_a_path_prefix(run: Run, open_page: OpenPage) -> None:
    turns = KeptTurns()
    server = run(Starlette(routes=[Mount("/user/ada/proxy/1", turns.app())]))
    page = open_page(f"{server.url}user/ada/proxy/1/")
    inspector = InspectorPage(page.page)
    inspector.open()
    inspector.watch(inspector.start_turn())
    turns.write("a")
    turns.finish()
    inspector.expect_line("end of the stream")
    inspector.expect_blocks(2)
    assert page.streams() == [f"turns/{turns.newest.id}/events?after=0"]


def test_the_timeline_tells_the_connection_of_the_page(setting: Setting) -> None:
    inspector = setting.inspector
    inspector.open()
    inspector.watch(inspector.start_turn())
    inspector.call('note("open")')
    inspector.call('note("waiting", "next try in 0.5 s")')
    summary = inspector.page.locator("summary")
    expect(summary).to_have_text("Connection of the page: waiting")
    summary.focus()
    inspector.page.keyboard.press("Enter")
    states = inspector.page.locator(".timeline li")
    expect(states.nth(2)).to_contain_text("waiting · next try in 0.5 s")
    assert [text.split(" s ")[1] for text in states.all_text_contents()[:2]] == [
        "connecting",
        "open",
    ]
    bar = inspector.page.locator(".timeline rect")
    expect(bar).to_have_count(3)
    assert bar.evaluate_all("list => list.map((part) => part.dataset.state)") == [
        "connecting",
        "open",
        "waiting",
    ]
    inspector.page.evaluate("for (let i = 0; i < 500; i += 1) inspector.note('open', String(i))")
    expect(states).to_have_count(100)
    expect(states.last).to_contain_text("499")
    inspector.watch(inspector.start_turn())
    expect(states).to_have_count(1)


def test_it_stays_at_the_end_unless_the_reader_leaves_it(setting: Setting) -> None:
    inspector, turns = setting.inspector, setting.turns
    page = inspector.page
    at_end = """() => {
        const box = document.querySelector(".box");
        return box.scrollTop > 0 && box.scrollHeight - box.clientHeight - box.scrollTop < 2;
    }"""
    inspector.open()
    inspector.watch(inspector.start_turn())
    turns.write(*(f"piece {number} " for number in range(100)))
    inspector.expect_blocks(100)
    page.wait_for_function(at_end)
    page.set_viewport_size({"width": 400, "height": 300})
    page.wait_for_function(at_end)

    page.locator(".box").focus()
    page.keyboard.press("Home")
    page.wait_for_function("() => document.querySelector('.box').scrollTop === 0")
    turns.write("one more")
    inspector.expect_blocks(101)
    page.evaluate("new Promise((resolve) => requestAnimationFrame(resolve))")
    assert page.evaluate("document.querySelector('.box').scrollTop") == 0
    page.keyboard.press("End")
    page.wait_for_function(at_end)
    turns.write(*(f"piece {number} " for number in range(100)))
    inspector.expect_blocks(201)
    page.wait_for_function(at_end)


def test_it_is_named_and_quiet_and_works_by_keyboard(setting: Setting) -> None:
    inspector = setting.inspector
    inspector.open()
    inspector.watch(inspector.start_turn())
    setting.turns.write("a")
    inspector.expect_blocks(1)
    expect(inspector.region).to_be_visible()
    expect(inspector.region.get_by_role("heading", name="On the wire")).to_be_visible()
    expect(inspector.region.get_by_role("region", name="Blocks of the stream")).to_be_visible()
    live = "[aria-live], [role=status], [role=log], [role=alert], [role=timer]"
    expect(inspector.region.locator(live)).to_have_count(0)

    stops = []
    page = inspector.page
    for _ in range(8):
        page.keyboard.press("Tab")
        stops.append(
            page.evaluate(
                """() => {
                    const { ariaLabel, labels, textContent } = document.activeElement;
                    return ariaLabel ?? (labels?.[0] ?? document.activeElement).textContent;
                }"""
            )
        )
    assert stops == [
        "Close the wire inspector",
        "Connection of the page: connecting",
        "Pause",
        "Copy",
        "Clear",
        "Filter",
        "Comments",
        "Blocks of the stream",
    ]
    inspector.button("Close the wire inspector").press("Enter")
    assert page.evaluate("closes") == 1


@pytest.mark.parametrize("width", [280, 420, 900])
def test_nothing_is_wider_than_its_place(width: int, setting: Setting) -> None:
    inspector, turns = setting.inspector, setting.turns
    page = inspector.page
    page.set_viewport_size({"width": width, "height": 600})
    inspector.open()
    inspector.watch(inspector.start_turn())
    turns.write("x" * 300, "🦊 " * 300, "ש" * 300)
    turns.finish()
    inspector.expect_line("end of the stream")
    sizes = page.locator("aside, aside *").evaluate_all(
        "list => list.filter((e) => e.scrollWidth > e.clientWidth + 1 && e.clientWidth > 0 &&"
        " getComputedStyle(e).display !== 'inline').map((e) => e.className || e.localName)"
    )
    assert sizes == []
    assert page.evaluate("document.documentElement.scrollWidth") == width


def test_a_large_event_is_cut_on_screen_and_whole_in_a_copy(setting: Setting) -> None:
    inspector, turns = setting.inspector, setting.turns
    page = inspector.page
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    inspector.open()
    inspector.watch(inspector.start_turn())
    turns.write("🦊" * 250_000)
    turns.finish()
    inspector.expect_line("end of the stream")
    large = inspector.rows()[0]
    assert large["bytes"].startswith('id: 1\\n\ndata: "🦊🦊')
    assert large["bytes"].endswith("🦊 … 999,419 more bytes")
    assert large["event"]["data"].endswith("🦊 …")
    assert len(large["event"]["data"]) < 700
    inspector.button("Copy").click()
    expect(inspector.button("Copied")).to_be_visible()
    whole = b"".join(setting.frames()).decode()
    assert page.evaluate("text => navigator.clipboard.readText().then((t) => t === text)", whole)


def test_of_10_000_pieces_the_newest_are_kept(run: Run, open_page: OpenPage) -> None:
    async def many(_: list[Message]) -> AsyncIterator[str]:
        for number in range(10_000):
            yield f"piece {number} "

    server = run(create_app(many))
    inspector = InspectorPage(open_page(server.url).page)
    page = inspector.page
    turn = inspector.start_turn()
    stream = httpx.get(f"{server.url}turns/{turn}/events", trust_env=False).content
    inspector.open()
    page.evaluate(
        """() => {
            window.most = 0;
            const rows = document.querySelector(".rows");
            new MutationObserver(() => (most = Math.max(most, rows.childElementCount)))
                .observe(rows, { childList: true });
        }"""
    )
    inspector.watch(turn)
    inspector.expect_line("end of the stream")
    box = page.locator("[type=text]")
    box.fill("piece 999")
    expect(inspector.counts).to_have_text("10 of 999 blocks")
    box.fill("")
    expect(inspector.counts).to_have_text("999 blocks")

    # One thousand rows: the last is the line at the end. tests/benchmarks/page.py measures what
    # that costs.
    assert page.evaluate("most") <= 1_000
    assert page.locator("aside *").count() < 30_000
    expect(page.locator(".dropped")).to_have_text("9,002 older blocks no longer kept")
    frames = [frame + b"\n\n" for frame in stream.removesuffix(b"\n\n").split(b"\n\n")]
    assert len(frames) == 10_001
    assert [row["bytes"] for row in inspector.rows()] == [visible(f) for f in frames[-999:]]
