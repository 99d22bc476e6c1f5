"""Where a slide begins in a notebook: for `jupyter nbconvert --to slides`, and for .site/slides.py.

nbconvert reads it in the metadata of cells; `normalise` of execute_notebooks.py writes it there.
"""

import re

from nbformat import NotebookNode

FULL = 16  # lines on a slide
WORDS = 11  # on a line
HEADING = re.compile(r"(#{1,4}) ")
QUESTION = re.compile(r"\*\*Predict")
ANSWER = re.compile(r"(?:<[^>]+>\s*)*\*\*[a-d]\*\*[.,:]|(?:All|None) of")
DIAGRAM = re.compile(r"<figure|^```mermaid", re.MULTILINE)


def slide_types(cells: list[NotebookNode]) -> list[str]:
    """For each cell "slide" or "subslide", which begin one, or "-": it is on the slide before.

    A new slide begins at each heading, at a prediction, at the code that decides it, at the answer,
    and where the slide before is full.
    """
    kinds: list[str] = []
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
        kinds.append(kind)
        lines = height if kind != "-" else lines + height
        alone = bool(heading and "\n" not in cell.source)
        asked = question or (asked and not heading and not (text and answer))
    return kinds


def height_of(cell: NotebookNode) -> int:
    """About how many lines of a slide a cell takes."""
    if cell.cell_type == "markdown":
        if DIAGRAM.search(cell.source):
            return FULL // 2
        return sum(1 + len(line.split()) // WORDS for line in cell.source.split("\n") if line)
    outputs = [output.get("text", "\n\n") for output in cell.get("outputs", [])]
    lines = sum(1 + text.count("\n") for text in [cell.source, *outputs])
    return lines * 3 // 4  # those of code are lower
