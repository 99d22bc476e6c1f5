"""The page on a slow line, and under a flood, in a real browser.

First, what it takes to load: on a line like Chromium's "Fast 3G" (562.5 ms latency, 1.44 Mbit/s),
without a cache, and again. Requests and bytes are those of the network, heads included; the times
are until something is painted, and until a message can be sent.

Then replies of many pieces at full speed.
Chromium hands over all that has come in one task of the page's thread, be it thousands of events.
So there is a row for an EventSource that does nothing with them. For each row, of the tasks in one
reply: CPU time of the longest, CPU time of the most JavaScript in one (this is the page's own code;
a person can feel 50 ms), and how many tasks without events took over 50 ms. Then memory: that of
the page's JavaScript, and the number of DOM nodes, after one reply, after the last with all of them
on the page, and in a new chat after that.

It needs Chromium, Chrome or Edge.
"""

import argparse
import asyncio
import json
import sys
from bisect import bisect_left
from collections.abc import AsyncIterator
from pathlib import Path
from typing import NamedTuple

from playwright.sync_api import Browser, CDPSession, sync_playwright
from report import machine, table

sys.path.insert(0, str(Path(__file__).parents[1] / "browser" / "support"))

from chat_page import ChatPage
from chromium import launch
from network import Network

from chatkit import create_app, serve
from chatkit.replies import Message

WORDS = ["The", "*quick*", "brown", "`fox`", "jumps", "over", "the", "**lazy**", "dog."]
LINE = 60  # pieces in a paragraph


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


# Ask for a reply and wait until it is proved and drawn. Nothing looks at the page meanwhile: to
# look would take the page's own time.
ASK = """() => new Promise((done) => {
    const list = document.querySelector("#messages");
    const before = document.querySelectorAll("[data-proof=ok]").length;
    new MutationObserver((_, observer) => {
        if (document.querySelectorAll("[data-proof=ok]").length === before) return;
        observer.disconnect();
        requestIdleCallback(done);
    }).observe(list, { subtree: true, attributeFilter: ["data-proof"] });
    document.querySelector("#message").value = "Go on";
    document.querySelector("#composer").requestSubmit();
})"""


# The same reply, for a listener that does nothing.
BARE = """async () => {
    const body = JSON.stringify({ message: "Go on" });
    const headers = { "content-type": "application/json" };
    const { turn } = await (await fetch("turns", { method: "POST", headers, body })).json();
    const source = new EventSource(`turns/${turn}/events`);
    source.addEventListener("message", () => {});
    await new Promise((done) => source.addEventListener("end", done));
    source.close();
}"""

ASKS = {"bare EventSource": BARE, "Markdown": ASK, "raw": ASK, "wire open": ASK}


class Task(NamedTuple):
    """A task of the page's main thread: CPU time in milliseconds, and calls of JavaScript."""

    all: float
    script: float
    calls: int


def tasks(trace: bytes) -> list[Task]:
    events = json.loads(trace)["traceEvents"]
    threads = {
        (event["pid"], event["tid"])
        for event in events
        if event["name"] == "thread_name" and event["args"]["name"] == "CrRendererMain"
    }
    events = [event for event in events if (event["pid"], event["tid"]) in threads]
    events = sorted((event for event in events if "tdur" in event), key=lambda event: event["ts"])
    calls = [event for event in events if event["name"] == "v8.callFunction"]
    starts = [call["ts"] for call in calls]
    found = []
    for event in events:
        if event["name"] == "ThreadControllerImpl::RunTask":
            first = bisect_left(starts, event["ts"])
            mine = calls[first : bisect_left(starts, event["ts"] + event["dur"])]
            script = sum(call["tdur"] for call in mine)
            found.append(Task(event["tdur"] / 1000, script / 1000, len(mine)))
    return found


# When the page can be used: what is typed can be sent.
WATCH = """() => {
    const timer = setInterval(() => {
        const [box, send] = ["#message", "#send"].map((one) => document.querySelector(one));
        const type = (text) => {
            box.value = text;
            box.dispatchEvent(new InputEvent("input", { bubbles: true }));
        };
        if (!box || !send) return;
        type("x");
        if (!send.disabled) {
            window.readyAt = performance.now();
            clearInterval(timer);
        }
        type("");
    }, 20);
}"""
PAINTED = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? NaN"


def measure_load(browser: Browser, url: str) -> list[list[str]]:
    page = browser.new_page()
    page.add_init_script(f"({WATCH})()")
    network = Network(page)
    network.slow_down()
    rows = []
    for name, load in {"first load": lambda: page.goto(url), "reload": page.reload}.items():
        network.clear()
        load()
        page.wait_for_load_state("networkidle")
        ready, painted = page.evaluate(f"[readyAt, {PAINTED}]")
        size = f"{network.size / 1000:,.1f} KB"
        times = f"{painted / 1000:.1f} s", f"{ready / 1000:.1f} s"
        rows.append([name, str(len(network.asked)), size, *times])
    page.close()
    return rows


def measure(browser: Browser, url: str, replies: int, view: str) -> list[str]:
    page = browser.new_page()
    chat = ChatPage(page, url)
    if view == "raw":
        chat.open_raw()
    if view == "wire open":
        chat.button("Wire").click()
    session = page.context.new_cdp_session(page)
    page.evaluate("() => new Promise(requestIdleCallback)")
    browser.start_tracing(page=page, categories=["toplevel", "v8"])
    page.evaluate(ASKS[view])
    found = tasks(browser.stop_tracing())
    memory = [used(session)]
    for _ in range(1, replies):
        page.evaluate(ASKS[view])
    memory.append(used(session))
    chat.button("New chat").click()
    page.evaluate("() => new Promise(requestIdleCallback)")
    memory.append(used(session))
    page.close()
    return [
        view,
        f"{max(task.all for task in found):.0f} ms",
        f"{max(task.script for task in found):.0f} ms",
        str(sum(task.all > 50 for task in found if task.calls < 10)),
        " → ".join(f"{heap:.1f}" for heap, _ in memory),
        " → ".join(f"{nodes:,}" for _, nodes in memory),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--pieces", type=int, default=10_000, help="in a reply")
    parser.add_argument("--size", type=int, default=6, help="characters in a piece, about")
    parser.add_argument("--replies", type=int, default=10)
    options = parser.parse_args()
    texts = pieces(options.pieces, options.size)
    heading = ["longest task", "JavaScript", "others over 50 ms", "heap (MB)", "DOM nodes"]
    rows = [["", *heading]]
    loads = [["on a slow line", "requests", "bytes", "painted after", "usable after"]]
    print(machine(["playwright", "uvicorn"]))
    with sync_playwright() as playwright:
        browser = launch(playwright)
        with serve(create_app(flood(texts)), name="benchmarks/page.py") as server:
            loads += measure_load(browser, server.url)
            for view in ASKS:
                rows.append(measure(browser, server.url, options.replies, view))
        browser.close()
    print(table(loads) + "\n")
    characters = sum(map(len, texts))
    print(f"{len(texts):,} pieces, {characters:,} characters a reply\n")
    print(table(rows))


if __name__ == "__main__":
    main()
