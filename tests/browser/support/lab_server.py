"""A JupyterLab of its own for a test: a learner's copy, nothing of the person's settings."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from chatkit.cli.lessons import copy_lessons

BASE = "/user/ada/"  # as on a Hub


@contextmanager
def lab_server(
    folder: Path, base: str = BASE, *options: str, token: str = "", scheme: str = "http"
) -> Iterator[int]:
    """Run JupyterLab under the base URL `base`, with its files in `folder`; give its port."""
    copy_lessons(folder / "notebooks")
    # With a kernel of its own.
    shutil.copy(folder / "notebooks/00-start-here.ipynb", folder / "notebooks/copy.ipynb")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    quiet = folder / "lab/@jupyterlab/apputils-extension/notification.jupyterlab-settings"
    quiet.parent.mkdir(parents=True)
    quiet.write_text('{"fetchNews": "false"}', "utf-8")
    own = {
        variable: str(folder / "settings")
        for variable in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR")
    }
    own |= {
        variable: str(folder / "lab")
        for variable in ("JUPYTERLAB_SETTINGS_DIR", "JUPYTERLAB_WORKSPACES_DIR")
    }
    command = [
        *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"),
        *(f"--port={port}", "--ServerApp.port_retries=0", f"--ServerApp.base_url={base}"),
        f"--IdentityProvider.token={token}",
        *(
            "--LabApp.news_url=None",
            "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        ),
        f"--ServerApp.root_dir={folder / 'notebooks'}",
        "--ServerApp.local_hostnames=lab.localhost",
        *options,
    ]
    log = folder / "lab.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, env=os.environ | own, stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
    try:
        headers = {"Authorization": f"token {token}"} if token else {}
        with httpx.Client(trust_env=False, verify=False, headers=headers) as client:
            while True:
                try:
                    if client.get(f"{scheme}://127.0.0.1:{port}{base}api/status").is_success:
                        break
                except httpx.TransportError:
                    time.sleep(0.05)
                assert process.poll() is None, log.read_text("utf-8")
        yield port
    finally:
        process.terminate()
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
