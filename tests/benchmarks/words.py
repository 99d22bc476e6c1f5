"""What the word model costs: CPU time to read the lessons, to train on them, and to draw a token.

Of several rounds the best counts.
"""

import argparse
import random
import time
from itertools import chain, islice, repeat

from report import machine, table

from chatkit.replies.words import END, WordModel, course_text, generate, tokens

DRAWN = 2000  # tokens


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds

    reading, training, drawing = [], [], []
    for _ in range(rounds):
        start = time.process_time()
        text = course_text()
        read = time.process_time()
        model = WordModel(text)
        trained = time.process_time()
        chance = random.Random(1)
        replies = (generate(model, [END], chance, 0.8) for _ in repeat(None))
        assert sum(1 for _ in islice(chain.from_iterable(replies), DRAWN)) == DRAWN
        drawn = time.process_time()
        reading.append(read - start)
        training.append(trained - read)
        drawing.append((drawn - trained) / DRAWN)

    print(machine([]))
    print(f"{len(tokens(text)):,} tokens of text, {len(set(tokens(text))):,} different ones\n")
    print(
        table(
            [
                ("reading the lessons, ms", f"{min(reading) * 1e3:.1f}"),
                ("training, ms", f"{min(training) * 1e3:.1f}"),
                ("drawing a token, µs", f"{min(drawing) * 1e6:.1f}"),
            ]
        )
    )


if __name__ == "__main__":
    main()
