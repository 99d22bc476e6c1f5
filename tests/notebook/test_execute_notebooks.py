"""The script that executes and stores the lessons: what it keeps, and what it leaves out."""

from copy import deepcopy
from pathlib import Path

import nbformat
import pytest
from execute_notebooks import (
    METADATA,
    CellFailed,
    is_normalised,
    keep_pictures,
    normalise,
    text_of,
    update,
)
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook, new_output


def sample(**output: object) -> NotebookNode:
    cell = new_code_cell("show()", execution_count=1, outputs=[new_output(**output)])
    return new_notebook(cells=[cell])


def test_normalise_leaves_out_what_depends_on_the_moment() -> None:
    notebook = sample(output_type="stream", text="at http://127.0.0.1:54321/\n")
    notebook.metadata["language_info"] = {"name": "python", "version": "3.11.2"}
    notebook.cells[0].metadata = nbformat.from_dict(
        {"execution": {"iopub.execute_input": "2025-01-01"}, "tags": ["raises-exception"]}
    )
    normalise(notebook)
    assert notebook.metadata == METADATA
    assert notebook.cells[0].metadata == {"tags": ["raises-exception"]}
    assert notebook.cells[0].outputs[0].text == "at http://127.0.0.1:PORT/\n"
    once = text_of(notebook)
    normalise(notebook)
    assert text_of(notebook) == once


def test_normalise_sanitizes_a_page_in_a_cell() -> None:
    page = '<div data-nonce="x1Y" data-port="54321">'
    notebook = sample(output_type="display_data", data={"text/html": page})
    normalise(notebook)
    html = notebook.cells[0].outputs[0].data["text/html"]
    assert html == '<div data-nonce="NONCE" data-port="PORT">'


def test_normalise_leaves_out_when_frames_arrived() -> None:
    words = "a: 1,000 frames between 0.05 s and 12.40 s\nb: 1 frame at 0.00 s"
    notebook = sample(output_type="display_data", data={"text/plain": words})
    normalise(notebook)
    said = notebook.cells[0].outputs[0].data["text/plain"]
    assert said == "a: 1,000 frames between SECONDS and SECONDS\nb: 1 frame at SECONDS"


def test_normalise_shortens_a_traceback() -> None:
    lines = ["Traceback", "  File /home/me/x.py"]
    notebook = sample(output_type="error", ename="ValueError", evalue="no", traceback=lines)
    normalise(notebook)
    assert notebook.cells[0].outputs[0].traceback == ["ValueError: no"]


def test_normalise_keeps_ids_and_adds_what_is_missing() -> None:
    notebook = new_notebook(cells=[new_code_cell("1") for _ in range(4)])
    for cell, name in zip(notebook.cells, ["a", None, "a", "cell-1"], strict=True):
        cell.id = name
        if name is None:
            del cell["id"]
    normalise(notebook)
    assert [cell.id for cell in notebook.cells] == ["a", "cell-1x", "cell-2", "cell-1"]
    nbformat.validate(notebook)


def picture(svg: str, text: str = "2 frames") -> NotebookNode:
    html = f"<svg>\n{svg}\n</svg>"
    notebook = sample(output_type="display_data", data={"text/html": html, "text/plain": text})
    notebook.cells[0].id = "drawing"
    return notebook


def test_a_picture_stays_while_nothing_else_changes() -> None:
    new = picture("new")
    keep_pictures(new, picture("old"))
    assert new == picture("old")


def test_a_picture_goes_when_its_text_or_its_code_changes() -> None:
    old = picture("old")
    other_code, other_html = deepcopy(old), deepcopy(old)
    other_code.cells[0].source = "draw()"
    other_html.cells[0].outputs[0].data["text/html"] += "<p>"
    for before in (picture("old", "3 frames"), other_code, other_html):
        new = picture("new")
        keep_pictures(new, before)
        assert new == picture("new")


def test_update_stores_what_ran(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "00-x.ipynb"
    cells = [
        new_code_cell("import sys; print(1); print('oh', file=sys.stderr)"),
        new_code_cell("2"),
    ]
    path.write_text(text_of(new_notebook(cells=cells)), "utf-8")
    assert not is_normalised(path)
    update(path)
    assert is_normalised(path)
    stored = nbformat.read(path, as_version=4)
    assert [cell.execution_count for cell in stored.cells] == [1, 2]
    assert stored.cells[1].outputs[0].data["text/plain"] == "2"
    said = capsys.readouterr().out
    assert said.startswith("00-x.ipynb: 2 code cells")
    assert "warning: cell [1] on stderr: oh" in said


def test_a_failing_cell_is_named_and_nothing_is_stored(tmp_path: Path) -> None:
    path = tmp_path / "00-x.ipynb"
    cells = [new_code_cell("1"), new_code_cell("1 / 0")]
    path.write_text(text_of(new_notebook(cells=cells)), "utf-8")
    before = path.read_bytes()
    with pytest.raises(CellFailed, match=r"cell \[2\]: ZeroDivisionError: division by zero"):
        update(path)
    assert path.read_bytes() == before
