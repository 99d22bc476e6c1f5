"""Every lesson and appendix, from a wheel: Run All in JupyterLab, in a browser.

    python tests/places/every_lesson.py [05 H ...]

The wheel is installed into an empty environment, and `chatkit lab` is started in an empty folder.
It fetches packages. Exit code 0: all cells of all of them ran, and nothing failed that does not
fail in the stored lessons.
"""

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, expect

TESTS = Path(__file__).resolve().parents[1]
sys.path += [str(TESTS / "browser/support"), str(TESTS / "node/support")]

from environment import CHECKOUT  # noqa: E402
from lesson_00 import a_browser, a_tab, main, settings  # noqa: E402
from running import free_port, running  # noqa: E402

PATIENCE = 300  # seconds for the cells of one lesson


def installed(folder: Path) -> Path:
    """The commands of an environment that has the wheel and what the lessons need."""
    uv = [sys.executable, "-m", "uv"]
    subprocess.run([*uv, "build", "-q", "--wheel", "-o", folder, CHECKOUT], check=True)
    (wheel,) = folder.glob("*.whl")
    subprocess.run([*uv, "venv", "-q", "--python", sys.executable, folder / "venv"], check=True)
    python = folder / "venv" / "bin" / "python"
    install = [*uv, "pip", "install", "-q", "--python", python, f"{wheel}[lessons]"]
    subprocess.run(install, check=True)
    return python.parent


def code_cells(file: Path) -> list[Any]:
    cells = json.loads(file.read_text("utf-8"))["cells"]
    return [cell for cell in cells if cell["cell_type"] == "code"]


def failures(cells: list[Any]) -> list[str]:
    """What went wrong in these cells, by its id, and what was written to stderr."""
    found = []
    for cell in cells:
        for output in cell["outputs"]:
            if output["output_type"] == "error":
                found.append(f"{cell['id']}: {output['ename']}")
            elif output.get("name") == "stderr":
                found.append(f"{cell['id']}: {''.join(output['text'])}")
    return found


def run_all(browser: Browser, url: str, mine: Path, name: str) -> str:
    """Run a lesson. Returns what there is to say of it; raises `RuntimeError` if it failed."""
    began = time.monotonic()
    screen = a_tab(browser)
    screen.goto(f"{url}lab/workspaces/{Path(name).stem}/tree/{name}")
    expect(screen.locator(".jp-Notebook-ExecutionIndicator")).to_have_attribute(
        "data-status", "idle"
    )
    screen.wait_for_timeout(3_000)  # what is asked before the kernel is there is lost
    screen.get_by_role("menuitem", name="Run", exact=True).click()
    screen.locator(".lm-Menu").get_by_text("Run All Cells", exact=True).click()
    while True:
        screen.wait_for_timeout(2_000)
        screen.keyboard.press("Control+s")
        screen.wait_for_timeout(500)
        cells = code_cells(mine / name)
        seconds = time.monotonic() - began
        if cells[-1]["execution_count"] is not None or seconds > PATIENCE:
            break
    ran = sum(cell["execution_count"] is not None for cell in cells)
    found = failures(cells)
    if ran < len(cells) or found != failures(code_cells(CHECKOUT / "notebooks" / name)):
        raise RuntimeError(f"{name}: {ran} of {len(cells)} cells ran; {found}")
    screen.context.close()
    return f"{name}: {ran} cells, {seconds:.0f} s"


def every_lesson(folder: Path) -> str:
    commands, mine, port = installed(folder), folder / "chatkit-lessons", free_port()
    url = f"http://127.0.0.1:{port}/"
    lab = [str(commands / "chatkit"), "lab", "--no-browser", "--port", str(port)]
    with running(
        [*lab, "--", "--IdentityProvider.token="], folder, f"{url}api/status", settings(folder)
    ):
        files = [*mine.glob("*-*.ipynb"), *(mine / "appendix").glob("*-*.ipynb")]
        names = sorted(file.relative_to(mine).as_posix() for file in files)
        wanted = [name for name in names if Path(name).stem.partition("-")[0] in sys.argv[1:]]
        with a_browser() as browser:
            for name in wanted or names:
                print(run_all(browser, url, mine, name), flush=True)
    return f"{len(wanted or names)} lessons from a wheel: every cell ran"


if __name__ == "__main__":
    sys.exit(main(every_lesson))
