"""How others reach the page: its address and a QR code, where the server was started for a room."""

import io
from collections.abc import Callable

import zxingcpp
from chat_page import OpenPage
from fastapi import FastAPI
from PIL import Image
from playwright.sync_api import expect

from chatkit import Server, create_app
from chatkit.cli.room import add_room

URL = "https://chat.example/chat/?a=1&b=<2>"  # what it is made of stays text
Run = Callable[..., Server]


def test_the_page_says_where_it_is(run: Run, open_page: OpenPage) -> None:
    chat, parent = create_app(), FastAPI()
    add_room(chat, URL)
    parent.mount("/chat", chat)  # all that it asks for is found under a prefix
    page = open_page(run(parent).url + "chat/")
    page.button("Join").click()
    dialog = page.page.get_by_role("dialog", name="Join from another device")
    expect(dialog.get_by_role("link")).to_have_text(URL)
    drawn = dialog.get_by_role("img")
    page.wait_for(lambda: drawn.evaluate("image => image.naturalWidth > 0"))
    (code,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(drawn.screenshot())))
    assert code.text == URL
    page.page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()


def test_a_server_of_this_machine_only_shows_nothing(run: Run, open_page: OpenPage) -> None:
    page = open_page(run(create_app()).url)
    expect(page.button("Join")).to_have_count(0)
    assert "room.js" not in " ".join(request.url for request in page.asked())
