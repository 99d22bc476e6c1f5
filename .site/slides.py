"""Make slides of lessons: a deck of reveal.js for each, which needs no network.

    python .site/slides.py FOLDER [05 ...]

Without numbers: of all lessons and appendices. It needs the extra `test` and a Chromium, which
draws the diagrams. Open FOLDER/05-….slides.html: space goes on, S opens the speaker's view.
`jupyter nbconvert --to slides` makes a deck, too: it begins its slides at the same cells, but does
not cut them, and its page asks the network for reveal.js and for Mermaid.
"""

import argparse
import shutil
from importlib.resources import as_file, files
from pathlib import Path

from build import diagrams, for_the_site
from diagrams import draw
from execute_notebooks import NOTEBOOKS, notebooks
from jinja2 import DictLoader
from nbconvert import SlidesExporter
from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell
from slide_types import HEADING, QUESTION, slide_types

from chatkit.cli.lessons import lesson_named

REVEAL = "sphinx_revealjs/_static/revealjs"
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
            to = target / "reveal.js" / part
            to.parent.mkdir(parents=True, exist_ok=True)
            if (reveal / part).is_dir():
                shutil.copytree(reveal / part, to, dirs_exist_ok=True)
            else:
                shutil.copy(reveal / part, to)
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
    """The notebook with its text cut where a slide begins, and a slide type for each cell."""
    notebook.cells = [part for cell in notebook.cells for part in parts(cell)]
    for cell, kind in zip(notebook.cells, slide_types(notebook.cells), strict=True):
        cell.metadata.slideshow = {"slide_type": kind}
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


def chosen(names: list[str]) -> list[Path]:
    """The lessons of these numbers or letters, as `chatkit lab` takes them; of none: all.

    Raises `ValueError`.
    """
    return [NOTEBOOKS / lesson_named(name) for name in names] or notebooks()


def main() -> None:
    parser = argparse.ArgumentParser(description="Make slides of lessons.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("lessons", nargs="*", help="5, or H; default: all")
    options = parser.parse_args()
    try:
        paths = chosen(options.lessons)
    except ValueError as error:
        parser.error(str(error))
    make_slides(paths, options.folder)


if __name__ == "__main__":
    main()
