"""Lesson 00 as a learner sees it: JupyterLab in a browser, Run All, a message typed in a cell."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from lab_server import BASE
from picture import check_picture
from playwright.sync_api import FrameLocator, Page, expect

SAID = (
    "Every character of this reply is an event of its own, sent when it was written. "
    "If the line drops, the reply goes on where it was: the server keeps it as a log."
)


@pytest.fixture
def screen(new_page: Callable[..., Page]) -> Page:
    # So high that all fits in: JupyterLab does not draw cells that are out of sight.
    return new_page(viewport={"width": 1400, "height": 11_000})


def choose_kernel(screen: Page) -> None:
    screen.get_by_role("combobox").select_option(label="Python 3 (ipykernel)")
    screen.get_by_role("button", name="Select Kernel").click()


def wait_for_kernel(screen: Page) -> None:
    """What is asked before the kernel is there is lost."""
    # On a busy machine JupyterLab may ask which kernel, before it has found out itself.
    asked = screen.get_by_role("button", name="Select Kernel")
    screen.add_locator_handler(asked, lambda: choose_kernel(screen))
    expect(screen.locator(".jp-Notebook")).to_be_visible()
    expect(screen.get_by_text("Python 3 (ipykernel) | Idle")).to_be_visible()


def run_all(screen: Page, url: str) -> None:
    screen.goto(url)
    wait_for_kernel(screen)
    screen.get_by_role("menuitem", name="Run", exact=True).click()
    screen.locator(".lm-Menu").get_by_text("Run All Cells", exact=True).click()
    expect(screen.get_by_text("[16]:").last).to_be_visible(timeout=180_000)


def expect_pages(screen: Page, count: int) -> None:
    """Wait for the pages in cells. A cell gives up after a while, and offers to look again."""
    pages = screen.locator("[data-state=shown] iframe")
    again = screen.get_by_role("button", name="Look again")
    deadline = time.monotonic() + 180
    while pages.count() < count and time.monotonic() < deadline:
        again.evaluate_all("all => all.forEach((it) => it.click())")
        screen.wait_for_timeout(1_000)
    expect(pages).to_have_count(count)


def talk(page: FrameLocator, message: str, reply: str) -> None:
    expect(page.get_by_role("status")).to_have_text("Ready")
    page.get_by_role("textbox", name="Message").fill(message)
    page.get_by_role("button", name="Send").click()
    answer = page.locator("[data-role=assistant]").last
    expect(answer).to_have_attribute("data-status", "done")
    expect(answer.locator("[data-text]")).to_have_text(reply)


# The page in the iframe is told the notebook's theme. This writes down what it is told.
THEMES = """addEventListener("message", ({ data }) => {
    if (data.type !== "chatkit-theme") return;
    const { dataset } = document.documentElement;
    dataset.told = `${dataset.told ?? ""} ${data.theme}`;
})"""


def test_one_cell_and_a_reply_streams(new_page: Callable[..., Page], lab: int) -> None:
    screen = new_page(viewport={"width": 1000, "height": 800}, device_scale_factor=1.5)
    screen.add_init_script(THEMES)
    screen.goto(f"http://127.0.0.1:{lab}{BASE}lab/workspaces/one/tree/00-start-here.ipynb")
    wait_for_kernel(screen)
    screen.get_by_text("server.show()").click()
    screen.keyboard.press("Shift+Enter")
    expect_pages(screen, 1)
    page = screen.frame_locator("iframe")
    page.get_by_role("textbox", name="Message").fill(SAID)
    page.get_by_role("button", name="Send").click()
    answer = page.locator("[data-role=assistant]").last
    expect(answer.locator("[data-text]")).to_contain_text(SAID[:60])  # for the picture
    (frame,) = [frame for frame in screen.frames if frame.parent_frame]
    assert f":{lab}/" not in frame.url, "it should be reached directly, on its own port"
    screen.get_by_role("tab", name="File Browser").click()  # which hides it
    cell = screen.get_by_role("heading", name="One cell")
    cell.evaluate("it => it.scrollIntoView({block: 'start'})")
    check_picture(screen, "lesson-00.png")
    expect(answer).to_have_attribute("data-status", "done")
    expect(answer.locator("[data-text]")).to_have_text(SAID)
    page.get_by_role("textbox", name="Message").fill(SAID * 20)  # that takes minutes
    page.get_by_role("button", name="Send").click()
    expect(page.locator("[data-role=assistant]")).to_have_count(2)
    expect(answer.locator("[data-text]")).to_contain_text(SAID[:20])
    expect(answer).to_have_attribute("data-status", "streaming")
    page.get_by_role("button", name="Stop").click()
    expect(answer).to_have_attribute("data-status", "cancelled")
    assert frame.name.startswith("chatkit ")
    assert screen.locator("iframe").get_attribute("allow") == "clipboard-write"
    expect(page.locator("html")).to_have_attribute("data-told", " light")
    screen.get_by_role("menuitem", name="Settings", exact=True).click()
    screen.locator(".lm-Menu").get_by_text("Theme", exact=True).hover()
    screen.locator(".lm-Menu").get_by_text("JupyterLab Dark", exact=True).click()
    expect(page.locator("html")).to_have_attribute("data-told", " light dark")


def test_behind_a_proxy_reloaded_and_after_the_kernel_is_gone(
    screen: Page, lab: int, tmp_path: Path
) -> None:
    # To the page, this name is another machine: 127.0.0.1 would be the wrong one.
    run_all(
        screen,
        f"http://lab.localhost:{lab}{BASE}lab/workspaces/afar/tree/copy.ipynb",
    )
    expect_pages(screen, 3)
    talk(screen.frame_locator("iframe").first, "Hello from afar", "Hello from afar")
    talk(screen.frame_locator("iframe").last, "one two", "one two")  # the exercise as it is
    for frame in [frame for frame in screen.frames if frame.parent_frame]:
        assert f":{lab}{BASE}proxy/" in frame.url
    screen.screenshot(path=tmp_path / "proxy.png")

    screen.get_by_role("menuitem", name="File", exact=True).click()
    screen.locator(".lm-Menu").get_by_text("Save Notebook", exact=True).click()
    expect(screen.locator(".lm-TabBar-tab.lm-mod-current.jp-mod-dirty")).to_have_count(0)

    screen.reload()  # kernel and server go on, and the cell shows its chat again
    expect_pages(screen, 3)
    page = screen.frame_locator("iframe").first
    expect(page.locator("[data-role=user]")).to_have_text("Hello from afar")
    screen.get_by_role("menuitem", name="Kernel", exact=True).click()
    screen.locator(".lm-Menu").get_by_text("Shut Down Kernel", exact=True).click()
    expect(screen.get_by_text("No Kernel")).not_to_have_count(0)
    screen.reload()
    expect(screen.get_by_text("No answer from the server of this cell")).to_have_count(3)
    expect(screen.get_by_role("button", name="Look again")).to_have_count(3)
    screen.screenshot(path=tmp_path / "gone.png")
