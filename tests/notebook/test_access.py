"""Lessons and other texts for those who listen to them, or find their way by headings and links."""

import re
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote

import pytest
from execute_notebooks import NOTEBOOKS, notebooks, read

CHECKOUT = NOTEBOOKS.parent
FENCE = re.compile(r"^ *(```+)(\w*)\n(.*?)^ *\1 *$", re.DOTALL | re.MULTILINE)
HEADING = re.compile(r"^(#{1,6}) +(.+?) *#*$", re.MULTILINE)
LINK = re.compile(
    r"(!?)\[((?:[^\[\]]|\[[^\]]*\])*)\]\(<?([^()\s>]+(?:\([^()]*\))?)>?(?: +\"[^\"]*\")?\)"
)
TAG = re.compile(r"<(img|iframe|a)\b[^>]*>")
SAYS_NOTHING = {"here", "this", "link", "click here", "more", "this link", "this page"}
STYLE = re.compile(r"^ *(?:style|classDef) .*$", re.MULTILINE)
LEAST = 4.5  # the contrast of text: WCAG 2.2, 1.4.3


def markdown_files() -> list[Path]:
    skipped = {"node_modules", ".venv", "dist"}
    found = (path for path in CHECKOUT.rglob("*.md") if not skipped.intersection(path.parts))
    return sorted(found)


PART = "PULL_REQUEST_TEMPLATE.md"  # of a page, which has a title
TEXTS = [*notebooks(), *markdown_files()]


def name(path: Path) -> str:
    return path.relative_to(CHECKOUT).as_posix()


def texts(path: Path) -> list[str]:
    """The text of each Markdown cell; of a Markdown file, all of it."""
    if path.suffix == ".md":
        return [path.read_text("utf-8")]
    return [cell.source for cell in read(path).cells if cell.cell_type == "markdown"]


def prose(path: Path) -> str:
    """The text without code."""
    text = "\n\n".join(FENCE.sub("", text) for text in texts(path))
    return re.sub(r"(`+)(?!`).+?(?<!`)\1(?!`)", "``", re.sub(r"<!--.*?-->", "", text, flags=re.S))


def anchors(path: Path) -> set[str]:
    """The names of the headings, as GitHub and the site make them."""
    text = "\n".join(FENCE.sub("", text) for text in texts(path))
    titles = [re.sub(r"[`*]|\[|\]\([^)]*\)", "", title) for _, title in HEADING.findall(text)]
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("path", [path for path in TEXTS if path.name != PART], ids=name)
def test_headings_are_in_order(path: Path) -> None:
    levels = [len(marks) for marks, _ in HEADING.findall(prose(path))]
    assert levels[:1] == [1]
    assert levels.count(1) == 1
    jumps = [(one, other) for one, other in pairwise(levels) if other > one + 1]
    assert jumps == []


@pytest.mark.parametrize("path", TEXTS, ids=name)
def test_pictures_have_a_text_and_links_say_where_they_lead(path: Path) -> None:
    text = prose(path)
    for picture, words, target in LINK.findall(text):
        assert words.strip(), target
        if not picture:
            assert words.strip(" .").lower() not in SAYS_NOTHING, target
    for tag in TAG.finditer(text):
        if tag[1] != "a":
            assert re.search(r'\b(?:alt|title)="[^"]+"', tag[0]), tag[0]


@pytest.mark.parametrize("path", TEXTS, ids=name)
def test_links_lead_somewhere(path: Path) -> None:
    text = prose(path)
    links = [target for _, _, target in LINK.findall(text)]
    links += re.findall(r'\b(?:src|srcset|href)="([^"]+)"', text)
    for link in links:
        if re.match(r"(?:https?|mailto):", link):
            continue
        file, _, anchor = link.partition("#")
        target = (path.parent / unquote(file)).resolve() if file else path
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


@pytest.mark.parametrize("path", notebooks(), ids=name)
def test_no_stored_output_links_to_a_server_that_is_gone(path: Path) -> None:
    for cell in read(path).cells:
        for output in cell.get("outputs", []):
            html = re.sub(
                r"(?s)<script>.*?</script>", "", output.get("data", {}).get("text/html", "")
            )
            assert re.findall(r'href="http://(?:127\.0\.0\.1|localhost)[^"]*"', html) == []


@pytest.mark.parametrize("path", notebooks(), ids=name)
def test_a_diagram_is_said_in_words_too(path: Path) -> None:
    for text in texts(path):
        for fence in FENCE.finditer(text):
            if fence[2] == "mermaid":
                rest = FENCE.sub("", text[fence.end() :]).strip()
                assert len(rest.split()) >= 8, fence[3]


def luminance(colour: str) -> float:
    """Of `#rrggbb` or `#rgb`: WCAG 2.2, relative luminance."""
    digits = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
    parts = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_the_contrast_is_that_of_the_standard() -> None:
    assert contrast("#000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("path", notebooks(), ids=name)
def test_a_diagram_with_colours_has_contrast_in_light_and_dark(path: Path) -> None:
    """Who gives a box a colour gives one to its text too: the theme's fits the theme's boxes."""
    for text in texts(path):
        for fence in FENCE.finditer(text):
            for style in STYLE.findall(fence[3]) if fence[2] == "mermaid" else []:
                fill = re.search(r"fill:(#[0-9a-f]{3,6})\b", style, re.I)
                if fill:
                    colour = re.search(r"(?<!-)\bcolor:(#[0-9a-f]{3,6})\b", style, re.I)
                    assert colour, style
                    assert contrast(fill[1], colour[1]) >= LEAST, style


@pytest.mark.parametrize("path", notebooks(), ids=name)
def test_a_drawn_output_has_a_text(path: Path) -> None:
    for cell in read(path).cells:
        for output in cell.get("outputs", []):
            html = output.get("data", {}).get("text/html", "")
            for svg in re.findall(r"<svg\b[^>]*>", html):
                assert re.search(r'aria-label="[^"]+"|aria-hidden="true"', svg)
            assert "image/png" not in output.get("data", {})


@pytest.mark.parametrize(
    ("check", "text"),
    [
        (test_headings_are_in_order, "## Two\n"),
        (test_headings_are_in_order, "# One\n\n### Three\n"),
        (test_headings_are_in_order, "# One\n\n# Another\n"),
        (test_pictures_have_a_text_and_links_say_where_they_lead, "![](a.png)"),
        (test_pictures_have_a_text_and_links_say_where_they_lead, "<img src='a.png'>"),
        (test_pictures_have_a_text_and_links_say_where_they_lead, "[here](https://a.org)"),
        (test_links_lead_somewhere, "[gone](gone.md)"),
        (test_links_lead_somewhere, "# One\n\n[two](#two)"),
        (test_a_diagram_is_said_in_words_too, "```mermaid\na\n```\n\nAs drawn.\n"),
        (
            test_a_diagram_with_colours_has_contrast_in_light_and_dark,
            "```mermaid\n  style A fill:#4f5bd5,color:#000000\n```\n",
        ),
    ],
)
def test_a_mistake_is_found(check: Callable[[Path], None], text: str, tmp_path: Path) -> None:
    path = tmp_path / "wrong.md"
    path.write_text(text, "utf-8")
    with pytest.raises(AssertionError):
        check(path)


def test_what_is_right_passes(tmp_path: Path) -> None:
    path = tmp_path / "right.md"
    code = "```sh\n# no heading\n```\n\nSee `[x](gone)`, [two](#a-two-of-b) and [me](right.md#one)."
    path.write_text(f"# One\n\n{code}\n\n## A *two* of `b`\n", "utf-8")
    test_headings_are_in_order(path)
    test_links_lead_somewhere(path)
