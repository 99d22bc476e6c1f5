"""Hints for those who are stuck, one at a time: `hint("02.1")`, and once more for the next one.

They stand in the folder `hints`, a file a lesson; an exercise is a heading, and a hint a paragraph.
"""

import re
from pathlib import Path

HINTS = Path(__file__).parent / "hints"
EXERCISE = re.compile(r"^## (\d\d\.\d)\n", re.MULTILINE)

given: dict[str, int] = {}  # how many of each exercise's, since the kernel started


def all_hints() -> dict[str, list[str]]:
    """The hints of each exercise that has some, from the first nudge on: "02.1" is its name."""
    text = "\n".join(path.read_text("utf-8") for path in sorted(HINTS.glob("*.md")))
    parts = EXERCISE.split(re.sub("^# .*", "", text, flags=re.MULTILINE))
    return {
        name: [" ".join(hint.split()) for hint in paragraphs.strip().split("\n\n")]
        for name, paragraphs in zip(parts[1::2], parts[2::2], strict=True)
    }


def hint(exercise: str) -> None:
    """Print the next hint for an exercise. After the last one it says where the solution is."""
    found = all_hints()
    hints = found.get(str(exercise), [])
    number = given.get(exercise, 0)
    if not hints:
        print(f"There are no hints for {exercise!r}. There are some for: {', '.join(found)}")
    elif number < len(hints):
        given[exercise] = number + 1
        print(f"Hint {number + 1} of {len(hints)}: {hints[number]}")
    else:
        given[exercise] = 0
        print("That was the last hint. A solution is in the folder `solutions`.")
