"""The picture of the page in the README: a reply goes on after its line was dropped."""

from collections.abc import Callable

import pytest
from chat_page import OpenPage
from handed_reply import HandedReply
from picture import check_picture
from playwright.sync_api import expect

from chatkit import Server
from chatkit.web.app import create_app

Run = Callable[..., Server]

REPLY = """# Nothing is lost

A reply is an **append-only log** of numbered events. `POST` starts it, `GET` follows it:

1. the line drops in the middle of a sentence,
2. the page comes back with the *last event ID* that it has,
3. the server sends what comes after it.

```http
GET /turns/6hVw/events
Last-Event-ID: 30
```

> Leaving is not cancelling.

So the text is complete: in order, no gap, no duplicate.
"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_and_its_wire(
    scheme: str, run: Run, reply: HandedReply, open_page: OpenPage
) -> None:
    page = open_page(
        run(create_app(reply, faults=True)).url,
        failing=True,
        color_scheme=scheme,
        viewport={"width": 1200, "height": 800},
        device_scale_factor=1.5,
        reduced_motion="reduce",
    )
    page.button("Wire").click()
    expect(page.page.get_by_role("tab", name="Faults")).to_be_visible()
    page.page.request.post(f"{page.url}faults", data={"kind": "drop", "after": 30})
    page.send("What happens when the line drops?")
    turn = reply.next()
    words = REPLY.split(" ")
    for number, word in enumerate(words):
        turn.write(word + " " * (number < len(words) - 1))
        if number == 28:  # the page has these before the line drops
            page.expect_text(" ".join(words[:29]) + " ")
    page.expect_text(REPLY)
    turn.end()
    page.expect_end()
    expect(page.replies).to_have_attribute("data-proof", "ok")
    wire = page.page.locator("wire-inspector")
    expect(wire).to_contain_text("lost after event")
    expect(wire).to_contain_text("closed by the page")
    check_picture(page.page, f"page-{scheme}.png")
