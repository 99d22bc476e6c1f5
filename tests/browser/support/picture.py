"""The pictures in the README: taken by tests, and never older than what they show."""

import hashlib
import os
from pathlib import Path

import nbformat
import pytest
from PIL import Image, PngImagePlugin
from playwright.sync_api import Page

CHECKOUT = Path(__file__).parents[3]
FOLDER = Path(__file__).parents[1]
RENEW = "CHATKIT_NEW_PICTURE"


def shown() -> str:
    """A digest of all that the pictures show: the page, the script in the cell, the lesson."""
    digest = hashlib.sha256()
    static = CHECKOUT / "static"
    files = [path for path in static.rglob("*") if path.suffix in (".html", ".js", ".css")]
    files = [path for path in files if not path.is_relative_to(static / "react")]
    for path in sorted([*files, CHECKOUT / "chatkit/notebook/show.js"]):
        digest.update(path.read_bytes().replace(b"\r\n", b"\n"))
    lesson = nbformat.read(CHECKOUT / "notebooks/00-start-here.ipynb", as_version=4)
    for cell in lesson.cells[:4]:  # as far as a picture reaches
        digest.update(cell.source.encode())
    return digest.hexdigest()


def check_picture(screen: Page, name: str) -> None:
    """Fail if a picture in the README is older than what it shows, or take it anew."""
    picture = FOLDER / name
    if os.environ.get(RENEW):
        screen.screenshot(path=picture)
        note = PngImagePlugin.PngInfo()
        note.add_text("shows", shown())
        with Image.open(picture) as image:
            image.quantize(256).save(picture, pnginfo=note, optimize=True)
    with Image.open(picture) as image:
        if image.info.get("shows") != shown():
            pytest.fail(f"{name} is out of date: run this test with {RENEW}=1")
