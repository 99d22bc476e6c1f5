"""The container of the finished app: its Dockerfile built, and what it made run, by buildah.

    apt-get install buildah mmdebstrap
    python tests/places/container.py

No image is fetched from a registry of images: in the place of `python:3.13-slim` stands one of
Debian's Python 3.13, made here from Debian's packages. It wants root, and isolates by chroot only:
the network is this machine's. Exit code 0: not root, healthy, and at Docker's signal to stop a
reply came to its end.
"""

import asyncio
import json
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import httpx
import psutil
from running import answers, free_port, until

CHECKOUT = Path(__file__).resolve().parents[2]
FOLDER = CHECKOUT / ".container"
DOCKERFILE = (FOLDER / "Dockerfile").read_text("utf-8").replace("\\\n", " ")
SUITE = "trixie"  # its Python is 3.13
PACKAGES = "python3,python3-pip,passwd,ca-certificates"
BASE = """\
FROM scratch
ADD base.tar /
RUN ln -s python3 /usr/bin/python && rm /usr/lib/python3*/EXTERNALLY-MANAGED
"""
SAID = "Every character of this reply is an event. " * 2


class Buildah:
    """buildah, with images of its own in a folder."""

    def __init__(self, folder: Path) -> None:
        places = [*("--root", str(folder / "root")), *("--runroot", str(folder / "run"))]
        self.command = ["buildah", *places, "--storage-driver", "vfs"]

    def __call__(self, action: str, *arguments: str) -> str:
        """What it prints. Raises `CalledProcessError`."""
        command = self.act(action, *arguments)
        return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()

    def act(self, action: str, *arguments: str) -> list[str]:
        isolated = ["--isolation", "chroot"] if action in ("bud", "run") else []
        return [*self.command, action, *isolated, *arguments]

    def build(self, name: str, file: Path, context: Path, *more: str) -> None:
        certificates = "/etc/ssl/certs:/etc/ssl/certs:ro"  # where a proxy has one of its own
        options = ["-q", "--pull-never", "--format=docker", "-v", certificates, "-t", name, *more]
        self("bud", *options, "-f", str(file), str(context))


def of_dockerfile(word: str) -> Any:
    """The command after an instruction, as a list."""
    return json.loads(re.findall(rf"^{word} .*?(\[.*\])$", DOCKERFILE, re.MULTILINE)[0])


def container(folder: Path) -> str:
    buildah = Buildah(folder)
    context = folder / "base"
    context.mkdir()
    tar = str(context / "base.tar")
    subprocess.run(["mmdebstrap", "--quiet", f"--include={PACKAGES}", SUITE, tar], check=True)
    (context / "Dockerfile").write_text(BASE)
    (image,) = set(re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE))
    buildah.build(f"docker.io/library/{image}", context / "Dockerfile", context)
    ignored = f"--ignorefile={FOLDER / 'Dockerfile.dockerignore'}"
    buildah.build("chatkit", FOLDER / "Dockerfile", CHECKOUT, ignored)
    made = buildah("from", "--pull-never", "chatkit")
    port = free_port()
    run = ["--env", f"PORT={port}", made, "--"]
    url = f"http://127.0.0.1:{port}/"
    command = buildah.act("run", *run, *of_dockerfile("ENTRYPOINT"), f"--port={port}")
    with subprocess.Popen(command) as process:
        try:
            assert until(lambda: answers(url)), "the container does not answer"
            buildah("run", *run, *of_dockerfile("HEALTHCHECK"))
            below = psutil.Process(process.pid).children(recursive=True)
            (server,) = (it for it in below if it.name() == "chatkit")
            assert server.uids().effective != 0, "it is root"
            text = asyncio.run(read_while_it_stops(url, server))
            assert text == SAID.strip(), f"the reply is {text!r}"
            assert process.wait(20) == 0
        finally:
            process.terminate()
    version = buildah("run", made, "--", "python", "--version")
    return f"built, and run with {version}: not root, healthy, and it stopped after its reply"


async def read_while_it_stops(url: str, server: psutil.Process) -> str:
    """The text of a reply, at whose fifth event Docker's signal to stop comes."""
    (name,) = re.findall(r"^STOPSIGNAL (\w+)$", DOCKERFILE, re.MULTILINE)
    text, count = "", 0
    async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=60) as client:
        answer = await client.post("turns", json={"message": SAID.strip()})
        async with client.stream("GET", answer.json()["events"]) as stream:
            async for line in stream.aiter_lines():
                if line.startswith("data: "):
                    piece = json.loads(line.removeprefix("data: "))
                    if not isinstance(piece, str):
                        return text  # of `end`
                    text, count = text + piece, count + 1
                    if count == 5:
                        server.send_signal(signal.Signals[name])
    raise AssertionError(f"the stream broke off after {text!r}")


def main() -> int:
    if missing := [name for name in ("buildah", "mmdebstrap") if not shutil.which(name)]:
        sys.exit(f"this needs {' and '.join(missing)}: apt-get install {' '.join(missing)}")
    with tempfile.TemporaryDirectory() as folder:
        print(container(Path(folder)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
