"""`chatkit lab`: JupyterLab at the first lesson; a learner's files are never overwritten."""

import json
import os
import re
import shlex
import signal
import socket
import time
import zipfile
from pathlib import Path

import httpx
import nbformat
import pytest
from websockets.sync.client import connect

from chatkit.cli.lessons import lesson_named, opening, quoted

FIRST = "00-start-here.ipynb"


@pytest.fixture
def installed(wheel, tmp_path):
    """The environment in which chatkit is an installed wheel, in a folder of its own."""
    place = tmp_path / "site"
    zipfile.ZipFile(wheel).extractall(place)
    return {"PYTHONPATH": str(place)}


class Lab:
    """A JupyterLab that `chatkit lab` has started, once it answers."""

    def __init__(self, start, folder, arguments, environment):
        places = {
            name: str(folder / "jupyter" / name)
            for name in ("JUPYTER_RUNTIME_DIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR")
        }
        runtime = Path(places["JUPYTER_RUNTIME_DIR"])
        self.command = start(
            "lab", "--no-browser", "--port", 0, *arguments, **places, **environment
        )
        self.client = None
        deadline = time.monotonic() + 180
        while self.client is None:
            time.sleep(0.05)
            assert self.command.process.poll() is None, self.command.wait()
            assert time.monotonic() < deadline
            for file in runtime.glob("jpserver-*.json"):
                self.connect(file)

    def connect(self, file):
        try:
            found = json.loads(file.read_text())
            client = httpx.Client(
                base_url=found["url"],
                headers={"Authorization": f"token {found['token']}"},
                timeout=60,
            )
            client.get("api/status").raise_for_status()
        except (ValueError, httpx.TransportError):
            return  # it is still being written, or nobody listens yet
        self.settings = found
        self.client = client

    def end(self):
        self.client.close()
        self.command.signal(signal.SIGTERM)
        return self.command.wait()


@pytest.fixture
def lab(start, tmp_path):
    def lab(*arguments, **environment):
        return Lab(start, tmp_path, arguments, environment)

    return lab


def asks_about_news(running):
    """JupyterLab asks whoever is new whether it should fetch news; not if that is decided."""
    settings = running.client.get("lab/api/settings/@jupyterlab/apputils-extension:notification")
    return settings.json()["schema"]["properties"]["fetchNews"]["default"] == "none"


def shows_dates(running):
    """Beside a column of dates the list of files has no room for the names of the lessons."""
    settings = running.client.get("lab/api/settings/@jupyterlab/filebrowser-extension:browser")
    return settings.json()["schema"]["properties"]["showLastModifiedColumn"]["default"]


def outputs(notebook):
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    return [cell for cell in cells if cell["outputs"] or cell["execution_count"] is not None]


def said_in_a_terminal(running, command):
    """What a terminal of JupyterLab shows after a command."""
    name = running.client.post("api/terminals").json()["name"]
    url = f"{running.settings['url'].replace('http', 'ws', 1)}terminals/websocket/{name}"
    shown = ""
    with connect(f"{url}?token={running.settings['token']}") as terminal:
        terminal.send(json.dumps(["stdin", f"{command}; echo the e''nd\n"]))
        while "the end" not in shown:
            kind, text = json.loads(terminal.recv(timeout=60))[:2]
            shown += text if kind == "stdout" else ""
    return shown


def test_in_place_it_opens_the_lessons_where_they_stand(lab, checkout, tmp_path):
    shell = "--ServerApp.terminado_settings={'shell_command': ['sh']}"  # not one for a login
    settings = ["--ServerApp.base_url=/class/", shell]
    # PATH: no environment is active, as after README's first command.
    running = lab("--in-place", "--lesson", "h", "--", *settings, PATH=os.defpath)
    assert Path(running.settings["root_dir"]) == checkout / "notebooks"
    assert running.settings["base_url"] == "/class/"
    assert running.settings["pid"] == running.command.process.pid  # signals reach it
    page = running.client.get("lab/tree/" + FIRST)
    assert page.status_code == 200
    home = running.client.get("")
    (appendix,) = (checkout / "notebooks" / "appendix").glob("H-*.ipynb")
    assert home.headers["location"].rstrip("?") == f"/class/lab/tree/appendix/{appendix.name}"
    lesson = running.client.get("api/contents/" + FIRST).json()
    stored = json.loads((checkout / "notebooks" / FIRST).read_text("utf-8"))
    assert len(outputs(lesson["content"])) == len(outputs(stored)) > 0
    config = json.loads(re.search(r'id="jupyter-config-data"[^>]*>(.*?)<', page.text, re.S)[1])
    assert config["news"] == {"disabled": True}
    assert not asks_about_news(running)
    assert "usage: chatkit doctor" in said_in_a_terminal(running, "chatkit doctor --help")
    running.end()
    assert not (tmp_path / "chatkit-lessons").exists()


@pytest.mark.parametrize("of", ["checkout", "wheel"])
def test_a_learner_gets_a_copy_without_outputs(lab, installed, tmp_path, of):
    running = lab(**(installed if of == "wheel" else {}))
    root = tmp_path / "chatkit-lessons"
    assert Path(running.settings["root_dir"]) == root
    lesson = running.client.get("api/contents/" + FIRST).json()["content"]
    assert outputs(lesson) == []
    assert not asks_about_news(running)
    assert not shows_dates(running)
    listed = {file["name"] for file in running.client.get("api/contents").json()["content"]}
    assert {FIRST, "solutions"} <= listed
    assert listed.isdisjoint({"checks", "conftest.py", "sanitize.cfg", "INSTRUCTOR.md"})
    assert (root / "checks" / "__init__.py").is_file()  # it is there, and works
    # The tabs that are open are those of this folder, whatever JupyterLab had open elsewhere.
    tabs = {"data": {}, "metadata": {"id": "default"}}
    running.client.put("lab/api/workspaces/default", json=tabs).raise_for_status()
    assert len(list((root / ".jupyter" / "workspaces").iterdir())) == 1
    line = running.command.line()
    while not line.strip():
        line = running.command.line()
    url = f"{running.settings['url']}lab/tree/{FIRST}?token={running.settings['token']}"
    assert line == (
        f"Lessons: {url} (your work is in {root}; leave this window open; Ctrl-C, twice, ends it)\n"
    )
    code, output, errors = running.end()
    assert (code, output) == (0, "")
    assert "http" not in errors


def test_the_copy_is_what_jupyterlab_would_store(chatkit, checkout, tmp_path):
    code, output, errors = chatkit("lessons", "mine")
    assert (code, errors) == (0, "")
    assert output == "The lessons are in mine. To open them: chatkit lab --dir mine\n"
    shipped = {path.name for path in (checkout / "notebooks").rglob("*.ipynb")}
    copied = list((tmp_path / "mine").rglob("*.ipynb"))
    assert {path.name for path in copied} == shipped
    for path in copied:
        text = path.read_text("utf-8")
        assert nbformat.writes(nbformat.reads(text, 4)) == text.removesuffix("\n"), path.name
        assert not outputs(json.loads(text))
    assert not list((tmp_path / "mine").rglob("__pycache__"))
    assert chatkit("lessons", "mine") == (0, output, "")  # nothing is different, nothing is said


@pytest.mark.parametrize(
    ("environment", "how"),
    [
        ({}, "chatkit lab --dir {}"),
        ({"JUPYTERHUB_USER": "ada"}, "double-click {} in JupyterLab's list of files"),
        ({"JUPYTER_SERVER_URL": "http://a/"}, "double-click {} in JupyterLab's list of files"),
    ],
    ids=["terminal", "Hub", "JupyterLab"],
)
def test_how_to_open_the_copy(monkeypatch, environment, how):
    """Not by a second JupyterLab in the first; and it can be typed as it stands."""
    for name in ("JUPYTERHUB_USER", "JUPYTER_SERVER_URL"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    words = opening(Path("my lessons"))
    typed = "my lessons" if environment else quoted(Path("my lessons"))
    assert words == how.format(typed)
    if not environment and os.name != "nt":
        assert shlex.split(words) == ["chatkit", "lab", "--dir", "my lessons"]


@pytest.mark.parametrize("command", ["lab", "lessons"])
def test_the_learners_work_stays_as_it_is(start, tmp_path, command):
    mine = tmp_path / "mine"
    mine.mkdir()
    work = '{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}'
    (mine / FIRST).write_text(work)
    arguments = ["lab", "--dir", "mine"] if command == "lab" else ["lessons", "mine"]
    script = (
        "import chatkit.cli.lab as lab, sys\n"
        "lab.replace_process = lambda command: print(*command, sep='\\n')\n"
        "from chatkit.cli import main\n"
        f"main({arguments})\n"
    )
    code, output, errors = start(python=["-c", script]).wait()
    assert (code, errors) == (0, "")
    assert f"Your own, and left as they are: {FIRST}" in output.splitlines()
    assert (f"--ServerApp.root_dir={mine}" in output.splitlines()) == (command == "lab")
    assert (mine / FIRST).read_text() == work
    assert (mine / "01-your-first-stream.ipynb").is_file()


WITHOUT_JUPYTERLAB = """
import sys
sys.modules["jupyterlab"] = None
from chatkit.cli import main
sys.exit(main(["lab"]))
"""


def test_without_jupyterlab_it_says_what_installs_it(start, checkout):
    code, output, errors = start(python=["-c", WITHOUT_JUPYTERLAB]).wait()
    assert (code, output) == (1, "")
    assert re.fullmatch(
        r"chatkit lab: JupyterLab is not installed here: [^\n]*\bpip install [^\n]+\n", errors
    )
    assert f'-e "{checkout}[lessons]"' in errors


def test_a_lesson_that_is_missing(chatkit, installed, tmp_path):
    (tmp_path / "site" / "chatkit" / "notebooks" / FIRST).unlink()
    code, output, errors = chatkit("lab", **installed)
    assert (code, output) == (1, "")
    assert re.fullmatch(rf"chatkit lab: the lesson {FIRST} is not in [^\n]+\n", errors)


@pytest.mark.parametrize("lesson", ["99", "", "*", "../00", "start"])
def test_a_lesson_that_there_is_not(chatkit, tmp_path, lesson):
    code, output, errors = chatkit("lab", "--lesson", lesson)
    assert (code, output) == (1, "")
    assert errors.startswith(f"chatkit lab: there is no lesson {lesson}; there are 00, 01, 02, ")
    assert not (tmp_path / "chatkit-lessons").exists()


@pytest.mark.parametrize(("number", "file"), [("5", "05-"), ("05", "05-"), ("a", "appendix/A-")])
def test_lessons_have_numbers_and_letters(number, file):
    assert lesson_named(number).startswith(file)


@pytest.mark.parametrize("arguments", [["lab", "--dir", "mine"], ["lessons", "mine"]])
def test_a_folder_that_is_a_file(chatkit, tmp_path, arguments):
    (tmp_path / "mine").write_text("hello")
    code, output, errors = chatkit(*arguments)
    assert (code, output) == (1, "")
    assert re.fullmatch(rf"chatkit {arguments[0]}: [^\n]*mine[^\n]*\n", errors)
    assert (tmp_path / "mine").read_text() == "hello"


def test_a_taken_port(chatkit):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, output, errors = chatkit("lab", "--no-browser", "--port", port)
    assert (code, output) == (1, "")
    assert re.fullmatch(rf"chatkit lab: port {port} is taken: [^\n]+\n", errors)
