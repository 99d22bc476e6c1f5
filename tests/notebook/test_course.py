"""The course as a whole: no lesson is too long, each has what a lesson has, and all share a map."""

import re
from pathlib import Path

import pytest
from course_map import BUILT, MAP, fill_in
from execute_notebooks import lessons, notebooks, read, text_of
from lesson_table import MEDIAN_LINES, MOST_CELLS, MOST_MINUTES, length, table

each_lesson = pytest.mark.parametrize("path", lessons(), ids=lambda path: path.stem)


@pytest.fixture(scope="module", autouse=True)
def printed() -> None:
    print(f"\n{table()}")


@each_lesson
def test_a_lesson_is_an_hour_at_most(path: Path) -> None:
    lesson = length(path)
    assert lesson.cells <= MOST_CELLS
    assert lesson.exact <= MOST_MINUTES
    assert lesson.median <= MEDIAN_LINES


@each_lesson
def test_a_lesson_has_predictions_exercises_and_a_picture(path: Path) -> None:
    lesson = length(path)
    assert lesson.predictions >= 6
    assert len(lesson.exercises) >= 2
    assert all(4 <= minutes <= 8 for minutes in lesson.exercises)
    assert lesson.pictures >= 1


@pytest.mark.parametrize("path", notebooks(), ids=lambda path: path.stem)
def test_every_choice_of_a_prediction_is_answered(path: Path) -> None:
    """The right one in bold at the start of a line, the others in italics in the same section."""
    cells = [cell.source for cell in read(path).cells if cell.cell_type == "markdown"]
    for question in "\n\n".join(cells).split("**Predict, then ")[1:]:
        asked = question.partition("\n\n")[0]
        choices = re.findall(r"^- \*\*([a-e])\*\* ", question, re.MULTILINE)
        if not choices:
            continue  # the rule itself, in lesson 00
        right = re.search(r"^\*\*([a-e])\*\*[.,:]", question, re.MULTILINE)
        assert right, asked
        after = question[right.start() :].partition("\n\n#")[0]
        assert right[1] in choices, asked
        assert [one for one in choices if f"*{one}*" not in after] == [], asked


@each_lesson
def test_a_lesson_states_its_minutes_first(path: Path) -> None:
    stated = f"**{length(path).minutes} minutes**, exercises included."
    assert read(path).cells[0].source.split("\n\n")[1].startswith(stated)


@each_lesson
def test_a_lesson_ends_with_its_questions_what_is_built_and_what_comes_next(path: Path) -> None:
    recap, built, last = read(path).cells[-3:]
    assert "## Recap\n" in recap.source
    assert built.id == BUILT
    assert last.source.startswith("Next: ") or path == lessons()[-1]


@each_lesson
def test_the_map_is_up_to_date(path: Path) -> None:
    """If it is not: python tests/course_map.py."""
    notebook = read(path)
    assert {MAP, BUILT} <= {cell.get("id") for cell in notebook.cells}
    before = text_of(notebook)
    fill_in(notebook, path.name[:2])
    assert text_of(notebook) == before


@each_lesson
def test_questions_at_the_end_have_folded_answers(path: Path) -> None:
    text = "".join(cell.source for cell in read(path).cells if cell.cell_type == "markdown")
    assert text.count("<details>") >= 3
    assert text.count("<details>") == text.count("</details>") == text.count("<summary>")


ANSWER = re.compile(r"^\*\*([a-d])\*\*", re.MULTILINE)  # the first words after a prediction
ROW = re.compile(r"^\| .+? \| \*\*([a-d])\*\* ", re.MULTILINE)


@each_lesson
def test_the_instructor_has_the_answer_to_each_prediction(path: Path) -> None:
    number, title = read(path).cells[0].source.splitlines()[0].removeprefix("# ").split(" · ")
    notes = (path.parent / "INSTRUCTOR.md").read_text("utf-8")
    _, _, rest = notes.partition(f"| **{number} · {title}** |")
    told = ROW.findall(rest.partition("\n\n")[0])
    text = "\n".join(cell.source for cell in read(path).cells if cell.cell_type == "markdown")
    assert told
    assert told == ANSWER.findall(text)


@pytest.mark.parametrize("path", notebooks(), ids=lambda path: path.stem)
def test_no_environment_is_taken_to_have_pip_or_a_plain_path(path: Path) -> None:
    """What installs there is what chatkit/cli/installing.py says; a path may have spaces."""
    for cell in read(path).cells:
        for guess in ("%pip", "!pip", "!{sys.executable}", "pip install nodejs"):
            assert guess not in cell.source, cell.source
