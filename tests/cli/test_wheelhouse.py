"""`chatkit wheelhouse`: what it has downloaded is enough where there is no network."""

import os
import re
import subprocess
import sys
import zipfile

import pytest

from chatkit.cli.wheelhouse import write_readme

# pip finds nothing but what it is given, and who looks for the network gets no answer.
NO_NETWORK = {
    "PIP_NO_INDEX": "1",
    "PIP_CONFIG_FILE": os.devnull,
    **dict.fromkeys(("http_proxy", "https_proxy", "all_proxy"), "http://127.0.0.1:9"),
}


@pytest.fixture
def offline(tmp_path):
    """Run a program without the network; returns its output."""
    environment = {name: os.environ[name] for name in os.environ if not name.startswith("PIP_")}
    environment.pop("PYTHONPATH", None)

    def offline(*command, **more):
        env = environment | NO_NETWORK | more
        run = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True)
        assert run.returncode == 0, run.stdout + run.stderr
        return run.stdout

    return offline


def contents(wheel):
    """What is in a wheel, without what says how it was built."""
    with zipfile.ZipFile(wheel) as archive:
        assert archive.testzip() is None
        return {
            name: archive.read(name) for name in archive.namelist() if not name.endswith("RECORD")
        }


def test_a_room_without_network(tmp_path, chatkit, offline):
    """Installed from the folder alone; and from there, a folder for the next room."""
    first, second = tmp_path / "first", tmp_path / "second"
    # As where it was installed: the network is there, as pip is told of it.
    here = {name: os.environ[name] for name in os.environ if "proxy" in name.lower()}
    code, output, errors = chatkit("wheelhouse", first, "--extra", "none", **here)
    assert code == 0, errors
    (wheel,) = first.glob("chatkit_lessons-*.whl")
    count = len(list(first.glob("*.whl")))
    assert re.search(rf"^{count} wheels, \d+ MB in ", output, re.M)

    (command,) = re.findall(r"-m (pip install .*)\n", (first / "README.txt").read_text("utf-8"))
    assert command == 'pip install --no-index -f . "chatkit-lessons"'
    offline(sys.executable, "-m", "venv", "room")
    python = tmp_path / "room" / ("Scripts" if os.name == "nt" else "bin") / "python"
    offline(python, "-m", "pip", "install", "--no-index", "-f", first, "chatkit-lessons")
    offline(python, "-m", "pip", "check")
    assert offline(python, "-m", "chatkit", "--version").startswith("chatkit ")

    again = ("-m", "chatkit", "wheelhouse", second, "--extra", "none")
    offline(python, *again, PIP_FIND_LINKS=str(first))
    assert {path.name for path in second.iterdir()} == {path.name for path in first.iterdir()}
    assert contents(second / wheel.name) == contents(wheel)


def test_a_folder_that_cannot_be(tmp_path, chatkit):
    (tmp_path / "file").write_text("", "utf-8")
    code, output, errors = chatkit("wheelhouse", tmp_path / "file")
    assert (code, output) == (1, "")
    assert errors == f"chatkit wheelhouse: {tmp_path / 'file'}: File exists\n"


def test_each_kind_of_machine_is_named_once(tmp_path):
    (tmp_path / "README.txt").write_text("- Python 3.12, Windows, AMD64\n", "utf-8")
    for _ in "ab":
        write_readme(tmp_path, "chatkit-lessons[lessons]", "lab")
    text = (tmp_path / "README.txt").read_text("utf-8")
    kinds = re.findall(r"^- Python .*$", text, re.M)
    assert len(kinds) == 2
    assert "- Python 3.12, Windows, AMD64" in kinds
    assert 'install --no-index -f . "chatkit-lessons[lessons]"' in text
