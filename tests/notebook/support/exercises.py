"""The exercises of a lesson, and their solutions.

An exercise is a code cell that starts with `# exercise: NAME`; the next code cell checks it.
Its solution is the section `# %% NAME` of notebooks/solutions/<lesson>.py, and replaces the
whole cell.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from execute_notebooks import NOTEBOOKS, code_cells, outputs_of, read
from exercise_cells import STUB
from nbformat import NotebookNode

# tests/browser/test_lessons.py solves these, and looks at their pages.
IN_THE_BROWSER = {
    "03-the-browser-client",
    "04-a-chat",
    "05-ending-and-reconnecting",
    "09-limits-names-origins",
    "appendix/A-the-app-line-by-line",
}
SOLUTIONS = NOTEBOOKS / "solutions"
VERDICT = re.compile(r"^(not yet|passed)\b", re.MULTILINE)


@dataclass
class Exercise:
    name: str
    cell: NotebookNode
    check: NotebookNode


def exercises(notebook: NotebookNode) -> Iterator[Exercise]:
    cells = code_cells(notebook)
    for number, cell in enumerate(cells):
        if match := STUB.match(cell.source):
            assert number + 1 < len(cells), f"the exercise {match[1]} has no check after it"
            yield Exercise(match[1], cell, cells[number + 1])


def solutions(text: str) -> dict[str, str]:
    """The sections of a solutions file by name."""
    parts = re.split(r"^# %% (.*)\n", text, flags=re.MULTILINE)
    names = parts[1::2]
    assert len(names) == len(set(names)), f"a name stands twice: {names}"
    return dict(zip(names, (part.strip() + "\n" for part in parts[2::2]), strict=True))


def solutions_of(lesson: Path) -> dict[str, str]:
    """The solutions of a lesson by name, of which there may be none."""
    file = SOLUTIONS / f"{lesson.stem}.py"
    return solutions(file.read_text("utf-8")) if file.exists() else {}


def verdicts(cell: NotebookNode) -> list[str]:
    said = [
        output.get("text") or output.get("data", {}).get("text/plain", "")
        for output in outputs_of(cell)
    ]
    return VERDICT.findall("\n".join(said))


def solved(path: Path) -> tuple[NotebookNode, list[Exercise]]:
    """A lesson with its solutions in the cells of its exercises."""
    notebook = read(path)
    found = list(exercises(notebook))
    sources = solutions_of(path)
    for exercise in found:
        exercise.cell.source = sources[exercise.name]
    return notebook, found
