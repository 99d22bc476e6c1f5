"""How pytest checks the lessons: `pytest --nbval notebooks`, and no other option is needed.

nbval runs every cell and compares its outputs with the stored ones. What is set here:

- Only lessons (`NN-slug.ipynb`) and appendices (`appendix/X-slug.ipynb`) are collected.
- A cell may take 120 seconds, and the kernel is the Python that runs pytest.
- `sanitize.cfg` names what differs from run to run, such as ports.
- Pictures are stored, and not compared: what they show in words, for a terminal, is.
- Live displays. nbval itself ignores `update_display_data` and `clear_output`, so it would
  compare what a cell showed first with what the stored notebook shows last. `FinalOutputs`
  stands between the kernel and nbval and applies both, as nbclient does when it stores a
  notebook: nbval sees what the reader of the finished cell sees.

An update from a later cell comes too late: nbval has compared the display by then. The stored
notebook holds the updated display, so the first cell fails. Update a display in its own cell.
"""

import re
from collections import deque
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import pytest
from nbval.plugin import IPyNbFile

FOLDER = Path(__file__).parent
CELL_TIMEOUT = 120.0  # seconds
NOTEBOOK = r"(\d\d|appendix/[A-Z])-"  # below this folder
PICTURE = r"(?s)<svg\b.*?</svg>"

Message = dict[str, Any]  # of the kernel's iopub channel
OUTPUTS = {"stream", "display_data", "execute_result", "error"}


class FinalOutputs:
    """The messages of a kernel, each cell's held back until its outputs are final."""

    def __init__(self, receive: Callable[..., Message]) -> None:
        self._receive = receive
        self._cell = ""  # the id of the request that the kernel is executing
        self._ready: deque[Message] = deque()

    def __call__(self, timeout: float | None = None, stream: str = "iopub") -> Message:
        """Return the next message. Raises `queue.Empty` after `timeout` seconds of silence."""
        if not self._ready:
            self._ready.extend(self._read(timeout, stream))
        return self._ready.popleft()

    def _read(self, timeout: float | None, stream: str) -> list[Message]:
        outputs: list[Message] = []
        clear = False
        while True:
            message = self._receive(timeout=timeout, stream=stream)
            kind, content = message["msg_type"], message["content"]
            if kind == "execute_input":
                self._cell = message["parent_header"]["msg_id"]
            elif message["parent_header"].get("msg_id") != self._cell:
                continue  # a thread that an earlier cell started
            elif kind == "clear_output":
                clear = True
                if not content.get("wait"):
                    outputs.clear()
                    clear = False
            elif kind in OUTPUTS or kind == "update_display_data":
                update(outputs, content)
                if kind in OUTPUTS:
                    if clear:
                        outputs.clear()
                        clear = False
                    outputs.append(message)
                if kind == "error":
                    return outputs  # nbval waits for "idle" itself, and not through us
            elif kind == "status" and content["execution_state"] == "idle":
                return [*outputs, message]


def update(outputs: list[Message], content: dict[str, Any]) -> None:
    """Apply new data to the displays that have its display id."""
    display_id = (content.get("transient") or {}).get("display_id")
    for output in outputs if display_id else []:
        if (output["content"].get("transient") or {}).get("display_id") == display_id:
            output["content"] |= {"data": content["data"], "metadata": content["metadata"]}


def pytest_configure(config: pytest.Config) -> None:
    option = config.option
    if option.nbval_cell_timeout == 2000:  # nbval's default
        option.nbval_cell_timeout = CELL_TIMEOUT
    if option.nbval_kernel_name is None:
        option.nbval_current_env = True


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    is_notebook = collection_path.suffix == ".ipynb"
    lesson = re.match(NOTEBOOK, collection_path.relative_to(FOLDER).as_posix())
    return True if is_notebook and not lesson else None


@pytest.hookimpl(wrapper=True)
def pytest_collect_file() -> Generator[None, list[Any], list[Any]]:
    collected = yield
    for notebook in collected:
        if isinstance(notebook, IPyNbFile):
            prepare(notebook)
    return collected


def prepare(notebook: IPyNbFile) -> None:
    files = [FOLDER / "sanitize.cfg", *notebook.get_sanitize_files()]
    notebook.get_sanitize_files = lambda: files
    notebook.sanitize_patterns[PICTURE] = ""
    notebook.get_kernel_message = FinalOutputs(notebook.get_kernel_message)
