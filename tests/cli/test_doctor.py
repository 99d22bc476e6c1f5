"""`chatkit doctor`: what it finds right, and each thing that it must find wrong."""

import json
import re
import stat
import sys
import tomllib

import pytest


def test_all_is_well_here(chatkit, checkout):
    code, output, errors = chatkit("doctor")
    assert (code, errors) == (0, ""), output
    assert "FAIL" not in output
    assert re.search(r"^PASS  a reply streams from a real server, in \d+ pieces$", output, re.M)
    project = tomllib.loads((checkout / "pyproject.toml").read_text())["project"]
    for requirement in project["dependencies"] + project["optional-dependencies"]["lessons"]:
        name = re.match(r"[a-z-]+", requirement)[0]
        assert re.search(rf"^PASS  {name} \d", output, re.M), name


BLOCKED = """
import sys
sys.modules[sys.argv[1]] = None
from chatkit.cli import main
sys.exit(main(["doctor"]))
"""


@pytest.mark.parametrize("module", ["ipykernel", "jupyter_server_proxy", "fastapi"])
def test_a_package_that_cannot_be_imported(start, module):
    code, output, errors = start(module, python=["-c", BLOCKED]).wait()
    assert (code, errors) == (1, "")
    assert re.search(
        rf"^FAIL  {module.replace('_', '-')} \S+ cannot be imported: .*\n      -> .* pip install",
        output,
        re.M,
    )


def test_a_kernel_of_another_python(chatkit, tmp_path):
    """JUPYTER_PATH goes first: the kernel that the learner once installed for another course."""
    other = tmp_path / "other-python"
    other.write_text(f"#!/bin/sh\nexec '{sys.executable}' -I -S \"$@\"\n")
    other.chmod(other.stat().st_mode | stat.S_IXUSR)
    spec = tmp_path / "jupyter" / "kernels" / "python3"
    spec.mkdir(parents=True)
    kernel = {"argv": [str(other), "-m", "x"], "display_name": "Python 3", "language": "python"}
    (spec / "kernel.json").write_text(json.dumps(kernel))
    code, output, _ = chatkit("doctor", JUPYTER_PATH=str(tmp_path / "jupyter"))
    assert code == 1
    assert f"FAIL  the kernel python3 ({other}) has no chatkit\n      -> " in output


def test_an_extension_that_is_off(chatkit, tmp_path):
    off = {"ServerApp": {"jpserver_extensions": {"jupyter_server_proxy": False}}}
    (tmp_path / "jupyter_server_config.json").write_text(json.dumps(off))
    code, output, _ = chatkit("doctor", JUPYTER_CONFIG_PATH=str(tmp_path))
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


def test_a_proxy_that_would_catch_this_machine_is_a_warning(chatkit):
    proxy = "http://127.0.0.1:1"
    code, output, _ = chatkit("doctor", HTTP_PROXY=proxy)
    assert code == 0, output
    assert "WARN  a proxy is set (http), and 127.0.0.1 and localhost would go through it" in output
    code, output, _ = chatkit("doctor", HTTP_PROXY=proxy, NO_PROXY="127.0.0.1,localhost")
    assert code == 0, output
    assert "PASS  no proxy stands between" in output


def test_no_browser_is_a_warning(chatkit, tmp_path):
    code, output, _ = chatkit("doctor", PATH=str(tmp_path))
    assert code == 0, output
    assert re.search(r"^WARN  no Chromium, Chrome or Edge was found.*\n      -> ", output, re.M)
