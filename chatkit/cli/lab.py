"""`chatkit lab`: the lessons in JupyterLab."""

import contextlib
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

from chatkit.cli.installing import install
from chatkit.resources import PACKAGE, folder
from chatkit.server.listening import listen

FIRST = "00-start-here.ipynb"
COPY = Path("chatkit-lessons")
NOT_COPIED = {"__pycache__", ".ipynb_checkpoints", ".pytest_cache"}


def lab(place: Path | None, port: int | None, browser: bool, extra: list[str]) -> int:
    """Open JupyterLab at the first lesson; returns its exit code.

    `place` is the learner's folder. Without it, a checkout's own notebooks are opened, and an
    installed package's are copied to `COPY`. Exits with 1 if something is missing.
    """
    if find_spec("jupyterlab") is None:
        sys.exit(f"chatkit lab: JupyterLab is not installed here: {install()}")
    try:
        notebooks = folder("notebooks")
        if not (notebooks / FIRST).is_file():
            raise FileNotFoundError(f"the lesson {FIRST} is not in {notebooks}")
        if place is None and notebooks.parent == PACKAGE:
            place = COPY
        root = notebooks if place is None else copied(notebooks, place)
        if port:
            listen("127.0.0.1", port).close()
    except OSError as error:
        sys.exit(f"chatkit lab: {reason(error)}")
    return replace_process(command(root, port, browser) + extra)


def reason(error: OSError) -> str:
    if error.filename is None:
        return error.strerror or str(error)
    return f"{error.filename}: {error.strerror}"


def copied(notebooks: Path, place: Path) -> Path:
    """Copy what is not in `place` yet; returns it. No file that is there is changed."""
    kept = []
    for source in sorted(notebooks.rglob("*")):
        name = source.relative_to(notebooks)
        if NOT_COPIED.intersection(name.parts) or not source.is_file():
            continue
        target = place / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if not copy_new(source, target):
            kept.append(name)
    if kept:
        print(
            f"Kept as they are in {place}: {', '.join(map(str, kept))}. "
            "For fresh copies: chatkit lab --dir ANOTHER-FOLDER"
        )
    return place.resolve()


def copy_new(source: Path, target: Path) -> bool:
    """Copy a file unless there is one. False: there is one, and it is different."""
    content = source.read_bytes()
    try:
        file = target.open("xb")
    except FileExistsError:
        return target.is_file() and target.read_bytes() == content
    try:
        with file:
            file.write(content)
    except BaseException:  # half a lesson would be kept for ever
        target.unlink()
        raise
    return True


def command(root: Path, port: int | None, browser: bool) -> list[str]:
    """JupyterLab under this interpreter, so that its kernels have chatkit; quiet and offline."""
    arguments = [
        f"--ServerApp.root_dir={root}",
        f"--LabApp.default_url=/lab/tree/{FIRST}",
        "--LabApp.news_url=None",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        "--LabApp.extension_manager=readonly",
    ]
    if port is not None:
        arguments += [f"--port={port}", "--ServerApp.port_retries=0"]
    if not browser:
        arguments.append("--no-browser")
    if sys.platform != "win32" and os.geteuid() == 0:
        arguments.append("--allow-root")
    return [sys.executable, "-m", "jupyterlab", *arguments]


def replace_process(command: list[str]) -> int:
    # A kernel of this environment goes before one that the user once installed for all.
    os.environ.setdefault("JUPYTER_PREFER_ENV_PATH", "1")
    # In the package's cli/labconfig/ it is decided that JupyterLab does not ask about news.
    paths = [os.environ.get("JUPYTER_CONFIG_PATH", ""), str(PACKAGE / "cli")]
    os.environ["JUPYTER_CONFIG_PATH"] = os.pathsep.join(filter(None, paths))
    sys.stdout.flush()
    if sys.platform != "win32":
        os.execv(command[0], command)  # does not return; Ctrl-C and signals reach JupyterLab
    jupyter = subprocess.Popen(command)
    while True:
        with contextlib.suppress(KeyboardInterrupt):  # JupyterLab gets it too, and asks
            return jupyter.wait()
