"""Hints: each exercise of a lesson has at least two, and none of them says it all."""

import re
import sys
from pathlib import Path

import pytest
from execute_notebooks import NOTEBOOKS, lessons, read
from exercises import Exercise, exercises, solutions_of

sys.path.insert(0, str(NOTEBOOKS))

from checks import hinting
from checks.hinting import HINTS, all_hints, hint


def numbered() -> dict[str, tuple[Path, Exercise]]:
    """All exercises by the name that `hint` takes: "02.1" is the first of lesson 02."""
    return {
        f"{path.stem[:2]}.{number}": (path, exercise)
        for path in lessons()
        for number, exercise in enumerate(exercises(read(path)), start=1)
    }


def test_all_exercises_have_hints() -> None:
    assert list(all_hints()) == list(numbered())
    files = [f"lesson_{path.stem[:2]}.md" for path in lessons()]
    assert sorted(path.name for path in HINTS.iterdir()) == files


def test_a_check_names_its_hints_where_something_is_missing() -> None:
    """The stored output is what a check says as shipped."""
    for name, (_, exercise) in numbered().items():
        said = exercise.check.outputs[-1].data["text/plain"]
        assert said.endswith(
            f'\n  (stuck? In a cell of your own: from checks import hint; hint("{name}"))'
        )


@pytest.mark.parametrize("name", all_hints())
def test_there_are_at_least_two_and_they_are_short(name: str) -> None:
    hints = all_hints()[name]
    assert 2 <= len(hints) <= 3
    assert all(20 <= len(text) <= 300 for text in hints)


@pytest.mark.parametrize("name", all_hints())
def test_not_even_all_together_are_they_the_solution(name: str) -> None:
    """At most half of the lines that a solution has, and the stub has not, stand in the hints."""
    path, exercise = numbered()[name]
    new = set(code_lines(solutions_of(path)[exercise.name])) - set(code_lines(exercise.cell.source))
    hints = squeezed(" ".join(all_hints()[name]))
    said = [line for line in new if line in hints]
    assert len(said) <= len(new) // 2, said
    assert "```" not in hints


def code_lines(source: str) -> list[str]:
    """Its lines, without white space, comments, and the lines that say little: `else:`."""
    lines = [squeezed(re.sub(r"  # .*|^#.*", "", line)) for line in source.split("\n")]
    return [line for line in lines if len(line) > 6]


def squeezed(text: str) -> str:
    return re.sub(r"\s", "", text)


def test_one_at_a_time(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hinting, "given", {})
    hints = all_hints()["02.1"]
    for number, text in enumerate(hints, start=1):
        hint("02.1")
        assert capsys.readouterr().out == f"Hint {number} of {len(hints)}: {text}\n"
    hint("02.1")
    assert "last hint" in capsys.readouterr().out
    hint("02.1")
    assert capsys.readouterr().out.startswith("Hint 1 of")


def test_a_name_that_is_none_is_no_error(capsys: pytest.CaptureFixture[str]) -> None:
    hint("99.9")
    assert "02.1" in capsys.readouterr().out
