"""Going back: each cell of a lesson, run again alone after all of them, neither hangs nor lies.

The last cell is run again first, so that each finds what a learner would find: the state of the
end, and what has been run again since. What it shows must be what it showed before; a cell whose
output may differ has the tag `differs-again`, and still must not fail.
"""

from pathlib import Path

import pytest
from execute_notebooks import code_cells, kernel_client, lessons, outputs_of, read, sanitize
from nbformat import NotebookNode

DIFFERS = "differs-again"
SECONDS = 120  # that a cell may take


def shown(cell: NotebookNode) -> str:
    """What a person reads of a cell's outputs."""
    texts = []
    for output in outputs_of(cell):
        if output.output_type == "error":
            texts.append(f"{output.ename}: {output.evalue}")
        else:
            texts.append(output.get("text") or output.get("data", {}).get("text/plain", ""))
    return sanitize("".join(texts))


@pytest.mark.parametrize("path", lessons(), ids=lambda path: path.stem)
def test_each_cell_alone(path: Path) -> None:
    notebook = read(path)
    client = kernel_client(notebook, path.parent, timeout=SECONDS, allow_errors=True)
    wrong = []
    with client.setup_kernel():
        cells = list(enumerate(notebook.cells))
        for index, cell in cells:
            client.execute_cell(cell, index)
        first = {cell.id: shown(cell) for cell in code_cells(notebook)}
        for index, cell in reversed(cells):
            if cell.id not in first:
                continue
            client.execute_cell(cell, index)
            failed = any(output.output_type == "error" for output in cell.outputs)
            failed = failed and "raises-exception" not in cell.metadata.get("tags", [])
            differs = shown(cell) != first[cell.id]
            if failed or (differs and DIFFERS not in cell.metadata.get("tags", [])):
                wrong.append(f"{cell.id}: {first[cell.id][:200]!r} became {shown(cell)[:200]!r}")
    assert not wrong, "\n".join(["", *reversed(wrong)])
