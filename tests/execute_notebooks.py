"""Execute the lessons and store them in one form, so that a diff shows only what has changed.

    python tests/execute_notebooks.py [--check | --form] [--new-pictures] [notebooks/NN-slug.ipynb]

Without files: all lessons. Run it after every change to a lesson, or to code that a lesson shows.
`--form` executes nothing: it is enough where only the minutes or the name of an exercise is new.
"""

import argparse
import re
import subprocess
import sys
import time
from copy import deepcopy
from pathlib import Path
from typing import Any

import nbformat
from exercise_cells import metadata
from ipykernel.kernelspec import RESOURCES, get_kernel_dict
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from nbval.plugin import get_sanitize_patterns
from slide_types import slide_types

NOTEBOOKS = Path(__file__).resolve().parents[1] / "notebooks"
CELL_TIMEOUT = 120  # seconds
METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
RULES = get_sanitize_patterns((NOTEBOOKS / "sanitize.cfg").read_text("utf-8"))
PICTURE = re.compile(r"<svg\b.*?</svg>", re.DOTALL)


class CellFailed(RuntimeError):
    """A cell raised an error, took too long, or ended its kernel."""


class ThisPython(AsyncKernelManager):
    """A kernel of the Python that runs this, whatever kernels are installed."""

    @property
    def kernel_spec(self) -> KernelSpec:
        return KernelSpec(resource_dir=str(RESOURCES), **get_kernel_dict())


def lessons() -> list[Path]:
    """The lessons of the course, in order."""
    return sorted(NOTEBOOKS.glob("[0-9][0-9]-*.ipynb"))


def appendices() -> list[Path]:
    """What stands beside the course, for those who want to see the plumbing."""
    return sorted(NOTEBOOKS.glob("appendix/[A-Z]-*.ipynb"))


def notebooks() -> list[Path]:
    """All of them."""
    return [*lessons(), *appendices()]


def read(path: Path) -> NotebookNode:
    """The notebook in this file, as it is: `nbformat.read` would invent ids at random."""
    return nbformat.v4.reads(path.read_text("utf-8"))


def text_of(notebook: NotebookNode) -> str:
    """The notebook as it is stored."""
    return nbformat.writes(notebook).rstrip("\n") + "\n"


def code_cells(notebook: NotebookNode) -> list[NotebookNode]:
    """The cells that are executed: cell `[1]` is the first."""
    return [cell for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip()]


def kernel_client(
    notebook: NotebookNode, folder: Path, timeout: int = CELL_TIMEOUT, **options: Any
) -> NotebookClient:
    """What runs the cells of a notebook, in a kernel whose working folder is `folder`."""
    return NotebookClient(
        notebook,
        timeout=timeout,
        kernel_name="python3",
        kernel_manager_class=ThisPython,
        resources={"metadata": {"path": str(folder)}},
        coalesce_streams=True,
        record_timing=False,
        **options,
    )


def execute(notebook: NotebookNode, folder: Path = NOTEBOOKS) -> None:
    """Execute all cells in a new kernel whose working folder is `folder`, and keep the outputs.

    Raises `CellFailed`.
    """
    started = 0

    def count(**_: Any) -> None:
        nonlocal started
        started += 1

    client = kernel_client(notebook, folder, on_cell_execute=count)
    try:
        client.execute(stderr=subprocess.DEVNULL)  # of the process; what cells write is kept
    except CellExecutionError as error:
        raise CellFailed(f"cell [{started}]: {error.ename}: {error.evalue}") from error
    except CellTimeoutError as error:
        raise CellFailed(f"cell [{started}]: not done after {CELL_TIMEOUT} seconds") from error
    except DeadKernelError as error:
        raise CellFailed(f"cell [{started}]: the kernel died") from error


def normalise(notebook: NotebookNode) -> None:
    """Leave out what depends on the machine, the moment or the editor; mark what others read."""
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    notebook.metadata = nbformat.from_dict(METADATA)
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if output.output_type == "error":  # a traceback names files of this machine
                output.traceback = [f"{output.ename}: {output.evalue}"]
            elif output.output_type == "stream":
                output.text = sanitize(output.text)
            else:
                for kind, value in output.data.items():
                    if isinstance(value, str) and not kind.startswith("image/"):
                        output.data[kind] = sanitize(value)
    given = {cell.get("id") for cell in notebook.cells}
    seen = {None}
    marks = zip(metadata(notebook.cells), slide_types(notebook.cells), strict=True)
    for number, (cell, (graded, slide)) in enumerate(zip(notebook.cells, marks, strict=True)):
        if cell.get("id") in seen:
            cell.id = f"cell-{number}"
            while cell.id in given:
                cell.id += "x"
        seen.add(cell.id)
        cell.metadata = nbformat.from_dict(
            {key: cell.metadata[key] for key in ("jupyter", "tags") if key in cell.metadata}
            | ({"nbgrader": graded} if graded else {})
            | ({"slideshow": {"slide_type": slide}} if slide != "-" else {})
        )


def sanitize(text: str) -> str:
    """Apply the rules of notebooks/sanitize.cfg."""
    for rule, replacement in RULES:
        text = re.sub(rule, replacement, text)
    return text


def keep_pictures(new: NotebookNode, old: NotebookNode) -> None:
    """Take the old pictures of each cell in which nothing else has changed.

    What a picture shows, such as times, is a little different from run to run.
    """
    old_cells = {cell.get("id"): cell for cell in old.cells}
    for cell in new.cells:
        before = old_cells.get(cell.id)
        if before is not None and without_pictures(cell) == without_pictures(before):
            for output, old_output in zip(outputs_of(cell), outputs_of(before), strict=True):
                if "data" in output:
                    output.data = old_output.data


def without_pictures(cell: NotebookNode) -> tuple[str, list[NotebookNode]]:
    outputs = deepcopy(outputs_of(cell))
    for output in outputs:
        output.pop("execution_count", None)
        if html := output.get("data", {}).get("text/html"):
            output.data["text/html"] = PICTURE.sub("", html)
    return cell.source, outputs


def outputs_of(cell: NotebookNode) -> list[NotebookNode]:
    return cell.get("outputs", [])


def update(path: Path, new_pictures: bool = False) -> None:
    """Execute a lesson and store it, and say so in a line. Raises `CellFailed`."""
    stored = path.read_text("utf-8")
    notebook = read(path)
    old = deepcopy(notebook)
    normalise(old)
    start = time.perf_counter()
    execute(notebook, path.resolve().parent)
    seconds = time.perf_counter() - start
    normalise(notebook)
    if not new_pictures:
        keep_pictures(notebook, old)
    text = text_of(notebook)
    if text != stored:
        path.write_text(text, "utf-8", newline="\n")
    cells = code_cells(notebook)
    changed = "changed" if text != stored else "unchanged"
    print(f"{path.name}: {len(cells)} code cells, {seconds:.1f} s, {changed}")
    for cell in cells:
        for output in cell.outputs:
            if output.get("name") == "stderr":
                first = output.text.strip().partition("\n")[0]
                print(f"{path.name}: warning: cell [{cell.execution_count}] on stderr: {first}")


def is_normalised(path: Path) -> bool:
    """Whether the file is what `normalise` would store."""
    notebook = read(path)
    normalise(notebook)
    return text_of(notebook) == path.read_text("utf-8")


def bring_into_form(path: Path) -> None:
    """Store a lesson as `normalise` would, with the outputs that it has."""
    notebook = read(path)
    normalise(notebook)
    path.write_text(text_of(notebook), "utf-8", newline="\n")


def main() -> int:
    parser = argparse.ArgumentParser(description="Execute the lessons and store their outputs.")
    parser.add_argument("files", nargs="*", type=Path, help="default: all lessons")
    instead = parser.add_mutually_exclusive_group()
    instead.add_argument("--check", action="store_true", help="execute nothing, check the form")
    instead.add_argument("--form", action="store_true", help="execute nothing, store the form")
    parser.add_argument("--new-pictures", action="store_true", help="store every picture anew")
    options = parser.parse_args()

    failed = False
    for path in options.files or notebooks():
        if options.check:
            if not is_normalised(path):
                print(f"{path.name}: not in the stored form: run tests/execute_notebooks.py")
                failed = True
            continue
        if options.form:
            bring_into_form(path)
            continue
        try:
            update(path, options.new_pictures)
        except CellFailed as error:
            print(f"{path.name}: {error}. The file is as it was.")
            failed = True
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
