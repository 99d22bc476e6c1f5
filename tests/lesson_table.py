"""How long each lesson is, as a table: `python tests/lesson_table.py`.

Minutes = words / 150 + new lines of code / 12 + a quarter for each code cell + the exercises, each
as long as its heading says: `### Exercise 1 · Title (5 minutes)`.
"""

import re
import statistics
from dataclasses import dataclass
from pathlib import Path

from execute_notebooks import code_cells, notebooks, read
from exercise_cells import HEADING, STUB
from nbformat import NotebookNode

MOST_CELLS, MOST_MINUTES, MEDIAN_LINES = 45, 60, 8

BLOCK = re.compile(r"```.*?```", re.DOTALL)
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
    def minutes(self) -> int:
        reading = self.words / 150 + self.lines / 12 + self.cells / 4
        return round(reading + sum(self.exercises))


def length(path: Path) -> Length:
    notebook = read(path)
    cells = code_cells(notebook)
    texts = [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]
    prose = "\n".join(texts)
    own = [count_lines(cell.source) for cell in cells if not STUB.match(cell.source)]
    return Length(
        name=path.stem,
        cells=len(cells),
        words=len(BLOCK.sub("", prose).split()),
        lines=sum(own),
        median=statistics.median(own),
        predictions=prose.count("**Predict, then run.**"),
        exercises=[int(minutes) for minutes in HEADING.findall(prose)],
        pictures=sum(map(has_picture, notebook.cells)),
    )


def count_lines(source: str) -> int:
    """Lines that are neither blank nor a comment."""
    return sum(bool(re.match(r"\s*[^\s#]", line)) for line in source.split("\n"))


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
        numbers += [len(each.exercises), each.pictures, each.minutes]
        rows.append(f"| {each.name} | " + " | ".join(f"{number:g}" for number in numbers) + " |")
    return "\n".join(rows)


if __name__ == "__main__":
    print(table())
