"""The page when the server has no place for one more stream: it waits for one."""

from collections.abc import Callable

import httpx
import pytest
from chat_page import OpenPage
from handed_reply import HandedReply

from chatkit import Server
from chatkit.web.app import create_app


@pytest.mark.parametrize("limit", ["max_streams", "max_streams_per_client"])
def test_a_reply_goes_on_when_a_stream_is_free(
    run: Callable[..., Server], open_page: OpenPage, reply: HandedReply, limit: str
) -> None:
    settings = {limit: 1}
    server = run(create_app(reply, **settings))  # type: ignore[arg-type]
    with httpx.Client(base_url=server.url, timeout=60) as client:
        turn = client.post("turns", json={"message": "held"}).json()
        reply.next()
        with client.stream("GET", turn["events"]) as held:
            assert held.status_code == 200
            page = open_page(server.url, failing=True)
            page.send("Hello")
            page.expect_connection("waiting")
            mine = reply.next()
            mine.write("written ")
            page.expect_end("streaming")
            client.post(f"turns/{turn['turn']}/cancel")
            held.read()
    page.expect_text("written ")
    mine.write("meanwhile")
    mine.end()
    page.expect_end()
    page.expect_text("written meanwhile")
