"""How much is asked for until the page can be used: files and bytes, for a line that is slow.

A browser has six connections to a server that speaks HTTP/1.1. On a line with half a second of
latency (`tests/benchmarks/page.py` measures it), six files take 0.65 s, whatever their size.
"""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from chat_page import OpenPage
from network import Network
from playwright.sync_api import Page, expect

from chatkit import Server
from chatkit.resources import folder
from chatkit.web.app import create_app
from chatkit.web.import_map import IMPORT, LATER, MENTION, PRELOAD, with_imports

Run = Callable[..., Server]

STATIC = folder("static")
PAGE = (STATIC / "index.html").read_text("utf-8")
FIRST = 18  # files until a message can be sent: three rounds of six, which is under 3 s
FILES, BYTES = 72, 152_000  # in all, without what is loaded when somebody asks for it
LAZY = ("panel.js", "wire/", "faults/", "markdown/colors.js", "chat/room.js")


def test_few_files_are_needed_until_a_message_can_be_sent() -> None:
    named = MENTION.findall(PRELOAD.sub("", PAGE))
    needed = with_imports(STATIC, [*named, "main.js"], IMPORT)
    needed = [name for name in needed if not name.endswith(".svg")]  # the icon comes last
    assert len(needed) <= FIRST, needed


def test_what_main_loads_at_once_is_preloaded() -> None:
    loaded = LATER.findall((STATIC / "main.js").read_text("utf-8"))
    modules = [path.removeprefix("./") for path in loaded if path.endswith(".js")]
    at_once = {path for path in modules if not path.startswith(LAZY)}
    preloaded = PRELOAD.findall(PAGE)
    assert at_once <= set(preloaded)
    assert not at_once.intersection(preloaded[: preloaded.index("main.js")])


def expect_all(page: Page) -> None:
    """Wait until all parts of the program have run: a slow one comes after some idle time."""
    expect(page.get_by_role("status")).to_have_text("Ready")
    expect(page.locator("main")).to_have_attribute("data-view", "markdown")


def test_first_load_and_reload(run: Run, new_page: Callable[..., Page]) -> None:
    server = run(create_app(faults=True))
    page = new_page()
    network = Network(page)
    page.goto(server.url, wait_until="networkidle")
    expect_all(page)
    paths = network.paths(server.url)
    print(f"first load: {len(paths)} requests, {network.size:,} bytes")
    assert len(paths) == len(set(paths)), "asked for twice"
    lazy = tuple(f"static/{name}" for name in LAZY)
    assert [path for path in paths if path.startswith(lazy)] == []
    assert len(paths) <= FILES
    assert network.size <= BYTES

    network.clear()
    page.reload(wait_until="networkidle")
    expect_all(page)
    print(f"reload: {network.paths(server.url)}, {network.size:,} bytes")
    assert "" in network.paths(server.url)
    assert len(network.asked) <= 2
    assert not any(path.startswith("static/") for path in network.paths(server.url))


def test_reload_after_an_edit_asks_for_that_file(
    run: Run, new_page: Callable[..., Page], tmp_path: Path
) -> None:
    react = shutil.ignore_patterns("react")
    own = Path(shutil.copytree(STATIC, tmp_path / "static", ignore=react))
    server = run(create_app(static=own))
    page = new_page()
    page.goto(server.url, wait_until="networkidle")
    expect_all(page)
    network = Network(page)
    main = own / "main.js"
    main.write_text(main.read_text("utf-8") + '\ndocument.body.dataset.edited = "yes";\n', "utf-8")
    page.reload(wait_until="networkidle")
    expect(page.locator("body[data-edited]")).to_have_count(1)
    asked = [path for path in network.paths(server.url) if path.startswith("static/")]
    assert asked == ["static/main.js"]


@pytest.mark.parametrize("files", ["load|main", "main"])
def test_page_without_its_program_says_so(
    files: str, run: Run, new_page: Callable[..., Page]
) -> None:
    """The files have another type, as on a machine with such a table of types."""
    page = new_page(reduced_motion="reduce")
    plain = {"content_type": "text/plain", "body": ""}
    page.route(re.compile(rf"/static/({files})[.]js"), lambda route: route.fulfill(**plain))
    session = page.context.new_cdp_session(page)
    session.send("Animation.enable")
    session.send("Animation.setPlaybackRate", {"playbackRate": 1000})  # it comes late
    page.goto(run(create_app()).url)
    expect(page.get_by_text("The program of this page does not run.")).to_be_visible()


def test_page_whose_program_throws_says_so(run: Run, new_page: Callable[..., Page]) -> None:
    page = new_page()
    throws = {"content_type": "text/javascript", "body": "throw new Error('broken');"}
    page.route(re.compile("/static/main[.]js"), lambda route: route.fulfill(**throws))
    page.goto(run(create_app()).url)
    expect(page.get_by_text("The program of this page does not run.")).to_be_visible()


def test_part_that_does_not_come_is_waited_for(run: Run, open_page: OpenPage) -> None:
    """The Wire is loaded when it is opened: the server may be gone by then."""
    page = open_page(run(create_app()).url, failing=True)
    gone = re.compile("/static/panel[.]js")
    page.page.route(gone, lambda route: route.abort())
    page.button("Wire").click()
    expect(page.page.get_by_text("The server does not answer.")).to_be_visible()
    page.page.unroute(gone)
    page.button("Wire").click(trial=True)  # the words are over no button
    expect(page.page.locator("#no-program")).to_have_count(0)  # the page has been loaded again
    page.button("Wire").click()
    expect(page.page.locator("wire-inspector")).to_be_visible()


def test_page_whose_program_runs_says_nothing(run: Run, open_page: OpenPage) -> None:
    page = open_page(run(create_app()).url)
    expect(page.status).to_have_text("Ready")
    expect(page.page.locator("#no-program")).to_have_count(0)
