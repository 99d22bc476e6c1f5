"""Going back: each cell of a lesson, run again alone after all of them, neither hangs nor lies.

The last cell is run again first, so that each finds what a learner would find: the state of the
end, and what has been run again since. What it shows must be what it showed before; a cell whose
output may differ has the tag `differs-again`, and still must not fail.

Then the rule that lesson 00 states: to repeat an experiment, first run the nearest cell above it
that starts a server. So each cell that shows something is run right after that one, too.
"""

import re
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path

import pytest
from execute_notebooks import code_cells, kernel_client, lessons, outputs_of, read, sanitize
from nbformat import NotebookNode
from side_by_side import side_by_side

DIFFERS = "differs-again"
SECONDS = 120  # that a cell may take
SERVE = re.compile(r"\bserve\(")


def shown(cell: NotebookNode) -> str:
    """What a person reads of a cell's outputs."""
    texts = []
    for output in outputs_of(cell):
        if output.output_type == "error":
            texts.append(f"{output.ename}: {output.evalue}")
        else:
            texts.append(output.get("text") or output.get("data", {}).get("text/plain", ""))
    return sanitize("".join(texts))


def with_servers(cells: list[NotebookNode]) -> Iterator[tuple[NotebookNode | None, NotebookNode]]:
    """Each cell; if it shows something and starts no server, the nearest above it that does."""
    nearest = None
    for cell in cells:
        starts = SERVE.search(cell.source)
        yield (None if starts or not cell.outputs else nearest), cell
        nearest = cell if starts else nearest


def changes(path: Path) -> list[str]:
    """Run the lesson, and then each of its cells again, in both ways. What has changed?"""
    notebook = read(path)
    client = kernel_client(notebook, path.parent, timeout=SECONDS, allow_errors=True)
    index = {cell.id: number for number, cell in enumerate(notebook.cells)}
    cells = code_cells(notebook)
    wrong = []

    def run(cell: NotebookNode) -> None:
        client.execute_cell(cell, index[cell.id])

    def run_again(cell: NotebookNode, how: str) -> None:
        run(cell)
        tags = cell.metadata.get("tags", [])
        failed = any(output.output_type == "error" for output in cell.outputs)
        failed = failed and "raises-exception" not in tags
        if failed or (shown(cell) != first[cell.id] and DIFFERS not in tags):
            wrong.append(f"{cell.id} {how}: {first[cell.id][:200]!r} became {shown(cell)[:200]!r}")

    with client.setup_kernel():
        for cell in cells:
            run(cell)
        first = {cell.id: shown(cell) for cell in cells}
        for cell in reversed(cells):
            run_again(cell, "alone")
        for server, cell in list(with_servers(cells)):
            if server:
                run(server)
            run_again(cell, f"after {server.id}" if server else "once more")
    return wrong


@pytest.fixture(scope="module")
def changed(request: pytest.FixtureRequest) -> Iterator[dict[Path, Future[list[str]]]]:
    with side_by_side(changes, request, "path") as changed:
        yield changed


@pytest.mark.parametrize("path", lessons(), ids=lambda path: path.stem)
def test_each_cell_alone_and_after_its_server(
    path: Path, changed: dict[Path, Future[list[str]]]
) -> None:
    wrong = changed[path].result()
    assert not wrong, "\n".join(["", *wrong])
