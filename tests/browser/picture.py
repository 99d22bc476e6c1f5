"""The picture in the README: taken by a test, and never older than what it shows."""

import hashlib
import os
from pathlib import Path

import nbformat
import pytest
from PIL import Image, PngImagePlugin
from playwright.sync_api import Page

CHECKOUT = Path(__file__).parents[2]
PICTURE = Path(__file__).parent / "lesson-00.png"
RENEW = "CHATKIT_NEW_PICTURE"


def shown() -> str:
    """A digest of all that the picture shows: the page, the script in the cell, the lesson."""
    digest = hashlib.sha256()
    static = CHECKOUT / "static"
    files = [path for path in static.glob("*") if path.suffix in (".html", ".js", ".css")]
    for path in sorted([*files, CHECKOUT / "chatkit/show.js"]):
        digest.update(path.read_bytes().replace(b"\r\n", b"\n"))
    lesson = nbformat.read(CHECKOUT / "notebooks/00-start-here.ipynb", as_version=4)
    for cell in lesson.cells[:4]:  # as far as the picture reaches
        digest.update(cell.source.encode())
    return digest.hexdigest()


def check_picture(screen: Page) -> None:
    """Fail if the picture in the README is older than what it shows, or take it anew."""
    if os.environ.get(RENEW):
        screen.screenshot(path=PICTURE)
        note = PngImagePlugin.PngInfo()
        note.add_text("shows", shown())
        with Image.open(PICTURE) as image:
            image.quantize(256).save(PICTURE, pnginfo=note, optimize=True)
    with Image.open(PICTURE) as image:
        if image.info.get("shows") != shown():
            pytest.fail(f"the README's picture is out of date: run this test with {RENEW}=1")
