"""Lesson 00 as a learner sees it, in any program that has JupyterLab's cells."""

import re
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import chromium
from playwright.sync_api import Browser, Error, FrameLocator, Page, expect, sync_playwright
from running import SECONDS, end_all

SAID = " ".join(["Every character of this reply is an event, sent when it was written."] * 4)
LESSON = "00-start-here.ipynb"


@contextmanager
def a_browser() -> Iterator[Browser]:
    """An installed Chromium."""
    expect.set_options(timeout=SECONDS * 1000)
    with sync_playwright() as playwright:
        browser = chromium.launch(playwright)
        yield browser
        browser.close()


def a_tab(browser: Browser) -> Page:
    """An empty page of somebody who has been nowhere yet."""
    context = browser.new_context(
        viewport={"width": 1200, "height": 1600}, ignore_https_errors=True
    )
    context.set_default_timeout(SECONDS * 1000)
    return context.new_page()


def run_first_cell(screen: Page, src: str) -> FrameLocator:
    """The page in the first cell. `src`: what its URL begins with, a regular expression."""
    expect(screen.locator(".jp-Notebook-ExecutionIndicator")).to_have_attribute(
        "data-status", "idle"
    )
    cell = screen.locator(".jp-CodeCell").first
    number = cell.locator(".jp-InputPrompt").first
    # While the pictures above it are drawn, the cell moves, and a click may miss it; and what is
    # asked before the kernel is there is lost. A person would do it again, too.
    deadline = time.monotonic() + SECONDS
    while not re.match(r"\[\d+\]:", number.inner_text()) and time.monotonic() < deadline:
        if "*" not in number.inner_text():
            cell.get_by_text("server.show()").click()
            screen.keyboard.press("Shift+Enter")
        screen.wait_for_timeout(2_000)
    expect(screen.locator(".chatkit-page").first).to_have_attribute("data-state", "shown")
    expect(screen.locator("iframe").first).to_have_attribute("src", re.compile(src))
    return screen.frame_locator("iframe").first


def send(page: FrameLocator | Page, message: str) -> None:
    page.get_by_role("textbox", name="Message").fill(message)
    page.get_by_role("button", name="Send").click()


def expect_part(page: FrameLocator | Page, message: str) -> None:
    """The reply comes piece by piece: there is a part of it first."""
    text = page.locator("[data-role=assistant]").last.locator("[data-text]")
    expect(text).to_have_text(re.compile(rf"^.{{1,{len(message) - 1}}}$"))


def expect_all(page: FrameLocator | Page, message: str) -> None:
    answer = page.locator("[data-role=assistant]").last
    expect(answer).to_have_attribute("data-status", "done")
    expect(answer.locator("[data-text]")).to_have_text(message)


def main(try_place: Callable[[Path], str]) -> int:
    """Print what `try_place(folder)` returns, or why it failed: 0 or 1, the exit code."""
    with tempfile.TemporaryDirectory(prefix="chatkit-place-") as folder:
        try:
            said, failed = try_place(Path(folder)), False
        except (AssertionError, RuntimeError, OSError, Error) as error:
            said, failed = "failed: " + str(error).partition("\nAria snapshot")[0], True
        # Before the folder goes: they may still write to it.
        left = end_all()
    print(said, *(f"left behind: {command}" for command in left), sep="\n")
    return int(failed or bool(left))


def settings(folder: Path) -> dict[str, str]:
    """Variables for a Jupyter that knows nothing of this person's settings."""
    kinds = ("CONFIG_DIR", "DATA_DIR", "RUNTIME_DIR")
    own = {f"JUPYTER_{kind}": str(folder / "settings") for kind in kinds}
    kinds = ("SETTINGS_DIR", "WORKSPACES_DIR")
    return own | {f"JUPYTERLAB_{kind}": str(folder / "lab") for kind in kinds}
