"""What is on screen while Markdown streams: no markup, and a cursor where the text grows."""

from collections.abc import Callable

import pytest
from chat_page import OpenPage
from playwright.sync_api import Page

from chatkit import Server
from chatkit.web.app import create_app

Run = Callable[..., Server]

# Each is closed in the end, so its markup is never seen, and its text as it comes.
CLOSED = {
    "Some **bold `co*de`** and ***both***, __more__ ~~old~~.": (
        "Some bold co*de and both, more old."
    ),
    "See [the **HTML** Standard](https://x.org/a_(b) 'title') and [b](<http://x.org>).": (
        "See the HTML Standard and b."
    ),
    "![a *picture*](http://x.org/a.png) [![i](http://x.org/i.png) j](http://x.org)": (
        "a picture i j"
    ),
    "<https://x.org/a_b> <a@b.org> https://x.org/c_d, www.x.org!": (
        "https://x.org/a_b a@b.org https://x.org/c_d, www.x.org!"
    ),
    "\\*a\\* &amp; &lt;b&gt; &#65;": "*a* & <b> A",
    "``a`b`` ` c `": "a`b c",
    "\\(x_1\\) $x_j^{*}$ $$a \\\\ b$$": "\\(x_1\\) $x_j^{*}$ $$a \\\\ b$$",
    "It is $5, $6 or **$7**.": "It is $5, $6 or $7.",
    "**「重要」**です": "「重要」です",
    "# Title ##\n\n- [x] *done*\n- [ ] b\n\n> **q**\n": "Titledonebq",
    "| A | **B** |\n|---|:-:|\n| `c` | d<br>[e](http://x.org) |\n| f |": "ABcdef",
    "```py\nx = 1\n```\n\n$$\n- a\n$$": "x = 1$$\n- a\n$$",
}

# The text that each beginning of a document shows, and the text of the whole.
BEGINNINGS = """async documents => {
    const { createMarkdown } = await import(new URL("static/markdown/markdown.js", location));
    return documents.map((text) => {
        const element = document.createElement("div");
        const markdown = createMarkdown(element);
        const shown = text.split("").map((unit) => {
            markdown.append(unit);
            return element.textContent;
        });
        markdown.end();
        return { shown, whole: element.textContent };
    });
}"""

# Where the cursor is after each piece: the element's name and text; then after the end.
CURSORS = """async pieces => {
    const { createMarkdown } = await import(new URL("static/markdown/markdown.js", location));
    const element = document.createElement("div");
    const markdown = createMarkdown(element);
    const find = () => [...element.querySelectorAll("[data-growing]")]
        .map((one) => `${one.localName}: ${one.textContent}`);
    const found = pieces.map((piece) => {
        markdown.append(piece);
        return find();
    });
    markdown.end();
    return [found, find()];
}"""

RENDER = """async text => {
    const { createMarkdown } = await import(new URL("static/markdown/markdown.js", location));
    const element = document.createElement("div");
    createMarkdown(element).append(text);
    return element.innerHTML;
}"""


@pytest.fixture
def page(run: Run, open_page: OpenPage) -> Page:
    """A page whose server has the modules."""
    return open_page(run(create_app()).url).page


def test_no_markup_flashes(page: Page) -> None:
    """Whatever has come, what is shown is the beginning of what is shown in the end."""
    found = page.evaluate(BEGINNINGS, list(CLOSED))
    for (document, whole), seen in zip(CLOSED.items(), found, strict=True):
        assert seen["whole"] == whole
        for shown in seen["shown"]:
            assert whole.startswith(shown.rstrip(" ")), document
        assert len(seen["shown"][-1]) >= len(whole) - 1, document


OPEN = {
    "a **b": "a <strong>b</strong>",
    "a **b *c": "a <strong>b <em>c</em></strong>",
    "***a** b": "<em><strong>a</strong> b</em>",
    "***a* b": "<strong><em>a</em> b</strong>",
    "a ~~b": "a <del>b</del>",
    "a `b": "a <code>b</code>",
    "[a **b": "<a>a <strong>b</strong></a>",
    "[a](http://x": "<a>a</a>",
    "https://x.org/a": "<a>https://x.org/a</a>",
    "\\[a": "<code>\\[a</code>",
    "[0, 1) is\nan interval": "[<a>0, 1) is\nan interval</a>",
}


def test_what_is_open_is_closed_for_now(page: Page) -> None:
    for text, html in OPEN.items():
        assert page.evaluate(RENDER, text) == f'<p data-growing="">{html}</p>'


def test_the_cursor_is_where_the_text_grows(page: Page) -> None:
    pieces = ["# a", "\n\nb", "\n- c\n  - d", "\n  - e\n\n", "```\nf", "\ng\n```\n", "\n> h"]
    places, after = page.evaluate(CURSORS, pieces)
    assert places == [
        ["h3: a"],
        ["p: b"],
        ["p: d"],
        ["p: e"],
        ["code: f"],
        ["code: f\ng"],
        ["p: h"],
    ]
    assert after == []
    table = ["| a", " | b", " |\n|---", "|---|\n", "| c", " | d", " |\n", "| e"]
    places, after = page.evaluate(CURSORS, table)
    assert places == [
        ["th: a"],
        ["th: b"],
        ["th: b"],
        ["th: b"],
        ["td: c"],
        ["td: d"],
        ["td: d"],
        ["td: e"],
    ]
    assert after == []
