"""Lesson 00 in a real Notebook 7, under its own address and under a name of another machine.

    python tests/places/notebook7.py

It fetches packages. Exit code 0: the page was shown, and a reply streamed to its end.
"""

import sys
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
sys.path += [str(TESTS / "browser/support"), str(TESTS / "node/support")]

from environment import Environment  # noqa: E402
from lesson_00 import (  # noqa: E402
    LESSON,
    SAID,
    a_browser,
    a_tab,
    expect_all,
    expect_part,
    main,
    run_first_cell,
    send,
    settings,
)
from running import free_port, running  # noqa: E402

from chatkit.cli.lessons import copy_lessons  # noqa: E402

FAR = "notebook.localhost"  # to the page in the cell, that is another machine


def notebook7(folder: Path) -> str:
    environment = Environment("notebook>=7,<8")
    copy_lessons(folder / "lessons")
    port = free_port()
    command = [
        *(environment.program("jupyter-notebook"), "--no-browser", "--allow-root"),
        *(f"--port={port}", "--ServerApp.port_retries=0", "--IdentityProvider.token="),
        *(f"--ServerApp.root_dir={folder / 'lessons'}", f"--ServerApp.local_hostnames={FAR}"),
    ]
    url = f"http://127.0.0.1:{port}/"
    with running(command, folder, f"{url}api/status", settings(folder)), a_browser() as browser:
        for host, src in (
            ("127.0.0.1", "^http://127.0.0.1:"),
            (FAR, f"^http://{FAR}:{port}/proxy/"),
        ):
            screen = a_tab(browser)
            screen.goto(f"http://{host}:{port}/notebooks/{LESSON}")
            page = run_first_cell(screen, src)
            send(page, SAID)
            expect_part(page, SAID)
            expect_all(page, SAID)
            screen.context.close()
    versions = environment.version("notebook", "jupyter-server-proxy")
    return f"{versions}: shown, directly and through the proxy; replies complete"


if __name__ == "__main__":
    sys.exit(main(notebook7))
