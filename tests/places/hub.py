"""A real JupyterHub with its configurable-http-proxy, and two users of it at once.

Users are made up: DummyAuthenticator takes any name, and SimpleLocalProcessSpawner runs all as the
person who runs the script, each in a folder of its own.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from environment import Environment, npm_program
from lesson_00 import LESSON, SAID, a_tab, expect_all, expect_part, run_first_cell, send, settings
from playwright.sync_api import Browser
from running import MARK, free_port, running

from chatkit.cli.lessons import copy_lessons

USERS = ("ada", "bob")
PASSWORD = "of these two"
HUB = "jupyterhub>=5.2,<7"
PROXY = "5.3.0"
CONFIGURATION = """\
c = get_config()
c.JupyterHub.bind_url = "http://127.0.0.1:{port}/"
c.JupyterHub.hub_port = {hub_port}
c.JupyterHub.db_url = "sqlite:///{folder}/hub.sqlite"
c.JupyterHub.cookie_secret_file = "{folder}/cookie-secret"
c.ConfigurableHTTPProxy.command = {proxy}
c.ConfigurableHTTPProxy.api_url = "http://127.0.0.1:{api_port}"
c.ConfigurableHTTPProxy.pid_file = "{folder}/proxy.pid"
c.JupyterHub.authenticator_class = "dummy"
c.DummyAuthenticator.password = "{password}"
c.Authenticator.allow_all = True
c.JupyterHub.spawner_class = "simple"
c.SimpleLocalProcessSpawner.home_dir_template = "{folder}/{{username}}"
c.Spawner.cmd = ["{program}"]
c.Spawner.args = ["--allow-root"]
c.Spawner.environment = {environment}
c.Spawner.start_timeout = c.Spawner.http_timeout = 120
"""


@contextmanager
def hub(folder: Path, environment: Environment) -> Iterator[int]:
    """Run it; give the port at which it is reached. Each user has the lessons."""
    for user in USERS:
        copy_lessons(folder / user)
    port = free_port()
    configuration = folder / "hub.py"
    configuration.write_text(
        CONFIGURATION.format(
            port=port,
            hub_port=free_port(),
            api_port=free_port(),
            folder=folder,
            proxy=npm_program("configurable-http-proxy", PROXY),
            password=PASSWORD,
            program=environment.program("jupyterhub-singleuser"),
            environment=settings(folder) | MARK,
        ),
        "utf-8",
    )
    command = [environment.program("jupyterhub"), "-f", str(configuration)]
    with running(command, folder, f"http://127.0.0.1:{port}/hub/health"):
        yield port


def two_users(browser: Browser, url: str, src: str) -> None:
    """Both log in at `url`, run the first cell, and send a message at the same time.

    `src`: what the URL of the page in the cell begins with, `{user}` in it.
    """
    pages = []
    for user in USERS:
        screen = a_tab(browser)
        screen.goto(f"{url}hub/login?next=/hub/spawn/{user}?next=/user/{user}/lab/tree/{LESSON}")
        screen.get_by_label("Username:").fill(user)
        screen.get_by_label("Password:").fill(PASSWORD)
        screen.get_by_role("button", name="Sign in").click()
        screen.wait_for_url(f"{url}user/{user}/lab/**")
        pages.append((user, screen, run_first_cell(screen, src.format(user=user))))
    for user, _, page in pages:
        send(page, f"{user}: {SAID}")
    for user, _, page in pages:
        expect_part(page, f"{user}: {SAID}")
    for user, screen, page in pages:
        expect_all(page, f"{user}: {SAID}")
        screen.context.close()


def versions(environment: Environment) -> str:
    """What has run."""
    packages = ("jupyterhub", "jupyterlab", "jupyter-server-proxy")
    return f"{environment.version(*packages)}, configurable-http-proxy {PROXY}, {len(USERS)} users"
