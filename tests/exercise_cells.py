"""The two cells of an exercise, a stub and its check, and what nbgrader has to know of them.

nbgrader reads it in the metadata of cells; `normalise` of execute_notebooks.py writes it there. The
points of an exercise are its minutes, as its heading says: `### Exercise 1 · Title (5 minutes)`.
"""

import re
from collections.abc import Iterator
from typing import Any

from nbformat import NotebookNode

HEADING = re.compile(r"^### Exercise \d+ · .+ \((\d+) minutes\)$", re.MULTILINE)
STUB = re.compile(r"# exercise: (.+)")
SCHEMA = 3  # of nbgrader's metadata


def metadata(cells: list[NotebookNode]) -> Iterator[dict[str, Any] | None]:
    """nbgrader's metadata for each cell; None: the cell belongs to no exercise."""
    name, points = "", 0
    for cell in cells:
        found = None
        if cell.cell_type == "markdown":
            points = int((HEADING.findall(cell.source) or [points])[-1])
        elif stub := STUB.match(cell.source):
            name = stub[1]
            found = of_stub(name)
        elif name and cell.source.strip():
            found = of_check(name, points)
            name = ""
        yield found


def of_stub(name: str) -> dict[str, Any]:
    """A learner writes here: nbgrader keeps what was submitted."""
    return {
        "grade": False,
        "grade_id": name,
        "locked": False,
        "schema_version": SCHEMA,
        "solution": True,
        "task": False,
    }


def of_check(name: str, points: int) -> dict[str, Any]:
    """The points are given here. To grade, nbgrader puts the check as it was back into the cell."""
    return {
        "grade": True,
        "grade_id": f"{name}-check",
        "locked": True,
        "points": points,
        "schema_version": SCHEMA,
        "solution": False,
        "task": False,
    }
