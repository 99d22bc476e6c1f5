"""The tests of what depends on other packages, with the lowest versions that the project allows.

    python tests/lowest_versions.py [ARGUMENT OF PYTEST ...]

uv makes an environment for it, with this Python, installs the lowest version of each package that
pyproject.toml names (what those need in turn is the newest that they take), and removes it all at
the end. Run there are the wire and the contract of the engines. Left out is what no version of them
changes (the parser's cases, the direction of imports, the benchmarks, the mutations) and, because
they take long, the schedules of faults by chance.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]
TESTS = ["tests/wire", "tests/unit"]
LEFT_OUT = [
    "tests/unit/test_benchmarks.py",
    "tests/unit/test_imports.py",
    "tests/unit/test_mutations.py",
    *(f"tests/unit/test_sse{which}.py" for which in ("", "_mutations", "_properties", "_rules")),
    "tests/wire/test_random_faults.py",
    "tests/wire/test_valkey_random_faults.py",
]


def run(*command: str | Path) -> int:
    print("$", *command, flush=True)
    return subprocess.run(command, cwd=CHECKOUT).returncode


def main(arguments: list[str]) -> int:
    """Returns the exit code of uv, if it fails, or else of pytest."""
    with tempfile.TemporaryDirectory() as folder:
        uv = [sys.executable, "-m", "uv"]
        lowest = ["--resolution", "lowest-direct", "--python", folder]
        python = Path(folder, *(("Scripts", "python") if os.name == "nt" else ("bin", "python")))
        return (
            run(*uv, "venv", "--quiet", "--python", sys.executable, folder)
            or run(*uv, "pip", "install", "--quiet", *lowest, "-e", ".[test]")
            or run(*uv, "pip", "list", "--python", folder)
            or run(
                *(python, "-m", "pytest", "-q", "-p", "no:cacheprovider", *TESTS),
                *(f"--ignore={file}" for file in LEFT_OUT),
                *arguments,
            )
        )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
