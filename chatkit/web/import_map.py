"""Names by content: a browser asks again only for those files of the page that have changed.

`static/main.js` becomes `static/main.js?v=3f2a…`, made from what stands in the file. Its answer may
be kept for good, since another content has another name. Modules import each other by their plain
names: an *import map* (HTML Standard, 8.1.6.2) in the page says which name to ask for.

A page wants all this by a line `<link rel="modulepreload" href="static/main.js">`, above its
scripts, for each module that it needs at once. The server adds those that such a module imports.
A browser would learn of them only when it has read the module: a round trip for each step.
"""

import hashlib
import json
import re
from collections.abc import Iterable
from os.path import isfile
from pathlib import Path
from posixpath import dirname, join, normpath

PRELOAD = re.compile(r' *<link rel="modulepreload" href="static/([^"]+)">\n')
MENTION = re.compile(r'(?<=")static/([^"?#]+)')  # of a file, in the page
IMPORT = re.compile(r'^(?:import|export)\b(?:[\w\s{},*$]*\bfrom)?\s*"(\.[^"]+)"', re.MULTILINE)
LATER = re.compile(r'\bimport(?:\.meta\.resolve)?\(\s*"(\.[^"]+)"')  # when it is needed


def version(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:12]


def in_folder(folder: Path, names: Iterable[str]) -> list[str]:
    """Those that are files in the folder. Outside of it, nothing is looked at."""
    names = dict.fromkeys(map(normpath, names))  # each of them once
    inside = [name for name in names if not name.startswith(("/", ".."))]
    return [name for name in inside if isfile(join(folder, name))]


def with_imports(folder: Path, names: Iterable[str], *patterns: re.Pattern[str]) -> list[str]:
    """The files, then those that they import, then those that these import, and so on."""
    found = in_folder(folder, names)
    for name in found:  # which grows meanwhile
        source = (folder / name).read_text("utf-8", "replace")
        imported = [path for pattern in patterns for path in pattern.findall(source)]
        near = in_folder(folder, [join(dirname(name), path) for path in imported])
        found += [new for new in near if new not in found]
    return found


def by_content(page: str, folder: Path) -> tuple[str, str]:
    """The page with names by content, and the import map in it. `folder` has the files.

    A page that preloads nothing stays as it is, without a map.
    """
    first = PRELOAD.search(page)
    if not first:
        return page, ""
    walks = [with_imports(folder, [name], IMPORT) for name in PRELOAD.findall(page)]
    at_once = dict.fromkeys(name for walk in walks for name in walk)  # each of them once
    wanted = with_imports(folder, [*at_once, *MENTION.findall(page)], IMPORT, LATER)
    names = {name: f"static/{name}?v={version((folder / name).read_bytes())}" for name in wanted}
    import_map = json.dumps({"imports": {f"./static/{name}": f"./{names[name]}" for name in names}})
    links = [f'    <link rel="modulepreload" href="static/{name}">\n' for name in at_once]

    def rename(part: str) -> str:
        return MENTION.sub(lambda mention: names.get(mention[1], mention[0]), part)

    above, below = page[: first.start()], PRELOAD.sub("", page[first.start() :])
    script = f'    <script type="importmap">{import_map}</script>\n'
    return rename(above) + script + rename("".join(links) + below), import_map
