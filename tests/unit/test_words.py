"""The word model: what it counts, what it draws, and the reply made of it."""

import asyncio
import math
import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from log_contract import in_loop

from chatkit.replies.reply import Message
from chatkit.replies.words import (
    CONTEXT,
    END,
    SENTENCE,
    SENTENCE_END,
    WordModel,
    course_model,
    course_text,
    generate,
    prose,
    tokens,
    train,
    words,
)
from chatkit.turns import Finish

MODULE = sys.modules["chatkit.replies.words"]  # the package has a function of this name
PATIENCE = 30
repeatable = settings(derandomize=True, deadline=None, database=None)

RHYME = "\nThe cat sat on the mat. The cat ran.\nThe dog sat on the cat.\n"


def said(message: str) -> list[Message]:
    return [{"role": "user", "content": message}]


async def run(message: str, **settings: float | None) -> tuple[list[str], Finish]:
    """The pieces of a reply and its `Finish`."""
    reply = words(delay=0, **settings)  # type: ignore[arg-type]
    *pieces, finish = [piece async for piece in reply(said(message))]
    assert isinstance(finish, Finish)
    texts = [piece for piece in pieces if isinstance(piece, str)]
    assert texts == pieces
    return texts, finish


# Tokens


@repeatable
@given(st.text() | st.text(" ab.,'-\n\t\u0301\u00a0🤷"))
@example("\ud800 a\udc00")
@example("it's a well-known  one\r\n, 'so'")
def test_joined_tokens_are_the_text(text: str) -> None:
    found = tokens(text)
    assert "".join(found) == text
    assert "" not in found


def test_a_token_is_a_word_or_a_sign_with_its_space() -> None:
    assert tokens("The server's log: 12 lines,\n well-known.") == [
        *("The", " server's", " log", ":", " 12", " lines", ",", "\n", " well-known", "."),
    ]


# The model


def test_it_counts_what_follows() -> None:
    model = WordModel(RHYME)
    assert model.next_counts([" the"]) == {" mat": 1, " cat": 1}
    assert model.next_counts([" sat", " on"]) == {" the": 2}
    assert model.next_counts([END]) == {"The": 2}
    assert model.probabilities(["The"]) == {" cat": 1 / 2, " dog": 1 / 2}
    assert model.probabilities(["The"], 0) == {" cat": 1}


def test_it_backs_off_to_what_it_has_seen() -> None:
    model = WordModel(RHYME)
    assert model.next_counts([" a", " sat"]) == model.next_counts([" sat"]) == {" on": 2}
    assert model.next_counts([" sat", " unknown"]) == model.next_counts([])
    assert sum(model.next_counts([]).values()) == len(tokens(RHYME))


@pytest.mark.parametrize("order", [0, 1, 3])
def test_the_order_is_how_far_it_looks_back(order: int) -> None:
    model = WordModel(RHYME, order)
    assert max(map(len, model.counts)) == order
    known = tokens(RHYME)[:6]
    assert model.next_counts(known) == model.counts[tuple(known[6 - order :])]


CONTEXTS = st.lists(st.sampled_from([*tokens(RHYME), " unknown"]), max_size=4)


@repeatable
@given(CONTEXTS, st.floats(0, 100) | st.sampled_from([5e-324, 1e-300, 1e-9, math.inf]))
def test_probabilities_sum_to_1(context: list[str], temperature: float) -> None:
    model = WordModel(RHYME)
    found = model.probabilities(context, temperature)
    assert sum(found.values()) == pytest.approx(1)
    assert list(found.values()) == sorted(found.values(), reverse=True)
    assert model.sample(context, random.Random(1), temperature) in model.next_counts(context)


def test_a_higher_temperature_makes_them_more_alike() -> None:
    model = WordModel("a b a b a b a c")  # after "a": " b" 3 times, " c" once
    first = [model.probabilities([" a"], it)[" b"] for it in (0, 0.2, 0.5, 1, 2, 100)]
    assert first == sorted(first, reverse=True)
    assert len(set(first)) == len(first)
    assert first[0] == 1
    assert model.probabilities([" a"], 0.5)[" b"] == pytest.approx(4 / 5)  # 2² against 1²
    assert model.probabilities([" a"])[" b"] == pytest.approx(2 / 3)
    assert first[-1] == pytest.approx(1 / 2, abs=0.01)


def test_sampling_follows_the_probabilities() -> None:
    model, chance = WordModel("a b a b a b a c"), random.Random(1)
    drawn = [model.sample([" a"], chance) for _ in range(3000)]
    assert set(drawn) == {" b", " c"}
    assert drawn.count(" b") / 3000 == pytest.approx(2 / 3, abs=0.03)


def test_each_token_joins_the_context() -> None:
    model = WordModel("\none two three four.\n")
    context = [END]
    assert "".join(generate(model, context, random.Random(1))) == "one two three four."
    assert context == [END]


@pytest.mark.parametrize("temperature", [-1, -1e-9, math.nan])
def test_no_such_temperature(temperature: float) -> None:
    with pytest.raises(ValueError, match="temperature"):
        WordModel(RHYME).probabilities([], temperature)
    with pytest.raises(ValueError, match="temperature"):
        words(temperature)


@pytest.mark.parametrize(("text", "order"), [("", 2), ("a", -1)])
def test_no_such_model(text: str, order: int) -> None:
    with pytest.raises(ValueError, match="needs a text"):
        WordModel(text, order)


# The text


@pytest.mark.parametrize(
    ("markdown", "found"),
    [
        ("A *log* grows. `GET` reads it.", "A log grows. GET reads it."),
        ("# A heading\n\n- a point;\n- **a** Guess.\n\nA text.", "A text."),
        ("**b**. It waits (*a*). So *c* is wrong.", "It waits."),
        ("**Predict, then run.** What comes?", "What comes?"),
        ("```python\nIt = 1.\n```\nIt is one.\n\n```mermaid\nA. B.\n```", "It is one."),
        ("<details><summary>Why?</summary>\n\nOnce.\n\n</details>", "Why? Once."),
        ("| A | B. |\n|---|---|\nSee [the rules](https://x.example/). Then go.", "Then go."),
        ("Call `x = f(1)`. The port is 80. It works, too.", "It works, too."),
        ("What is `<a>` for? After `<b>`, nothing. It works.", "It works."),
        ("", ""),
    ],
)
def test_prose_is_the_plain_sentences(markdown: str, found: str) -> None:
    assert prose(markdown) == found


def test_the_text_of_the_course_is_clean_and_long_enough() -> None:
    text = course_text()
    assert len(text) > 20_000
    first, *lines, last = text.split(END)
    assert first == last == ""
    assert len(lines) == len(set(lines))
    sentences = [sentence for line in lines for sentence in SENTENCE_END.split(line)]
    assert all(map(SENTENCE.fullmatch, sentences))


# The reply


@in_loop
async def test_same_seed_same_reply() -> None:
    first, finish = await run("What is the event loop?", seed=1)
    assert ("".join(first[:2]), finish.input_tokens) == ("Event loop", 6)
    assert await run("What is the event loop?", seed=1) == (first, finish)
    replies = {"".join((await run("Hm", seed=seed))[0]) for seed in range(10)}
    assert len(replies) > 5
    assert len({"".join((await run("Hm"))[0]) for _ in range(10)}) > 5
    assert (await run("Hm", seed=1, temperature=0)) == (await run("Hm", seed=2, temperature=0))


@in_loop
async def test_it_reads_like_sentences() -> None:
    for seed in range(50):
        pieces, finish = await run("Why does a stream end", seed=seed)
        text = "".join(pieces)
        assert tokens(text) == pieces
        assert text[0].isupper()
        assert "  " not in text
        assert text[-1] in ".?!" or finish.reason == "length"
        assert finish.output_tokens == len(pieces)


@pytest.fixture
def untrained() -> Iterator[None]:
    train.cache_clear()
    yield
    train.cache_clear()


@pytest.fixture
def trained_on_rhyme(untrained: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MODULE, "course_text", lambda: RHYME)


@pytest.mark.usefixtures("trained_on_rhyme")
@in_loop
async def test_stop_and_length() -> None:
    whole, finish = await run("", seed=1)
    count = len(whole)
    assert (finish.reason, finish.output_tokens) == ("stop", count)
    assert await run("", seed=1, limit=count) == (whole, finish)
    cut, finish = await run("", seed=1, limit=count - 1)
    assert (cut, finish.reason, finish.output_tokens) == (whole[:-1], "length", count - 1)
    cut, finish = await run("the cat", seed=1, limit=1)
    assert (cut, finish.reason, finish.output_tokens) == (["The"], "length", 1)


@pytest.mark.usefixtures("trained_on_rhyme")
@in_loop
async def test_a_limit_that_is_no_whole_number_holds_too() -> None:
    _, finish = await run("", seed=1, limit=1.5)
    assert (finish.reason, finish.output_tokens) == ("length", 2)


@pytest.mark.parametrize("limit", [0, -1])
def test_no_such_limit(limit: int) -> None:
    with pytest.raises(ValueError, match="limit"):
        words(limit=limit)


@pytest.mark.parametrize(
    "message",
    ["", "   ", "...?!", "Xyzzy", "\n\n", "\ud800", "🤷 é\u0301 ١٢", "\x00", "ﬁ ŉ ß"],
)
def test_unknown_words_begin_a_text(message: str) -> None:
    pieces, finish = asyncio.run(run(message, seed=1))
    assert pieces == asyncio.run(run("", seed=1))[0]
    assert finish.input_tokens == len(tokens(message))


@in_loop
async def test_of_a_long_message_the_end_is_read() -> None:
    pieces, finish = await run("x " * 1_000_000 + "the event loop", seed=1)
    assert pieces[:2] == ["Event", " loop"]
    assert finish.input_tokens is not None
    assert finish.input_tokens <= CONTEXT


def test_another_process_another_hash_seed_same_reply() -> None:
    script = (
        "import asyncio\n"
        "from chatkit.replies.words import words\n"
        "async def main():\n"
        "    for seed in range(5):\n"
        "        reply = words(seed=seed, delay=0)([{'role': 'user', 'content': 'the server'}])\n"
        "        print([piece async for piece in reply])\n"
        "asyncio.run(main())\n"
    )
    printed = {
        subprocess.run(
            [sys.executable, "-c", script],
            env=os.environ | {"PYTHONHASHSEED": seed},
            check=True,
            capture_output=True,
            encoding="utf-8",
        ).stdout
        for seed in ("1", "2")
    }
    (output,) = printed
    assert output.count("Finish(") == 5


# Training


@pytest.mark.usefixtures("untrained")
def test_training_does_not_hold_up_the_event_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    begun, others_run = threading.Event(), threading.Event()

    def text() -> str:
        begun.set()
        assert others_run.wait(PATIENCE), "the event loop stood still"
        return RHYME

    monkeypatch.setattr(MODULE, "course_text", text)

    @in_loop
    async def test() -> None:
        task = asyncio.create_task(run("", seed=1))
        while not begun.is_set():  # noqa: ASYNC110
            await asyncio.sleep(0)
        others_run.set()
        pieces, _ = await task
        assert pieces[0] == "The"

    test()


@pytest.mark.usefixtures("untrained")
def test_it_is_trained_once_whoever_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    trained = []

    def text() -> str:
        trained.append(1)
        time.sleep(0.05)  # so that the others come meanwhile
        return RHYME

    monkeypatch.setattr(MODULE, "course_text", text)
    models: list[WordModel] = []
    threads = [threading.Thread(target=lambda: models.append(course_model())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(trained) == 1
    assert [model is models[0] for model in models] == [True] * 8
