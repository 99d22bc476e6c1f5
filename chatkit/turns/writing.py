"""The tasks that write turns. Each belongs to the app, not to a request or a reader."""

import asyncio
import logging
import math
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, nullcontext
from typing import Literal

from chatkit.turns.pieces import Finish, Piece, Reasoning, ReplyFailed, sayable
from chatkit.turns.turn import Turn, TurnFinished, TurnTooLarge

messages = logging.getLogger("chatkit")

FAILED = "The reply failed on the server, whose messages say why."


class Writers:
    """The tasks of this process that write turns. `len` says how many there are."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        return len(self._tasks)

    def start(self, turn: Turn, pieces: AsyncIterator[Piece]) -> None:
        """Write `pieces` into `turn` in a task of its own: see `write`."""
        task = turn.writer = asyncio.create_task(write(turn, pieces))
        self._tasks.add(task)

        def ended(_: object) -> None:
            self._tasks.discard(task)
            turn.writer = None

        task.add_done_callback(ended)

    async def close(self, grace: float = 1.0) -> None:
        """Stop every writer, waiting `grace` seconds at most for them to end."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=grace)


async def write(turn: Turn, pieces: AsyncIterator[Piece]) -> None:
    """Write what `pieces` yields into `turn`, and finish it, whatever happens.

    `turn.limits.silence` is the number of seconds that the next piece may take. A reply that
    blocks the event loop (`time.sleep`) blocks this clock too, and cannot be stopped so.
    """
    silence = turn.limits.silence
    waiting = asyncio.timeout(silence or None)
    clock = asyncio.get_running_loop().time
    due = 0.0 if silence else math.inf
    closing = aclosing(pieces) if isinstance(pieces, AsyncGenerator) else nullcontext()
    try:
        async with waiting, closing:
            finish, written = None, 0
            async for piece in pieces:
                if isinstance(piece, Finish):
                    finish = piece
                else:
                    text, type = text_of(piece)
                    if text:
                        await turn.append(text, type)
                written += 1
                if written % 32 == 0:  # a reply that never waits would keep all others waiting
                    await asyncio.sleep(0)
                if clock() > due:
                    due = postpone(waiting, silence)
        await turn.finish(finish=finish)
    except TurnFinished:
        pass  # cancelled while the reply was between two pieces
    except TurnTooLarge as error:
        await turn.finish("failed", str(error))
    except BaseException as error:  # a SystemExit, too, would end the whole server
        task = asyncio.current_task()
        cancelled = isinstance(error, asyncio.CancelledError) and task and task.cancelling()
        message = words_for(error, silence if waiting.expired() else None, bool(cancelled))
        if turn.status == "streaming":
            await turn.finish("failed", message)
        if cancelled:
            raise
        known = isinstance(error, ReplyFailed)  # then there is nothing more to say
        messages.error("the reply of turn %s failed: %s", turn.id, message, exc_info=not known)
    finally:
        if turn.status == "streaming":  # not even that could be said
            await turn.finish("failed", FAILED)


def words_for(error: BaseException, silence: float | None, cancelled: bool) -> str:
    """What the readers of a reply that failed are told. `silence` has lasted too long."""
    if silence is not None:
        return f"The reply was silent for {silence:g} seconds, which is the limit."
    if cancelled:
        return "The server stopped before the reply was complete."
    if isinstance(error, ReplyFailed):
        return sayable(str(error))
    return FAILED


def text_of(piece: object) -> tuple[str, Literal["message", "reasoning"]]:
    """The text of a piece, and the type of its event. Raises `TypeError` if it is not a piece."""
    if isinstance(piece, str):
        return piece, "message"
    if isinstance(piece, Reasoning) and isinstance(piece.text, str):
        return piece.text, "reasoning"
    raise TypeError(f"a reply yields pieces of text (str), not {piece!r}")


def postpone(timeout: asyncio.Timeout, seconds: float) -> float:
    """Let a timeout end `seconds` from now, or up to 1 % later. Returns when to call this again.

    To move it costs more than to write a piece, so it is not moved for every one.
    """
    now = asyncio.get_running_loop().time()
    timeout.reschedule(now + 1.01 * seconds)
    return now + 0.01 * seconds
