"""`chatkit wheelhouse`: what it has downloaded is enough where there is no network."""

import os
import re
import subprocess
import sys
import zipfile

import pytest

from chatkit.cli.wheelhouse import all_extras, write_readme

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
    for _ in "ab":
        write_readme(tmp_path, ["lessons"])
    readme = tmp_path / "README.txt"
    text = readme.read_text("utf-8")
    (here,) = re.findall(r"^- Python .*$", text, re.M)
    readme.write_text(text.replace(here, "- Python 3.12, Windows, AMD64"), "utf-8")
    write_readme(tmp_path, ["lessons"])
    kinds = re.findall(r"^- Python .*$", readme.read_text("utf-8"), re.M)
    assert sorted(kinds) == sorted(["- Python 3.12, Windows, AMD64", here])


def test_a_second_call_adds_to_the_first(tmp_path):
    assert all_extras(tmp_path, ["node"]) == ["node"]
    write_readme(tmp_path, ["node"])
    assert "bin/chatkit serve" in (tmp_path / "README.txt").read_text("utf-8")
    assert all_extras(tmp_path, []) == ["node"]
    assert all_extras(tmp_path, ["lessons"]) == ["lessons", "node"]
    write_readme(tmp_path, ["lessons", "node"])
    text = (tmp_path / "README.txt").read_text("utf-8")
    assert 'install --no-index -f . "chatkit-lessons[lessons,node]"' in text
    assert "bin/chatkit lab" in text


def test_a_readme_of_ones_own_stays(tmp_path, chatkit):
    readme = tmp_path / "README.txt"
    readme.write_text("- Python: my notes\n", "utf-8")
    code, output, errors = chatkit("wheelhouse", tmp_path)
    assert (code, output) == (1, "")
    assert errors == (
        f"chatkit wheelhouse: {readme}: is not of this command, which would overwrite it: "
        "take another folder\n"
    )
    assert [path.name for path in tmp_path.iterdir()] == ["README.txt"]
    assert readme.read_text("utf-8") == "- Python: my notes\n"
