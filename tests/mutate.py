"""Break one line at a time: the test that is named for it has to notice.

    python tests/mutate.py                        all mutations
    python tests/mutate.py --sample 5 --seed 7    a few that are quick, chosen by the seed
    python tests/mutate.py NAME...                these; --list prints the names

The mutations are in `mutations.py`. Each is made in a copy of the checkout, where only its test
runs; before that, the same tests have to pass in the copy as it is. The exit status is 1 if a
mutation survives, or if what it changes no longer stands exactly once in its file. The parser has
a list of its own: `unit/support/mutate_sse.py`.
"""

import argparse
import contextlib
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Collection
from pathlib import Path

from mutations import MUTATIONS, Mutation

CHECKOUT = Path(__file__).resolve().parents[1]
COPIED = ["chatkit", "static", "tests", "notebooks/checks*", "pyproject.toml"]
NOT_COPIED = shutil.ignore_patterns("__pycache__", "*.png", "browser", "benchmarks", "react")
# Seconds after which a test counts as one that will never end: more than any of them waits for
# something that does not come.
LIMIT = 120.0
PYTEST = [sys.executable, "-m", "pytest", "-q", "-x", "-o", "addopts=", "-p", "no:cacheprovider"]


def copy_checkout(to: Path) -> None:
    for pattern in COPIED:
        for path in CHECKOUT.glob(pattern):
            copy = to / path.relative_to(CHECKOUT)
            copy.parent.mkdir(parents=True, exist_ok=True)
            if path.is_dir():
                shutil.copytree(path, copy, ignore=NOT_COPIED)
            else:
                shutil.copy(path, copy)


def run(copy: Path, tests: Collection[str], limit: float) -> tuple[int | None, str]:
    """Run tests in the copy: the exit status of pytest (None: no end), and what it printed.

    All that they have started ends with them.
    """
    environment = os.environ | {
        "PYTHONPATH": str(copy),
        # What was compiled before the mutation may look like what is compiled after it.
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",  # no test named here needs one, and they load slowly
        "PYTEST_ADDOPTS": "",  # they may ask for one
        "CI": "1",  # so that a skipped test has not passed
    }
    with subprocess.Popen(
        [*PYTEST, *tests],
        cwd=copy,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            printed, _ = process.communicate(timeout=limit)
            return process.returncode, printed
        except subprocess.TimeoutExpired:
            return None, ""
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def fails_unmutated(copy: Path, mutations: list[Mutation]) -> list[str]:
    """What pytest prints of each named test that does not even pass where nothing is changed."""
    tests = list(dict.fromkeys(mutation.test for mutation in mutations))
    if run(copy, tests, LIMIT * len(tests))[0] == 0:
        return []
    results = [(test, *run(copy, [test], LIMIT)) for test in tests]
    return [printed or f"{test} does not end" for test, status, printed in results if status != 0]


def judge(copy: Path, mutation: Mutation) -> str:
    """Make the mutation in the copy, and say what its test does: "caught" is what it should be."""
    file = copy / mutation.file
    source = file.read_bytes()
    file.write_text(mutation.applied(source.decode()), "utf-8", newline="")
    try:
        status, printed = run(copy, [mutation.test], LIMIT)
    finally:
        file.write_bytes(source)
    if status == 1 or (status is None and mutation.waits):
        return "caught"
    if status is None:
        return f"the test does not end in {LIMIT:g} s, which may have another reason"
    return "SURVIVED" if status == 0 else f"pytest ended with {status}:\n{printed}"


def chosen(names: list[str], sample: int | None, seed: int) -> list[Mutation]:
    if sample is not None:
        quick = [mutation for mutation in MUTATIONS if mutation.is_quick]
        return random.Random(seed).sample(quick, sample)
    if unknown := set(names) - {mutation.name for mutation in MUTATIONS}:
        sys.exit(f"There are no mutations {', '.join(sorted(unknown))}; --list prints all names.")
    return [mutation for mutation in MUTATIONS if not names or mutation.name in names]


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--list", action="store_true", help="print the names")
    parser.add_argument("--sample", type=int, metavar="COUNT", help="only so many, at random")
    parser.add_argument("--seed", type=int, help="choose the sample by this number")
    args = parser.parse_args()
    if args.list:
        print("\n".join(mutation.name for mutation in MUTATIONS))
        return 0
    if lost := [problem for mutation in MUTATIONS if (problem := mutation.lost(CHECKOUT))]:
        print(*lost, "Nothing is tried before that is right.", sep="\n")
        return 1
    seed = random.randrange(1_000_000) if args.seed is None else args.seed
    mutations = chosen(args.names, args.sample, seed)
    if args.sample is not None:
        print(f"seed {seed}", flush=True)
    with tempfile.TemporaryDirectory(prefix="chatkit-mutate-") as folder:
        copy = Path(folder).resolve()
        copy_checkout(copy)
        if failing := fails_unmutated(copy, mutations):
            print(*failing, "These tests fail where nothing is changed.", sep="\n")
            return 1
        caught = 0
        for mutation in mutations:
            start = time.monotonic()
            verdict = judge(copy, mutation)
            caught += verdict == "caught"
            seconds = time.monotonic() - start
            print(f"{seconds:5.1f} s  {mutation.name}: {verdict}  ({mutation.test})", flush=True)
    print(f"{caught} of {len(mutations)} mutations caught")
    return int(caught < len(mutations))


if __name__ == "__main__":
    sys.exit(main())
