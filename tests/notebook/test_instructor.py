"""What INSTRUCTOR.md and README.md say of the lessons is what the lessons are."""

import re
from pathlib import Path

import pytest
from execute_notebooks import NOTEBOOKS, appendices, lessons, read
from lesson_table import length

each_lesson = pytest.mark.parametrize("path", lessons(), ids=lambda path: path.stem)

GUIDE = (NOTEBOOKS / "INSTRUCTOR.md").read_text("utf-8")
README = (NOTEBOOKS.parent / "README.md").read_text("utf-8")
HEADING = re.compile(r"^#{2,3} (?:\d · )?(.*?)(?: \(\d+ minutes\))?$", re.MULTILINE)
NAMED = re.compile(r"(?<!\*)\*([A-Z`][^*\n>]+)\*(?!\*)")  # without `>`: that is a menu
RIGHT = re.compile(r"^\*\*([a-e])\*\*[.,:]", re.MULTILINE)


def section(name: str) -> str:
    return GUIDE.partition(f"\n## {name}\n")[2].partition("\n## ")[0]


def prose(path: Path) -> str:
    return "\n\n".join(cell.source for cell in read(path).cells if cell.cell_type == "markdown")


def row(text: str, lesson: str) -> list[str]:
    """The cells of a table's row that begins with the lesson's number."""
    (line,) = re.findall(rf"^\| {lesson}\b.*$", text, re.MULTILINE)
    return [cell.strip() for cell in line.strip("|").split("|")]


@each_lesson
def test_the_minutes_are_those_of_the_lesson(path: Path) -> None:
    lesson = length(path)
    _, alone, _, exercises, _ = row(section("How long it takes"), path.name[:2])
    assert int(alone) == lesson.minutes
    assert re.findall(r"\d+", exercises) == [str(len(lesson.exercises)), str(sum(lesson.exercises))]
    assert int(row(README, path.name[:2])[2]) == lesson.minutes


@pytest.mark.parametrize("path", appendices(), ids=lambda path: path.stem)
def test_the_minutes_are_those_of_the_appendix(path: Path) -> None:
    (stated,) = re.findall(r"\*\*(\d+) minutes\*\*", read(path).cells[0].source)
    assert abs(int(stated) - length(path).exact) <= 5
    assert re.search(rf" {path.name[0]} {stated}( minutes)?[,.]", section("How long it takes"))


def test_the_sums_are_right() -> None:
    text = section("How long it takes")
    rows = [row(text, path.name[:2]) for path in lessons()]
    alone, exercises, minutes = (
        sum(int(re.findall(r"\d+", each[column])[at]) for each in rows)
        for column, at in ((1, 0), (3, 0), (3, 1))
    )
    assert f"| **{alone}** |" in text
    assert f"| **{exercises} ({minutes})** |" in text


@each_lesson
def test_the_right_answers_are_those_of_the_lesson(path: Path) -> None:
    table = section("The predictions").partition(f"| **{path.name[:2]} · ")[2].partition("\n\n")[0]
    assert re.findall(r"^\| [^|]+ \| \*\*([a-e])\*\*", table, re.MULTILINE) == RIGHT.findall(
        prose(path)
    )


@each_lesson
def test_what_may_be_skipped_is_there(path: Path) -> None:
    headings = HEADING.findall(prose(path))
    for name in NAMED.findall("|".join(row(section("When you are late"), path.name[:2]))):
        assert name in headings


def test_the_plans_name_sections_that_are_there() -> None:
    headings = {heading for path in lessons() for heading in HEADING.findall(prose(path))}
    assert set(NAMED.findall(section("Plans"))) - {"To"} <= headings
