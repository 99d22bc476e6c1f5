"""Run a notebook's cells in a folder, then keep its servers until stdin is closed.

    python run_lesson.py solved.ipynb notebooks/

Prints the URLs of the servers by name, and what each code cell has said.
"""

import contextlib
import importlib
import io
import json
import os
import re
import sys
from pathlib import Path

import nbformat
from httpx._config import DEFAULT_TIMEOUT_CONFIG
from IPython.core.interactiveshell import InteractiveShell

from chatkit.server.background import _servers


def be_patient() -> None:
    """Give the checks a minute for what takes a moment: a machine may be busy."""
    importlib.import_module("checks")
    for name, module in sys.modules.items():
        for limit in ("PATIENCE", "LONGEST"):
            if name.startswith("checks.") and hasattr(module, limit):
                setattr(module, limit, 60.0)
    for step in ("connect", "read", "write", "pool"):
        setattr(DEFAULT_TIMEOUT_CONFIG, step, 60.0)  # of httpx, where a cell names no time


def main(path: Path, folder: Path) -> None:
    os.chdir(folder)
    sys.path.insert(0, str(folder))
    be_patient()
    shell = InteractiveShell.instance()
    said = []
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type == "code":
            output = io.StringIO()
            with contextlib.redirect_stdout(output):
                result = shell.run_cell(cell.source)
            if not result.success:
                sys.exit(output.getvalue())
            said.append(re.sub(r"(?m)^Out\[\d+\]: ", "", output.getvalue()))
    urls = {name: server.url for name, server in _servers.items()}
    print(json.dumps({"urls": urls, "said": said}), flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main(*(Path(argument).resolve() for argument in sys.argv[1:]))
