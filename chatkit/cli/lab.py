"""`chatkit lab`: the lessons in JupyterLab."""

import contextlib
import os
import subprocess
import sys
import sysconfig
from importlib.util import find_spec
from pathlib import Path

from chatkit.cli.installing import install
from chatkit.cli.lessons import copy_lessons, lesson_named, reason, say_kept, shipped
from chatkit.resources import PACKAGE
from chatkit.server.listening import listen

HIDDEN = ["__pycache__", "*.pyc", "*.pyo", ".DS_Store", "*~", "checks"]  # from the list of files


def lab(
    directory: Path | None, lesson: str, port: int | None, browser: bool, extra: list[str]
) -> int:
    """Open JupyterLab at a lesson; returns its exit code.

    `directory` is the learner's folder, to which what is missing is copied; None: where the lessons
    stand, outputs and all, for whoever writes them. Exits with 1 if something is missing.
    """
    if find_spec("jupyterlab") is None:
        sys.exit(f"chatkit lab: JupyterLab is not installed here: {install()}")
    try:
        root, kept, first = shipped(), [], lesson_named(lesson)
        if directory is not None:
            kept = copy_lessons(directory)
            root = directory.resolve()
            # Else the tabs that are open would be those of any folder of this user.
            extra = [f"--LabApp.workspaces_dir={root / '.jupyter' / 'workspaces'}", *extra]
        if port:
            listen("127.0.0.1", port).close()
    except OSError as error:
        sys.exit(f"chatkit lab: {reason(error)}")
    except ValueError as error:
        sys.exit(f"chatkit lab: {error}")
    say_kept(kept)
    return replace_process(command(root, first, port, browser) + extra)


def command(root: Path, first: str, port: int | None, browser: bool) -> list[str]:
    """JupyterLab under this interpreter, so that its kernels have chatkit; quiet and offline."""
    arguments = [
        f"--ServerApp.root_dir={root}",
        f"--LabApp.default_url=/lab/tree/{first}",
        "--LabApp.news_url=None",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        "--LabApp.extension_manager=readonly",
        f"--ContentsManager.hide_globs={HIDDEN}",
        "--Application.log_level=ERROR",
        "--ServerApp.jpserver_extensions=chatkit.cli.welcome=True",
    ]
    if port is not None:
        arguments += [f"--port={port}", "--ServerApp.port_retries=0"]
    if not browser:
        arguments.append("--no-browser")
    if can_encrypt():  # without it, each kernel warns in the terminal
        arguments.append("--KernelManager.transport_encryption=auto")
    if sys.platform != "win32" and os.geteuid() == 0:
        arguments.append("--allow-root")
    return [sys.executable, "-m", "jupyterlab", *arguments]


def can_encrypt() -> bool:
    import zmq

    return bool(zmq.has("curve"))


def replace_process(command: list[str]) -> int:
    # A kernel of this environment goes before one that the user once installed for all.
    os.environ.setdefault("JUPYTER_PREFER_ENV_PATH", "1")
    # In the package's cli/labconfig/ it is decided that JupyterLab does not ask about news, and
    # shows no dates in its list of files, so that the names of the lessons can be read.
    paths = [os.environ.get("JUPYTER_CONFIG_PATH", ""), str(PACKAGE / "cli")]
    os.environ["JUPYTER_CONFIG_PATH"] = os.pathsep.join(filter(None, paths))
    # So that `chatkit` is found in a terminal of JupyterLab, whatever environment is active.
    commands = [sysconfig.get_path("scripts"), os.environ.get("PATH", "")]
    os.environ["PATH"] = os.pathsep.join(filter(None, commands))
    sys.stdout.flush()
    if sys.platform != "win32":
        os.execv(command[0], command)  # does not return; Ctrl-C and signals reach JupyterLab
    jupyter = subprocess.Popen(command)
    while True:
        with contextlib.suppress(KeyboardInterrupt):  # JupyterLab gets it too, and asks
            return jupyter.wait()
