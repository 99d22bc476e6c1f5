"""What a page in Chromium asks of the network, and what comes: not what its cache has."""

from typing import Any, NamedTuple

from playwright.sync_api import CDPSession, Page


class Asked(NamedTuple):
    """An answer that came over the network. `size`: bytes of it, head and compressed body."""

    url: str
    size: int


class Network:
    """Listens from now on. `clear()` forgets what came."""

    def __init__(self, page: Page) -> None:
        self.session: CDPSession = page.context.new_cdp_session(page)
        self.session.on("Network.requestWillBeSent", self._sent)
        self.session.on("Network.requestServedFromCache", self._cached)
        self.session.on("Network.responseReceived", self._answered)
        self.session.on("Network.loadingFinished", self._finished)
        self.session.send("Network.enable")
        self.clear()

    def clear(self) -> None:
        self.asked: list[Asked] = []
        self._urls: dict[str, str] = {}

    def slow_down(self) -> None:
        """As Chromium's preset "Fast 3G" was: 562.5 ms latency, 1.44 Mbit/s down, 675 kbit/s up."""
        conditions = {"latency": 562.5, "downloadThroughput": 180_000, "uploadThroughput": 84_375}
        self.session.send("Network.emulateNetworkConditions", {"offline": False, **conditions})

    @property
    def size(self) -> int:
        return sum(answer.size for answer in self.asked)

    def paths(self, root: str) -> list[str]:
        """What was asked for, without the page's own URL and without queries."""
        return [answer.url.removeprefix(root).partition("?")[0] for answer in self.asked]

    def _sent(self, event: Any) -> None:
        self._urls[event["requestId"]] = event["request"]["url"]

    def _cached(self, event: Any) -> None:
        self._urls.pop(event["requestId"], None)

    def _answered(self, event: Any) -> None:
        if event["response"].get("fromDiskCache"):
            self._urls.pop(event["requestId"], None)

    def _finished(self, event: Any) -> None:
        if url := self._urls.pop(event["requestId"], ""):
            self.asked.append(Asked(url, event["encodedDataLength"]))
