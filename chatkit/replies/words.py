"""A model that ships. Its replies are nonsense, made of the course's own words; its stream is real.

It is the smallest kind of language model, an *n-gram* model (Jurafsky and Martin, Speech and
Language Processing, chapter 3): it counts which token came after which two in a text, and draws
each next one by chance from these counts.
"""

import asyncio
import json
import random
import re
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Iterator, Sequence
from functools import cache
from itertools import chain
from threading import Lock

from chatkit.replies.reply import Message, Reply
from chatkit.resources import folder
from chatkit.turns import Finish, Piece
from chatkit.turns.turn import check_numbers

TOKEN = re.compile(r" ?\w+(?:['-]\w+)*| ?[^\w\s]|\s")
END = "\n"  # the token at which a reply ends
CONTEXT = 1000  # characters at the end of a message; the model reads no more of it

NO_PROSE = re.compile(
    r"```.*?```"  # code and diagrams
    r"|<[^>]*>"  # HTML
    r"| ?\([^()]*\)"  # what is said by the way
    r"|\*\*(?:\w\*\*\.|[^*]*\.\*\*) "  # "**b**. " and "**Predict, then run.** "
    r"|`|\*(?!\w\*)",  # the signs of code and emphasis, but not of the answer *b*
    re.DOTALL,
)
SENTENCE_END = re.compile(r"(?<=[.?!]) |\n")
SENTENCE = re.compile(r"(?!.* [ ,;:.?!])[A-Z][A-Za-z ,;:'-]+[.?!]")  # with no gap in it


def tokens(text: str) -> list[str]:
    """Words and signs, each with the space before it. Joined they are the text again."""
    return TOKEN.findall(text)


class WordModel:
    """Knows what comes next in a text, from what came next in the text that it has counted."""

    def __init__(self, text: str, order: int = 2) -> None:
        """Count what follows every `order` tokens, and every fewer. Raises `ValueError`."""
        if not text or order < 0:
            raise ValueError("a model needs a text, and an order of 0 or more")
        self.order = order
        self.counts: dict[tuple[str, ...], Counter[str]] = defaultdict(Counter)
        found = tokens(text)
        for index, token in enumerate(found):
            for length in range(min(order, index) + 1):
                self.counts[tuple(found[index - length : index])][token] += 1

    def next_counts(self, context: Sequence[str]) -> Counter[str]:
        """What followed the last tokens of `context`, and how often."""
        last = tuple(context[-self.order :])
        while last not in self.counts:
            last = last[1:]  # never seen: look at one token fewer, at last at none
        return self.counts[last]

    def probabilities(self, context: Sequence[str], temperature: float = 1.0) -> dict[str, float]:
        """What may come next, the most probable first. The probabilities sum to 1.

        At temperature 1 they are as in the text. Below, the first ones gain, and at 0 the very
        first has all; above, they become more alike. Raises `ValueError` if it is negative.
        """
        if not temperature >= 0:
            raise ValueError(f"a temperature is 0 or more, not {temperature}")
        counts = self.next_counts(context).most_common()
        first, most = counts[0]
        if temperature == 0:
            return {first: 1.0}
        # A model that knows scores (logits) divides them by the temperature: that is the same.
        weights = {token: (count / most) ** (1 / temperature) for token, count in counts}
        total = sum(weights.values())
        return {token: weight / total for token, weight in weights.items()}

    def sample(
        self, context: Sequence[str], chance: random.Random, temperature: float = 1.0
    ) -> str:
        """Draw the next token. What is twice as probable is drawn twice as often."""
        found = self.probabilities(context, temperature)
        return chance.choices(list(found), list(found.values()))[0]


def generate(
    model: WordModel, context: Sequence[str], chance: random.Random, temperature: float = 1.0
) -> Iterator[str]:
    """Go on after `context`, until the model comes to `END`. Each token joins the context."""
    written = list(context)
    while (token := model.sample(written, chance, temperature)) != END:
        yield token
        written.append(token)


def prose(markdown: str) -> str:
    """The plain sentences of a Markdown text. What else is in it is left out."""
    parts = SENTENCE_END.split(NO_PROSE.sub("", markdown))
    return " ".join(part for part in parts if SENTENCE.fullmatch(part))


def course_text() -> str:
    """The sentences of the lessons, a line for each cell that has any; none comes twice."""
    lines = []
    for path in sorted(folder("notebooks").glob("[0-9]*.ipynb")):
        for cell in json.loads(path.read_text("utf-8"))["cells"]:
            if cell["cell_type"] == "markdown":
                lines.append(prose("".join(cell["source"])))
    return END.join(["", *dict.fromkeys(filter(None, lines)), ""])


training = Lock()


@cache
def train() -> WordModel:
    return WordModel(course_text())


def course_model() -> WordModel:
    """The model of the course's text. Who asks first trains it; who asks meanwhile waits."""
    with training:
        return train()


def known_words(model: WordModel, text: str) -> list[str]:
    """The last two words of `text`, or the last one, if the model can go on from them."""
    found = [token for token in tokens(" " + text) if token[-1].isalnum()]
    for last in (found[-2:], found[-1:]):
        if tuple(last) in model.counts:
            return last
    return []


def capital(token: str) -> str:
    """The token as the first of a text: without its space, and with a capital letter."""
    word = token.lstrip()
    return word[:1].upper() + word[1:]


def words(
    temperature: float = 0.8, seed: int | None = None, delay: float = 0.03, limit: int = 80
) -> Reply:
    """A reply that goes on from the last words of the message, a token a piece.

    The pieces come `delay` seconds apart. With a seed, the same message always gets the same
    reply. `Finish` says "stop" where the model came to an end, and "length" where it had more to
    write than `limit` tokens. Raises `ValueError` for a negative temperature or a limit below 1.
    """
    if not temperature >= 0 or limit < 1:
        raise ValueError("a temperature is 0 or more, and a limit of tokens 1 or more")
    check_numbers(delay=delay)

    async def reply(messages: list[Message]) -> AsyncIterator[Piece]:
        model = await asyncio.to_thread(course_model)  # training would hold up the event loop
        message = messages[-1]["content"][-CONTEXT:]
        opening = known_words(model, message)
        rest = generate(model, opening or [END], random.Random(seed), temperature)
        written, reason = 0, "stop"
        for token in chain(opening, rest):
            if written >= limit:
                reason = "length"
                break
            yield token if written else capital(token)
            written += 1
            await asyncio.sleep(delay)
        yield Finish(reason=reason, input_tokens=len(tokens(message)), output_tokens=written)

    return reply
