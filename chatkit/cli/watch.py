"""`chatkit watch`: send a message to a server, and show the events as they arrive."""

import json
import sys
import time
from typing import NoReturn

import httpx

from chatkit.loopback import is_loopback
from chatkit.sse import FRAME_END, Event, EventTooLarge, Parser

TRIES = 5  # times to connect again without getting a single event
LARGEST_EVENT = 10_000_000  # bytes
LONGEST_TYPE = len("reasoning")  # characters: so all data stands below each other
LONGEST_PAUSE = 10.0  # seconds, whatever reconnection time the stream sets


class Dropped(Exception):
    """The line has dropped; it may be connected again."""


class Watcher:
    """Follows one turn, from one connection to the next.

    `cursor` is the last event ID, and `ended` the event that ended the turn.
    """

    def __init__(self, client: httpx.Client, url: httpx.URL, raw: bool) -> None:
        self.client = client
        self.url = url
        self.raw = raw
        self.started = time.monotonic()
        self.cursor = ""
        self.pause = 1.0  # seconds; a stream sets it with `retry:`
        self.tries = TRIES
        self.ended: Event | None = None

    def follow(self) -> Event:
        """Show the events of the turn; returns the last one. The line may drop in between."""
        while True:
            try:
                self.read()
                reason = "the stream ended before the reply did"
            except (httpx.TransportError, Dropped) as error:
                reason = str(error) or type(error).__name__
            except EventTooLarge as error:
                fail(str(error))
            if self.ended is not None:
                return self.ended
            if self.tries == 0:
                fail(f"{reason}; gave up after {TRIES} tries to connect again")
            self.tries -= 1
            print(
                f"chatkit watch: {printable(reason)}; connecting again after event "
                f"{self.cursor or '0'}",
                file=sys.stderr,
            )
            time.sleep(self.pause)

    def read(self) -> None:
        """One connection, until the turn or the line ends."""
        headers = {"Accept": "text/event-stream", "Accept-Encoding": "identity"}
        if self.cursor:
            headers["Last-Event-ID"] = self.cursor
        with self.client.stream("GET", self.url, headers=headers) as response:
            if response.status_code >= 500:
                raise Dropped(answer(response))
            if response.status_code == 204:
                fail("the server has nothing more to send, and the reply has no end")
            if not is_type(response, 200, "text/event-stream"):
                fail(answer(response))
            parser = Parser(LARGEST_EVENT)
            unfinished = b""
            for chunk in response.iter_bytes():
                events = parser.feed(chunk)
                if self.raw:
                    unfinished = show_frames(unfinished + chunk)
                for event in events:
                    self.take(event)
                self.cursor = parser.last_event_id or self.cursor
                if parser.retry is not None:
                    self.pause = min(parser.retry / 1000, LONGEST_PAUSE)
                if self.ended is not None:
                    return

    def take(self, event: Event) -> None:
        self.tries = TRIES
        if not self.raw:
            line = f"id {event.id:<4} {event.type:<{LONGEST_TYPE}} {event.data}"
            print(f"{time.monotonic() - self.started:8.3f} s  {printable(line)}", flush=True)
        if event.type in ("end", "failure"):
            self.ended = event


def watch(url: str, message: str, *, raw: bool = False, timeout: float = 30.0) -> int:
    """Send `message`; returns 0 after an `end` with the status "done", 1 after any other end.

    A line that drops, or is silent for `timeout` seconds, is connected again where it broke
    off. Exits with 1, and a line on stderr, if the server does not do its part.
    """
    base = server_url(url)
    # A proxy for the outside world cannot reach this machine's own servers.
    with httpx.Client(timeout=timeout, trust_env=not is_loopback(base.host)) as client:
        return outcome(Watcher(client, send(client, base, message), raw).follow())


def send(client: httpx.Client, base: httpx.URL, message: str) -> httpx.URL:
    """Start a turn; returns the URL of its events."""
    try:
        response = client.post(base.join("turns"), json={"message": message})
    except httpx.HTTPError as error:
        fail(f"no answer from {base} ({str(error) or type(error).__name__}): does the server run?")
    if not is_type(response, 201, "application/json"):
        fail(answer(response))
    try:
        return base.join(response.json()["events"])
    except (ValueError, KeyError, TypeError, httpx.InvalidURL):
        fail(f"{base} is not a chatkit server: its answer names no events")


def outcome(last: Event) -> int:
    try:
        summary = dict(json.loads(last.data))
    except (ValueError, TypeError):
        summary = {}
    if last.type == "failure":
        fail(f"the reply failed: {summary.get('message')}")
    if summary.get("status") != "done":
        fail(f"the reply is not complete: its status is {summary.get('status')!r}")
    return 0


def show_frames(data: bytes) -> bytes:
    """Print the whole frames in `data`; returns the unfinished rest."""
    while end := FRAME_END.search(data):
        print(repr(data[: end.end()]), flush=True)
        data = data[end.end() :]
    return data


def server_url(text: str) -> httpx.URL:
    try:
        url = httpx.URL(text)
    except httpx.InvalidURL:
        url = httpx.URL()
    if url.scheme not in ("http", "https") or not url.host:
        fail(f"{text!r} is not the URL of a server; one is http://127.0.0.1:8000/")
    return url.copy_with(path=url.path.rstrip("/") + "/", query=None, fragment=None)


def is_type(response: httpx.Response, status: int, content_type: str) -> bool:
    found = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    return response.status_code == status and found == content_type


def answer(response: httpx.Response) -> str:
    """What the server answered instead of what it should have, in one line."""
    said = response.reason_phrase
    if "json" in response.headers.get("content-type", ""):
        try:
            detail = json.loads(response.read())["detail"]
            said = detail if isinstance(detail, str) else detail[0]["msg"]
        except (ValueError, KeyError, TypeError, IndexError, httpx.HTTPError):
            pass
    request = response.request
    line = f"{request.method} {request.url} was answered {response.status_code} {said}".rstrip()
    if response.status_code in (413, 422, 429) or response.status_code >= 500:
        return line
    return f"{line}. Is that a chatkit server?"


def fail(message: str) -> NoReturn:
    sys.exit(f"chatkit watch: {printable(message)}")


def printable(text: str) -> str:
    """`text` in one line, without what would steer the terminal."""
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode()
        for character in text
    )
