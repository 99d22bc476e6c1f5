"""The course as a site: all of it is there, its links lead somewhere, nothing is from elsewhere."""

import re
import sys
from collections.abc import Callable
from html import unescape
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from execute_notebooks import NOTEBOOKS, notebooks, read
from PIL import Image
from playwright.sync_api import Page, expect
from site_links import broken_links

sys.path.insert(0, str(NOTEBOOKS.parent / ".site"))
from build import LIVE, UNSEEN, build
from pictures import is_live

FIRST = notebooks()[0]
SCREENS = {"light": (1280, 900), "dark": (390, 800)}


# Has a browser of its own, so it comes before the tests' browser.
@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, with pictures of the live pages of lesson 00 only: they take long."""
    target = tmp_path_factory.mktemp("site")
    build(target, pictured=[FIRST])
    return target


def page_of(site: Path, notebook: Path) -> Path:
    return (site / notebook.relative_to(NOTEBOOKS.parent)).with_suffix(".html")


def test_every_link_leads_somewhere_and_nothing_is_from_elsewhere(site: Path) -> None:
    assert (site / "index.html").is_file()
    assert broken_links(site) == []


def test_a_link_that_leads_nowhere_is_found(site: Path, tmp_path: Path) -> None:
    (tmp_path / "other.html").write_text("<p id='here'></p>")
    links = ["other.html#here", "other.html#there", "gone.html", "https://example.org/"]
    text = "".join(f"<a href='{link}'></a>" for link in links)
    (tmp_path / "a.html").write_text(f"{text}<script src='https://example.org/a.js'></script>")
    wrong = ["other.html#there", "gone.html", "https://example.org/a.js"]
    assert broken_links(tmp_path) == [f"a.html: {link}" for link in wrong]


def test_every_notebook_has_its_cells_its_diagrams_and_its_pages(site: Path) -> None:
    for notebook in notebooks():
        html = page_of(site, notebook).read_text("utf-8")
        cells = [cell for cell in read(notebook).cells if cell.source]
        assert html.count("cell_input docutils") == sum(c.cell_type == "code" for c in cells)
        diagrams = sum(cell.source.count("```mermaid") for cell in cells)
        assert html.count('<figure class="diagram" ') == diagrams
        live = sum(is_live(output) for cell in cells for output in cell.get("outputs", []))
        assert html.count(LIVE if notebook == FIRST else UNSEEN) == live
        assert "the page appears here" not in html


def test_a_picture_is_named_by_the_heading_above_it(site: Path) -> None:
    for notebook in notebooks():
        text = page_of(site, notebook).read_text("utf-8")
        alts = [unescape(alt) for alt in re.findall(r'<img [^>]*alt="([^"]*)"', text)]
        titles = re.findall(r"(?s)<h[1-6]>(.*?)<a class=\"headerlink", text)
        words = {unescape(re.sub("<[^>]+>", "", title)) for title in titles}
        assert {re.fullmatch(".* in “(.*?)”.*", alt)[1] for alt in alts} <= words, alts
    first = page_of(site, FIRST).read_text("utf-8")
    assert 'alt="The page of the server in “00 · Start here”, under “' in first


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_lesson_in_a_browser(scheme: str, site: Path, new_page: Callable[..., Page]) -> None:
    width, height = SCREENS[scheme]
    page = new_page(color_scheme=scheme, viewport={"width": width, "height": height})
    problems: list[str] = []
    page.on("console", lambda message: problems.append(message.text))
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("requestfailed", lambda request: problems.append(request.url))
    page.goto(page_of(site, FIRST).as_uri())
    expect(page.get_by_role("heading", level=1)).to_contain_text("Start here")
    pictures = page.locator(f"article figure img.only-{scheme}")
    shown = pictures.evaluate_all("all => all.map((it) => it.checkVisibility())")
    assert len(shown) == 7  # four diagrams, three pages
    assert all(shown)
    other = page.locator("article figure img").filter(visible=False)
    expect(other).to_have_count(7)
    for picture in pictures.all():
        picture.scroll_into_view_if_needed()
        assert picture.evaluate("it => it.decode().then(() => it.naturalWidth)") > 0
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert problems == []
    rules = {"empty-table-header": {"enabled": False}}  # a column of numbers needs none
    violations = Axe().run(page, options={"rules": rules}).response["violations"]
    assert [it["nodes"][0]["html"] for it in violations] == []


def test_a_picture_is_of_a_reply(site: Path) -> None:
    """Not of an error, nor of a page that was still empty: those are of few colours."""
    found = sorted(site.glob("_static/pages/*.webp"))
    names = {re.sub(r"-\d-(light|dark)\.webp", "", file.name) for file in found}
    assert names == {f"{FIRST.stem}-{cell}" for cell in ("cell-2", "words-page", "cell-23")}
    for file in found:
        with Image.open(file) as image:
            assert image.width == 760
            assert len(image.convert("L").getcolors()) > 50
