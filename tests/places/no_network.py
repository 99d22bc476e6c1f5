"""A room without network: the kit from `chatkit wheelhouse`, and every lesson, with none at all.

    python tests/places/no_network.py

It fetches packages into a folder. All that follows is in a network of its own, which ends at this
machine (`unshare`, of Linux; it wants root). Exit code 0: pip installed the kit from the folder,
`chatkit doctor` found nothing missing, and every cell of every lesson ran.
"""

import os
import subprocess
import sys
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
sys.path += [str(TESTS / "browser/support"), str(TESTS / "node/support")]

from environment import CHECKOUT  # noqa: E402
from lesson_00 import main, settings  # noqa: E402

ALONE = ["unshare", "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh"]
NO_WAY = """
import errno, socket
with socket.socket() as line:
    assert line.connect_ex(("192.0.2.1", 80)) == errno.ENETUNREACH
"""


def no_network(folder: Path) -> str:
    wheels, room = folder / "wheels", folder / "room"
    kit = [sys.executable, "-m", "chatkit", "wheelhouse", str(wheels)]
    told = subprocess.run(kit, check=True, cwd=CHECKOUT, stdout=subprocess.PIPE, text=True).stdout
    own = {name: os.environ[name] for name in os.environ if not name.startswith(("PIP_", "PYTHON"))}
    own |= settings(folder) | {"PIP_CONFIG_FILE": os.devnull}

    def alone(*command: str, at: Path = folder) -> str:
        """What a program prints. Raises `RuntimeError` if it fails."""
        done = subprocess.run([*ALONE, *command], cwd=at, env=own, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f"{command[0]}: {done.stdout}{done.stderr}")
        return done.stdout

    alone(sys.executable, "-c", NO_WAY)
    alone(sys.executable, "-m", "venv", str(room))
    python = str(room / "bin" / "python")
    wanted = "chatkit-lessons[lessons]"
    alone(python, "-m", "pip", "install", "-q", "--no-index", "-f", ".", wanted, at=wheels)
    alone(python, "-m", "chatkit", "doctor")
    alone(python, "-m", "chatkit", "lessons", "mine")
    lessons = sorted((folder / "mine").glob("[0-9][0-9]-*.ipynb"))
    run = ["-m", "jupyter", "nbconvert", "--to=notebook", "--execute", "--output-dir=done"]
    for lesson in lessons:
        alone(python, *run, lesson.name, at=lesson.parent)
    kinds = told.splitlines()[-1].partition(" in ")[0]
    return f"{kinds}; installed from them, and {len(lessons)} lessons run, without a network"


if __name__ == "__main__":
    sys.exit(main(no_network))
