"""`chatkit doctor`: what it finds right, and each thing that it must find wrong."""

import json
import re
import stat
import sys
import tomllib

import pytest
from fake_model import fake_model

from chatkit.cli.doctor import doctor


def test_all_is_well_here(chatkit, checkout):
    code, output, errors = chatkit("doctor")
    assert (code, errors) == (0, ""), output
    assert "FAIL" not in output
    assert re.search(r"^PASS  a reply streams from a real server, in \d+ pieces$", output, re.M)
    project = tomllib.loads((checkout / "pyproject.toml").read_text())["project"]
    for requirement in project["dependencies"] + project["optional-dependencies"]["lessons"]:
        name = re.match(r"[a-z-]+", requirement)[0]
        assert re.search(rf"^PASS  {name} \d", output, re.M), name


# Some of its checks: all of them start a kernel, a server and JupyterLab's parts.
SOME = """
import sys
from chatkit.cli import doctor
names, *blocked = sys.argv[1:]
sys.modules.update(dict.fromkeys(blocked))
doctor.CHECKS = [getattr(doctor, name) for name in names.split(",")]
sys.exit(doctor.doctor())
"""


@pytest.fixture
def check(start):
    """Run these of its checks to their end; returns the exit code and the output."""

    def check(*names, blocked=(), **environment):
        run = start(",".join(names), *blocked, python=["-c", SOME], **environment)
        code, output, errors = run.wait()
        assert errors == ""
        return code, output

    return check


@pytest.mark.parametrize("module", ["ipykernel", "jupyter_server_proxy", "fastapi"])
def test_a_package_that_cannot_be_imported(check, module):
    code, output = check("packages", "jupyter", "loopback", "stream", blocked=[module])
    assert code == 1
    assert re.search(
        rf"^FAIL  {module.replace('_', '-')} \S+ cannot be imported: .*\n      -> .* pip install",
        output,
        re.M,
    )


def test_a_kernel_of_another_python(check, tmp_path):
    """JUPYTER_PATH goes first: the kernel that the learner once installed for another course."""
    other = tmp_path / "other-python"
    other.write_text(f"#!/bin/sh\nexec '{sys.executable}' -I -S \"$@\"\n")
    other.chmod(other.stat().st_mode | stat.S_IXUSR)
    spec = tmp_path / "jupyter" / "kernels" / "python3"
    spec.mkdir(parents=True)
    kernel = {"argv": [str(other), "-m", "x"], "display_name": "Python 3", "language": "python"}
    (spec / "kernel.json").write_text(json.dumps(kernel))
    code, output = check("kernel", JUPYTER_PATH=str(tmp_path / "jupyter"))
    assert code == 1
    assert f"FAIL  the kernel python3 ({other}) has no chatkit\n      -> " in output


def test_an_extension_that_is_off(check, tmp_path):
    off = {"ServerApp": {"jpserver_extensions": {"jupyter_server_proxy": False}}}
    (tmp_path / "jupyter_server_config.json").write_text(json.dumps(off))
    code, output = check("jupyter", JUPYTER_CONFIG_PATH=str(tmp_path))
    assert code == 1
    assert "FAIL  jupyter_server_proxy is not enabled in Jupyter\n      -> " in output


OTHER_TYPES = """
import mimetypes, sys
from chatkit.cli.doctor import file_types
if len(sys.argv) > 1:
    mimetypes.add_type(sys.argv[1], ".js")
(found,) = file_types()
print(found.grade, found.what, bool(found.do))
"""


@pytest.mark.parametrize(
    ("given", "grade"),
    [
        ([], "PASS"),
        (["text/javascript"], "PASS"),
        (["application/javascript"], "PASS"),
        (["text/plain"], "WARN"),  # as some programs for Windows leave the registry
        (["application/octet-stream"], "WARN"),
    ],
)
def test_a_table_of_file_types_that_stops_pages_is_a_warning(start, given, grade):
    code, output, errors = start(*given, python=["-c", OTHER_TYPES]).wait()
    assert (code, errors) == (0, "")
    assert output.startswith(grade)
    assert output.endswith(f"{grade != 'PASS'}\n")
    assert all(word in output for word in given)


def test_a_proxy_that_would_catch_this_machine_is_a_warning(check):
    proxy = "http://127.0.0.1:1"
    code, output = check("stream", "proxies", HTTP_PROXY=proxy)
    assert code == 0, output
    assert "WARN  a proxy is set (http), and 127.0.0.1 and localhost would go through it" in output
    code, output = check("stream", "proxies", HTTP_PROXY=proxy, NO_PROXY="127.0.0.1,localhost")
    assert code == 0, output
    assert "PASS  no proxy stands between" in output


def test_no_browser_is_a_warning(check, tmp_path):
    code, output = check("browser", PATH=str(tmp_path))
    assert code == 0, output
    assert re.search(r"^WARN  no Chromium, Chrome or Edge was found.*\n      -> ", output, re.M)


KEY = "sk-secret-0123456789"


def a_model(request):
    """It has two models, and answers as it is told by the name of one."""
    name = request.json["model"] if request.json else ""
    if not name:
        request.whole(200, "application/json", '{"data": [{"id": "small"}, {"id": "large"}]}')
    elif name == "locked":
        request.whole(401, "application/json", json.dumps({"error": f"not {KEY}"}))
    else:
        request.stream()
        request.text(*{"small": ["one ", "two ", "three"], "at-once": ["all"]}.get(name, []))
        request.finish("stop", (5, 7) if name == "small" else None)


@pytest.fixture
def of_model(monkeypatch, capsys):
    """What the doctor finds of a model alone: the exit code, and what is printed."""
    monkeypatch.setattr("chatkit.cli.doctor.CHECKS", ())

    def of_model(url=None, model=None, **environment):
        for name in ("OPENAI_BASE_URL", "OPENAI_API_KEY"):
            monkeypatch.delenv(name, raising=False)
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        code = doctor(url, model)
        output, errors = capsys.readouterr()
        assert errors == ""
        assert KEY not in output
        return code, output

    return of_model


def test_a_model_is_asked_after_everything_else(chatkit):
    with fake_model(a_model) as model:
        typed = ["--base-url", model.url, "--model", "small"]
        code, output, errors = chatkit("doctor", *typed, OPENAI_API_KEY=KEY)
        assert {request.headers["authorization"] for request in model.requests} == {f"Bearer {KEY}"}
    assert (code, errors) == (0, ""), output
    listed, answered, empty, last = output.splitlines()[-4:]
    assert listed == f"PASS  the models at {model.host}: small, large"
    assert answered.startswith("PASS  the model small answers: first token after ")
    assert (empty, last) == ("", "Everything that the lessons need is here.")


@pytest.mark.parametrize(
    ("name", "code", "found"),
    [
        (
            "small",
            0,
            r"PASS  the model small answers: first token after \d+\.\d\d s, then [\d,]+ t",
        ),
        ("at-once", 0, r"WARN  the model at-once answers: [^\n]+ all of it at once\n      -> "),
        ("mute", 0, r"WARN  the model mute answers, but without a word\n"),
        ("locked", 1, r"FAIL  The model's server at \S+ does not accept the key \(401\)"),
        (None, 0, r"WARN  no model was asked: it is not clear which\n      -> name one: --model"),
    ],
)
def test_a_model(of_model, name, code, found):
    with fake_model(a_model) as model:
        got, output = of_model(model.url, name, OPENAI_API_KEY=KEY)
        assert got == code
        assert output.startswith(f"PASS  the models at {model.host}: small, large\n")
        assert re.search(f"^{found}", output, re.M), output


def test_the_only_model_is_asked(of_model):
    def answer(request):
        if request.json is None:
            request.whole(200, "application/json", '{"data": [{"id": "tiny"}]}')
        else:
            request.stream()
            request.text("one ", "two")
            request.finish()

    with fake_model(answer) as model:
        code, output = of_model(model.url)
    assert code == 0
    assert re.search(r"^PASS  the model tiny answers: .* pieces a second$", output, re.M)


def test_a_server_without_a_list_of_models(of_model):
    def answer(request):
        if request.json is None:
            request.whole(404, "text/html", "nothing here")
        else:
            request.stream()
            request.text("one ", "two")
            request.finish()

    with fake_model(answer) as model:
        code, output = of_model(model.url)
        assert code == 1
        assert f"FAIL  The model's server at {model.host} has no list of models" in output
        code, output = of_model(None, "tiny", OPENAI_BASE_URL=model.url)
    assert code == 0
    assert output.startswith("PASS  the model tiny answers")


def test_no_model_is_asked_unless_it_is_wanted(of_model):
    code, output = of_model(OPENAI_BASE_URL="http://127.0.0.1:1/v1")
    assert code == 0
    assert output == "\nEverything that the lessons need is here.\n"


@pytest.mark.parametrize("name", ["tiny", None])
def test_a_model_that_is_not_there(of_model, name):
    with fake_model(a_model) as model:
        pass
    code, output = of_model(model.url, name)
    assert code == 1
    assert output.startswith(f"FAIL  The model's server at {model.host} takes no connection")
    assert output.count("FAIL") == 1


def test_an_environment_that_cannot_be(of_model):
    code, output = of_model(None, "tiny", OPENAI_BASE_URL=f"http://h/v1?key={KEY}")
    assert code == 1
    assert output.startswith("FAIL  OPENAI_BASE_URL has no ? or # in it")
