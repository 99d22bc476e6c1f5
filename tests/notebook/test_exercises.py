"""The exercises: as shipped every check says "not yet", with its solution "passed".

An exercise is a code cell that starts with `# exercise: NAME`; the next code cell checks it.
Its solution is the section `# %% NAME` of notebooks/solutions/<lesson>.py, and replaces the
whole cell.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from execute_notebooks import NOTEBOOKS, code_cells, execute, lessons, outputs_of, read
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook, new_output

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
        if match := re.match(r"# exercise: (.+)", cell.source):
            assert number + 1 < len(cells), f"the exercise {match[1]} has no check after it"
            yield Exercise(match[1], cell, cells[number + 1])


def solutions(text: str) -> dict[str, str]:
    """The sections of a solutions file by name."""
    parts = re.split(r"^# %% (.*)\n", text, flags=re.MULTILINE)
    names = parts[1::2]
    assert len(names) == len(set(names)), f"a name stands twice: {names}"
    return dict(zip(names, (part.strip() + "\n" for part in parts[2::2]), strict=True))


def verdicts(cell: NotebookNode) -> list[str]:
    said = [
        output.get("text") or output.get("data", {}).get("text/plain", "")
        for output in outputs_of(cell)
    ]
    return VERDICT.findall("\n".join(said))


WITH_EXERCISES = [path for path in lessons() if any(exercises(read(path)))]
each_lesson = pytest.mark.parametrize("path", lessons(), ids=lambda path: path.stem)


@each_lesson
def test_each_exercise_has_its_solution(path: Path) -> None:
    file = SOLUTIONS / f"{path.stem}.py"
    found = solutions(file.read_text("utf-8")) if file.exists() else {}
    assert [exercise.name for exercise in exercises(read(path))] == list(found)


def test_each_solutions_file_has_its_lesson() -> None:
    assert {path.stem for path in SOLUTIONS.glob("*.py")} == {path.stem for path in WITH_EXERCISES}


@each_lesson
def test_as_shipped_no_exercise_is_solved(path: Path) -> None:
    """The stored outputs are what runs: nbval sees to that."""
    for exercise in exercises(read(path)):
        assert verdicts(exercise.check) == ["not yet"], exercise.name


@pytest.mark.parametrize("path", WITH_EXERCISES, ids=lambda path: path.stem)
def test_with_its_solutions_a_lesson_passes(path: Path) -> None:
    notebook = read(path)
    sources = solutions((SOLUTIONS / f"{path.stem}.py").read_text("utf-8"))
    found = list(exercises(notebook))
    for exercise in found:
        exercise.cell.source = sources[exercise.name]
    execute(notebook)
    for exercise in found:
        assert verdicts(exercise.check) == ["passed"], f"{exercise.name}: {exercise.check.outputs}"


# The reading of exercises itself.


def test_exercises_are_found_with_their_checks() -> None:
    cells = [new_code_cell(source) for source in ("1", "# exercise: a-b\nstub", "", "check(x)")]
    (found,) = exercises(new_notebook(cells=cells))
    assert (found.name, found.check.source) == ("a-b", "check(x)")


def test_solutions_are_read_by_name() -> None:
    text = '"""Words."""\n\n# %% one\nx = 1\n\n\n# %% two\n# exercise: two\ny = 2\n'
    assert solutions(text) == {"one": "x = 1\n", "two": "# exercise: two\ny = 2\n"}


@pytest.mark.parametrize(
    ("output", "found"),
    [
        (new_output("stream", text="not yet: it yields nothing\n"), ["not yet"]),
        (new_output("display_data", data={"text/plain": "passed"}), ["passed"]),
        (new_output("stream", text="has it passed?\n"), []),
    ],
)
def test_verdicts_start_a_line(output: NotebookNode, found: list[str]) -> None:
    assert verdicts(new_code_cell("check()", outputs=[output])) == found
