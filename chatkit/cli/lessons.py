"""A learner's own copy of the lessons, in which no output stands that they have not produced."""

import json
import os
import platform
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

from chatkit.resources import folder

FIRST = "00-start-here.ipynb"
# What a learner has no use for: it belongs to the tests, or to whoever teaches.
NOT_COPIED = {"conftest.py", "sanitize.cfg", "INSTRUCTOR.md"}
NOT_COPIED |= {"__pycache__", ".ipynb_checkpoints", ".pytest_cache"}
# What JupyterLab would write into a notebook that is only opened.
LANGUAGE = {
    "codemirror_mode": {"name": "ipython", "version": 3},
    "file_extension": ".py",
    "mimetype": "text/x-python",
    "name": "python",
    "nbconvert_exporter": "python",
    "pygments_lexer": "ipython3",
    "version": platform.python_version(),
}


def shipped() -> Path:
    """The folder of the lessons. Raises `FileNotFoundError`."""
    notebooks = folder("notebooks")
    if not (notebooks / FIRST).is_file():
        raise FileNotFoundError(f"the lesson {FIRST} is not in {notebooks}")
    return notebooks


def lesson_named(name: str) -> str:
    """Where a lesson stands in the folder of the lessons: "5" or "05"; "H" is an appendix.

    Raises `ValueError` if there is no such lesson, and `FileNotFoundError`.
    """
    notebooks = shipped()
    found = sorted(path.relative_to(notebooks).as_posix() for path in notebooks.rglob("*-*.ipynb"))
    numbers = {Path(path).name.partition("-")[0]: path for path in found}
    number = name.zfill(2) if name.isdecimal() else name.upper()
    if number not in numbers:
        raise ValueError(f"there is no lesson {name}; there are {', '.join(numbers)}")
    return numbers[number]


def copy_lessons(directory: Path) -> list[Path]:
    """Copy what is not in `directory` yet. No file that is there is changed.

    Returns the names of those that are there and different, which is a learner's work.
    """
    notebooks = shipped()
    kept = []
    for source in sorted(notebooks.rglob("*")):
        name = source.relative_to(notebooks)
        if NOT_COPIED.intersection(name.parts) or not source.is_file():
            continue
        target = directory / name
        target.parent.mkdir(parents=True, exist_ok=True)
        content = source.read_bytes()
        if name.suffix == ".ipynb":
            content = without_outputs(content)
        if not write_new(content, target):
            kept.append(name)
    return kept


def without_outputs(notebook: bytes) -> bytes:
    """The notebook as JupyterLab stores one in which no cell has been run."""
    content: dict[str, Any] = json.loads(notebook)
    for cell in content["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"], cell["execution_count"] = [], None
    content["metadata"]["language_info"] = LANGUAGE
    text = json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True)
    return text.encode() + b"\n"


def write_new(content: bytes, target: Path) -> bool:
    """Write a file unless there is one. False: there is one, and it is different."""
    try:
        file = target.open("xb")
    except FileExistsError:
        return target.is_file() and target.read_bytes() == content
    try:
        with file:
            file.write(content)
    except BaseException:  # half a lesson would be kept
        target.unlink()
        raise
    return True


def lessons(directory: Path) -> int:
    """`chatkit lessons`: make the copy. Exits with 1 if it cannot be made."""
    try:
        kept = copy_lessons(directory)
    except OSError as error:
        sys.exit(f"chatkit lessons: {reason(error)}")
    print(f"The lessons are in {directory}. To open them: {opening(directory)}")
    say_kept(kept)
    return 0


def opening(directory: Path) -> str:
    """How to open the copy. Inside of JupyterLab, as on a Hub, a second one would be in the way."""
    if {"JUPYTERHUB_USER", "JUPYTER_SERVER_URL"} & os.environ.keys():
        return f"double-click {directory} in JupyterLab's list of files"
    return f"chatkit lab --dir {quoted(directory)}"


def quoted(path: Path) -> str:
    """The path as it is typed in a terminal."""
    return subprocess.list2cmdline([path]) if os.name == "nt" else shlex.quote(str(path))


def say_kept(kept: list[Path]) -> None:
    """Nobody has to wonder whether their work was overwritten."""
    if kept:
        print(f"Your own, and left as they are: {', '.join(map(str, kept))}")


def reason(error: OSError) -> str:
    if error.filename is None:
        return error.strerror or str(error)
    return f"{error.filename}: {error.strerror}"
