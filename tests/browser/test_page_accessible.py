"""axe-core finds nothing to say about the page, in any state, light or dark, wide or narrow."""

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from chat_page import ChatPage, OpenPage
from handed_reply import HandedReply
from playwright.sync_api import expect

from chatkit import Server
from chatkit.web.app import create_app

Run = Callable[..., Server]

MARKDOWN = """# Title

Some *words*, `code`, [a link](https://example.org/) and **more**:

1. one
2. two

```python
print("a line that is so long that it has to be scrolled to be seen at all, even on a wide screen")
```

> quoted

- [x] done

---

שלום
"""


def expect_accessible(page: ChatPage, state: str) -> None:
    # `preload` would copy the styles of a shadow root into the page, whose policy forbids that.
    found = Axe().run(page.page, options={"preload": False}).response["violations"]
    told = [
        f"{it['id']}: {node['html']} {node['failureSummary']}"
        for it in found
        for node in it["nodes"]
    ]
    assert told == [], f"{state}: " + "\n".join(told)


# Colours do not depend on the width: each of both is seen with one of the other two.
@pytest.mark.parametrize(("scheme", "size"), [("light", (1200, 800)), ("dark", (360, 740))])
def test_axe_finds_nothing(
    scheme: str, size: tuple[int, int], run: Run, reply: HandedReply, open_page: OpenPage
) -> None:
    app = create_app(reply, faults=True)
    page = open_page(
        run(app).url,
        failing=True,
        color_scheme=scheme,
        viewport={"width": size[0], "height": size[1]},
        reduced_motion="reduce",  # what would fade is there at once
    )
    expect_accessible(page, "empty")
    page.button("Chats").click()
    expect_accessible(page, "no chats")
    page.page.keyboard.press("Escape")

    page.send("What is *this*?")
    turn = reply.next()
    turn.write(MARKDOWN)
    page.expect_text(MARKDOWN)
    expect(page.page.locator("[data-markdown] blockquote")).to_be_visible()
    page.box.fill("And then?")
    page.box.press("Enter")
    expect(page.page.get_by_text("Your message waits here")).to_be_visible()
    expect_accessible(page, "streaming")
    turn.end()
    page.expect_end()
    page.replies.locator("summary").click()
    expect_accessible(page, "done")
    page.button("Raw").click()
    expect_accessible(page, "raw")

    page.send("Stop")
    reply.next().write("As far as")
    page.expect_text("As far as")
    page.button("Stop").click()
    page.expect_end("cancelled")
    expect_accessible(page, "stopped")

    page.send("Fail")
    turn = reply.next()
    turn.write("I was about")
    turn.fail()
    page.expect_end("failed")
    expect(page.button("Retry")).to_be_visible()
    expect_accessible(page, "failed")

    page.button("Retry").click()
    turn = reply.next()
    turn.write("Done")
    turn.end()
    page.expect_end()
    expect(page.reply_versions).to_be_visible()
    expect_accessible(page, "versions")

    page.button("Edit").first.click()
    expect_accessible(page, "edit")
    page.button("Cancel").click()

    page.button("Help").click()
    expect_accessible(page, "help")
    page.button("Close").click()
    page.button("Chats").click()
    expect_accessible(page, "chats")
    page.page.keyboard.press("Escape")

    page.button("Wire").click()
    expect(page.page.locator("wire-inspector")).to_contain_text("POST")
    expect_accessible(page, "wire")
    page.page.get_by_role("tab", name="Faults").click()
    expect(page.page.get_by_text("Nothing is armed.")).to_be_visible()
    expect_accessible(page, "fault lab")
    page.send("Break")
    turn = reply.next()
    turn.write("it")
    expect(page.button("Break it now")).to_be_enabled()
    expect_accessible(page, "to be broken")
    page.button("Break it now").hover()
    expect_accessible(page, "about to be broken")
    turn.end()
    page.expect_end()
    page.button("Wire").click()

    page.visit("?chat=unknown")
    expect(page.page.get_by_text("The server no longer has")).to_be_visible()
    expect_accessible(page, "notice")
