"""The fault lab: faults are armed, and each hits the next stream that is asked for.

Or it is put into the streams that are open. What was hit can be read afterwards.

Only `create_app(faults=True)` adds it. Without it there is no such route and no such layer.
"""

import re
import time
from collections import deque
from functools import partial
from itertools import count
from typing import Any

from fastapi import FastAPI, HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

from chatkit.faults.kinds import KINDS, AnyFault, Broken, Fault, Line, Refuse

STREAM = re.compile(r"/turns/([^/]+)/events$")
REFUSALS: dict[int | str, dict[str, Any]] = {
    400: {"description": "The request is not JSON in UTF-8"},
    408: {"description": "The request did not come in time"},
    409: {"description": "Too many faults are armed, or no stream is open"},
    413: {"description": "The request is too large"},
    422: {"description": "There is no such fault"},
}


class Faults:
    """The faults that are armed, in the order in which they will hit, and what has been hit."""

    def __init__(self, most: int = 100) -> None:
        self.most = most  # that may be armed
        self.armed: deque[Fault] = deque()
        self.refusing_until = 0.0  # on the clock of time.monotonic()
        self.refused = ""  # the turn whose streams are refused until then; "": all
        self.lines: dict[Line, str] = {}  # to the readers of all streams, and their turns
        self.hits: deque[dict[str, Any]] = deque(maxlen=most)  # the newest last
        self.taken: deque[dict[str, Any]] = deque(maxlen=most)  # whether it then hit or not
        self._numbers = count(1)
        self._taken_numbers = count(1)

    def arm(self, fault: Fault) -> None:
        """Let a fault hit the next streams, after those armed before; or those that are open.

        Raises `ValueError`.
        """
        if len(self.armed) >= self.most:
            raise ValueError(
                f"{self.most} faults are armed, which is the limit. Disarm them first."
            )
        if fault.now:
            self._break_now(fault)
        else:
            self.armed.append(fault)

    def _break_now(self, fault: Fault) -> None:
        lines = list(self.lines.items())
        streams = [
            (line, turn) for line, turn in lines if line.is_stream and fault.turn in ("", turn)
        ]
        if not streams:
            raise ValueError("No stream is open that could be broken now.")
        if fault.answer():
            self.armed.appendleft(fault)  # the first that comes back gets the answer
        for line, turn in streams:
            self._note_taken(turn, fault)
            if fault.answer():
                line.cut(fault)
            else:
                line.put(fault)

    def note(self, turn: str, fault: Fault, after: int) -> None:
        """A fault has hit a stream of `turn` when the event `after` had been sent (0: none)."""
        hit = {"number": next(self._numbers), "kind": fault.kind, "turn": turn, "after": after}
        self.hits.append(hit)

    def _note_taken(self, turn: str, fault: Fault) -> None:
        """A stream of `turn` has got a fault, which may find nothing in it to hit."""
        number = next(self._taken_numbers)
        self.taken.append({"number": number, "kind": fault.kind, "turn": turn})

    def disarm(self) -> None:
        """Let nothing more go wrong. Streams that have a fault already keep it."""
        self.armed.clear()
        self.refusing_until = 0.0

    def take(self, turn: str) -> Fault | None:
        """The fault for the stream of `turn` that is asked for now."""
        if time.monotonic() < self.refusing_until and self.refused in ("", turn):
            return Refuse()
        fault = next((fault for fault in self.armed if fault.turn in ("", turn)), None)
        if fault is None:
            return None
        place = self.armed.index(fault)
        if fault.times > 1:
            self.armed[place] = fault.model_copy(update={"times": fault.times - 1})
        else:
            del self.armed[place]
        if isinstance(fault, Refuse):
            self.refusing_until, self.refused = time.monotonic() + fault.seconds, fault.turn
        self._note_taken(turn, fault)
        return fault

    def state(self) -> dict[str, Any]:
        """What is armed, and for how many seconds every stream is still refused."""
        refusing = max(0.0, self.refusing_until - time.monotonic())
        return {
            "armed": [fault.model_dump() for fault in self.armed],
            "refusing": round(refusing, 1),
        }


class FaultLayer:
    """ASGI middleware: a request for a stream gets the next fault, everything else passes."""

    def __init__(self, app: ASGIApp, faults: Faults) -> None:
        self.app = app
        self.faults = faults

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        turn = turn_of(scope)
        if turn is None:
            await self.app(scope, receive, send)
            return
        fault = self.faults.take(turn) or Fault()
        note = partial(self.faults.note, turn)
        if answer := fault.answer():
            note(fault, 0)
            await answer(scope, receive, send)
        else:
            line = Line(fault, send, note)
            self.faults.lines[line] = turn
            await self.pass_on(line, scope, receive)

    async def pass_on(self, line: Line, scope: Scope, receive: Receive) -> None:
        """Let the app answer. The server closes the connection of an answer that is cut off."""
        try:
            with line.scope:
                await self.app(scope, receive, line.send)
            if line.scope.cancelled_caught:
                line.hit()
        except* Broken:
            line.hit()
        finally:
            del self.faults.lines[line]


def turn_of(scope: Scope) -> str | None:
    """The turn whose stream is asked for; None: it is another request."""
    is_get = scope["type"] == "http" and scope["method"] == "GET"
    found = STREAM.search(scope["path"]) if is_get else None
    return found and found[1]


def describe(kind: type[Fault]) -> dict[str, Any]:
    """A kind of fault as the page shows it; its parameters as JSON Schema describes them."""
    schema = kind.model_json_schema()
    parameters = schema["properties"]
    del parameters["now"], parameters["turn"]  # each kind can do that
    return {
        "kind": parameters.pop("kind")["const"],
        "group": kind.group,
        "label": schema["title"],
        "description": schema["description"],
        "parameters": parameters,
    }


def add_fault_lab(app: FastAPI) -> None:
    """Put faults between `app` and its readers. `app.state.faults` arms them from Python."""
    faults = app.state.faults = Faults()
    app.add_middleware(FaultLayer, faults=faults)

    @app.get("/faults", tags=["faults"])
    @app.head("/faults", include_in_schema=False)
    async def list_faults() -> dict[str, Any]:
        """The kinds of faults, what is armed, which turns took one, and what has been hit."""
        kinds = [describe(fault) for fault in KINDS.values()]
        happened = {"taken": list(faults.taken), "hits": list(faults.hits)}
        return {"kinds": kinds} | happened | faults.state()

    @app.post("/faults", status_code=201, tags=["faults"], responses=REFUSALS)
    async def arm_fault(fault: AnyFault) -> dict[str, Any]:
        """Let a fault hit the next `times` streams that are asked for; or those open `now`."""
        try:
            faults.arm(fault)
        except ValueError as error:
            raise HTTPException(409, str(error)) from None
        return faults.state()

    @app.delete("/faults", tags=["faults"])
    async def disarm_faults() -> dict[str, Any]:
        """Let nothing more go wrong."""
        faults.disarm()
        return faults.state()
