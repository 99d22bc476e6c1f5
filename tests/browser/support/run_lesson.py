"""Run a lesson's cells, then keep its servers until stdin is closed. Prints their URLs, by name.

python tests/browser/run_lesson.py notebooks/04-a-chat.ipynb
"""

import contextlib
import io
import json
import os
import sys
from pathlib import Path

import nbformat
from IPython.core.interactiveshell import InteractiveShell

from chatkit.server.background import _servers


def main(path: Path) -> None:
    os.chdir(path.parent)
    sys.path.insert(0, str(path.parent))
    shell = InteractiveShell.instance()
    said = io.StringIO()
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type == "code":
            with contextlib.redirect_stdout(said):
                result = shell.run_cell(cell.source)
            if not result.success:
                sys.exit(said.getvalue())
    print(json.dumps({name: server.url for name, server in _servers.items()}), flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
