"""The exercises as assignments of a course of nbgrader's: one a lesson, without its solutions."""

import json
import sys
from pathlib import Path

from chatkit.cli.lessons import (
    quoted,
    reason,
    say_kept,
    shipped,
    without_outputs,
    write_new,
)

CONFIG = """\
# Settings of nbgrader for the assignments that `chatkit assignments` has made.
c = get_config()  # noqa: F821

# What a learner starts from is in the cells already, and stays there.
c.ClearSolutions.enabled = False

# Seconds that a cell may take.
c.Execute.timeout = 120
"""


def copy_assignments(course: Path) -> list[Path]:
    """Write the sources of all assignments, and nbgrader's settings. No file is changed.

    Returns the names of those that are there already, and different.
    """
    notebooks = shipped()
    files = {Path("nbgrader_config.py"): CONFIG.encode()}
    for lesson in with_exercises():
        assignment = Path("source", lesson.stem)
        files[assignment / lesson.name] = without_outputs(lesson.read_bytes())
        # A lesson finds its checks, and the hints, beside itself.
        for check in [*notebooks.glob("checks/*.py"), *notebooks.glob("checks/hints/*")]:
            files[assignment / check.relative_to(notebooks)] = check.read_bytes()
    kept = []
    for name, content in files.items():
        target = course / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if not write_new(content, target):
            kept.append(name)
    return kept


def with_exercises() -> list[Path]:
    """The notebooks that become assignments, in order of their names."""
    found = sorted(shipped().rglob("*-*.ipynb"), key=lambda path: path.stem)
    return [path for path in found if has_exercises(path.read_bytes())]


def has_exercises(notebook: bytes) -> bool:
    return any("nbgrader" in cell["metadata"] for cell in json.loads(notebook)["cells"])


def assignments(course: Path) -> int:
    """`chatkit assignments`: make them. Exits with 1 if they cannot be made."""
    try:
        kept = copy_assignments(course)
        names = [lesson.stem for lesson in with_exercises()]
    except OSError as error:
        sys.exit(f"chatkit assignments: {reason(error)}")
    print(f"In {course / 'source'}: {', '.join(names)}")
    print(f"The next step: cd {quoted(course)}; nbgrader generate_assignment {names[0]}")
    say_kept(kept)
    return 0
