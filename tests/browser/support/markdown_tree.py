"""Rendered Markdown as a tree, so that the page's and markdown-it-py's can be compared."""

import re
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

Tree = list[Any]  # text as strings; an element as a tuple: its name, then what counts of it

VOID = {"br", "hr", "img", "input"}
INLINE = {"a", "br", "code", "del", "em", "img", "input", "strong"}


class Element:
    """An element of the parsed HTML."""

    def __init__(self, name: str, attributes: dict[str, str | None]) -> None:
        self.name = name
        self.attributes = attributes
        self.children: list[Element | str] = []

    def get(self, name: str) -> str:
        return self.attributes.get(name) or ""

    @property
    def elements(self) -> "list[Element]":
        return [child for child in self.children if isinstance(child, Element)]

    @property
    def text(self) -> str:
        return "".join(c if isinstance(c, str) else c.text for c in self.children)


class Builder(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open = [Element("root", {})]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, dict(attrs))
        self.open[-1].children.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop().name == tag

    def handle_data(self, data: str) -> None:
        self.open[-1].children.append(data)


def parse(html: str) -> Element:
    builder = Builder()
    builder.feed(html)
    builder.close()
    assert len(builder.open) == 1
    return builder.open[0]


def urls(html: str) -> list[str]:
    """What links and images point to."""
    found: list[str] = []

    def walk(element: Element) -> None:
        found.extend(element.get(name) for name in ("href", "src") if name in element.attributes)
        for child in element.elements:
            walk(child)

    walk(parse(html))
    return found


def tree(html: str, *, page: bool, resolve: Callable[[str], str] = str) -> Tree:
    """What the HTML means. `page`: the page made it. `resolve` makes a URL what the browser says.

    The page marks a loose list with data-loose; markdown-it-py leaves out the paragraphs of a
    tight one. Here they are ("tight", ...). A code block ends without its last line end, and
    white space does not count where no one sees it. An image counts as the link that the page
    makes of it, and a bracket in a URL as its escape.
    """

    def target(url: str) -> str:
        return resolve(url).replace("[", "%5B").replace("]", "%5D")

    def blocks(parent: Element, in_tight: bool = False) -> Tree:
        found: Tree = []
        words: list[Element | str] = []

        def end_words() -> None:
            if content := strip(inline(words)):
                found.append(("tight", *content))
            words.clear()

        for child in parent.children:
            if isinstance(child, str) or child.name in INLINE:
                words.append(child)
                continue
            end_words()
            found.extend(block(child, in_tight))
        end_words()
        return found

    def block(element: Element, in_tight: bool) -> Tree:
        name = element.name
        match name:
            case "p":
                content = strip(inline(element.children))
                return [("tight" if in_tight else "p", *content)]
            case "h1" | "h2" | "h3" | "h4" | "h5" | "h6":
                level = element.get("data-level") or name[1]
                return [(f"h{level}", *strip(inline(element.children)))]
            case "pre":
                language = element.get("data-language")
                for code in element.elements:
                    language = language or code.get("class").removeprefix("language-")
                return [
                    ("pre", language, element.text if page else element.text.removesuffix("\n"))
                ]
            case "ul" | "ol":
                tight = page and "data-loose" not in element.attributes
                items = [("li", *blocks(item, tight)) for item in element.elements]
                return [(name, element.get("start"), *items)]
            case "table":
                parts = [part for part in element.elements for part in part.elements]
                return [("table", *map(row, parts))]
            case "div" if "data-bar" in element.attributes:
                return []
            case "div":  # around a table or code
                return blocks(element)
            case _:
                return [(name, *blocks(element))]

    def row(element: Element) -> Any:
        cells = [
            (
                cell.name,
                cell.get("data-align") or cell.get("style").removeprefix("text-align:"),
                *strip(inline(cell.children)),
            )
            for cell in element.elements
        ]
        return tuple(cells)

    def inline(nodes: list[Element | str], in_link: bool = False) -> Tree:
        found: Tree = []

        def text(words: str) -> None:
            if found and isinstance(found[-1], str):
                found[-1] += words
            elif words:
                found.append(words)

        for node in nodes:
            if isinstance(node, str):
                text(node.removeprefix("\n") if found[-1:] == [("br",)] else node)
            elif node.name == "img":
                words = node.get("alt") or target(node.get("src"))
                link = ("a", target(node.get("src")), node.get("title"), words)
                text(words) if in_link else found.append(link)
            elif node.name == "a":
                inside = inline(node.children, in_link=True)
                found.append(("a", target(node.get("href")), node.get("title"), *inside))
            elif node.name == "code":
                found.append(("code", re.sub(" +", " ", node.text)))
            elif node.name == "input":
                found.append(("input", "checked" in node.attributes, node.get("aria-label")))
            else:
                found.append((node.name, *inline(node.children, in_link)))
        return found

    return blocks(parse(html))


def strip(content: Tree) -> Tree:
    """Without white space at both ends."""
    content = list(content)
    if content and isinstance(content[0], str):
        content[0] = content[0].lstrip(" \t\n")
    if content and isinstance(content[-1], str):
        content[-1] = content[-1].rstrip(" \t\n")
    return [part for part in content if part != ""]
