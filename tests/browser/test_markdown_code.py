"""Code blocks: a bar that stays in sight, and colours that change nothing in the page."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from chat_page import OpenPage, stop_timers
from playwright.sync_api import Page, expect

from chatkit import Server
from chatkit.web.app import create_app

Run = Callable[..., Server]

CSS = Path(__file__).parents[2] / "static/markdown/markdown.css"
CODE = 'async def f():  # say it\n    return "a", 1\n'
TEXT = f"Before\n\n```python\n{CODE}```\n\nAfter"

# Shows a document, styled, instead of the page; `piece` adds to it.
SHOW = """async text => {
    const { createMarkdown } = await import(new URL("static/markdown/markdown.js", location));
    for (const name of ["shared/style", "markdown/markdown"]) {
        const link = document.createElement("link");
        link.rel = "stylesheet";
        link.href = new URL(`static/${name}.css`, location);
        document.head.append(link);
        await new Promise((done) => { link.onload = done; });
    }
    const element = document.createElement("div");
    element.className = "markdown";
    document.body.replaceChildren(element);
    const markdown = createMarkdown(element);
    markdown.append(text);
    window.piece = (more) => markdown.append(more);
}"""

COLORED = """() => Object.fromEntries([...CSS.highlights].map(([name, ranges]) => [
    name.replace("code-", ""),
    [...ranges].map((one) => {
        const range = document.createRange();
        range.setStart(one.startContainer, one.startOffset);
        range.setEnd(one.endContainer, one.endOffset);
        return range.toString();
    }),
]))"""


@pytest.fixture
def page(run: Run, open_page: OpenPage) -> Page:
    """A page whose server has the modules."""
    options = {"permissions": ["clipboard-read", "clipboard-write"]}
    page = open_page(run(create_app()).url, **options)
    expect(page.status).to_have_text("Ready")  # it changes nothing any more
    return page.page


def wait_for_colors(page: Page, **kinds: list[str]) -> None:
    page.wait_for_function(
        f"""kinds => {{
            const colored = ({COLORED})();
            return Object.entries(kinds).every(
                ([kind, words]) => JSON.stringify(colored[kind]) === JSON.stringify(words),
            );
        }}""",
        arg=kinds,
    )


def test_the_bar(page: Page) -> None:
    page.evaluate(SHOW, TEXT)
    stop_timers(page, 2_000)  # what is said for a moment stays
    page.get_by_role("button", name="Copy code", exact=True).click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == CODE.removesuffix("\n")

    wrap = page.get_by_role("button", name="Wrap lines")
    wrap.click()
    expect(wrap).to_have_attribute("aria-pressed", "true")
    expect(page.locator("pre")).to_have_css("white-space", "pre-wrap")

    # Who takes the whole text does not take the bar's words.
    page.keyboard.press("Control+a")
    taken = page.evaluate("getSelection().toString()")
    assert re.sub(r"\n+", "\n", taken) == f"Before\n{CODE}After"
    assert page.evaluate("document.body.innerText").count("opy") == 0


def test_the_bar_stays_in_sight(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 600})
    page.evaluate(SHOW, "```sh\n" + "x = 1\n" * 200 + "```")
    page.evaluate("document.body.style.height = 'auto'; scrollTo(0, 2000)")
    copy = page.get_by_role("button", name="Copy code").bounding_box()
    assert copy is not None
    assert 0 <= copy["y"] < 20
    assert copy["height"] >= 24
    assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_the_copy_button_where_the_clipboard_is_forbidden(page: Page) -> None:
    page.evaluate(SHOW, TEXT)
    stop_timers(page, 2_000)
    page.evaluate("""() => {
        navigator.clipboard.writeText = async () => { throw new Error("as planned"); };
        document.addEventListener("copy", () => { window.copied = String(getSelection()); });
    }""")
    page.get_by_role("button", name="Copy code", exact=True).click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("copied") == CODE.removesuffix("\n")


def test_colors_come_while_it_streams_and_change_nothing(page: Page) -> None:
    page.evaluate(SHOW, "```python\nasync de")
    before = page.evaluate("document.body.innerHTML")
    wait_for_colors(page, keyword=["async"])
    assert page.evaluate("document.body.innerHTML") == before
    page.evaluate("piece('f f():  # sa')")
    wait_for_colors(page, keyword=["async", "def"], name=["f"], comment=["# sa"])
    page.evaluate(
        """piece('y it\\n    return "a", 1\\n    \"\"\"b\\nc\"\"\" + d\\n```\\n\\nif 2')"""
    )
    wait_for_colors(
        page,
        keyword=["async", "def", "return"],
        comment=["# say it"],
        string=['"a"', '"""', "b", "c", '"""'],
        number=["1"],
    )


LANGUAGES = {
    "js": ("const a = `b\n${c}`; // d\n/* e\n*/ 1.5", "const", "// d", "1.5"),
    "ts": ("interface A { b: 'c' } // d", "interface", "// d", None),
    "json": ('{"a": [true, 1]}', "true", None, "1"),
    "html": ("<!-- a\n--><p class='b'>if</p>", "<p", "-->", None),
    "css": ("/* a */ p { color: #fff } @media x", "@media", "/*", "#fff"),
    "sh": ("export A=1 # b", "export", "# b", "1"),
    "http": ("GET /a HTTP/1.1\nAccept: b", "GET", None, None),
    "go": ('func a() { return "b" } // c', "func", "// c", None),
    "": ('if 1 then "a" # b', None, "# b", None),
    "text": ("if 1 # b", None, None, None),
}


def test_languages(page: Page) -> None:
    page.set_viewport_size({"width": 800, "height": 3_000})
    for language, (code, keyword, comment, number) in LANGUAGES.items():
        page.evaluate(SHOW, f"```{language}\n{code}\n```\n\n```py\n# end {language}\n```")
        page.wait_for_function(f"() => ({COLORED})().comment?.includes('# end {language}')")
        colored = page.evaluate(COLORED)
        for kind, word in (("keyword", keyword), ("comment", comment), ("number", number)):
            found = colored[kind][: -1 if kind == "comment" else None]  # without the end's
            assert (word in found) if word else found == [], (language, colored)


def test_only_what_is_on_screen_has_colors(page: Page) -> None:
    page.set_viewport_size({"width": 800, "height": 600})
    page.evaluate(SHOW, "```py\nreturn 1\n```\n\n" + "a\n\n" * 100 + "```py\nbreak\n```")
    page.evaluate("document.body.style.height = 'auto'")
    wait_for_colors(page, keyword=["return"])
    page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
    wait_for_colors(page, keyword=["break"])


def test_without_highlights_there_are_no_colors(run: Run, open_page: OpenPage) -> None:
    page = open_page(run(create_app()).url)
    page.page.add_init_script("delete CSS.highlights")
    page.reload()
    expect(page.status).to_have_text("Ready")
    page.page.evaluate(SHOW, TEXT)
    assert page.page.locator("code").text_content() == CODE.removesuffix("\n")
    assert not page.page.evaluate("'highlights' in CSS")
    assert not any("colors" in request.url for request in page.asked())


def luminance(color: str) -> float:
    parts = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_each_color_can_be_read() -> None:
    """A contrast of 4.5 : 1 on the block's background, light and dark."""
    pair = r"light-dark\((#\w{6}), (#\w{6})\)"
    colors = re.findall(rf"::highlight\(.*?\) {{\s*color: {pair}", CSS.read_text("utf-8"))
    assert len(colors) == 5
    style = (CSS.parents[1] / "shared/style.css").read_text("utf-8")
    (backgrounds,) = re.findall(rf"--raised: {pair}", style)
    for both in colors:
        for color, background in zip(both, backgrounds, strict=True):
            lower, higher = sorted([luminance(color), luminance(background)])
            assert (higher + 0.05) / (lower + 0.05) >= 4.5, color
