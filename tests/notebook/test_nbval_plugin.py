"""What `pytest --nbval` finds in a notebook, with notebooks/conftest.py beside it.

Two small notebooks are executed and stored as lessons are, and both are checked in one run of
pytest: the first as it was stored, the second with every stored output falsified.
"""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from argparse import Namespace
from copy import deepcopy
from typing import Any

import pytest
from execute_notebooks import NOTEBOOKS, execute, normalise, text_of
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook

START = "from IPython.display import HTML, clear_output, display\n"

# By name: the cell, what its stored output has to hold, and a false text to put there instead.
CELLS = {
    "printed": ("print('one')", "one", "two"),
    "result": ("6 * 7", "42", "43"),
    "updated": (
        "live = display(HTML('0 events'), display_id=True)\n"
        "for n in range(3): live.update(HTML(f'{n + 1} events'))",
        "3 events",
        "0 events",
    ),
    "two displays": (
        "live = [display(HTML(f'new {n}'), display_id=True) for n in 'ab']\n"
        "live[0].update(HTML('old a'))",
        "old a",
        "new a",
    ),
    "shown again": (
        "display(HTML('first'), display_id='x'); display(HTML('second'), display_id='x')",
        "second",
        "first",
    ),
    "cleared": ("print('before'); clear_output(); print('after')", "after", "before"),
    "cleared later": (
        "print('before'); clear_output(wait=True); print('after')",
        "after",
        "before",
    ),
    "cleared at the end": ("print('kept'); clear_output(wait=True)", "kept", "else"),
    "updated, then cleared": (
        "live = display(HTML('gone'), display_id=True); clear_output()\n"
        "live.update(HTML('no more')); print('alone')",
        "alone",
        "gone",
    ),
    "port": (
        "import random\nn = random.randrange(2000, 60000)\n"
        "print(f'http://127.0.0.1:{n}/')\n"
        'HTML(f\'<p data-port="{n}" data-nonce="{n}x">here</p>\')',
        'data-port="PORT" data-nonce="NONCE">here',
        'data-port="PORT" data-nonce="NONCE">there',
    ),
    "picture": (
        "import time\ndisplay(HTML(f'<svg>\\n{time.time()}\\n</svg>shown'))",
        "</svg>shown",
        "</svg>hidden",
    ),
    "error": ("live = display('x', display_id=True)\nlive.update('y')\n1 / 0", "'y'", "'x'"),
}
TAGS = {"error": ["raises-exception"]}
Outcomes = dict[tuple[str, int], str]  # by notebook and number of the cell, from 0
CODE = [START + code for code, _, _ in CELLS.values()]


def notebook_of(sources: list[str]) -> NotebookNode:
    notebook = new_notebook(cells=[new_code_cell(source) for source in sources])
    for cell, name in zip(notebook.cells, CELLS, strict=False):
        cell.metadata = {"tags": TAGS.get(name, [])}
    return notebook


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> NotebookNode:
    """All cells, stored as the lessons are."""
    notebook = notebook_of(CODE)
    execute(notebook, tmp_path_factory.mktemp("stored"))
    normalise(notebook)
    return notebook


@pytest.fixture(scope="module")
def outcomes(stored: NotebookNode, tmp_path_factory: pytest.TempPathFactory) -> Outcomes:
    """What pytest says about each cell that it ran."""
    folder = tmp_path_factory.mktemp("lessons")
    for name in ("conftest.py", "sanitize.cfg"):
        shutil.copy(NOTEBOOKS / name, folder)
    false = deepcopy(stored)
    for cell, (_, right, wrong) in zip(false.cells, CELLS.values(), strict=True):
        for output in cell.outputs:
            data = output.get("data", {})
            for kind in data:
                data[kind] = data[kind].replace(right, wrong)
            if "text" in output:
                output.text = output.text.replace(right, wrong)
    never = notebook_of(["1 / 0"])
    (folder / ".ipynb_checkpoints").mkdir()
    for name, notebook in {
        "00-true.ipynb": stored,
        "01-false.ipynb": false,
        "Untitled.ipynb": never,
        ".ipynb_checkpoints/00-true-checkpoint.ipynb": never,
    }.items():
        notebook.metadata["kernelspec"] = {"name": "no-such-kernel", "display_name": "None"}
        (folder / name).write_text(text_of(notebook), "utf-8")
    environment = {key: os.environ[key] for key in os.environ if not key.startswith("PYTEST_")}
    run = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "--nbval",
            "-v",
            "-p",
            "no:cacheprovider",
            "-p",
            "no:xdist",
            "--color=no",
            "-c",
            os.devnull,
            "--rootdir",
            ".",
            ".",
        ],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    print(run.stdout, run.stderr)
    lines = re.findall(r"^(.+)::ipynb::Cell (\d+) (\w+)", run.stdout, re.MULTILINE)
    return {(name, int(number)): outcome for name, number, outcome in lines}


@pytest.mark.parametrize("name", CELLS)
def test_what_is_stored_is_final(stored: NotebookNode, name: str) -> None:
    cell = stored.cells[list(CELLS).index(name)]
    assert CELLS[name][1] in str(cell.outputs)


@pytest.mark.parametrize("number", range(len(CELLS)), ids=list(CELLS))
def test_a_true_output_passes(outcomes: Outcomes, number: int) -> None:
    assert outcomes["00-true", number] == "PASSED"


@pytest.mark.parametrize("number", range(len(CELLS)), ids=list(CELLS))
def test_a_false_output_fails(outcomes: Outcomes, number: int) -> None:
    assert outcomes["01-false", number] == "FAILED"


def test_only_lessons_are_collected(outcomes: Outcomes) -> None:
    assert {name for name, _ in outcomes} == {"00-true", "01-false"}


@pytest.fixture(scope="module")
def plugin() -> Any:
    spec = importlib.util.spec_from_file_location("lessons_conftest", NOTEBOOKS / "conftest.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("timeout", "kernel", "expected"),
    [(2000.0, None, (120.0, True)), (5.0, None, (5.0, True)), (5.0, "other", (5.0, False))],
)
def test_options(plugin: Any, timeout: float, kernel: str | None, expected: object) -> None:
    option = Namespace(
        nbval=False, nbval_cell_timeout=timeout, nbval_kernel_name=kernel, nbval_current_env=False
    )
    plugin.pytest_configure(Namespace(option=option))
    assert (option.nbval_cell_timeout, option.nbval_current_env) == expected
