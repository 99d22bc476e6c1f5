"""The wire inspector on a page of its own, with nothing else beside it."""

from typing import Any

from playwright.sync_api import Locator, Page, expect

SET_UP = """async () => {
    const link = document.createElement("link");
    link.rel = "stylesheet";
    link.href = "static/wire/inspector.css";
    const loaded = new Promise((resolve) => link.addEventListener("load", resolve));
    document.head.append(link);
    await loaded;
    const place = new CSSStyleSheet();
    place.replaceSync("aside { height: 100vh }");
    document.adoptedStyleSheets = [place];
    const element = document.createElement("aside");
    document.body.replaceChildren(element);
    const { createInspector } = await import(new URL("static/wire/inspector.js", location));
    window.closes = 0;
    window.inspector = createInspector(element, { onClose: () => (closes += 1) });
}"""

ROWS = """list => list.map((row) => {
    const texts = (element, selector) =>
        Array.from(element.querySelectorAll(selector), (found) => found.textContent);
    const pairs = (selector) =>
        Array.from(row.querySelectorAll(selector), (pair) => texts(pair, "dt, dd"));
    const [nothing = null] = texts(row, ".nothing");
    return {
        bytes: row.querySelector(".bytes").textContent,
        arrival: row.querySelector(".arrival").textContent.replace(/^[0-9.]+ s · /, ""),
        fields: pairs(".fields > div"),
        event: nothing ?? Object.fromEntries(pairs(".event > div")),
    };
})"""


class InspectorPage:
    """What a person sees in the inspector, and the calls that the page makes to it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        page.evaluate(SET_UP)

    @property
    def region(self) -> Locator:
        return self.page.get_by_role("complementary", name="Wire inspector")

    @property
    def blocks(self) -> Locator:
        return self.page.locator(".block")

    @property
    def shown(self) -> Locator:
        return self.page.locator(".block:not([hidden])")

    @property
    def counts(self) -> Locator:
        return self.page.locator(".counts")

    def button(self, name: str) -> Locator:
        return self.region.get_by_role("button", name=name, exact=True)

    def call(self, call: str) -> None:
        """`watch("turns/...")`, `left()`, `note("open")` or `setOpen(true)`."""
        self.page.evaluate(f"inspector.{call}")

    def open(self) -> None:
        self.call("setOpen(true)")

    def close(self) -> None:
        self.call("setOpen(false)")

    def watch(self, turn: str) -> None:
        self.call(f'watch("turns/{turn}/events")')

    def start_turn(self) -> str:
        """Send a message; the id of the turn."""
        turn = self.page.evaluate(
            """async () => {
                const body = JSON.stringify({ message: "Hello" });
                const headers = { "Content-Type": "application/json" };
                const answer = await fetch("turns", { method: "POST", headers, body });
                return (await answer.json()).turn;
            }"""
        )
        assert isinstance(turn, str)
        return turn

    def rows(self) -> Any:
        """The blocks in sight, as a person reads them."""
        return self.shown.evaluate_all(ROWS)

    def expect_blocks(self, count: int) -> None:
        expect(self.blocks).to_have_count(count)

    def expect_line(self, words: str) -> None:
        """Wait for a line about the connection."""
        expect(self.page.locator(".line", has_text=words)).not_to_have_count(0)

    def lines(self) -> list[str]:
        """The lines about the connection, without their times."""
        return [text.split(" · ", 1)[1] for text in self.page.locator(".line").all_text_contents()]
