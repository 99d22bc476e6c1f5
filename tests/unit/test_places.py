"""The places in which a lesson was tried: the scripts, and the tables that name them.

The scripts fetch packages, so they are run by hand; here they are only loaded.
"""

import re
import runpy
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPTS = [
    path
    for path in sorted((ROOT / "tests/places").glob("*.py"))
    if '__name__ == "__main__"' in path.read_text("utf-8")
]
HEADING = "## Where it runs\n"


def rows(document: str) -> list[str]:
    """The rows of the table in the section, without its head."""
    _, section = (ROOT / document).read_text("utf-8").split(HEADING)
    lines = [line for line in section.partition("\n## ")[0].splitlines() if line.startswith("|")]
    assert set(lines[1]) <= set("|-")
    return lines[2:]


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_a_script_can_be_loaded(script: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [str(script.parent), *sys.path])
    names = runpy.run_path(str(script), run_name="loaded")
    assert callable(names[script.stem])  # what is tried there
    assert f"python {script.relative_to(ROOT).as_posix()}" in names["__doc__"]


@pytest.mark.parametrize("document", ["README.md", "notebooks/INSTRUCTOR.md"])
def test_each_row_names_what_it_was_tried_with(document: str) -> None:
    for row in rows(document):
        files = re.findall(r"tests/[\w/]+\.py", row)
        assert files, row
        assert [file for file in files if not (ROOT / file).is_file()] == []


def test_each_script_has_its_row() -> None:
    named = "\n".join(rows("notebooks/INSTRUCTOR.md"))
    missing = [path.name for path in SCRIPTS if f"tests/places/{path.name}" not in named]
    assert missing == []
