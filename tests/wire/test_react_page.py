"""`add_react_page`: what of a build is served, and what a browser may keep of it."""

from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from chatkit import Server, create_app
from chatkit.web.react_page import add_react_page

Start = Callable[..., Server]

FOR_GOOD = "public, max-age=31536000, immutable"
PAGE = """\
<!doctype html>
<base href="../">
<meta name="chatkit-heartbeat" content="">
<script type="module" src="react/assets/main-abc.js"></script>
"""
SCRIPT = "// as a build writes it\n" * 100


@pytest.fixture
def build(tmp_path: Path) -> Path:
    """A folder that a build has made."""
    folder = tmp_path / "dist"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text(PAGE, "utf-8")
    (folder / "other.html").write_text(PAGE + "<p>Other", "utf-8")
    (folder / "assets" / "main-abc.js").write_text(SCRIPT, "utf-8")
    (tmp_path / "secret.html").write_text("secret", "utf-8")
    return folder


@pytest.fixture
def serving(start: Start) -> Callable[[Path], str]:
    """Serve a build. Returns the URL of its page."""

    def serving(folder: Path) -> str:
        app = create_app()
        add_react_page(app, folder, heartbeat=2.5)
        return start(app).url + "react/"

    return serving


def test_page_is_told_the_heartbeat_and_asked_for_each_time(
    serving: Callable[[Path], str], build: Path
) -> None:
    url = serving(build)
    answer = httpx.get(url)
    assert answer.text == PAGE.replace('heartbeat" content=""', 'heartbeat" content="2.5"')
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["cache-control"] == "no-cache"
    assert httpx.get(url + "other.html").text == answer.text + "<p>Other"


def test_page_runs_its_own_scripts_and_may_name_its_base(
    serving: Callable[[Path], str], build: Path
) -> None:
    policy = httpx.get(serving(build)).headers["content-security-policy"].split("; ")
    assert "script-src 'self'" in policy
    assert "style-src 'self'" in policy
    assert "base-uri 'self'" in policy


def test_files_of_a_build_may_be_kept_for_good(serving: Callable[[Path], str], build: Path) -> None:
    answer = httpx.get(serving(build) + "assets/main-abc.js")
    assert answer.text == SCRIPT
    assert answer.headers["cache-control"] == FOR_GOOD
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("name", ["missing.html", "..%2Fsecret.html", "assets/missing.js"])
def test_what_is_not_in_the_build_is_404(
    serving: Callable[[Path], str], build: Path, name: str
) -> None:
    answer = httpx.get(serving(build) + name)
    assert answer.status_code == 404
    assert answer.headers.get("cache-control") != FOR_GOOD
    assert "secret" not in answer.text


def test_build_that_is_made_later_is_served_without_a_restart(
    serving: Callable[[Path], str], build: Path
) -> None:
    url = serving(build.with_name("later"))
    before = httpx.get(url)
    assert before.status_code == 404
    assert "chatkit react build" in before.text
    assert before.headers["cache-control"] == "no-cache"
    assert before.headers["content-security-policy"]
    build.rename(build.with_name("later"))
    assert httpx.get(url).status_code == 200
    assert httpx.get(url + "assets/main-abc.js").text == SCRIPT
