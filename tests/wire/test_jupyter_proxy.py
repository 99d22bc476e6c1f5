"""Through a real jupyter-server-proxy, under a name that only the notebook's server knows."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from sse_client import post, read, text

from chatkit import Server

HUB = {"Host": "hub.example", "X-Forwarded-Proto": "https"}  # as on a Hub, or on Binder


@pytest.fixture
def jupyter(tmp_path: Path) -> Iterator[str]:
    """The URL of a Jupyter server, with nothing of the person's settings."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    own = {f"JUPYTER_{kind}_DIR": str(tmp_path) for kind in ("CONFIG", "DATA", "RUNTIME")}
    command = [
        *(sys.executable, "-m", "jupyter_server", "--no-browser", "--allow-root"),
        *(f"--port={port}", "--ServerApp.port_retries=0", "--ServerApp.base_url=/user/ada/"),
        *("--IdentityProvider.token=", "--ServerApp.allow_remote_access=True"),
        f"--ServerApp.root_dir={tmp_path}",
    ]
    log = tmp_path / "jupyter.log"
    with log.open("wb") as output:
        process = subprocess.Popen(command, env=os.environ | own, stdout=output, stderr=output)
    try:
        url = f"http://127.0.0.1:{port}/user/ada/"
        while True:
            try:
                if httpx.get(url + "api/status").is_success:
                    break
            except httpx.TransportError:
                assert process.poll() is None, log.read_text("utf-8")
            time.sleep(0.05)
        yield url
    finally:
        process.terminate()
        process.wait(60)


def test_it_needs_no_setting(start: Callable[..., Server], jupyter: str) -> None:
    server = start()
    proxied = f"{jupyter}proxy/{server.port}/"
    assert httpx.get(proxied, headers=HUB).text == httpx.get(server.url).text
    assert httpx.get(proxied + "healthz", headers=HUB).json()["status"] == "ok"
    assert httpx.get(server.url + "healthz", headers=HUB).status_code == 421
    events = post(server.url, "Hi")["events"].removeprefix(server.url)
    accept = {"Accept": "text/event-stream"}
    assert text(read(proxied + events, headers=HUB | accept)) == "Hi"
