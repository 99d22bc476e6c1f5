"""The slides of a lesson: a deck that needs no network, and what begins a slide."""

import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from execute_notebooks import NOTEBOOKS, notebooks, read
from nbconvert import SlidesExporter
from playwright.sync_api import Page, expect
from slide_types import QUESTION, slide_types

sys.path.insert(0, str(NOTEBOOKS.parent / ".site"))
from slides import chosen, make_slides, slides

LESSON = NOTEBOOKS / "06-one-log-many-readers.ipynb"


@pytest.mark.parametrize("path", notebooks(), ids=lambda path: path.stem)
def test_headings_and_predictions_begin_a_slide(path: Path) -> None:
    stored = "".join(cell.source for cell in read(path).cells)
    cells = slides(read(path)).cells
    assert re.sub(r"\s", "", "".join(cell.source for cell in cells)) == re.sub(r"\s", "", stored)
    kinds = [cell.metadata.slideshow.slide_type for cell in cells]
    assert kinds[0] == "slide"
    texts = [cell.source if cell.cell_type == "markdown" else "" for cell in cells]
    for number, text in enumerate(texts):
        if text.startswith(("# ", "## ")):
            assert kinds[number] == "slide"
        elif text.startswith("###"):
            assert kinds[number] == "subslide"
        elif QUESTION.match(text):
            # At most its heading stands above it, and what decides it is on another slide.
            assert kinds[number] == "subslide" or texts[number - 1].startswith("#")
            assert kinds[number + 1] != "-"


def test_nbconvert_finds_the_slides_in_the_notebook() -> None:
    """`jupyter nbconvert --to slides`: a slide is a section, and so is what a heading leads to."""
    html, _ = SlidesExporter().from_notebook_node(read(LESSON))
    kinds = slide_types(read(LESSON).cells)
    assert html.count("<section>") == len(kinds) - kinds.count("-") + kinds.count("slide") > 40


def test_a_lesson_is_named_as_for_chatkit_lab() -> None:
    assert chosen(["6", "h"]) == [LESSON, *NOTEBOOKS.glob("appendix/H-*.ipynb")]
    assert chosen([]) == notebooks()
    with pytest.raises(ValueError, match=r"^there is no lesson 12; there are 00, 01, "):
        chosen(["6", "12"])


# Has a browser of its own, so it comes before the tests' browser.
@pytest.fixture(scope="module")
def deck(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("slides")
    for folder in ("diagrams", "reveal.js/dist", "reveal.js/plugin/notes"):
        (target / folder).mkdir(parents=True)  # a deck was made here before
    make_slides([LESSON], target)
    return target / f"{LESSON.stem}.slides.html"


def test_a_deck_in_a_browser(deck: Path, new_page: Callable[..., Page]) -> None:
    page = new_page(viewport={"width": 1200, "height": 760})
    problems: list[str] = []
    page.on("console", lambda message: problems.append(message.text))
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("requestfailed", lambda request: problems.append(request.url))
    elsewhere: list[str] = []
    page.on("request", lambda request: elsewhere.append(request.url))
    page.goto(deck.as_uri())
    expect(page.locator(".reveal.ready")).to_be_visible()
    count = page.evaluate("Reveal.getTotalSlides()")
    assert count > 40
    seen = []
    for _ in range(count):
        seen.append(page.evaluate("Reveal.getCurrentSlide().innerText"))
        page.keyboard.press("Space")
    assert len(set(seen)) > 40
    questions = [number for number, text in enumerate(seen) if text.startswith("Predict")]
    assert len(questions) >= 5
    assert all("Predict" not in seen[number + 1] for number in questions)
    assert page.evaluate("[...document.images].every((it) => it.src.startsWith('file:'))")
    assert [url for url in elsewhere if not url.startswith(("file:", "data:"))] == []
    assert problems == []
