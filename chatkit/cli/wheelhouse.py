"""`chatkit wheelhouse`: a folder from which the kit is installed where there is no network.

It has wheels for machines like this one. The command on a machine of another kind, with the same
folder, adds those of that kind.
"""

import base64
import errno
import hashlib
import platform
import re
import subprocess
import sys
import zipfile
from importlib.metadata import Distribution, PackagePath, distribution
from importlib.util import find_spec
from pathlib import Path

from chatkit.cli.installing import DISTRIBUTION, pip
from chatkit.cli.lessons import reason
from chatkit.resources import PACKAGE

README = """\
All that {wanted} needs, to install it where there is no network.
It is for machines of these kinds: the same Python (its first two numbers), system and processor.

{kinds}

Copy this folder to the machine, open a terminal in it, and type:

    python3 -m venv .venv
    .venv/bin/python -m pip install --no-index -f . "{wanted}"
    .venv/bin/chatkit {first}

On Windows it is `python` for `python3`, and `.venv\\Scripts\\` for `.venv/bin/`.

For another kind of machine, type `chatkit wheelhouse FOLDER` on one that has a network, with this
folder: it adds what is missing.
"""


def wheelhouse(folder: Path, extras: list[str]) -> int:
    """Fill the folder, and try that nothing is missing. Returns the exit code.

    `extras` are of the distribution; those that an earlier call has put there are kept up.
    """
    if find_spec("pip") is None:
        sys.exit(f"chatkit wheelhouse: this needs pip: {pip('install')} pip")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        extras = all_extras(folder, extras)
        own = own_wheel(folder)
        wanted = with_extras(DISTRIBUTION, extras)
        print(f"downloading what {wanted} needs: this takes a minute or two", flush=True)
        what = with_extras(str(own), extras)
        run_pip("download", "--only-binary=:all:", "--dest", str(folder), what)
        # As the room will: from the folder only, whatever is installed here.
        offline = ("--no-index", "--ignore-installed", "--dry-run", "-f", str(folder))
        run_pip("install", *offline, what)
        write_readme(folder, extras)
    except subprocess.CalledProcessError as error:
        sys.exit(f"chatkit wheelhouse: `pip {error.cmd[4]}` has failed: above it says why")
    except OSError as error:
        sys.exit(f"chatkit wheelhouse: {reason(error)}")
    wheels = [path.stat().st_size for path in folder.glob("*.whl")]
    print(f"{len(wheels)} wheels, {sum(wheels) / 1e6:.0f} MB in {folder}; README.txt says the rest")
    return 0


def run_pip(command: str, *arguments: str) -> None:
    """Raises `CalledProcessError`; pip has said why."""
    subprocess.run([sys.executable, "-m", "pip", "--quiet", command, *arguments], check=True)


def own_wheel(folder: Path) -> Path:
    """The wheel of this kit, put into the folder: built from a checkout, or packed again."""
    if not (PACKAGE.parent / "pyproject.toml").is_file():
        return pack_again(distribution(DISTRIBUTION), folder)
    run_pip("wheel", "--no-deps", "--wheel-dir", str(folder), str(PACKAGE.parent))
    built = folder.glob(f"{DISTRIBUTION.replace('-', '_')}-*.whl")
    return max(built, key=lambda path: path.stat().st_mtime)


def pack_again(installed: Distribution, folder: Path) -> Path:
    """A wheel of what was installed from one, without what the installation added.

    https://packaging.python.org/en/latest/specifications/binary-distribution-format/
    """
    name = f"{DISTRIBUTION.replace('-', '_')}-{installed.version}"
    record = f"{name}.dist-info/RECORD"
    rows = [f"{record},,"]
    path = folder / f"{name}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as wheel:
        for file in installed.files or []:
            if belongs_to_wheel(file):
                data = Path(str(file.locate())).read_bytes()
                digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=")
                rows.append(f"{file.as_posix()},sha256={digest.decode()},{len(data)}")
                wheel.writestr(file.as_posix(), data)
        wheel.writestr(record, "\n".join([*rows, ""]))
    return path


def belongs_to_wheel(file: PackagePath) -> bool:
    """Not what pip writes: the command, compiled files, and how it was installed."""
    by_pip = {"RECORD", "INSTALLER", "REQUESTED", "direct_url.json", "uv_cache.json"}
    return not (
        file.parts[0] == ".."
        or file.suffix == ".pyc"
        or (file.parts[0].endswith(".dist-info") and file.name in by_pip)
    )


def with_extras(name: str, extras: list[str]) -> str:
    return f"{name}[{','.join(extras)}]" if extras else name


def all_extras(folder: Path, extras: list[str]) -> list[str]:
    """These, and those of which the README.txt in the folder says that they are there.

    Raises `FileExistsError` if that file is not of this command.
    """
    readme = folder / "README.txt"
    if not readme.exists():
        return sorted(set(extras))
    own = re.match(
        rf"All that {DISTRIBUTION}(?:\[([\w,]+)\])? needs", readme.read_text("utf-8", "replace")
    )
    if not own:
        what = "is not of this command, which would overwrite it: take another folder"
        raise FileExistsError(errno.EEXIST, what, str(readme))
    before = own[1].split(",") if own[1] else []
    return sorted({*extras, *before})


def write_readme(folder: Path, extras: list[str]) -> None:
    """Say how to install from it, and on which kinds of machines: those of before, too."""
    readme = folder / "README.txt"
    before = readme.read_text("utf-8") if readme.is_file() else ""
    here = f"- Python {'.'.join(platform.python_version_tuple()[:2])}, {platform.system()}, "
    kinds = {*re.findall(r"^- Python .*$", before, re.M), here + platform.machine()}
    text = README.format(
        wanted=with_extras(DISTRIBUTION, extras),
        kinds="\n".join(sorted(kinds)),
        first="lab" if "lessons" in extras else "serve",
    )
    readme.write_text(text, "utf-8")
