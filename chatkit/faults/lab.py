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
}


class Faults:
    """The faults that are armed, in the order in which they will hit, and what has been hit."""

    def __init__(self, most: int = 100) -> None:
        self.most = most  # that may be armed
        self.armed: deque[Fault] = deque()
        self.refusing_until = 0.0  # on the clock of time.monotonic()
        self.lines: set[Line] = set()  # to the readers of all answers to stream requests
        self.hits: deque[dict[str, Any]] = deque(maxlen=most)  # the newest last
        self._numbers = count(1)

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
        streams = [line for line in list(self.lines) if line.is_stream]
        if not streams:
            raise ValueError("No stream is open that could be broken now.")
        if fault.answer():
            self.armed.appendleft(fault)  # the first that comes back gets the answer
        for line in streams:
            if fault.answer():
                line.cut(fault)
            else:
                line.put(fault)

    def note(self, turn: str, fault: Fault, after: int) -> None:
        """A fault has hit a stream of `turn` when the event `after` had been sent (0: none)."""
        hit = {"number": next(self._numbers), "kind": fault.kind, "turn": turn, "after": after}
        self.hits.append(hit)

    def disarm(self) -> None:
        """Let nothing more go wrong. Streams that have a fault already keep it."""
        self.armed.clear()
        self.refusing_until = 0.0

    def take(self) -> Fault | None:
        """The fault for the stream that is asked for now."""
        if time.monotonic() < self.refusing_until:
            return Refuse()
        if not self.armed:
            return None
        fault = self.armed.popleft()
        if fault.times > 1:
            self.armed.appendleft(fault.model_copy(update={"times": fault.times - 1}))
        if isinstance(fault, Refuse):
            self.refusing_until = time.monotonic() + fault.seconds
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
        fault = self.faults.take() or Fault()
        note = partial(self.faults.note, turn)
        if answer := fault.answer():
            note(fault, 0)
            await answer(scope, receive, send)
        else:
            await self.pass_on(Line(fault, send, note), scope, receive)

    async def pass_on(self, line: Line, scope: Scope, receive: Receive) -> None:
        """Let the app answer. The server closes the connection of an answer that is cut off."""
        self.faults.lines.add(line)
        try:
            with line.scope:
                await self.app(scope, receive, line.send)
            if line.scope.cancelled_caught:
                line.hit()
        except* Broken:
            line.hit()
        finally:
            self.faults.lines.remove(line)


def turn_of(scope: Scope) -> str | None:
    """The turn whose stream is asked for; None: it is another request."""
    is_get = scope["type"] == "http" and scope["method"] == "GET"
    found = STREAM.search(scope["path"]) if is_get else None
    return found and found[1]


def describe(kind: type[Fault]) -> dict[str, Any]:
    """A kind of fault as the page shows it; its parameters as JSON Schema describes them."""
    schema = kind.model_json_schema()
    parameters = schema["properties"]
    del parameters["now"]  # each kind can do that
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
    async def list_faults() -> dict[str, Any]:
        """The kinds of faults, what is armed, and what has been hit."""
        kinds = [describe(fault) for fault in KINDS.values()]
        return {"kinds": kinds, "hits": list(faults.hits)} | faults.state()

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
