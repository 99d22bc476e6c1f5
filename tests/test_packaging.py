"""One truth about what is needed, and a wheel that has everything."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from trove_classifiers import classifiers  # of hatchling

CHECKOUT = Path(__file__).resolve().parents[1]
PYPROJECT = tomllib.loads((CHECKOUT / "pyproject.toml").read_text("utf-8"))
PROJECT = PYPROJECT["project"]


def environment():
    """What environment.yml asks of conda, and what of pip."""
    found = yaml.safe_load((CHECKOUT / "environment.yml").read_text("utf-8"))
    assert found["name"] == "chatkit"
    assert found["channels"] == ["conda-forge"]
    conda = [line for line in found["dependencies"] if isinstance(line, str)]
    (pip,) = [line["pip"] for line in found["dependencies"] if isinstance(line, dict)]
    return conda, pip


def test_environment_has_a_python_that_the_project_takes():
    (python,) = [line for line in environment()[0] if re.match(r"python\b", line)]
    version = re.fullmatch(r"python=(\d+\.\d+)", python)[1]
    assert version in SpecifierSet(PROJECT["requires-python"])
    assert f"Programming Language :: Python :: {version}" in PROJECT["classifiers"]


def test_environment_asks_conda_for_nothing_else_than_the_project():
    needed = {re.sub(r"\[.*?\]", "", line) for line in PROJECT["dependencies"]}
    for line in environment()[0]:
        assert line == "pip" or line.startswith("python=") or line in needed


def test_environment_installs_the_project_and_its_extras():
    (line,) = environment()[1]
    extras = re.fullmatch(r"-e \.(?:\[([a-z,]+)\])?", line)[1]
    extras = set(extras.split(",")) if extras else set()
    # All that a learner needs; what authors need takes long to install on Binder.
    assert extras == set(PROJECT["optional-dependencies"]) - {"test", "site"}


def test_binder_installs_the_same_and_makes_the_learners_copy():
    """repo2docker looks into .binder/ for both; paths in a file there begin at that folder."""
    own = yaml.safe_load((CHECKOUT / ".binder/environment.yml").read_text("utf-8"))
    of_conda = yaml.safe_load((CHECKOUT / "environment.yml").read_text("utf-8"))
    (line,) = environment()[1]
    of_conda["dependencies"][-1]["pip"] = [line.replace("-e .", "-e ..")]
    assert own == of_conda
    script = CHECKOUT / ".binder/postBuild"
    assert "\nchatkit lessons " in script.read_text("utf-8")
    assert os.access(script, os.X_OK) or os.name == "nt"


def test_classifiers_begin_with_the_oldest_python():
    (oldest,) = SpecifierSet(PROJECT["requires-python"])
    assert oldest.operator == ">="
    named = [line.rpartition(" ")[2] for line in PROJECT["classifiers"] if " :: 3." in line]
    assert named[0] == oldest.version
    minors = [int(version.partition(".")[2]) for version in named]
    assert minors == list(range(minors[0], minors[0] + len(minors)))
    assert PYPROJECT["tool"]["ruff"]["target-version"] == f"py{oldest.version.replace('.', '')}"


def test_classifiers_are_those_of_pypi():
    assert set(PROJECT["classifiers"]) <= classifiers
    assert any(line.startswith("Development Status :: ") for line in PROJECT["classifiers"])


def test_every_dependency_has_a_lower_bound():
    extras = PROJECT["optional-dependencies"].values()
    for line in [*PROJECT["dependencies"], *(line for extra in extras for line in extra)]:
        requirement = Requirement(line)
        if requirement.name != PROJECT["name"]:
            assert ">=" in [bound.operator for bound in requirement.specifier], line


def names(requirements):
    return {Requirement(line).name for line in requirements}


def test_the_core_needs_no_jupyter():
    core = names(PROJECT["dependencies"])
    lessons = names(PROJECT["optional-dependencies"]["lessons"])
    assert lessons >= {"jupyterlab", "jupyter-server-proxy", "ipykernel"}
    assert not core & lessons
    assert not [name for name in core if re.match("jupyter|ipy|nb|matplotlib", name)]


# Importing these brings nothing in that only an extra installs.
CORE = """
import sys
for name in ("jupyterlab", "jupyter_server", "jupyter_core", "IPython", "ipykernel", "valkey"):
    sys.modules[name] = None
import httpx
import chatkit.cli.doctor, chatkit.cli.lab, chatkit.cli.serve, chatkit.cli.watch
import chatkit.notebook
from chatkit import create_app, echo, serve
with serve(create_app(echo(delay=0))) as server:
    answer = httpx.post(server.url + "turns", json={"message": "Hi"}, trust_env=False)
    print(answer.status_code)
"""


def test_the_package_works_without_an_extra(tmp_path):
    run = subprocess.run(
        [sys.executable, "-c", CORE], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (run.stdout, run.stderr) == ("201\n", "")


def test_the_name_of_another_project_is_never_installed():
    """On PyPI, chatkit is somebody else's."""
    found = []
    for path in tracked() or []:
        text = path.read_bytes().decode("utf-8", "replace") if path.is_file() else ""
        installs = re.findall(r"(?:pip|add|inject) install[^\n]*", text)
        found += [line for line in installs if re.search(r"\s[\"']?chatkit(?![-\w])", line)]
    assert found == []


def test_the_test_extra_brings_the_others():
    needed = [Requirement(line) for line in PROJECT["optional-dependencies"]["test"]]
    own = [requirement.extras for requirement in needed if requirement.name == PROJECT["name"]]
    assert own == [set(PROJECT["optional-dependencies"]) - {"test"}]


def shipped(name):
    """The files below a folder of the checkout that belong to it, as paths from its top."""
    skipped = {"__pycache__", ".ipynb_checkpoints", ".pytest_cache", "node_modules", "dist"}
    tests_own = {"conftest.py", "sanitize.cfg"} if name == "notebooks" else set()
    return {
        path.relative_to(CHECKOUT).as_posix()
        for path in (CHECKOUT / name).rglob("*")
        if path.is_file() and not skipped.intersection(path.parts) and path.name not in tests_own
    }


def test_the_wheel_has_everything_and_nothing_else(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
        info = {name.rpartition("/")[2] for name in archive.namelist() if ".dist-info/" in name}
    assert "chatkit/py.typed" in names
    assert "chatkit/static/index.html" in names
    assert "chatkit/notebooks/00-start-here.ipynb" in names
    resources = shipped("static") | shipped("notebooks")
    assert names == shipped("chatkit") | {f"chatkit/{name}" for name in resources}
    assert {"LICENSE", "entry_points.txt"} <= info


def test_ci_runs_the_test_command_of_the_readme():
    readme = (CHECKOUT / "README.md").read_text("utf-8")
    (command,) = re.findall(r"^<!-- test command -->\n+```sh\n(.*?)^```$", readme, re.M | re.S)
    assert "pip install" in command
    assert "pytest" in command
    run = subprocess.run(
        [CHECKOUT / ".ci" / "run", "--test-command"], capture_output=True, text=True, check=True
    )
    assert run.stdout == command


def test_ci_runs_the_lowest_versions():
    script = (CHECKOUT / ".ci" / "run").read_text("utf-8")
    assert "\nrun '.venv/bin/python tests/lowest_versions.py'\n" in script
    assert (CHECKOUT / "tests" / "lowest_versions.py").is_file()


def test_ci_can_be_run():
    assert os.access(CHECKOUT / ".ci" / "run", os.X_OK)


def tracked():
    """The text files that git knows."""
    if shutil.which("git") is None or not (CHECKOUT / ".git").exists():
        return None
    git = ["git", "-c", "safe.directory=*", "ls-files", "-z"]
    run = subprocess.run(git, cwd=CHECKOUT, capture_output=True, text=True, check=True)
    return [CHECKOUT / name for name in run.stdout.split("\0") if name]


HERE = "|".join(re.escape(f"{place}/") for place in (CHECKOUT, sys.prefix))


@pytest.mark.parametrize(
    "pattern",
    [
        rf"{HERE}|(?<![\w.-])/(?:root|work|Users)/\w|/home/(?!me\b)\w\w",  # some machine
        r"\b(?:extra-)?index-url\b|\bfind-links\b|\"resolved\": *\"http",  # a registry
    ],
    ids=["machine", "registry"],
)
def test_no_file_names_a_machine_or_a_registry(pattern):
    found = []
    for path in tracked() or []:
        if path == Path(__file__) or not path.is_file():
            continue
        text = path.read_bytes().decode("utf-8", "replace")
        found += [f"{path.name}: {match[0]}" for match in re.finditer(pattern, text)]
    assert found == []
