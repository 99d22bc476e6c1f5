"""The page and its files: what may be kept, what is compressed, and what may run."""

import gzip
import json
import re
import shutil
from base64 import b64encode
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import httpx
import pytest
from sse_client import post

from chatkit import Server
from chatkit.resources import folder
from chatkit.web.page import tell

Start = Callable[..., Server]

NAMED = re.compile(r'"(static/[^"]+\?v=[^"]+)"')
FOR_GOOD = "public, max-age=31536000, immutable"


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A copy of the page, to be edited."""
    react = shutil.ignore_patterns("react")
    return Path(shutil.copytree(folder("static"), tmp_path / "static", ignore=react))


def test_files_named_by_content_may_be_kept_for_good(start: Start) -> None:
    server = start()
    named = set(NAMED.findall(httpx.get(server.url).text))
    assert {Path(name.partition("?")[0]).suffix for name in named} == {".css", ".js", ".svg"}
    with httpx.Client(base_url=server.url) as client:
        for name in named:
            answer = client.get(name)
            assert answer.headers["cache-control"] == FOR_GOOD, name
            again = client.get(name, headers={"If-None-Match": answer.headers["etag"]})
            assert (again.status_code, again.headers["cache-control"]) == (304, FOR_GOOD)


@pytest.mark.parametrize("query", ["", "?", "?v=", "?v=0123456789ab", "?w=1", "?v=%ff", "?v=a&v=b"])
def test_files_asked_for_otherwise_are_asked_for_again(start: Start, query: str) -> None:
    answer = httpx.get(start().url + "static/main.js" + query)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-cache"


def test_edited_file_has_another_name_at_once(start: Start, own: Path) -> None:
    server = start(static=own)
    before = httpx.get(server.url)
    (name,) = {name for name in NAMED.findall(before.text) if "static/main.js" in name}
    (own / "main.js").write_text("// new", "utf-8")
    seen = {"If-None-Match": before.headers["etag"]}
    after = httpx.get(server.url, headers=seen)
    assert after.status_code == 200
    assert name not in after.text
    (new,) = {name for name in NAMED.findall(after.text) if "static/main.js" in name}
    assert httpx.get(server.url + new).text == "// new"
    old = httpx.get(server.url + name)
    assert (old.text, old.headers["cache-control"]) == ("// new", "no-cache")


def test_page_is_asked_for_each_time_and_comes_when_it_has_changed(start: Start, own: Path) -> None:
    server = start(static=own)
    first = httpx.get(server.url)
    assert first.headers["cache-control"] == "no-cache"
    tag = first.headers["etag"]
    for seen in (tag, f"W/{tag}"):  # as a proxy that compresses writes it
        same = httpx.get(server.url, headers={"If-None-Match": seen})
        assert (same.status_code, same.content) == (304, b"")
        assert same.headers["content-security-policy"] == first.headers["content-security-policy"]
    page = own / "index.html"
    page.write_text(page.read_text("utf-8") + "<p>More", "utf-8")
    other = httpx.get(server.url, headers={"If-None-Match": tag})
    assert other.status_code == 200
    assert other.text == first.text + "<p>More"


def test_import_map_is_the_one_script_that_may_stand_in_the_page(start: Start) -> None:
    answer = httpx.get(start().url)
    scripts = re.findall(r"<script(?![^>]*\bsrc=)([^>]*)>(.*?)</script>", answer.text, re.DOTALL)
    assert [kind for kind, _ in scripts] == [' type="importmap"']
    digest = b64encode(sha256(scripts[0][1].encode()).digest()).decode()
    policy = answer.headers["content-security-policy"]
    assert f"; script-src 'self' 'sha256-{digest}'; " in policy
    assert json.loads(scripts[0][1])["imports"]["./static/main.js"].startswith(
        "./static/main.js?v="
    )


@pytest.mark.parametrize("path", ["", "static/main.js", "static/shared/style.css"])
def test_page_and_files_are_compressed_for_who_takes_it(start: Start, path: str) -> None:
    url = start().url + path
    plain = httpx.get(url, headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    with httpx.stream("GET", url, headers={"Accept-Encoding": "gzip"}) as answer:
        raw = b"".join(answer.iter_raw())
    assert answer.headers["content-encoding"] == "gzip"
    assert "Accept-Encoding" in answer.headers["vary"]
    assert len(raw) < len(plain.content) * 0.6
    assert gzip.decompress(raw) == plain.content


def test_what_a_program_reads_is_not_compressed(start: Start) -> None:
    server = start()
    headers = {"Accept-Encoding": "gzip"}
    turn = post(server.url, "x" * 2000)
    for path in (
        f"turns/{turn['turn']}",
        f"turns/{turn['turn']}/events",
        "openapi.json",
        "healthz",
    ):
        answer = httpx.get(server.url + path, headers=headers)
        assert answer.status_code == 200
        assert "content-encoding" not in answer.headers, path


@pytest.mark.parametrize("path", ["", "static/main.js", "static/main.js?v=1"])
def test_head_is_get_without_a_body(start: Start, path: str) -> None:
    url = start().url + path
    head, get = httpx.head(url), httpx.get(url)
    assert (head.status_code, head.content) == (200, b"")
    changing = {"date", "content-length", "content-encoding", "transfer-encoding", "vary"}
    assert {name: head.headers[name] for name in head.headers if name not in changing} == {
        name: get.headers[name] for name in get.headers if name not in changing
    }


@pytest.mark.parametrize(("heartbeat", "told"), [(15.0, "15"), (0.5, "0.5"), (0, "0")])
def test_page_is_told_the_heartbeat(start: Start, heartbeat: float, told: str) -> None:
    page = httpx.get(start(heartbeat=heartbeat).url).text
    assert f'<meta name="chatkit-heartbeat" content="{told}">' in page


def test_page_is_told_any_text() -> None:
    page = '<meta name="chatkit-room" content="">'
    assert tell(page, room=r"http://x/a\1") == r'<meta name="chatkit-room" content="http://x/a\1">'


def test_folder_of_the_page_may_be_a_string(start: Start, tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("<p>Mine", "utf-8")
    assert httpx.get(start(static=str(tmp_path)).url).text == "<p>Mine"


def test_page_of_ones_own_is_left_as_it_is(start: Start, tmp_path: Path) -> None:
    page = '<!doctype html>\n<script type="module" src="static/mine.js"></script>\n<p>caf\xe9\n'
    (tmp_path / "index.html").write_text(page, "utf-8")
    (tmp_path / "mine.js").write_text("", "utf-8")
    server = start(static=tmp_path)
    answer = httpx.get(server.url)
    assert answer.text == page
    assert "script-src 'self';" in answer.headers["content-security-policy"]
    assert httpx.get(server.url + "static/mine.js").headers["cache-control"] == "no-cache"
