"""The links of a site of HTML files, and whether they lead somewhere."""

from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit


class Names(HTMLParser):
    """What an HTML file links to, what it loads, and the anchors that it has."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.anchors = {""}
        self.feed(file.read_text("utf-8"))

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attributes}
        self.anchors.update(values[name] for name in ("id", "name") if name in values)
        if tag == "a" and "href" in values:
            self.links.append(values["href"])
        elif tag == "link" and values.get("rel") not in ("index", "search", "next", "prev"):
            self.loads.append(values.get("href", ""))
        self.loads += [values[name] for name in ("src", "srcset") if name in values]


def broken_links(site: Path) -> list[str]:
    """Links to no file or no anchor of the site, and all that a page loads from elsewhere."""
    pages = {file.resolve(): Names(file) for file in site.rglob("*.html")}
    broken = []
    for file, names in pages.items():
        for url in [*names.links, *names.loads]:
            parts = urlsplit(url)
            if parts.scheme == "data" or (parts.scheme and url not in names.loads):
                continue
            target = (file.parent / unquote(parts.path)).resolve() if parts.path else file
            known = pages.get(target)
            if (
                parts.scheme
                or parts.netloc
                or not target.is_file()
                or (known and unquote(parts.fragment) not in known.anchors)
            ):
                broken.append(f"{file.relative_to(site.resolve())}: {url}")
    return broken
