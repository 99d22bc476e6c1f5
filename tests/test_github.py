"""The files for GitHub, Codespaces and Binder: each can be read, and what it runs is there."""

import json
import os
import re
import shlex
import tomllib
from pathlib import Path

import pytest
import yaml

from chatkit.cli.arguments import arguments as parser_of_chatkit
from chatkit.cli.lessons import FIRST

CHECKOUT = Path(__file__).resolve().parents[1]
GITHUB = CHECKOUT / ".github"
PROJECT = tomllib.loads((CHECKOUT / "pyproject.toml").read_text("utf-8"))["project"]
WORKFLOWS = sorted(GITHUB.glob("workflows/*.yml"))
LINK = re.compile(r"\]\(([^)#]+)")


def job_of(workflow):
    (job,) = yaml.safe_load(workflow.read_text("utf-8"))["jobs"].values()
    return job


def steps(workflow):
    return job_of(workflow)["steps"]


def devcontainer():
    return json.loads((CHECKOUT / ".devcontainer/devcontainer.json").read_text("utf-8"))


def commands():
    found = [step["run"] for workflow in WORKFLOWS for step in steps(workflow) if "run" in step]
    found += [value for name, value in devcontainer().items() if name.endswith("Command")]
    found.append((CHECKOUT / ".binder/postBuild").read_text("utf-8").splitlines()[-1])
    return found


@pytest.mark.parametrize("command", commands())
def test_a_command_can_be_run(command):
    name, *arguments = shlex.split(command, comments=True)
    if name == "chatkit":
        own = arguments[: arguments.index("--")] if "--" in arguments else arguments
        assert parser_of_chatkit().parse_args(own)
    elif name == "python":
        assert (CHECKOUT / arguments[0]).is_file()
    elif name == "pytest":
        assert all((CHECKOUT / argument).exists() for argument in arguments)
    elif name == "pip":
        extras = re.fullmatch(r"install -e \.\[([a-z,]+)\]", " ".join(arguments))[1]
        assert set(extras.split(",")) <= set(PROJECT["optional-dependencies"])
    else:
        assert os.access(CHECKOUT / name, os.X_OK)


def test_the_workflows():
    assert [workflow.stem for workflow in WORKFLOWS] == [
        "ci",
        "lowest",
        "pages",
        "pythons",
        "systems",
    ]
    check, lowest, pages, pythons, systems = (steps(workflow) for workflow in WORKFLOWS)
    assert check[-1] == {"run": ".ci/run"}
    built = [shlex.split(step["run"])[-1] for step in pages if ".site/" in step.get("run", "")]
    assert built == ["_site"]  # what upload-pages-artifact takes
    for step in check + lowest + pages + pythons + systems:
        assert re.fullmatch(r"actions/[a-z-]+@v\d+", step.get("uses", "actions/run@v1"))


def test_each_python_that_the_project_names_is_one_of_a_workflow():
    """And no other, but for those that may fail."""
    found = set()
    for workflow in WORKFLOWS:
        matrix = job_of(workflow).get("strategy", {}).get("matrix", {}).get("python", [])
        for step in steps(workflow):
            version = step.get("with", {}).get("python-version", "3.11")
            found.update(matrix if "matrix" in version else [version])
        found -= set(re.findall(r"'(\d\.\d+)'", job_of(workflow).get("continue-on-error", "")))
    named = [line for line in PROJECT["classifiers"] if ":: Python :: " in line]
    assert {f"Programming Language :: Python :: {version}" for version in found} == set(named)


def test_the_issue_forms():
    forms = sorted(GITHUB.glob("ISSUE_TEMPLATE/*.yml"))
    assert len(forms) == 2
    for path in forms:
        form = yaml.safe_load(path.read_text("utf-8"))
        assert {"name", "description", "body"} <= set(form)
        ids = [field["id"] for field in form["body"]]
        assert len(set(ids)) == len(ids)
        assert all(field["attributes"]["label"] for field in form["body"])


def test_the_codespace_opens_the_first_lesson_from_its_own_address():
    attach = devcontainer()["postAttachCommand"]
    port = parser_of_chatkit().parse_args(shlex.split(attach.partition(" -- ")[0])[1:]).port
    assert devcontainer()["forwardPorts"] == [port]
    pattern = re.search(r"allow_origin_pat='(.*?)'", attach)[1]
    assert re.match(pattern, f"https://name-{port}.app.github.dev")
    assert not re.match(pattern, "https://example.org")


def test_binder_opens_the_first_lesson():
    script = (CHECKOUT / ".binder/postBuild").read_text("utf-8")
    place = script.split()[-1]
    readme = (CHECKOUT / "README.md").read_text("utf-8")
    badges = (GITHUB / "CONTRIBUTING.md").read_text("utf-8")
    for text in (script, readme, badges):
        assert f"?urlpath=lab/tree/{place}/{FIRST}" in text


def test_the_citation_is_of_this_version():
    citation = yaml.safe_load((GITHUB / "CITATION.cff").read_text("utf-8"))
    assert citation["version"] == PROJECT["version"]
    assert citation["license"] == PROJECT["license"]
    assert {"cff-version", "message", "title"} <= set(citation)
    assert citation["authors"] == PROJECT["authors"]
    assert f"\n## {PROJECT['version']} " in (GITHUB / "CHANGELOG.md").read_text("utf-8")


@pytest.mark.parametrize(
    "file",
    [GITHUB / "CONTRIBUTING.md", GITHUB / "SECURITY.md", GITHUB / "CHANGELOG.md"],
    ids=lambda file: file.name,
)
def test_links_and_named_scripts_are_there(file):
    text = file.read_text("utf-8")
    for link in LINK.findall(text):
        assert link.startswith("https://") or (file.parent / link).exists(), link
    for script in re.findall(r"(?:python |`)(?!\.venv)(\.?[\w.]+/[\w/]+(?:\.py)?)[ `]", text):
        assert (CHECKOUT / script).exists(), script
