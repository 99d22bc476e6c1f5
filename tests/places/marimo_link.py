"""The first cell of lesson 00 in a real marimo, which runs no scripts of an output.

    python tests/places/marimo_link.py

It fetches packages. Exit code 0: the cell had a link to the page, which opened it in a tab, and a
reply streamed to its end.
"""

import json
import sys
import time
from contextlib import suppress
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
sys.path += [str(TESTS / "browser/support"), str(TESTS / "node/support")]

from environment import CHECKOUT, Environment  # noqa: E402
from lesson_00 import LESSON, SAID, a_browser, a_tab, expect_all, expect_part, main, send  # noqa: E402
from playwright.sync_api import Error  # noqa: E402
from running import SECONDS, free_port, running  # noqa: E402

NOTEBOOK = """\
import marimo

app = marimo.App()


@app.cell
def _():
    {cell}
    return


if __name__ == "__main__":
    app.run()
"""


def marimo_link(folder: Path) -> str:
    environment = Environment("marimo>=0.25")
    lesson = json.loads((CHECKOUT / "notebooks" / LESSON).read_text("utf-8"))
    cell = next(cell for cell in lesson["cells"] if cell["cell_type"] == "code")
    notebook = folder / "lesson.py"
    notebook.write_text(NOTEBOOK.format(cell="    ".join(cell["source"])), "utf-8")
    port = free_port()
    command = [environment.program("marimo"), "edit", "--headless", "--no-token"]
    command += ["--skip-update-check", "--port", str(port), str(notebook)]
    url = f"http://127.0.0.1:{port}/"
    own = {f"XDG_{kind}_HOME": str(folder / kind) for kind in ("CONFIG", "STATE", "CACHE")}
    with running(command, folder, url, own), a_browser() as browser:
        screen = a_tab(browser)
        screen.goto(url)
        link = screen.get_by_role("link", name="http://127.0.0.1:")
        deadline = time.monotonic() + SECONDS
        while not link.count() and time.monotonic() < deadline:
            screen.get_by_text("server.show()").first.click()
            screen.keyboard.press("Control+Enter")  # lost before the kernel is there
            with suppress(Error):
                link.wait_for(timeout=15_000)
        with screen.expect_popup() as opened:
            link.click()
        send(opened.value, SAID)
        expect_part(opened.value, SAID)
        expect_all(opened.value, SAID)
        screen.context.close()
    return f"{environment.version('marimo')}: a link opens the page in a tab; reply complete"


if __name__ == "__main__":
    sys.exit(main(marimo_link))
