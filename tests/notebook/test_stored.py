"""How the lessons are stored: executed, in one form, with nothing of this machine in them."""

import re
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from course_map import COURSE
from execute_notebooks import (
    METADATA,
    NOTEBOOKS,
    code_cells,
    is_normalised,
    lessons,
    notebooks,
    outputs_of,
    read,
)
from nbformat import NotebookNode

LINES = 25  # of a code cell
PACKAGE_LINES = 40  # of a cell that is a piece of the package, shown step by step before
SIZE = 1_000_000  # bytes of a lesson

each_lesson = pytest.mark.parametrize("path", notebooks(), ids=lambda path: path.stem)

FOLDERS = {str(NOTEBOOKS.parent), str(Path.home()), sys.prefix, tempfile.gettempdir()} - {"/"}
OF_A_MACHINE = re.compile(
    r"(?<![\w.:/-])/(?:home|Users|root|tmp|var|private|opt|usr|mnt)/\w"
    r"|\b[A-Za-z]:\\\w|site-packages|(?:127\.0\.0\.1|localhost):\d|"
    + "|".join(rf"(?<!\w){re.escape(folder)}(?!\w)" for folder in sorted(FOLDERS))
)


def texts(cell: NotebookNode) -> Iterator[str]:
    """What a cell's outputs say, pictures apart."""
    for output in outputs_of(cell):
        yield output.get("text", "")
        yield output.get("evalue", "")
        yield from output.get("traceback", [])
        for kind, value in output.get("data", {}).items():
            if not kind.startswith("image/") or kind == "image/svg+xml":
                yield str(value)


def headings(notebook: NotebookNode) -> list[str]:
    cells = [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]
    return re.findall(r"^##+ +(.*)$", "\n".join(cells), re.MULTILINE)


def test_lessons_are_those_of_the_course() -> None:
    numbers = [path.name[:2] for path in lessons()]
    assert numbers[:8] == ["00", "01", "02", "03", "04", "05", "06", "07"]
    course = [lesson.number for lesson in COURSE]
    assert numbers == [number for number in course if number in numbers]


@each_lesson
def test_stored_form(path: Path) -> None:
    nbformat.validate(read(path))
    assert is_normalised(path), "run tests/execute_notebooks.py"
    assert read(path).metadata == METADATA
    assert path.stat().st_size < SIZE


@each_lesson
def test_executed_in_order(path: Path) -> None:
    cells = code_cells(read(path))
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    assert any(cell.outputs for cell in cells)
    for cell in cells:
        for output in cell.outputs:
            assert output.get("execution_count", cell.execution_count) == cell.execution_count


@each_lesson
def test_outputs_are_clean(path: Path) -> None:
    for cell in code_cells(read(path)):
        assert not any(output.get("name") == "stderr" for output in cell.outputs), cell.source
        for text in texts(cell):
            assert not OF_A_MACHINE.search(text), cell.source


def test_the_map_links_every_lesson() -> None:
    first, *others = notebooks()
    text = "".join(cell.source for cell in read(first).cells)
    links = [path.relative_to(NOTEBOOKS).as_posix() for path in others]
    assert [link for link in links if f"]({link})" not in text] == []


@each_lesson
def test_code_cells_are_short(path: Path) -> None:
    for cell in code_cells(read(path)):
        most = PACKAGE_LINES if cell.source.startswith("# chatkit/") else LINES
        assert len(cell.source.split("\n")) <= most, cell.source


@each_lesson
def test_says_what_it_is_and_what_it_was(path: Path) -> None:
    notebook = read(path)
    assert notebook.cells[0].cell_type == "markdown"
    assert notebook.cells[0].source.startswith("# "), "a lesson starts with its title"
    start = ""
    for cell in notebook.cells:
        if cell.cell_type == "code":
            break
        start += cell.source.lower() + "\n"
    for said in (r"\d+ minutes", r"you will be able to", r"you need"):
        assert re.search(said, start), f"before its first code, a lesson says: {said}"
    found = [heading.lower() for heading in headings(notebook)]
    assert any("recap" in heading for heading in found), found
    assert any("in the package" in heading for heading in found), found


# The pattern itself.


@pytest.mark.parametrize(
    "text",
    [
        "/home/me/x.py",
        "in /tmp/ab",
        r"C:\Users",
        "127.0.0.1:80",
        f"{sys.prefix}/lib",
        "site-packages",
    ],
)
def test_what_is_of_a_machine(text: str) -> None:
    assert OF_A_MACHINE.search(text)


@pytest.mark.parametrize(
    "text", ["http://127.0.0.1:PORT/static/chat.js", "GET /turns/1", "a/tmp/b", "</var>"]
)
def test_what_is_not_of_a_machine(text: str) -> None:
    assert not OF_A_MACHINE.search(text)
