"""The exercises: as shipped every check says "not yet", with its solution "passed"."""

from collections.abc import Iterator
from concurrent.futures import Future
from itertools import takewhile
from pathlib import Path

import pytest
from execute_notebooks import execute, notebooks, read
from exercises import (
    IN_THE_BROWSER,
    SOLUTIONS,
    exercises,
    solutions,
    solutions_of,
    solved,
    verdicts,
)
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook, new_output
from side_by_side import side_by_side
from wrong_answers import WRONG

WITH_EXERCISES = [path for path in notebooks() if any(exercises(read(path)))]
each_lesson = pytest.mark.parametrize("path", notebooks(), ids=lambda path: path.stem)


@each_lesson
def test_each_exercise_has_its_solution(path: Path) -> None:
    assert [exercise.name for exercise in exercises(read(path))] == list(solutions_of(path))


def test_each_solutions_file_has_its_lesson() -> None:
    assert {path.stem for path in SOLUTIONS.glob("*.py")} == {path.stem for path in WITH_EXERCISES}


@each_lesson
def test_as_shipped_no_exercise_is_solved(path: Path) -> None:
    """The stored outputs are what runs: nbval sees to that."""
    for exercise in exercises(read(path)):
        assert verdicts(exercise.check) == ["not yet"], exercise.name


def test_each_solution_begins_with_a_reason_of_its_own() -> None:
    """One to three lines of comment that say why; no two parts share them."""
    reasons = [
        "".join(takewhile(lambda line: line.startswith("# "), solution.splitlines(keepends=True)))
        for path in WITH_EXERCISES
        for solution in solutions_of(path).values()
    ]
    assert all(1 <= reason.count("\n") <= 3 for reason in reasons), reasons
    assert len(set(reasons)) == len(reasons)


HERE = [path for path in WITH_EXERCISES if path.stem not in IN_THE_BROWSER]


@each_lesson
def test_each_exercise_has_a_wrong_answer(path: Path) -> None:
    assert list(WRONG.get(path.stem, {})) == list(solutions_of(path))


def checked(path: Path) -> dict[str, list[NotebookNode]]:
    """The check of each exercise, run with a plausible wrong answer and then its solution."""
    notebook, found = solved(path)
    checks = {}
    for exercise in found:
        check = new_code_cell(exercise.check.source)
        place = notebook.cells.index(exercise.cell)
        notebook.cells[place:place] = [new_code_cell(WRONG[path.stem][exercise.name]), check]
        checks[exercise.name] = [check, exercise.check]
    execute(notebook)
    return checks


Checks = dict[Path, Future[dict[str, list[NotebookNode]]]]


@pytest.fixture(scope="module")
def checks(request: pytest.FixtureRequest) -> Iterator[Checks]:
    with side_by_side(checked, request, "path") as checks:
        yield checks


@pytest.mark.parametrize("path", HERE, ids=lambda path: path.stem)
def test_with_its_solutions_a_lesson_passes(path: Path, checks: Checks) -> None:
    """And with a plausible wrong answer, given first, it does not."""
    for name, both in checks[path].result().items():
        said = [verdicts(check) for check in both]
        assert said == [["not yet"], ["passed"]], f"{name}: {[check.outputs for check in both]}"


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
