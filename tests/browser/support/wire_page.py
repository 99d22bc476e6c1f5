"""The Wire as a person sees it: its rows, and what is behind them."""

from typing import Any

from chat_page import ChatPage
from playwright.sync_api import Locator, expect

ROWS = """rows => rows.map((row) => {
    const text = (name) => row.querySelector(`.line > .${name}`)?.textContent ?? "";
    const { kind, number = "", as = "" } = row.dataset;
    const names = ["id", "type", "data", "size", "words"];
    const shown = Object.fromEntries(names.map((name) => [name, text(name)]));
    return { kind, number, as, ...shown };
})"""

DETAILS = """row => {
    const texts = (element, selector) =>
        Array.from(element.querySelectorAll(selector), (found) => found.textContent);
    const pairs = (selector) =>
        Array.from(row.querySelectorAll(selector), (pair) => texts(pair, "dt, dd"));
    const [nothing = null] = texts(row, ".event.nothing");
    return {
        bytes: texts(row, ".bytes").join(""),
        arrival: row.querySelector(".arrival").textContent.replace(/^[0-9.]+ s · /, ""),
        fields: pairs(".fields > div"),
        event: nothing ?? Object.fromEntries(pairs(".event > div")),
    };
}"""

LIGHTS = """() => {
    window.lights = [];
    addEventListener("wire-light", ({ detail }) => {
        lights.push(detail && [detail.from, detail.to]);
    });
}"""


class WirePage:
    """The Wire, opened on a page; unless told otherwise through its button."""

    def __init__(self, page: ChatPage, *, opened: bool = True) -> None:
        self.chat = page
        self.page = page.page
        if opened:
            self.open()

    def open(self) -> None:
        self.chat.button("Wire").click()
        expect(self.box).to_be_visible()

    @property
    def region(self) -> Locator:
        return self.page.get_by_role("complementary", name="Wire inspector")

    @property
    def box(self) -> Locator:
        return self.page.get_by_role("region", name="Rows of the stream")

    @property
    def all(self) -> Locator:
        return self.page.locator(".row:not([hidden])")

    @property
    def frames(self) -> Locator:
        """Events, comments, and frames that dispatched nothing."""
        kinds = ("event", "comment", "frame")
        return self.page.locator(", ".join(f".row[data-kind={k}]:not([hidden])" for k in kinds))

    @property
    def requests(self) -> Locator:
        return self.page.locator(".row[data-kind=request]")

    @property
    def counts(self) -> Locator:
        return self.page.locator(".counts")

    @property
    def filter(self) -> Locator:
        return self.region.get_by_role("textbox", name="Filter")

    @property
    def timeline(self) -> Locator:
        return self.region.get_by_role("img")

    def select(self, name: str) -> Locator:
        return self.region.get_by_role("combobox", name=name)

    def button(self, name: str) -> Locator:
        return self.region.get_by_role("button", name=name, exact=True)

    def event(self, number: int) -> Locator:
        """The rows of the event with this number."""
        return self.page.locator(f".row[data-number='{number}']")

    def rows(self) -> Any:
        """All rows in sight by the filter, each on its line."""
        return self.all.evaluate_all(ROWS)

    def events(self) -> Any:
        return [row for row in self.rows() if row["kind"] == "event"]

    def words(self, kind: str) -> list[str]:
        return [row["words"] for row in self.rows() if row["kind"] == kind]

    def details(self, row: Locator) -> Any:
        """What is behind a row, which is opened for it and closed again."""
        row.locator(".line").click()
        shown = row.evaluate(DETAILS)
        row.locator(".line").click()
        return shown

    def expect_frames(self, count: int) -> None:
        expect(self.frames).to_have_count(count)

    def expect_words(self, words: str) -> None:
        """Wait for a line about the connection."""
        expect(self.page.locator(".words", has_text=words)).not_to_have_count(0)

    def expect_lights(self, *lights: list[int] | None) -> None:
        """Wait until these are the last parts of the reply that were lit up."""
        self.chat.wait_for(lambda: self.page.evaluate("lights")[-len(lights) :] == list(lights))

    def watch_lights(self) -> None:
        self.page.evaluate(LIGHTS)
