"""Make slides of lessons: a deck of reveal.js for each, which needs no network.

    python .site/slides.py FOLDER [05 ...]

Without numbers: of all lessons and appendices. It needs the extra `test` and a Chromium, which
draws the diagrams. Open FOLDER/05-….slides.html: space goes on, S opens the speaker's view. Nothing
is stored in the notebooks; which slide a cell is on is decided here, by `slides`.
"""

import argparse
import re
import shutil
from importlib.resources import as_file, files
from pathlib import Path

from build import diagrams, for_the_site
from diagrams import draw
from execute_notebooks import notebooks
from jinja2 import DictLoader
from nbconvert import SlidesExporter
from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell

REVEAL = "sphinx_revealjs/_static/revealjs"
FULL = 16  # lines on a slide
WORDS = 11  # on a line
HEADING = re.compile(r"(#{1,4}) ")
QUESTION = re.compile(r"\*\*Predict")
ANSWER = re.compile(r"(?:<[^>]+>\s*)*\*\*[a-d]\*\*[.,:]|(?:All|None) of")
# nbconvert's template, without what it would load from elsewhere.
TEMPLATE = """{% extends "index.html.j2" %}
{% block html_head_js %}{% endblock %}
{% block html_head_js_mathjax %}{% endblock %}
{% block html_head_css %}<link rel="stylesheet" href="slides.css">{% endblock %}
{% block footer_js %}
<script src="reveal.js/dist/reveal.js"></script>
<script src="reveal.js/plugin/notes/notes.js"></script>
<script src="slides.js"></script>
{% endblock %}"""
START = """Reveal.initialize({
  hash: true, slideNumber: "c/t", width: 1200, height: 760, margin: 0.03, center: false,
  transition: "none", plugins: [RevealNotes],
});
"""


def make_slides(paths: list[Path], target: Path) -> None:
    """Write a deck of each notebook, and all that the decks load, to `target`."""
    target.mkdir(parents=True, exist_ok=True)
    here = Path(__file__).resolve().parent
    shutil.copy(here / "slides.css", target)
    (target / "slides.js").write_text(START, "utf-8")
    package, _, rest = REVEAL.partition("/")
    with as_file(files(package) / rest) as reveal:
        for part in ("dist", "plugin/notes", "LICENSE"):
            copy = shutil.copytree if (reveal / part).is_dir() else shutil.copy
            (target / "reveal.js" / part).parent.mkdir(parents=True, exist_ok=True)
            copy(reveal / part, target / "reveal.js" / part)
    draw(diagrams(paths), target / "diagrams")
    exporter = SlidesExporter(
        extra_loaders=[DictLoader({"deck.html.j2": TEMPLATE})],
        template_file="deck.html.j2",
        reveal_url_prefix="reveal.js",
        reveal_theme="white",
        exclude_input_prompt=True,
        exclude_output_prompt=True,
    )
    for path in paths:
        notebook = slides(for_the_site(path, target, "", pictured=False))
        html, _ = exporter.from_notebook_node(notebook, {"metadata": {"name": path.stem}})
        (target / f"{path.stem}.slides.html").write_text(html, "utf-8")


def slides(notebook: NotebookNode) -> NotebookNode:
    """The notebook with a slide type for each cell, its text cut where a slide begins.

    A new slide begins at each heading, at a prediction, at the code that decides it, at the answer,
    and where the slide before is full.
    """
    cells = [part for cell in notebook.cells for part in parts(cell)]
    lines, alone, asked, question = 0, True, False, False
    for cell in cells:
        text = cell.cell_type == "markdown"
        heading = HEADING.match(cell.source) if text else None
        after_question, question = question, bool(text and QUESTION.match(cell.source))
        answer = asked and bool(not text or ANSWER.match(cell.source))
        height = height_of(cell)
        if heading:
            kind = "slide" if len(heading[1]) < 3 else "subslide"
        elif alone:  # a heading stays with what it is the heading of
            kind = "-"
        else:
            new = question or after_question or answer or lines + height > FULL
            kind = "subslide" if new else "-"
        cell.metadata.slideshow = {"slide_type": kind}
        lines = height if kind != "-" else lines + height
        alone = bool(heading and "\n" not in cell.source)
        asked = question or (asked and not heading and not (text and answer))
    notebook.cells = cells
    return notebook


def parts(cell: NotebookNode) -> list[NotebookNode]:
    """A cell of text, cut before each heading and each prediction; code as it is."""
    if cell.cell_type != "markdown":
        return [cell]
    texts, fenced = [""], False
    for line in cell.source.splitlines(keepends=True):
        if not fenced and (HEADING.match(line) or QUESTION.match(line)):
            texts.append("")
        fenced ^= line.lstrip().startswith("```")
        texts[-1] += line
    return [new_markdown_cell(text.strip()) for text in texts if text.strip()]


def height_of(cell: NotebookNode) -> int:
    """About how many lines of a slide a cell takes."""
    if cell.cell_type == "markdown":
        if "<figure" in cell.source:
            return FULL // 2
        return sum(1 + len(line.split()) // WORDS for line in cell.source.split("\n") if line)
    outputs = [output.get("text", "\n\n") for output in cell.get("outputs", [])]
    lines = sum(1 + text.count("\n") for text in [cell.source, *outputs])
    return lines * 3 // 4  # those of code are lower


def main() -> None:
    parser = argparse.ArgumentParser(description="Make slides of lessons.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("lessons", nargs="*", help="05, or H; default: all")
    options = parser.parse_args()
    names = {path.name.partition("-")[0]: path for path in notebooks()}
    if unknown := sorted(set(options.lessons) - set(names)):
        parser.error(f"there is no lesson {', '.join(unknown)}; there are {', '.join(names)}")
    make_slides([names[name] for name in options.lessons or names], options.folder)


if __name__ == "__main__":
    main()
