"""The Wire in a real browser: what it shows is what the page itself has sent and received."""

import json
import re
from collections.abc import AsyncIterator, Callable
from hashlib import sha256
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from chat_page import ChatPage, OpenPage, stop_timers
from handed_reply import HandedReply
from handed_stream import HandedStreams
from kept_turns import KeptTurns
from playwright.sync_api import expect
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from wire_page import WirePage

from chatkit import Server
from chatkit.replies import Message
from chatkit.sse import Event, Parser
from chatkit.web.app import create_app

Run = Callable[..., Server]

STATIC = Path(__file__).parents[2] / "static"
PIECES = ["Hello", " 🦊", "\n", 'said "no"', " é\u0301", " <b>", "\\n", " שלום"]


def visible(frame: bytes) -> str:
    """A frame of the server as the Wire shows it."""
    return frame.decode().replace("\n", "\\n\n")


class Setting:
    """A server whose turns the test writes, and a page of it with the Wire open."""

    def __init__(self, server: Server, turns: KeptTurns, page: ChatPage) -> None:
        self.server = server
        self.turns = turns
        self.page = page
        self.wire = WirePage(page)

    def send(self, *pieces: str, finish: bool = True) -> None:
        """Send a message, and write its reply."""
        count = self.page.replies.count()
        self.page.send("Hello")
        expect(self.page.replies).to_have_count(count + 1)
        expect(self.wire.requests).to_have_count(2)
        self.turns.write(*pieces)
        if finish:
            self.turns.finish()
            self.wire.expect_words("the reply is complete")

    def frames(self) -> list[bytes]:
        return list(self.turns.newest.frames)


@pytest.fixture
def setting(run: Run, open_page: OpenPage) -> Setting:
    turns = KeptTurns()
    server = run(turns.app())
    return Setting(server, turns, open_page(server.url))


@pytest.fixture
def streams(run: Run, reply: HandedReply, open_page: OpenPage) -> tuple[HandedStreams, WirePage]:
    """Streams that the test hands out, and the Wire on a page that has sent a message."""
    streams = HandedStreams(create_app(reply))
    wire = WirePage(open_page(run(streams).url, failing=True))
    wire.chat.send("Hello")
    return streams, wire


def test_rows_are_the_frames_of_the_server(setting: Setting) -> None:
    wire = setting.wire
    setting.send(*PIECES)
    frames = setting.frames()
    events = Parser().feed(b"".join(frames))
    rows = wire.events()
    assert [row["number"] for row in rows] == [str(n) for n in range(1, 10)]
    assert [row["size"] for row in rows] == [str(len(frame)) for frame in frames]
    assert rows[1] == {
        "kind": "event",
        "number": "2",
        "as": "new",
        "id": "2",
        "type": "message",
        "data": '" 🦊"',
        "size": "21",
        "words": "",
    }
    assert (rows[-1]["type"], rows[-1]["as"]) == ("end", "other")
    assert [row["kind"] for row in wire.rows()[:4]] == ["request", "answer"] * 2
    url = f"turns/{setting.turns.newest.id}/events"
    headings = [re.sub(r"\s+", " ", text) for text in wire.requests.all_text_contents()]
    assert headings[0].startswith("POST turns → 201")
    assert headings[1].startswith("GET turns/…/events?after=0 → 200 · fetch")
    answers = wire.words("answer")
    assert re.match(r"201 · application/json · after \d+\.\d{3} s · \{\"turn\"", answers[0])
    assert answers[1].startswith("200 · text/event-stream; charset=utf-8 · after")
    assert wire.words("closed") == ["closed by the page: the reply is complete"]
    expect(wire.counts).to_have_text("9 frames")
    expect(wire.region.locator(".state b")).to_have_text("9")
    expect(wire.timeline).to_have_accessible_name(re.compile("open .* closed; 9 events"))
    assert setting.page.streams() == [f"{url}?after=0"]

    shown = [wire.details(wire.event(number)) for number in (2, 9)]
    assert [it["bytes"] for it in shown] == [visible(frames[1]), visible(frames[8])]
    assert shown[0]["fields"] == [["id", "2"], ["data", '" 🦊"']]
    assert [name for name, _ in shown[1]["fields"]] == ["id", "event", "data"]
    event = shown[1]["event"]
    assert Event(event["data"], event["type"], event["lastEventId"]) == events[-1]

    wire.requests.first.locator(".line").click()
    expect(wire.requests.first).to_contain_text("Content-Typeapplication/json")
    expect(wire.requests.first).to_contain_text('"message":"Hello"')
    wire.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    stop_timers(wire.page, 2_000)  # what is said for a moment stays
    wire.button("Copy as curl").click()
    expect(wire.button("Copied")).to_be_focused()
    copied = wire.page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith(f"curl --no-buffer --globoff '{setting.server.url}turns'")


def test_every_byte_shows_as_it_arrived(streams: tuple[HandedStreams, WirePage]) -> None:
    handed, wire = streams
    stream = handed.next()
    assert (
        stream.headers["accept"] == "text/event-stream"
    )  # jupyter-server-proxy needs exactly this
    assert stream.query == "after=0"
    frame = wire.page.locator("[data-kind=frame], [data-kind=event]").first
    shown = ""
    for chunk, as_shown in [
        (b"data: \xe2\x82", "data: \\xe2\\x82"),
        (b"\xac\xff\r", "¦\\xac\\xff\\r\n"),
        (b"\nid: 1\x00\t", "¦\\n\nid: 1\\0\\t"),
        ("\u202e\ufeff🦊\n".encode(), "¦\\u202e\\ufeff🦊\\n\n"),
    ]:
        stream.write(chunk)
        if not shown:
            frame.locator(".line").click()
        shown += as_shown
        expect(frame.locator(".bytes")).to_have_js_property("textContent", shown)
    expect(frame).to_contain_text("not finished")

    stream.write(b'retry: 9\r\rid: 1\ndata: "a"\n\n: ping\n: pong\n\nretry: 5\n\n\n')
    wire.expect_frames(5)
    first = frame.evaluate("row => [row.dataset.kind, row.querySelector('.line').innerText]")
    assert first[0] == "event"
    assert "cut in a character" in first[1]
    assert "CRLF" in first[1]
    expect(frame.locator(".bytes")).to_have_js_property(
        "textContent", shown + "¦retry: 9\\r\n\\r\n"
    )
    expect(frame.locator(".arrival")).to_contain_text("chunks 1 to 5 · 40 bytes")
    expect(frame.locator(".ignored")).to_contain_text("id1\\0\\t\\u202e\\ufeff🦊ignored")
    types = wire.frames.locator(".line > .type").all_text_contents()
    assert types == ["message", "message", "comment", "no data", "blank line"]
    wire.region.get_by_role("checkbox", name="Comments").uncheck()
    wire.expect_frames(4)


def test_an_outage_is_told_where_it_was(streams: tuple[HandedStreams, WirePage]) -> None:
    handed, wire = streams
    stream = handed.next()
    stream.write(b'id: 1\ndata: "a"\n\nid: 2\ndata: "b"\n\ndata: lost')
    wire.expect_frames(3)
    stream.break_off()
    wire.expect_words("the connection broke after event 2")
    wire.expect_words("next try in")
    expect(wire.frames.nth(2)).to_contain_text("discarded")
    stream = handed.next()
    assert stream.query == "after=2"
    stream.refuse(500)
    wire.expect_words("refused with 500")
    handed.next().refuse(200, "text/html")
    wire.expect_words("this is not an event stream")
    stream = handed.next()
    stream.write(b'id: 2\ndata: "b"\n\nid: 3\ndata: "c"\n\nid: 5\ndata: "e"\n\n')
    expect(wire.event(5)).to_contain_text("gap")
    stream = handed.next()
    assert stream.query == "after=3"
    end = {"status": "done", "events": 3, "chars": 3, "sha256": sha256(b"abc").hexdigest()}
    stream.write(b"id: 4\nevent: end\ndata: " + json.dumps(end).encode() + b"\n\n")
    wire.expect_words("the reply is complete")
    assert [row["as"] for row in wire.events()] == ["new", "new", "seen", "new", "gap", "other"]
    expect(wire.event(2).last).to_contain_text("seen before")
    headings = [text.split(" → ")[1] for text in wire.requests.all_text_contents()[1:]]
    assert [text[:3] for text in headings] == ["200", "500", "200", "200", "200"]
    assert "after an outage of" in headings[3]
    assert wire.words("closed")[0] == "closed by the page: an event is missing, asked again after 3"
    expect(wire.timeline).to_have_accessible_name(
        re.compile(r"s lost after event 2 → \?after=2 · \d events (in \d+ ms|at once)")
    )
    expect(wire.timeline.locator("text.lost").first).to_contain_text("lost after event 2")


def test_the_reader_chooses_the_transport(
    run: Run, reply: HandedReply, open_page: OpenPage
) -> None:
    server = run(create_app(reply))
    page = open_page(server.url)

    def expect_streams(number: int) -> None:
        page.wait_for(
            lambda: page.page.request.get(f"{server.url}healthz").json()["streams"] == number
        )

    page.send("Hello")
    turn = reply.next()
    turn.write("one ")
    page.expect_text("one ")
    expect_streams(1)
    wire = WirePage(page)
    wire.expect_words("transport changed to fetch")
    turn.write("two ")
    page.expect_text("one two ")
    expect(wire.event(2)).to_be_visible()
    expect_streams(1)
    assert [row["size"] for row in wire.events()] == ["", "20"]
    assert wire.details(wire.event(1))["bytes"] == ""

    wire.select("Transport").select_option("EventSource")
    wire.expect_words("transport changed to EventSource")
    expect(wire.region.locator(".sight").first).to_contain_text("nothing else: no bytes")
    turn.write("three")
    page.expect_text("one two three")
    expect_streams(1)
    page.page.keyboard.press("Escape")
    expect(wire.box).to_be_hidden()
    turn.end()
    page.expect_end()
    expect(page.replies).to_have_attribute("data-proof", "ok")
    expect_streams(0)
    after = [url.partition("?after=")[2] for url in page.streams()]
    assert after == ["0", "1", "2"]

    page.reload()
    wire.open()
    expect(wire.select("Transport")).to_have_value("EventSource")

    # What another version of the page may have kept.
    page.page.evaluate("localStorage.setItem('chatkit transport', 'pigeon')")
    page.reload()
    page.send("Again")
    turn = reply.next()
    turn.write("four")
    turn.end()
    page.expect_end()
    expect(wire.select("Transport")).to_have_value("fetch")


def test_by_keyboard_and_by_mouse(setting: Setting) -> None:
    wire, page = setting.wire, setting.wire.page
    setting.send("Hello ", "my ", "fox", *(f" {number}" for number in range(100)))
    wire.watch_lights()
    wire.event(100).hover()
    wire.expect_lights([290, 293])
    setting.page.box.hover()
    wire.expect_lights(None)

    wire.box.focus()
    page.keyboard.press("ArrowUp")  # the last row
    page.keyboard.press("ArrowUp")
    line = wire.event(104).locator(".line")
    expect(line).to_be_focused()
    page.keyboard.press("Enter")
    expect(line).to_have_attribute("aria-expanded", "true")
    expect(wire.event(104).locator(".bytes")).to_contain_text("event: end")
    page.keyboard.press("ArrowLeft")
    expect(wire.page.locator(".details")).to_have_count(0)
    page.keyboard.press("Home")
    expect(wire.requests.first.locator(".line")).to_be_focused()
    for _ in range(5):
        page.keyboard.press("ArrowDown")
    expect(wire.event(2).locator(".line")).to_be_focused()
    wire.expect_lights([6, 9])
    page.keyboard.press("End")
    at_end = "box => box.scrollHeight - box.clientHeight - box.scrollTop < 2"
    wire.chat.wait_for(lambda: wire.box.evaluate(at_end))
    page.keyboard.press("Escape")
    expect(wire.box).to_be_hidden()
    expect(setting.page.button("Wire")).to_be_focused()

    # From a place in the reply to its event, and back to the end.
    setting.page.button("Wire").click()
    expect(wire.event(104)).to_be_in_viewport()
    point = "(inspector, place) => inspector.point(...place)"
    inspector = page.locator("wire-inspector")
    inspector.evaluate(point, [setting.turns.newest.id, 7])
    expect(wire.event(2)).to_be_in_viewport()
    expect(wire.event(2)).to_have_attribute("data-marked", "")
    inspector.evaluate(point, [None, None])
    expect(wire.page.locator("[data-marked]")).to_have_count(0)
    expect(wire.event(104)).to_be_in_viewport()


def test_filter_pause_copy_clear_and_save(setting: Setting, tmp_path: Path) -> None:
    wire, page, turns = setting.wire, setting.wire.page, setting.turns
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    setting.send("Apple", "pear", finish=False)
    wire.expect_frames(2)
    wire.button("Pause").click()
    turns.write("apple pie", "?", "🦊" * 5000)
    expect(wire.counts).to_have_text("5 frames, 3 waiting")
    wire.expect_frames(2)
    wire.button("Resume").click()
    wire.expect_frames(5)
    turns.finish()
    wire.expect_frames(6)

    wire.filter.fill("APPLE?")
    wire.expect_frames(0)
    page.keyboard.press("Backspace")
    expect(wire.counts).to_have_text("2 of 6 frames")
    assert [row["number"] for row in wire.events()] == ["1", "3"]
    wire.filter.fill("")
    wire.expect_frames(6)
    large = wire.details(wire.event(5))
    assert large["bytes"].endswith("🦊 … 19,419 more bytes")
    assert len(large["event"]["data"]) < 700
    everything = b"".join(setting.frames())
    page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(); }")
    stop_timers(page, 2_000)
    wire.button("Copy").click()
    expect(wire.button("Copied")).to_be_focused()
    page.wait_for_function(
        "text => navigator.clipboard.readText().then((t) => t === text)", arg=everything.decode()
    )
    with page.expect_download() as download:
        wire.button("Save").click()
    assert download.value.suggested_filename == f"chatkit-{turns.newest.id}.sse"
    download.value.save_as(tmp_path / "saved.sse")
    assert (tmp_path / "saved.sse").read_bytes() == everything
    wire.button("Clear").click()
    wire.expect_frames(0)
    expect(wire.counts).to_have_text("0 frames")
    expect(wire.region).to_contain_text("Cleared.")
    wire.button("Show again").click()
    wire.expect_frames(6)


def test_turns_stay_and_a_log_is_read_again(setting: Setting) -> None:
    wire, page = setting.wire, setting.page
    setting.send("one ", "two ", "three")
    first = setting.turns.newest
    setting.send("another", finish=False)
    turn = wire.select("Turn")
    wire.expect_frames(1)
    # The stream that goes on is not left for a reply that the mouse happens to be over.
    inspector = page.page.locator("wire-inspector")
    inspector.evaluate("(inspector, turn) => inspector.point(turn, 0)", first.id)
    later = "() => new Promise((resolve) => setTimeout(resolve, 400))"
    inspector.evaluate(later)  # the waits that have begun before are over by then
    expect(turn).to_have_value(setting.turns.newest.id)
    setting.turns.finish()
    wire.expect_words("the reply is complete")
    expect(turn.locator("option")).to_have_text(["1 · Hello", "2 · Hello"])
    expect(turn).to_have_value(setting.turns.newest.id)
    wire.expect_frames(2)
    turn.select_option(first.id)
    wire.expect_frames(4)
    before = wire.events()
    turn.select_option(setting.turns.newest.id)
    wire.expect_frames(2)

    # A reply that is pointed at shows its turn, for as long as that lasts.
    page.replies.first.locator("[data-markdown] p").hover()
    expect(turn).to_have_value(first.id)
    page.box.hover()
    expect(turn).to_have_value(setting.turns.newest.id)

    page.reload()  # it is open again
    wire.expect_frames(2)
    turn.select_option(first.id)
    wire.expect_frames(4)
    assert wire.events() == before
    expect(wire.requests).to_contain_text(["?after=0 → 200 · read again from the log"])
    wire.watch_lights()
    wire.event(2).hover()
    wire.expect_lights([4, 8])
    wire.event(2).locator(".line").click()
    wire.button("Replay from here").click()
    wire.expect_frames(6)
    expect(wire.requests.last).to_contain_text("?after=2 → 200")
    wire.event(3).last.hover()
    wire.expect_lights([8, 13])


def test_slow_motion(setting: Setting) -> None:
    wire = setting.wire
    setting.send("one ", finish=False)
    for number, piece in enumerate(("two ", "three"), 1):
        wire.expect_frames(number)  # one at a time, also for the network
        setting.turns.write(piece)
    wire.expect_frames(3)
    setting.turns.finish()
    wire.expect_words("the reply is complete")
    whole = wire.rows()
    wire.watch_lights()
    wire.select("Speed").select_option("step by step")
    wire.button("Replay").click()
    wire.expect_frames(0)
    for _ in range(5):
        wire.button("Step").click()
    expect(wire.event(2)).to_be_visible()
    wire.expect_frames(2)
    wire.expect_lights([0, 4], [4, 8])
    wire.select("Speed").select_option("1")
    expect(wire.button("Replay")).to_be_visible()
    wire.expect_words("the reply is complete")
    assert wire.rows() == whole
    wire.expect_lights(None)

    wire.select("Speed").select_option("step by step")
    wire.button("Replay").click()
    wire.button("End replay").click()
    wire.expect_words("the reply is complete")
    assert wire.rows() == whole


@pytest.mark.parametrize("size", [(1440, 900), (800, 560), (390, 844)])
def test_there_is_room_for_rows_and_for_the_chat(size: tuple[int, int], setting: Setting) -> None:
    page, wire = setting.page.page, setting.wire
    page.set_viewport_size({"width": size[0], "height": size[1]})
    setting.send("x" * 300, "🦊 " * 300, "ש" * 300, *(f"{n} " for n in range(30)))
    height = wire.box.evaluate("box => box.clientHeight")
    assert height >= 200
    expect(setting.page.box).to_be_in_viewport(ratio=1)
    setting.page.box.click()
    assert page.locator("[inert]").count() == 0
    panel = page.locator("#panel").bounding_box() or {}
    talk = page.locator("#talk").bounding_box() or {}
    if size[0] > 960:
        assert talk["x"] + talk["width"] <= panel["x"] + 1
    else:
        assert talk["y"] + talk["height"] <= panel["y"] + 1
    for number in (33, 31, 29):  # near the end, which is followed
        wire.event(number).locator(".line").click()
        page.evaluate("new Promise((drawn) => requestAnimationFrame(() => setTimeout(drawn)))")
        for part in (".line", ".bytes"):
            expect(wire.event(number).locator(part)).to_be_in_viewport(ratio=1, timeout=5_000)
        wire.event(number).locator(".line").click()
        page.keyboard.press("End")
    wire.event(1).locator(".line").click()
    wire.requests.first.locator(".line").click()
    columns = (
        wire.event(1)
        .locator(".parts")
        .evaluate("parts => getComputedStyle(parts).gridTemplateColumns.split(' ').length")
    )
    assert columns == (1 if size[0] == 390 else 3)
    sizes = page.locator(".body, .body *").evaluate_all(
        "list => list.filter((e) => e.scrollWidth > e.clientWidth + 1 && e.clientWidth > 0 &&"
        " getComputedStyle(e).overflowX === 'visible' &&"
        " getComputedStyle(e).display !== 'inline').map((e) => e.className || e.localName)"
    )
    assert sizes == []
    assert page.evaluate("document.documentElement.scrollWidth") == size[0]
    heights = wire.page.locator(".row > .line").evaluate_all(
        "all => all.map((it) => it.offsetHeight)"
    )
    assert set(heights) == {24}

    handle = page.get_by_role("separator", name="Size of the panel")
    handle.focus()
    page.keyboard.press("ArrowUp")
    expect(handle).to_have_attribute("aria-valuenow", re.compile(r"\d+"))
    grown = page.locator("#panel").bounding_box() or {}
    assert grown["width"] + grown["height"] > panel["width"] + panel["height"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_it(scheme: str, run: Run, open_page: OpenPage) -> None:
    turns = KeptTurns()
    server = run(turns.app())
    page = open_page(server.url, color_scheme=scheme, reduced_motion="reduce")
    setting = Setting(server, turns, page)
    setting.send("one", "two")
    for row in (setting.wire.requests.last, setting.wire.event(1)):
        row.locator(".line").click()
    setting.wire.requests.first.hover()
    # `preload` would copy the styles of a shadow root into the page, whose policy forbids that.
    violations = Axe().run(page.page, options={"preload": False}).response["violations"]
    assert [(it["id"], node["html"]) for it in violations for node in it["nodes"]] == []


def test_of_10_000_pieces_the_newest_are_kept(run: Run, open_page: OpenPage) -> None:
    async def many(_: list[Message]) -> AsyncIterator[str]:
        for number in range(10_000):
            yield f"piece {number} "

    wire = WirePage(open_page(run(create_app(many)).url))
    page = wire.page
    page.evaluate(
        """() => {
            window.most = 0;
            const { shadowRoot } = document.querySelector("wire-inspector");
            new MutationObserver(() => {
                most = Math.max(most, shadowRoot.querySelectorAll(".row").length);
            }).observe(shadowRoot.querySelector(".rows"), { childList: true, subtree: true });
        }"""
    )
    wire.chat.send("Go on")
    wire.expect_words("the reply is complete")
    wire.filter.fill("piece 999")
    expect(wire.counts).to_have_text("10 of 999 frames")
    wire.filter.fill("")
    expect(wire.counts).to_have_text("999 frames")

    # One thousand rows: the last is the line at the end. tests/benchmarks/page.py measures what
    # that costs.
    assert page.evaluate("most") <= 1_000
    assert wire.region.locator("*").count() < 10_000
    expect(page.locator(".dropped")).to_have_text("9,002 older frames no longer kept")
    assert [row["number"] for row in wire.events()] == [str(n) for n in range(9_003, 10_002)]
    wire.chat.expect_end()


LEARNERS_PAGE = """<!doctype html>
<style>* { color: red; letter-spacing: 3px } li, button { font-size: 40px; padding: 30px }</style>
<script type="module" src="static/wire/wire_inspector.js"></script>
<p></p>
<wire-inspector></wire-inspector>
<script type="module">
  const text = document.querySelector("p");
  window.listen = () => {
    const source = new EventSource("stream");
    source.onmessage = (event) => text.append(event.data);
    source.addEventListener("end", () => source.close());
  };
  window.read = async () => {
    await fetch("say", { method: "POST", body: JSON.stringify({ message: "Hello" }) });
    const answer = await fetch("stream", { headers: { Accept: "text/event-stream" } });
    const pieces = answer.body.pipeThrough(new TextDecoderStream());
    for await (const piece of pieces) text.append(piece);
  };
</script>"""


class LearnersApp:
    """As in the first lessons: a stream that ends, and one that breaks first."""

    def __init__(self) -> None:
        self.asked = 0
        routes = [
            Route("/", lambda _: HTMLResponse(LEARNERS_PAGE)),
            Route("/say", lambda _: JSONResponse({"said": True}), methods=["POST"]),
            Route("/stream", self.stream),
            Mount("/static", StaticFiles(directory=STATIC)),
        ]
        self.app = Starlette(routes=routes)

    async def stream(self, request: Request) -> StreamingResponse:
        self.asked += 1
        last = int(request.headers.get("last-event-id", 0))
        broken = self.asked == 1

        async def body() -> AsyncIterator[bytes]:
            yield b"retry: 10\n\n: ping\n\n"
            for number, letter in enumerate("ab" if broken else "abc", 1):
                if number > last:
                    yield f"id: {number}\ndata: {letter}\n\n".encode()
            if not broken:
                yield b"event: end\ndata: x\n\n"

        return StreamingResponse(body(), media_type="text/event-stream")


def test_on_a_page_of_a_learners_own(run: Run, open_page: OpenPage) -> None:
    page = open_page(run(LearnersApp().app).url)
    wire = WirePage(page, opened=False)
    expect(wire.region).to_contain_text("what was opened before the Wire was there is not seen")
    expect(wire.select("Transport")).to_be_hidden()
    page.page.evaluate("listen()")
    wire.expect_words("closed by the page: close()")
    assert page.page.locator("p").first.text_content() == "abc"
    assert [(row["number"], row["data"]) for row in wire.events()] == [
        *(("1", "a"), ("2", "b"), ("3", "c"), ("3", "x")),
    ]
    headings = wire.requests.all_text_contents()
    assert [text.split(" ·")[0] for text in headings] == ["GET stream → open"] * 2
    wire.requests.last.locator(".line").click()
    expect(wire.requests.last.locator(".headers")).to_contain_text("Last-Event-ID2")
    expect(wire.timeline).to_have_accessible_name(
        re.compile("lost after event 2 → Last-Event-ID: 2")
    )
    letters = wire.event(1).evaluate("row => getComputedStyle(row).letterSpacing")
    assert letters == "normal"
    assert (wire.event(1).bounding_box() or {})["height"] == 24

    page.page.evaluate("read()")
    wire.expect_words("the stream ended")
    expect(wire.select("Turn").locator("option")).to_have_count(2)
    assert [row["kind"] for row in wire.rows()] == [
        *("request", "answer", "request", "answer", "frame", "comment"),
        *("event", "event", "event", "event", "end"),
    ]
    events = "".join(f"id: {number}\ndata: {letter}\n\n" for number, letter in enumerate("abc", 1))
    text = f"abcretry: 10\n\n: ping\n\n{events}event: end\ndata: x\n\n"
    expect(page.page.locator("p").first).to_have_js_property("textContent", text)
