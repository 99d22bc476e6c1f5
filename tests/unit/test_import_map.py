"""Names by content: which files get one, what is preloaded, and in which order."""

import json
import re
from pathlib import Path

import pytest

from chatkit.web.import_map import by_content, version

PAGE = """<!doctype html>
<head>
    <link rel="stylesheet" href="static/look/style.css">
    <link rel="modulepreload" href="static/main.js">
    <link rel="modulepreload" href="static/second.js">
    <script type="module" src="static/load.js"></script>
</head>
<img src="static/icons.svg#one" alt="static/none.svg">
<a href="static/missing.css">static/main.js</a>
"""
FILES = {
    "look/style.css": "p {}",
    "icons.svg": "<svg/>",
    "load.js": 'script.src = import.meta.resolve("./main.js");',
    "main.js": """// import "./comment.js"
import { a } from "./parts/a.js";
import {
  b,
} from "./b.js";
export const name = "./comment.js";
button.onclick = () => import("./lazy.js");
""",
    "parts/a.js": 'import * as b from "../b.js";\nexport * from "./deep.js";\nimport "./gone.js";',
    "parts/deep.js": 'import "../../outside.js";\nimport "/etc/passwd";',
    "b.js": 'import "./main.js";',  # a circle
    "second.js": 'import "./b.js";\nimport "./third.js";',
    "third.js": "",
    "lazy.js": 'import "./lazy_too.js";\nlink.href = import.meta.resolve("./lazy.css");',
    "lazy_too.js": "",
    "lazy.css": "b {}",
    "comment.js": "",
    "unused.js": "",
}
AT_ONCE = [
    *("main.js", "parts/a.js", "b.js", "parts/deep.js"),
    *("second.js", "third.js"),
]
MAPPED = {
    *(*AT_ONCE, "lazy.js", "lazy_too.js", "lazy.css"),
    *("look/style.css", "icons.svg", "load.js"),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "static"
    for name, content in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, "utf-8")
    (tmp_path / "outside.js").write_text("", "utf-8")
    return folder


def named(name: str) -> str:
    return f"static/{name}?v={version(FILES[name].encode())}"


def test_import_map_names_each_file_that_the_page_can_ask_for(folder: Path) -> None:
    page, import_map = by_content(PAGE, folder)
    imports = json.loads(import_map)["imports"]
    assert imports == {f"./static/{name}": "./" + named(name) for name in MAPPED}
    assert f'<script type="importmap">{import_map}</script>' in page


def test_what_is_needed_at_once_is_preloaded_in_order(folder: Path) -> None:
    page, _ = by_content(PAGE, folder)
    preloaded = re.findall(r'<link rel="modulepreload" href="([^"]+)">', page)
    assert preloaded == [named(name) for name in AT_ONCE]
    assert (
        page.index("importmap") < page.index("modulepreload") < page.index('src="static/load.js?v=')
    )


def test_files_in_the_page_are_named_by_content(folder: Path) -> None:
    page, _ = by_content(PAGE, folder)
    assert f'<link rel="stylesheet" href="{named("look/style.css")}">' in page
    assert f'<script type="module" src="{named("load.js")}"></script>' in page
    assert f'<img src="{named("icons.svg")}#one" alt="static/none.svg">' in page
    assert '<a href="static/missing.css">static/main.js</a>' in page


def test_another_content_is_another_name(folder: Path) -> None:
    before, _ = by_content(PAGE, folder)
    (folder / "third.js").write_text("// new", "utf-8")
    after, _ = by_content(PAGE, folder)
    assert named("third.js") in before
    assert after == before.replace(named("third.js"), f"static/third.js?v={version(b'// new')}")


def test_module_that_is_not_there_is_not_preloaded(folder: Path) -> None:
    (folder / "second.js").unlink()
    page, _ = by_content(PAGE, folder)
    assert "second.js" not in page
    assert named("main.js") in page


def test_page_that_preloads_nothing_stays_as_it_is(folder: Path) -> None:
    page = re.sub(r" *<link rel=.modulepreload.*\n", "", PAGE)
    assert by_content(page, folder) == (page, "")
