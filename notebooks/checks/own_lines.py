"""What went wrong in the learner's code, and in which of its lines: never a line of a library."""

import asyncio
import re
import sysconfig
import traceback
from pathlib import Path

from chatkit.resources import PACKAGE
from chatkit.server.background import Server

LINE = re.compile(r'File "(.+?)", line \d+, in .+\n[ |]*(.+)')
ERROR = re.compile(r"^[ |]*(\w[\w.]*(?:: .*)?)$", re.MULTILINE)
LIBRARIES = (
    *(sysconfig.get_path(name) for name in ("stdlib", "purelib", "platlib")),
    *(str(PACKAGE), str(Path(__file__).parent)),
)


async def why(server: Server) -> str:
    """The last error in a server, as the end of a sentence; empty if there was none."""
    for _ in range(20):  # it is written down after the answer
        if "Traceback" in server.messages:
            break
        await asyncio.sleep(0.01)
    text = server.messages.rpartition("Traceback")[2]
    errors = ERROR.findall(text)
    own = [line for file, line in LINE.findall(text) if not file.startswith(LIBRARIES)]
    return (f": {errors[-1]}" if errors else "") + (your_line(own[-1]) if own else "")


def describe(error: BaseException) -> str:
    """An error in a function of the learner's."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [it.line for it in frames if it.line and not it.filename.startswith(LIBRARIES)]
    return f"it raises {error!r}" + (your_line(own[-1]) if own else "")


def your_line(line: str) -> str:
    return f"\n  your line: {line.strip()}"
