"""The page under a flood: replies of many pieces at full speed, in a real browser.

For each way to look at a reply: the longest task of the page (a task over 50 ms is what a person
can feel), how many were over 50 ms, and the memory of the page's JavaScript and the number of its
DOM nodes after the first reply and after the last, with all replies still on the page.

It needs Chromium, Chrome or Edge.
"""

import argparse
import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path

from playwright.sync_api import CDPSession, Page, sync_playwright
from report import machine, table

sys.path.insert(0, str(Path(__file__).parents[1] / "browser"))

from chat_page import ChatPage
from chromium import launch

from chatkit import create_app, serve
from chatkit.replies import Message

WORDS = [
    "The",
    "*quick*",
    "brown",
    "`fox`",
    "jumps",
    "over",
    "the",
    "**lazy**",
    "dog",
    "and",
    "so",
    "on.",
    "",
]
LINE = 60  # pieces in a paragraph

# PerformanceObserver reports every task of the page's thread that took over 50 ms.
OBSERVE = """
window.tasks = [];
new PerformanceObserver((list) => {
    tasks.push(...list.getEntries().map(({ startTime, duration }) => ({ startTime, duration })));
}).observe({ type: "longtask", buffered: true });
"""


def pieces(number: int, size: int) -> list[str]:
    """Markdown in so many pieces, each of about `size` characters."""
    made = []
    for place in range(number):
        piece = (WORDS[place % len(WORDS)] + " ") * max(1, size // 6)
        made.append(piece + "\n\n" if place % LINE == LINE - 1 else piece)
    return made


def flood(texts: list[str]):  # type: ignore[no-untyped-def]
    """A reply that writes `texts` as fast as the server can."""

    async def reply(messages: list[Message]) -> AsyncIterator[str]:
        for text in texts:
            yield text
            await asyncio.sleep(0)  # the readers get their share

    return reply


def used(session: CDPSession) -> tuple[float, int]:
    """MB of JavaScript's memory after a collection, and the number of DOM nodes."""
    session.send("HeapProfiler.collectGarbage")
    heap = session.send("Runtime.getHeapUsage")["usedSize"]
    return heap / 1e6, session.send("Memory.getDOMCounters")["nodes"]


def ask(chat: ChatPage, number: int) -> None:
    """Send a message, and wait until the reply is drawn."""
    chat.send("Go on")
    chat.expect_end("done", number)
    chat.page.wait_for_function(
        "number => document.querySelectorAll('[data-proof=ok]').length > number", arg=number
    )
    chat.page.evaluate("() => new Promise(done => requestIdleCallback(done))")


def measure(page: Page, url: str, replies: int, view: str) -> list[str]:
    page.add_init_script(OBSERVE)
    chat = ChatPage(page, url)
    if view == "raw":
        chat.button("Markdown").click()
    if view == "wire open":
        chat.button("Wire").click()
    session = page.context.new_cdp_session(page)
    painted = page.evaluate("performance.now()")
    ask(chat, 0)
    first, nodes = used(session)
    for number in range(1, replies):
        ask(chat, number)
    last, last_nodes = used(session)
    tasks = page.evaluate("tasks")
    long = [task["duration"] for task in tasks if task["startTime"] > painted]
    return [
        view,
        f"{max(long):.0f} ms" if long else "under 50 ms",
        str(len(long)),
        f"{first:.1f} MB",
        f"{last:.1f} MB",
        f"{nodes:,}",
        f"{last_nodes:,}",
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--pieces", type=int, default=10_000, help="in a reply")
    parser.add_argument("--size", type=int, default=6, help="characters in a piece, about")
    parser.add_argument("--replies", type=int, default=10)
    options = parser.parse_args()
    texts = pieces(options.pieces, options.size)
    heading = ["view", "longest task", "over 50 ms", "heap, 1 reply", f"{options.replies} replies"]
    rows = [[*heading, "DOM nodes", "then"]]
    print(machine(["playwright", "uvicorn"]))
    with sync_playwright() as playwright:
        browser = launch(playwright)
        with serve(create_app(flood(texts)), name="benchmarks/page.py") as server:
            for view in ("Markdown", "raw", "wire open"):
                page = browser.new_page()
                rows.append(measure(page, server.url, options.replies, view))
                page.close()
        browser.close()
    characters = sum(map(len, texts))
    print(f"{len(texts):,} pieces, {characters:,} characters a reply\n")
    print(table(rows))


if __name__ == "__main__":
    main()
