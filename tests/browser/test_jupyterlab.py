"""Lesson 00 as a learner sees it: JupyterLab in a browser, Run All, a message typed in a cell."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from lab_server import lab_server
from playwright.sync_api import Browser, FrameLocator, Page, expect

FIRST_CELL = ".jp-CodeCell >> nth=0"


@pytest.fixture
def screen(browser: Browser) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": 1400, "height": 1000})
    yield page
    page.close()


def run_all(screen: Page, url: str) -> None:
    screen.goto(url)
    expect(screen.locator(".jp-Notebook")).to_be_visible()
    # What is asked before the kernel is there is lost.
    expect(screen.get_by_text("Python 3 (ipykernel) | Idle")).to_be_visible()
    screen.get_by_role("menuitem", name="Run", exact=True).click()
    screen.get_by_text("Run All Cells", exact=True).click()
    # It scrolls to the last cell, and there is its number when it has run.
    expect(screen.get_by_text("[11]:").last).to_be_visible(timeout=60_000)


def frame_of(screen: Page) -> FrameLocator:
    screen.locator(FIRST_CELL).scroll_into_view_if_needed()
    return screen.frame_locator("iframe[title*='server in this notebook']").first


def talk(page: FrameLocator, message: str, reply: str) -> None:
    page.get_by_role("textbox", name="Message").fill(message)
    page.get_by_role("button", name="Send").click()
    answer = page.locator("[data-role=assistant]").last
    expect(answer).to_have_attribute("data-status", "done")
    expect(answer.locator("[data-text]")).to_have_text(reply)


def test_run_all_and_talk(screen: Page, tmp_path: Path) -> None:
    with lab_server(tmp_path) as port:
        run_all(screen, f"http://127.0.0.1:{port}/lab/tree/00-start-here.ipynb")
        talk(frame_of(screen), "Hello from a cell", "Hello from a cell")
        (frame,) = [frame for frame in screen.frames if frame.parent_frame]
        assert f":{port}/" not in frame.url, "reached directly, on its own port"
        screen.screenshot(path=tmp_path / "lab.png")


def test_behind_the_proxy_of_a_hub(screen: Page, tmp_path: Path) -> None:
    with lab_server(tmp_path, base="/user/ada/") as port:
        # To the page, this name is another machine: 127.0.0.1 would be the wrong one.
        url = f"http://lab.localhost:{port}/user/ada/lab/tree/00-start-here.ipynb"
        run_all(screen, url)
        talk(frame_of(screen), "Hello from afar", "Hello from afar")
        (frame,) = [frame for frame in screen.frames if frame.parent_frame]
        assert f":{port}/user/ada/proxy/" in frame.url
        screen.screenshot(path=tmp_path / "proxy.png")


def test_dead_server_is_said_plainly(screen: Page, tmp_path: Path) -> None:
    with lab_server(tmp_path) as port:
        run_all(screen, f"http://127.0.0.1:{port}/lab/tree/00-start-here.ipynb")
        expect(frame_of(screen).get_by_role("textbox", name="Message")).to_be_visible()
        screen.keyboard.press("Control+s")
        screen.get_by_role("menuitem", name="Kernel", exact=True).click()
        screen.get_by_text("Shut Down Kernel", exact=True).click()
        screen.reload()
        expect(screen.get_by_text("No answer from the server of this cell")).to_be_visible()
        expect(screen.get_by_role("button", name="Look again")).to_be_visible()
