"""The page's modules import in one direction, and static/client/ knows no document."""

import re
from pathlib import Path

import pytest

STATIC = Path(__file__).parents[2] / "static"
FILES = {path.relative_to(STATIC).as_posix(): path for path in STATIC.rglob("*.js")}
FILES = {name: path for name, path in FILES.items() if not name.startswith("react/")}
MAY_IMPORT: dict[str, set[str]] = {
    "client": set(),
    "shared": set(),
    "markdown": set(),
    "chat": {"client", "markdown", "shared"},
    "wire": {"client", "shared"},
    "faults": {"client", "shared"},
    "": {"client", "shared", "markdown", "chat", "wire", "faults"},
}
IMPORT = re.compile(r"""(?:\bfrom|\bimport)\s*\(?\s*["']([^"']+)["']""")
COMMENT = re.compile(r"/\*.*?\*/|(?<![:\"'])//[^\n]*", re.DOTALL)


def code(file: str) -> str:
    return COMMENT.sub("", FILES[file].read_text("utf-8"))


def imports(file: str) -> list[str]:
    """What a file imports, as paths from static/; a path that leaves it keeps its dots."""
    return [
        resolve(FILES[file].parent, found) if found.startswith(".") else found
        for found in IMPORT.findall(code(file))
    ]


def resolve(folder: Path, found: str) -> str:
    path = (folder / found).resolve()
    return path.relative_to(STATIC).as_posix() if path.is_relative_to(STATIC) else found


def folder(file: str) -> str:
    return file.rpartition("/")[0].partition("/")[0]


def test_every_folder_is_known() -> None:
    assert {folder(file) for file in FILES} == set(MAY_IMPORT)


@pytest.mark.parametrize("file", FILES)
def test_imports_point_one_way(file: str) -> None:
    here = folder(file)
    for found in imports(file):
        assert found in FILES, f"{file} imports {found}, which is not there"
        assert folder(found) in {here, *MAY_IMPORT[here]}, f"{file} imports {found}"


def test_there_is_no_circle() -> None:
    left = {file: set(imports(file)) for file in FILES}
    while free := [file for file, found in left.items() if not found & left.keys()]:
        for file in free:
            del left[file]
    assert left == {}


@pytest.mark.parametrize("file", [file for file in FILES if folder(file) == "client"])
def test_the_client_knows_no_document(file: str) -> None:
    assert not re.search(r"\b(document|window|HTML\w*|requestAnimationFrame)\b", code(file))


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ('import { a } from "./a.js";', ["./a.js"]),
        ('import {\n  a,\n  b,\n} from "../x/a.js";', ["../x/a.js"]),
        ("import './a.js'; // from 'b.js'", ["./a.js"]),
        ('export { a } from "./a.js";\nconst b = await import("./b.js");', ["./a.js", "./b.js"]),
        ('/* import "./a.js"; */\nconst url = "http://from.test/";', []),
    ],
)
def test_the_reader_of_imports(source: str, found: list[str]) -> None:
    assert IMPORT.findall(COMMENT.sub("", source)) == found
