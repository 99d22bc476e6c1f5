"""Frames a second while a long answer streams, with the Wire closed and open.

60 KB of Markdown come at 200 pieces a second. A frame is counted by the page itself, as its
`requestAnimationFrame` is called; a still page gives what this browser can draw here at the most.
It needs Chromium, Chrome or Edge.
"""

import argparse
import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path

from playwright.sync_api import Browser, expect, sync_playwright
from report import machine, table

sys.path.insert(0, str(Path(__file__).parents[1] / "browser" / "support"))

from chat_page import ChatPage
from chromium import launch

from chatkit import create_app, serve
from chatkit.replies import Message

SIZE, PER_SECOND = 60_000, 200
PARAGRAPH = """## A heading

The *quick* brown `fox` jumps over **the lazy dog**, and [comes back](https://example.org) at once.

- one
- two, which is `longer`

| a | b |
|---|---|
| 1 | 2 |

```python
def jump(over: str) -> str:
    return f"over {over}"  # a comment
```

"""
TEXT = PARAGRAPH * (SIZE // len(PARAGRAPH) + 1)
COUNT = """() => {
    window.frames_drawn = 0;
    window.long_frames = 0;
    let last = performance.now();
    const count = (now) => {
        window.frames_drawn += 1;
        if (now - last > 50) window.long_frames += 1;
        last = now;
        requestAnimationFrame(count);
    };
    requestAnimationFrame(count);
}"""


async def answer(messages: list[Message]) -> AsyncIterator[str]:
    size = 20
    loop = asyncio.get_running_loop()
    begun = loop.time()
    for number, start in enumerate(range(0, SIZE, size)):
        yield TEXT[start : start + size]
        await asyncio.sleep(max(0, begun + number / PER_SECOND - loop.time()))


def measure(browser: Browser, url: str, wire: bool) -> list[str]:
    """A row: frames a second, and how many took over 50 ms."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = ChatPage(context.new_page(), url)
    if wire:
        page.button("Wire").click()
    page.page.evaluate(COUNT)
    page.page.wait_for_timeout(1000)
    still = page.page.evaluate("frames_drawn")
    page.send("Go")
    expect(page.replies).to_have_count(1)
    before, started = page.page.evaluate("[frames_drawn, performance.now()]")
    long_before = page.page.evaluate("long_frames")
    expect(page.replies).to_have_attribute("data-status", "done", timeout=120_000)
    after, ended = page.page.evaluate("[frames_drawn, performance.now()]")
    long = page.page.evaluate("long_frames") - long_before
    context.close()
    drawn = (after - before) / (ended - started) * 1000
    return ["open" if wire else "closed", f"{still}", f"{drawn:.0f}", f"{long}"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.parse_args()
    with sync_playwright() as playwright, serve(create_app(answer)) as server:
        browser = launch(playwright)
        rows = [measure(browser, server.url, wire) for wire in (False, True)]
        browser.close()
    print(machine(["playwright"]))
    print(table([["Wire", "still page, frames/s", "while it streams", "over 50 ms"], *rows]))


if __name__ == "__main__":
    main()
