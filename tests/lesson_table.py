"""How long each lesson is, as a table: `python tests/lesson_table.py`.

Minutes = words / 150 + new lines of code / 12 + a quarter for each code cell + the exercises, each
as long as its heading says: `### Exercise 1 · Title (5 minutes)`.

A line of code is one that a learner has to read, in a cell or in a text: also Python, JavaScript
or a configuration between fences that name a language. Not what is folded, a picture, a command
for a shell, or an output. An exercise's minutes hold its stub: that is read while it is solved.
"""

import re
import statistics
from dataclasses import dataclass
from pathlib import Path

from execute_notebooks import code_cells, notebooks, read
from exercise_cells import HEADING, STUB
from nbformat import NotebookNode

MOST_CELLS, MOST_MINUTES, MEDIAN_LINES = 45, 60, 8

BLOCK = re.compile(r"```(\w*)\n(.*?)```", re.DOTALL)
FOLDED = re.compile(r"<details>.*?</details>", re.DOTALL)
NOT_CODE = {"", "mermaid", "text", "bash", "console", "sh"}
COMMENT = re.compile(r"\s*($|#|//|/\*|\*[ /])")
PICTURE = re.compile(r"```mermaid|<svg|!\[")


@dataclass(frozen=True)
class Length:
    """What a lesson has of each."""

    name: str
    cells: int
    words: int
    lines: int
    median: float  # lines of a code cell
    predictions: int
    exercises: list[int]  # minutes of each
    pictures: int  # besides the map of the course

    @property
    def exact(self) -> float:
        """Minutes, for the bound of a lesson."""
        return self.words / 150 + self.lines / 12 + self.cells / 4 + sum(self.exercises)

    @property
    def minutes(self) -> int:
        """To the nearest five, as the lesson, README.md and INSTRUCTOR.md say them."""
        return 5 * round(self.exact / 5)


def length(path: Path) -> Length:
    notebook = read(path)
    cells = code_cells(notebook)
    texts = [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]
    prose = "\n".join(texts)
    read_ones = [cell for cell in cells if not (STUB.match(cell.source) or is_folded(cell))]
    own = [count_lines(cell.source) for cell in read_ones]
    return Length(
        name=path.stem,
        cells=len(cells),
        words=len(BLOCK.sub("", prose).split()),
        lines=sum(own) + sum(map(count_lines, fenced(prose))),
        median=statistics.median(own),
        predictions=prose.count("**Predict, then run.**"),
        exercises=[int(minutes) for minutes in HEADING.findall(prose)],
        pictures=sum(map(has_picture, notebook.cells)),
    )


def is_folded(cell: NotebookNode) -> bool:
    """Whether JupyterLab shows only dots: the ready answer to an exercise."""
    return bool(cell.metadata.get("jupyter", {}).get("source_hidden"))


def fenced(prose: str) -> list[str]:
    """The code that stands between the fences of a text."""
    blocks = BLOCK.findall(FOLDED.sub("", prose))
    return [code for language, code in blocks if language not in NOT_CODE]


def count_lines(source: str) -> int:
    """Lines that are neither blank nor a comment."""
    return sum(not COMMENT.match(line) for line in source.split("\n"))


def has_picture(cell: NotebookNode) -> bool:
    if cell.get("id") in ("course-map", "course-built"):
        return False
    shown = [str(output.get("data", {})) for output in cell.get("outputs", [])]
    text = cell.source if cell.cell_type == "markdown" else ""
    return any(PICTURE.search(part) for part in [text, *shown])


def table() -> str:
    """Of all lessons and appendices."""
    heads = "code cells, words, new lines, median, predictions, exercises, pictures, minutes"
    rows = [f"| | {heads.replace(', ', ' | ')} |", "|---|" + "---:|" * 8]
    for each in map(length, notebooks()):
        numbers = [each.cells, each.words, each.lines, each.median, each.predictions]
        numbers += [len(each.exercises), each.pictures, round(each.exact, 2)]
        rows.append(f"| {each.name} | " + " | ".join(f"{number:g}" for number in numbers) + " |")
    return "\n".join(rows)


if __name__ == "__main__":
    print(table())
