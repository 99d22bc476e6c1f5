"""The chat page as a person sees it: its parts by role and name, and a record of its requests."""

import json
import re
import time
from collections.abc import Callable
from typing import Any, Protocol

from playwright.sync_api import ConsoleMessage, Locator, Page, Request, expect

PATIENCE = 60  # seconds that a condition is waited for: a busy machine is not a failure


def stop_timers(page: Page, shortest: int) -> None:
    """From now on, what a page wants to do after so many milliseconds, or more, never comes.

    So what it says for a moment stays, and what it would do by itself is left to the test.
    """
    page.evaluate(
        """shortest => {
            const { setTimeout } = window;
            window.setTimeout = (task, time, ...more) =>
                time < shortest ? setTimeout(task, time, ...more) : 0;
        }""",
        shortest,
    )


class ChatPage:
    """An open page. `errors` collects what the page logs as an error, `requests` what it asks.

    `url` is that of its server, and the page itself is at `path` there.
    """

    def __init__(
        self, page: Page, url: str, errors: list[str] | None = None, path: str = ""
    ) -> None:
        self.page = page
        self.url = url
        self.path = path
        self.errors: list[str] = [] if errors is None else errors
        self.requests: list[Request] = []
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", self._heard)
        page.on("request", self._asked)
        self.visit("")

    def another_tab(self) -> "ChatPage":
        """The page at the same address in another tab, where it is loaded anew."""
        tab = ChatPage(self.page.context.new_page(), self.url, self.errors, self.path)
        tab.visit(f"?chat={self.chat}" if self.chat else "")
        return tab

    def visit(self, address: str) -> None:
        """Go to `?chat=...`, and wait until all parts of the page are there."""
        self.page.goto(self.url + self.path + address)
        self._expect_parts()

    def reload(self) -> None:
        self.page.reload()
        self._expect_parts()

    def _expect_parts(self) -> None:
        """What is clicked before its part of the page is there is lost; so is what a tab tells."""
        around = self.page.locator("#help")
        if not around.count():
            return  # a page of a learner's own
        expect(around).to_be_enabled()  # by around.js
        expect(self.main).to_have_attribute("data-view", re.compile("."))  # by conversation.js

    @property
    def chat(self) -> str:
        """The id of the chat in the page's address; empty: none."""
        address: str = self.page.evaluate("location.href")
        return address.removeprefix(self.url + self.path).removeprefix("?chat=")

    @property
    def main(self) -> Locator:
        return self.page.locator("main")

    @property
    def box(self) -> Locator:
        return self.page.get_by_role("textbox", name="Message")

    @property
    def status(self) -> Locator:
        return self.page.get_by_role("status")

    @property
    def alert(self) -> Locator:
        return self.page.get_by_role("alert")

    @property
    def users(self) -> Locator:
        return self.page.locator("[data-role=user]")

    @property
    def replies(self) -> Locator:
        return self.page.locator("[data-role=assistant]")

    @property
    def texts(self) -> Locator:
        return self.page.locator("[data-role=assistant] [data-text]")

    @property
    def message_versions(self) -> Locator:
        """Which version is shown, as in "1/2": of messages that have more than one."""
        return self.page.locator(".said .versions:not([hidden])")

    @property
    def reply_versions(self) -> Locator:
        """The same of replies."""
        return self.page.locator("[data-role=assistant] .versions:not([hidden])")

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True)

    def switch_view(self) -> None:
        """Show all replies raw, or as Markdown again."""
        self.replies.last.get_by_role("button", name="Raw").click()

    def open_raw(self) -> None:
        """Load the page again, with replies shown raw."""
        self.page.evaluate("localStorage.setItem('chatkit markdown', 'off')")
        self.reload()

    def send(self, message: str) -> None:
        self.box.fill(message)
        self.button("Send").click()

    def expect_text(self, text: str, reply: int = -1) -> None:
        """Wait until a reply (the last one) is exactly `text`."""
        self._expect_exactly(self.texts.nth(reply), text)

    def expect_said(self, text: str, message: int = -1) -> None:
        """Wait until a message of the user's (the last one) is exactly `text`."""
        self._expect_exactly(self.users.nth(message), text)

    def expect_end(self, status: str = "done", reply: int = -1) -> None:
        """Wait until a reply (the last one) has ended with `status`."""
        expect(self.replies.nth(reply)).to_have_attribute("data-status", status)

    def expect_turns(self, *turns: tuple[str, str]) -> None:
        """Wait until the page shows exactly these messages and replies, ended or not."""
        expect(self.users).to_have_count(len(turns))
        expect(self.replies).to_have_count(len(turns))
        for number, (message, reply) in enumerate(turns):
            self.expect_said(message, number)
            self.expect_text(reply, number)

    def expect_connection(self, state: str) -> None:
        expect(self.main).to_have_attribute("data-connection", state)

    def wait_for(self, condition: Callable[[], object]) -> None:
        """Wait until something outside of the page is so. The page goes on meanwhile."""
        end = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < end, "it never came to that"
            self.page.wait_for_timeout(20)

    def wait_until_written(self, turn: str) -> None:
        """Wait until a turn has ended on the server, whether the page has heard of it or not."""
        state = f"{self.url}turns/{turn}"
        self.wait_for(lambda: self.page.request.get(state).json()["status"] != "streaming")

    def record(self) -> None:
        """From now on, keep each state of the connection and each status for `recorded()`."""
        self.page.evaluate(
            """() => {
                window.recorded = { connection: [], status: [] };
                const main = document.querySelector("main");
                const status = document.querySelector("[role=status]");
                const keep = (list, value) => { if (list.at(-1) !== value) list.push(value); };
                new MutationObserver((changes) => changes.forEach(
                    (change) => keep(recorded.connection, change.target.dataset.connection)
                )).observe(main, { attributeFilter: ["data-connection"] });
                new MutationObserver(() => keep(recorded.status, status.textContent))
                    .observe(status, { childList: true, characterData: true, subtree: true });
            }"""
        )

    def recorded(self) -> Any:
        return self.page.evaluate("recorded")

    def expect_recorded(self, kind: str, value: str) -> None:
        """Wait until a "connection" or "status" has been there since `record()`, if but briefly."""
        self.wait_for(lambda: value in self.recorded()[kind])

    def asked(self) -> list[Request]:
        """What the page has asked for so far."""
        self.page.evaluate("0")  # what it told before its answer to this has been heard by then
        return self.requests

    def streams(self) -> list[str]:
        """The URLs of the event streams asked for, without the page's own URL."""
        asked = [r.url.removeprefix(self.url) for r in self.asked()]
        return [url for url in asked if "/events" in url]

    def posted(self) -> list[Any]:
        """The messages posted, as JSON values."""
        posts = [r for r in self.asked() if r.method == "POST" and r.url.endswith("/turns")]
        return [json.loads(r.post_data or "null") for r in posts]

    def _heard(self, line: ConsoleMessage) -> None:
        if line.type == "error":
            self.errors.append(line.text)

    def _asked(self, request: Request) -> None:
        self.requests.append(request)

    @staticmethod
    def _expect_exactly(element: Locator, text: str) -> None:
        # Playwright's own text assertions fold white space; a character more or less matters here.
        expect(element).to_have_js_property("textContent", text)


class OpenPage(Protocol):
    """What the fixture `open_page` gives."""

    def __call__(self, url: str, *, failing: bool = False, **options: Any) -> ChatPage: ...
