"""The exercises as assignments, there and back, by the real nbgrader: who gets which points.

    python tests/nbgrader_round_trip.py [LESSON ...]

Without lessons (`00-start-here`): all that have exercises, which takes long. nbgrader has an
environment of its own, which uv makes the first time and the user's cache keeps.
"""

import csv
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from execute_notebooks import notebooks, read, text_of

sys.path.insert(0, str(Path(__file__).parent / "notebook" / "support"))

from exercises import exercises, solutions_of
from wrong_answers import BROKEN, WRONG

CHECKOUT = Path(__file__).resolve().parents[1]
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "chatkit"
NBGRADER = "nbgrader>=0.9.6"


@dataclass(frozen=True)
class Grade:
    """What nbgrader gave somebody for a lesson, and what it should have given."""

    lesson: str
    student: str
    points: float
    most: float
    expected: float


def environment() -> Path:
    """The folder of a virtual environment with nbgrader, and with what the lessons need.

    The first time, uv makes it; it appears as a whole, whoever else does the same. Raises
    `subprocess.CalledProcessError` if uv cannot.
    """
    needed = (CHECKOUT / "pyproject.toml").read_bytes() + f"{NBGRADER} {sys.version}".encode()
    folder = CACHE / f"nbgrader-{hashlib.sha256(needed).hexdigest()[:12]}"
    if not folder.is_dir():
        CACHE.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=CACHE) as parent:
            new = Path(parent) / "environment"
            uv("venv", "--relocatable", "--python", sys.executable, str(new))
            packages = [NBGRADER, "-r", str(CHECKOUT / "pyproject.toml"), "--extra", "lessons"]
            uv("pip", "install", "--compile-bytecode", "--python", str(new), *packages)
            try:
                new.rename(folder)
            except OSError:
                assert folder.is_dir()  # another process was quicker
    return folder


def uv(*arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "uv", "--quiet", *arguments], check=True)


class Course:
    """A course of nbgrader's, whose assignments `chatkit assignments` has made."""

    def __init__(self, folder: Path) -> None:
        programs = environment() / ("Scripts" if os.name == "nt" else "bin")
        own = ("CONFIG_DIR", "DATA_DIR", "RUNTIME_DIR")  # nothing of the user's Jupyter
        self.folder = folder
        self.environment = os.environ | {
            "PATH": os.pathsep.join([str(programs), os.environ["PATH"]]),
            "PYTHONPATH": str(CHECKOUT),
            **{f"JUPYTER_{name}": str(folder / "jupyter" / name) for name in own},
        }
        self.run("python", "-m", "chatkit", "assignments", ".")

    def run(self, *command: str) -> None:
        """Raises `AssertionError`, with what the command said, if it fails."""
        program = shutil.which(command[0], path=self.environment["PATH"]) or command[0]
        done = subprocess.run(
            [program, *command[1:]],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            encoding="utf-8",
        )
        assert done.returncode == 0, f"{command}: {done.stdout}\n{done.stderr}"

    def round_trip(self, lesson: Path, answers: dict[str, dict[str, str]]) -> Iterator[Grade]:
        """Release a lesson, hand in the answers of each student, grade, and give feedback."""
        name = lesson.stem
        self.run("nbgrader", "generate_assignment", name)
        expected = {
            student: self.hand_in(student, lesson, given) for student, given in answers.items()
        }
        self.run("nbgrader", "autograde", name)
        self.run("nbgrader", "generate_feedback", name)
        self.run("nbgrader", "export", "--to=grades.csv")
        with (self.folder / "grades.csv").open(encoding="utf-8", newline="") as file:
            rows = [row for row in csv.DictReader(file) if row["assignment"] == name]
        for row in rows:
            student = row["student_id"]
            if student in expected:  # others have handed in another lesson
                points = float(row["score"]), float(row["max_score"]), expected[student]
                yield Grade(name, student, *points)

    def hand_in(self, student: str, lesson: Path, answers: dict[str, str]) -> float:
        """Copy the release, and write the answers into it. Returns the points that they deserve."""
        folder = self.folder / "submitted" / student / lesson.stem
        shutil.copytree(self.folder / "release" / lesson.stem, folder)
        notebook = read(folder / lesson.name)
        right, deserved = solutions_of(lesson), 0.0
        for exercise in exercises(notebook):
            if exercise.name in answers:
                exercise.cell.source = answers[exercise.name]
                if answers[exercise.name] == right[exercise.name]:
                    deserved += exercise.check.metadata.nbgrader.points
        (folder / lesson.name).write_text(text_of(notebook), "utf-8")
        return deserved


def students(lesson: Path) -> dict[str, dict[str, str]]:
    """Who hands in what: the answers of each to the exercises."""
    right = solutions_of(lesson)
    first = next(iter(right))
    return {
        "solved": right,
        "unsolved": {},
        "first-broken": right | {first: BROKEN},  # it costs the first one, and no other
        "wrong": WRONG[lesson.stem],
    }


def main(names: list[str]) -> int:
    """Print the points as a table. Returns 1 if some are not those deserved."""
    lessons = [path for path in notebooks() if any(exercises(read(path)))]
    chosen = [path for path in lessons if path.stem in names or not names]
    failed = False
    print("| lesson | student | points | of | seconds |\n|---|---|---:|---:|---:|")
    with tempfile.TemporaryDirectory() as folder:
        course = Course(Path(folder))
        for lesson in chosen:
            start = time.monotonic()
            grades = list(course.round_trip(lesson, students(lesson)))
            seconds = time.monotonic() - start
            for grade in grades:
                wrong = grade.points != grade.expected
                note = f" (deserved: {grade.expected:g})" if wrong else ""
                print(
                    f"| {grade.lesson} | {grade.student} | {grade.points:g}{note} "
                    f"| {grade.most:g} | {seconds / len(grades):.0f} |",
                    flush=True,
                )
                failed |= wrong
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
