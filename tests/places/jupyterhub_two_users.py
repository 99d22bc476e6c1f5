"""Lesson 00 on a real JupyterHub, by two users at once.

    python tests/places/jupyterhub_two_users.py

Under its own address, and under a name of another machine. It fetches packages, of npm too. Exit
code 0: each was shown the page, and a reply streamed to its end.
"""

import sys
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
sys.path += [str(TESTS / "browser/support"), str(TESTS / "node/support")]

from environment import Environment  # noqa: E402
from hub import HUB, hub, two_users, versions  # noqa: E402
from lesson_00 import a_browser, main  # noqa: E402

FAR = "hub.localhost"  # to the page in the cell, that is another machine


def jupyterhub_two_users(folder: Path) -> str:
    environment = Environment(HUB)
    with hub(folder, environment) as port, a_browser() as browser:
        two_users(browser, f"http://127.0.0.1:{port}/", "^http://127.0.0.1:")
        url = f"http://{FAR}:{port}/"
        two_users(browser, url, f"^{url}user/{{user}}/proxy/")
    return f"{versions(environment)}: shown, directly and through the proxy; replies complete"


if __name__ == "__main__":
    sys.exit(main(jupyterhub_two_users))
