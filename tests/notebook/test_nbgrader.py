"""nbgrader: what it reads in the lessons, what a check says while it grades, a round trip."""

import re
import sys
from pathlib import Path

import nbgrader_round_trip
import pytest
from execute_notebooks import NOTEBOOKS, execute, normalise, notebooks, outputs_of, read
from exercises import exercises, solutions_of
from lesson_table import length
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from wrong_answers import WRONG

from chatkit.cli.assignments import assignments, copy_assignments
from chatkit.cli.lessons import quoted

sys.path.insert(0, str(NOTEBOOKS))

from checks.judging import NotPassed, Verdict

WITH_EXERCISES = [path for path in notebooks() if any(exercises(read(path)))]
each_lesson = pytest.mark.parametrize("path", notebooks(), ids=lambda path: path.stem)


@each_lesson
def test_each_exercise_is_marked_with_its_minutes_as_points(path: Path) -> None:
    marked = [cell for cell in read(path).cells if "nbgrader" in cell.metadata]
    found = list(exercises(read(path)))
    assert marked == [cell for exercise in found for cell in (exercise.cell, exercise.check)]
    points = [exercise.check.metadata.nbgrader.points for exercise in found]
    assert points == length(path).exercises
    names = [cell.metadata.nbgrader.grade_id for cell in marked]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[\w-]+", name) for name in names)  # nbgrader takes no others


def test_the_marks_come_from_the_text() -> None:
    notebook = new_notebook(
        cells=[
            new_markdown_cell("### Exercise 1 · One (4 minutes)\n\nWords."),
            new_code_cell("# exercise: one\nx = 0", metadata={"editable": False}),
            new_code_cell(""),
            new_code_cell("await check_one(x)"),
            new_code_cell("x", metadata={"nbgrader": {"grade": True}}),
        ]
    )
    normalise(notebook)
    stub, check = (notebook.cells[number].metadata for number in (1, 3))
    marks = [set(cell.metadata) - {"slideshow"} for cell in notebook.cells]
    assert marks == [set(), {"nbgrader"}, set(), {"nbgrader"}, set()]
    assert stub.nbgrader.solution
    assert not stub.nbgrader.locked
    assert not stub.nbgrader.grade
    assert stub.nbgrader.grade_id == "one"
    assert check.nbgrader.locked
    assert check.nbgrader.grade
    assert not check.nbgrader.solution
    assert (check.nbgrader.grade_id, check.nbgrader.points) == ("one-check", 4)


VERDICTS = """\
from checks.judging import Verdict
kept = Verdict(["a word", "a space"])
kept
"""


def shown() -> list[NotebookNode]:
    """The outputs of a verdict that has not passed, and of one that has."""
    cells = [VERDICTS, "assert kept.missing", "Verdict()"]
    notebook = new_notebook(cells=[new_code_cell(source) for source in cells])
    execute(notebook, NOTEBOOKS)
    return [output for cell in notebook.cells for output in outputs_of(cell)]


def test_a_learner_never_sees_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    missing, passed = shown()
    assert missing.output_type == passed.output_type == "execute_result"
    assert missing.data["text/plain"] == "not yet:\n  a word\n  a space"
    assert passed.data["text/plain"] == "passed"


@pytest.mark.parametrize("execution", ["autograde", "validate"])
def test_nbgrader_takes_a_cell_for_failed_whose_name_is_given(
    execution: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NBGRADER_EXECUTION", execution)
    missing, passed = shown()
    assert (missing.output_type, missing.name) == ("stream", "stderr")
    assert missing.text == "not yet:\n  a word\n  a space\n"
    assert (passed.output_type, passed.name, passed.text) == ("stream", "stdout", "passed\n")


def test_a_verdict_is_false_where_it_did_not_pass() -> None:
    assert Verdict()
    Verdict().need()
    missing = Verdict(["a word"])
    assert not missing
    with pytest.raises(NotPassed, match="not yet:\n  a word"):
        missing.need()


def test_an_assignment_has_no_solution_and_no_output(tmp_path: Path) -> None:
    assert copy_assignments(tmp_path) == []
    made = list(tmp_path.glob("source/*/*.ipynb"))
    assert {path.name for path in made} == {path.name for path in WITH_EXERCISES}
    assert {path.parent.name for path in made} == {path.stem for path in WITH_EXERCISES}
    assert not list(tmp_path.rglob("solutions*"))
    for path in made:
        beside = path.parent / "checks"
        assert (beside / "judging.py").exists()
        assert (beside / "hints" / "lesson_01.md").exists()
        assert not any(outputs_of(cell) for cell in read(path).cells)


def test_it_names_what_it_has_made_and_what_to_type(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    course = tmp_path / "my course"
    (course / "source" / "00-of-another-course").mkdir(parents=True)
    assert assignments(course) == 0
    made, following = capsys.readouterr().out.splitlines()
    names = ", ".join(sorted(path.stem for path in WITH_EXERCISES))
    assert made == f"In {course / 'source'}: {names}"
    first = sorted(path.stem for path in WITH_EXERCISES)[0]
    typed = following.removeprefix("The next step: ")
    assert typed == f"cd {quoted(course)}; nbgrader generate_assignment {first}"


def test_what_an_instructor_has_changed_stays(tmp_path: Path) -> None:
    copy_assignments(tmp_path)
    config = tmp_path / "nbgrader_config.py"
    config.write_text("c = get_config()\n")
    assert copy_assignments(tmp_path) == [Path("nbgrader_config.py")]
    assert config.read_text() == "c = get_config()\n"


def test_there_and_back(tmp_path: Path) -> None:
    """Of all lessons: python tests/nbgrader_round_trip.py."""
    lesson = WITH_EXERCISES[0]
    right = solutions_of(lesson)
    answers = {"solved": right, "unsolved": {}, "wrong": WRONG[lesson.stem]}
    course = nbgrader_round_trip.Course(tmp_path)
    grades = list(course.round_trip(lesson, answers))
    points = {grade.student: (grade.points, grade.most) for grade in grades}
    most = sum(length(lesson).exercises)  # a minute, a point
    assert points == {"solved": (most, most), "unsolved": (0, most), "wrong": (0, most)}
    released = read(tmp_path / "release" / lesson.stem / lesson.name)
    for ours, theirs in zip(exercises(read(lesson)), exercises(released), strict=True):
        assert theirs.cell.source == ours.cell.source
        assert theirs.cell.metadata.get("editable", True)
    for student in answers:
        page = tmp_path / "feedback" / student / lesson.stem / f"{lesson.stem}.html"
        assert ("not yet:" in page.read_text("utf-8")) == (student != "solved")
