"""Where the rendered Markdown stands in its source: static/markdown/source.js."""

from collections.abc import Callable
from typing import Any

import pytest
from cases.markdown_documents import DOCUMENTS, EXTENSIONS
from chat_page import OpenPage
from playwright.sync_api import Page

from chatkit import Server
from chatkit.web.app import create_app

Run = Callable[..., Server]

# For each document, each character in the page and its place in the source; and what the range
# of that one character holds. It is rendered, and asked about, in two parts.
ALIGN = """async documents => {
    const load = (name) => import(new URL(`static/markdown/${name}.js`, location));
    const { createMarkdown } = await load("markdown");
    const { createAlignment } = await load("source");
    return documents.map((text) => {
        const element = document.createElement("div");
        const markdown = createMarkdown(element);
        const alignment = createAlignment(element);
        const half = text.slice(0, text.length / 2);
        markdown.append(half);
        alignment.rangeOf(half, 0, half.length);
        markdown.append(text.slice(half.length));
        markdown.end();
        const found = [];
        const nodes = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
        while (nodes.nextNode()) {
            const node = nodes.currentNode;
            for (let at = 0; at < node.length; at += 1) {
                const place = alignment.offsetAt(text, node, at);
                const range = place === null ? "" : alignment.rangeOf(text, place, place + 1);
                found.push([node.data[at], place, String(range)]);
            }
        }
        return found;
    });
}"""

# The text in the page of each part of a source.
RANGES = """async ([text, parts]) => {
    const load = (name) => import(new URL(`static/markdown/${name}.js`, location));
    const { createMarkdown } = await load("markdown");
    const { createAlignment } = await load("source");
    const element = document.createElement("div");
    const markdown = createMarkdown(element);
    const alignment = createAlignment(element);
    markdown.append(text);
    let from = 0;
    return parts.map((part) => {
        const range = alignment.rangeOf(text, from, from += part.length);
        return range && range.toString();
    });
}"""

# How many characters are looked at for a source of each length, and again when it has grown.
WORK = """async texts => {
    const load = (name) => import(new URL(`static/markdown/${name}.js`, location));
    const { createMarkdown } = await load("markdown");
    const { createAlignment } = await load("source");
    let work = 0;
    const { get } = Object.getOwnPropertyDescriptor(CharacterData.prototype, "data");
    Object.defineProperty(CharacterData.prototype, "data", {
        configurable: true,
        get() {
            work += this.length;
            return get.call(this);
        },
        set: Object.getOwnPropertyDescriptor(CharacterData.prototype, "data").set,
    });
    return texts.map((text) => {
        const element = document.createElement("div");
        const markdown = createMarkdown(element);
        markdown.append(text);
        const alignment = createAlignment(element);
        work = 0;
        alignment.rangeOf(text, 0, 1);
        const first = work;
        markdown.append("more");
        work = 0;
        alignment.rangeOf(`${text}more`, text.length, text.length + 4);
        return [first, work];
    });
}"""


@pytest.fixture
def page(run: Run, open_page: OpenPage) -> Page:
    """A page whose server has the modules."""
    return open_page(run(create_app()).url).page


def differs(text: str, char: str, place: int | None) -> bool:
    """Whether a character in the page is another one than that in the source."""
    if place is None:
        return char not in "\ufffd"
    units = text.encode("utf-16-le")
    written = units[2 * place : 2 * place + 2].decode("utf-16-le", "replace")
    return written != char and not (char in " \n" and written in "\n\r\t") and written != "&"


def test_each_character_has_its_place(page: Page) -> None:
    documents = [*DOCUMENTS, *EXTENSIONS]
    total = wrong = 0
    for text, found in zip(documents, page.evaluate(ALIGN, documents), strict=True):
        places = [place for _, place, _ in found if place is not None]
        assert places == sorted(places), text
        for char, place, back in found:
            total += 1
            wrong += differs(text, char, place)
            assert place is None or char in back or "&" in text or "\t" in text, text
    assert total > 2_500
    assert wrong < total / 200


EVENTS: dict[str, list[tuple[str, str | None]]] = {
    "words": [("Hel", "Hel"), ("lo wor", "lo wor"), ("ld", "ld")],
    "markup": [("a *", "a "), ("*b", "b"), ("*", None), ("*", None), (" c", " c")],
    "links": [("[a](ht", "a"), ("tp://x.org/abc)", None), (" abc", " abc")],
    "lists": [("1. 1 a", "1 a"), ("\n2", None), (". 2", "2"), (" b\n- c", " bc")],
    "tasks": [("- [x]", None), (" x\n- [ ] y", "xy")],
    "code": [("```py\n", None), ("py = 1", "py = 1"), ("\n```\n", None), ("p", "p")],
    "tables": [("| - | b |\n", "-b"), ("|---|---|\n", None), ("| - c |", "- c")],
    "escapes": [("\\*a\\*", "*a*"), (" &l", " <"), ("t;", "<"), ("b", "b")],
}


@pytest.mark.parametrize("kind", EVENTS)
def test_the_text_of_an_event(kind: str, page: Page) -> None:
    parts = [part for part, _ in EVENTS[kind]]
    found: Any = page.evaluate(RANGES, ["".join(parts), parts])
    assert found == [shown for _, shown in EVENTS[kind]]


def test_complete_blocks_are_read_once(page: Page) -> None:
    texts = ["word *and* `code`\n\n" * 3_000 + "last ", "- an item\n" * 3_000 + "- last "]
    for (first, again), text in zip(page.evaluate(WORK, texts), texts, strict=True):
        assert first <= len(text) * 1.1
        assert again < 20
