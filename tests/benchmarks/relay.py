"""What the way through us costs a reply: a model's server read directly, and through chatkit.

The model's server, the relay (`create_app(upstream(...))`) and the client are a process each, all
on this machine; the first two on uvicorn. Directly, the client posts to `chat/completions` and
reads that answer; through us it posts to `turns` and reads the turn's events. Both are asked in
turns, and what is printed are medians.

- First piece: from the request until the first piece of text is here, on a new connection. The
  model's server writes it at once, or after some seconds, as a real model does.
- Pieces: the model's server writes as fast as it can. httpx-sse is what the relay reads with.
- Held back: the model's server writes a piece only after the client has seen the one before.
- Client: an httpx client for each reply, or one for all, and what makes the difference: the TLS
  settings that each loads for itself. The model's server is asked directly, without TLS.
- Cancel: from `POST cancel` until the model's server sees its connection closed. Both processes
  read the same clock, `time.monotonic()`.
"""

import argparse
import asyncio
import http.client
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, closing
from typing import Any

import httpx
from httpx_sse import aconnect_sse, connect_sse
from report import machine, table
from server_process import serve_until_the_client_ends
from starlette.types import ASGIApp, Receive, Scope, Send

PACKAGES = ("httpx", "httpcore", "httpx-sse", "uvicorn", "uvloop", "httptools", "starlette")
TEXT = " fox"
BOUND = 120.0  # seconds that a server may be silent
HEAD = {"type": "http.response.start", "status": 200}
STREAM = HEAD | {"headers": [(b"content-type", b"text/event-stream")]}


# The model's server. What it is to do stands in the last message, as JSON.

seen = asyncio.Semaphore(0)  # pieces that the client has seen
closed: asyncio.Queue[float] = asyncio.Queue()  # when a connection was closed by the relay


def frame(data: Any) -> bytes:
    return f"data: {json.dumps(data)}\n\n".encode()


def chunk(text: str | None, reason: str | None = None) -> bytes:
    delta = {} if text is None else {"content": text}
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}
    names = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    return frame(names | {"choices": [choice]})


async def body_of(receive: Receive) -> bytes:
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            return body


async def model(scope: Scope, receive: Receive, send: Send) -> None:
    assert scope["type"] == "http"
    body = await body_of(receive)
    if scope["path"] == "/seen":
        seen.release()
        await send(HEAD)
        await send({"type": "http.response.body", "body": b"null"})
    elif scope["path"] == "/closed":
        when = await closed.get()
        await send(HEAD)
        await send({"type": "http.response.body", "body": json.dumps(when).encode()})
    else:
        await send(STREAM)
        await answer(json.loads(json.loads(body)["messages"][-1]["content"]), receive, send)


async def answer(task: dict[str, Any], receive: Receive, send: Send) -> None:
    async def write(data: bytes, more: bool = True) -> None:
        await send({"type": "http.response.body", "body": data, "more_body": more})

    await asyncio.sleep(task.get("think", 0))
    for _ in range(task["pieces"]):
        await write(chunk(TEXT))
        if task.get("step"):
            await seen.acquire()
        else:
            await asyncio.sleep(0)
    if task.get("stay"):
        message = await receive()
        assert message["type"] == "http.disconnect"
        await closed.put(time.monotonic())
        return
    await write(chunk(None, "stop") + b"data: [DONE]\n\n", more=False)


def relay(base_url: str) -> ASGIApp:
    from chatkit import create_app
    from chatkit.replies import upstream
    from chatkit.turns import Limits, Turns

    many = 1_000_000_000  # the limits are not what is measured
    limits = Limits(events=many, bytes=many, chat_bytes=many, kept=1)
    return create_app(upstream(base_url, "m", ""), Turns(limits))


# The client.


class Server:
    """A server in a process of its own."""

    def __init__(self, *arguments: str) -> None:
        command = [sys.executable, __file__, "--server", *arguments]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        self.port = int(self._process.stdout.readline())

    def close(self) -> None:
        self._process.kill()
        self._process.communicate()

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=BOUND)

    def ask(self, method: str, path: str) -> Any:
        with closing(self.connect()) as line:
            line.request(method, path)
            return json.load(line.getresponse())


def post(line: http.client.HTTPConnection, path: str, body: Any) -> http.client.HTTPResponse:
    line.request("POST", path, json.dumps(body), {"Content-Type": "application/json"})
    response = line.getresponse()
    assert response.status in (200, 201), response.status
    return response


def request_of(task: dict[str, Any]) -> dict[str, Any]:
    messages = [{"role": "user", "content": json.dumps(task)}]
    return {"model": "m", "stream": True, "messages": messages}


def directly(line: http.client.HTTPConnection, task: dict[str, Any]) -> http.client.HTTPResponse:
    """The answer of the model's server."""
    return post(line, "/v1/chat/completions", request_of(task))


def through_us(line: http.client.HTTPConnection, task: dict[str, Any]) -> http.client.HTTPResponse:
    """The events of a turn whose reply is that answer."""
    turn = json.load(post(line, "/turns", {"message": json.dumps(task)}))
    line.request("GET", "/" + turn["events"])
    return line.getresponse()


Way = Callable[[http.client.HTTPConnection, dict[str, Any]], http.client.HTTPResponse]


def pieces(response: http.client.HTTPResponse) -> Iterator[bytes]:
    """The lines of an event stream that have a piece of text, as they arrive."""
    for line in response:
        if line.startswith(b"data: ") and TEXT.encode() in line:
            yield line


def first_piece(server: Server, way: Way, think: float) -> float:
    """Seconds until the first piece is here."""
    started = time.perf_counter()
    with closing(server.connect()) as line:
        next(pieces(way(line, {"pieces": 1, "think": think})))
        return time.perf_counter() - started


def rate(server: Server, way: Way, count: int) -> float:
    """Pieces a second."""
    with closing(server.connect()) as line:
        response = way(line, {"pieces": count})
        started = time.perf_counter()
        body = b"".join(iter(lambda: response.read1(1 << 20), b""))
        seconds = time.perf_counter() - started
    found = body.count(TEXT.encode())
    assert found == count, f"{found} of {count} pieces came"
    return count / seconds


def rate_of_httpx_sse(server: Server, count: int) -> float:
    """Pieces a second that httpx-sse reads from the model's server, JSON taken apart."""
    url = f"http://127.0.0.1:{server.port}/v1/chat/completions"
    task = {"pieces": count}
    with (
        httpx.Client(timeout=BOUND, trust_env=False) as client,
        connect_sse(client, "POST", url, json=request_of(task)) as source,
    ):
        started = time.perf_counter()
        found = 0
        for event in source.iter_sse():
            if event.data != "[DONE]":
                found += "content" in json.loads(event.data)["choices"][0]["delta"]
        seconds = time.perf_counter() - started
    assert found == count, f"{found} of {count} pieces came"
    return count / seconds


def one_by_one(server: Server, model_server: Server, way: Way, count: int) -> tuple[int, float]:
    """How many pieces came before the next was written, and the seconds for one, there and back.

    Not one comes too early, as the next is not written; one that is held back never comes.
    """
    times = []
    with closing(server.connect()) as line, closing(model_server.connect()) as back:
        arriving = pieces(way(line, {"pieces": count, "step": True}))
        next(arriving)
        for _ in range(count - 1):
            started = time.perf_counter()
            post(back, "/seen", None).read()
            next(arriving)
            times.append(time.perf_counter() - started)
        post(back, "/seen", None).read()
        assert not list(arriving)
    return len(times) + 1, statistics.median(times)


def cancel(server: Server, model_server: Server) -> float:
    """Seconds from the request to cancel a turn until the model's server is left."""
    with closing(server.connect()) as line, closing(server.connect()) as other:
        task = {"pieces": 1, "stay": True}
        turn = json.load(post(line, "/turns", {"message": json.dumps(task)}))
        line.request("GET", "/" + turn["events"])
        next(pieces(line.getresponse()))
        started = time.monotonic()
        post_cancel = f"/turns/{turn['turn']}/cancel"
        other.request("POST", post_cancel)
        assert other.getresponse().status == 200
        return float(model_server.ask("GET", "/closed")) - started


async def of_clients(server: Server, runs: int) -> list[list[str]]:
    """The time of a reply of one piece, by where the client of a reply comes from."""
    url = f"http://127.0.0.1:{server.port}/v1/chat/completions"
    shared = httpx.create_ssl_context()
    one = httpx.AsyncClient(verify=shared, trust_env=False)

    async def first(client: httpx.AsyncClient) -> None:
        task = request_of({"pieces": 1})
        async with aconnect_sse(client, "POST", url, json=task) as source:
            async for _ in source.aiter_sse():  # to its end: the connection can be used again
                pass

    async def new(verify: Any) -> None:
        async with httpx.AsyncClient(verify=verify, trust_env=False) as client:
            await first(client)

    kinds: dict[str, Callable[[], Awaitable[None]]] = {
        "one for all, connection kept": lambda: first(one),
        "one for each reply, TLS settings shared": lambda: new(shared),
        "one for each reply": lambda: new(True),
    }
    times: dict[str, list[float]] = {name: [] for name in kinds}
    for number in range(runs + 1):
        for name, ask in kinds.items():
            started = time.perf_counter()
            await ask()
            if number:
                times[name].append(1000 * (time.perf_counter() - started))
    await one.aclose()
    return [[name, f"{statistics.median(found):.1f}"] for name, found in times.items()]


def row(name: str, direct: float, through: float, digits: int) -> list[str]:
    figures = [f"{figure:,.{digits}f}" for figure in (direct, through)]
    return [name, *figures, f"{through / direct:.2f}"]


def main() -> None:
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("--runs", type=int, default=50, help="of each thing that is timed")
    parser.add_argument("--pieces", type=int, default=20_000, help="of a reply, flat out")
    parser.add_argument("--rounds", type=int, default=5, help="replies, flat out")
    parser.add_argument("--think", type=float, default=0.3, help="seconds to a first piece")
    parser.add_argument("--server", nargs="*", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.server:
        kind, *base_url = options.server
        serve_until_the_client_ends(relay(*base_url) if kind == "relay" else model)
        return
    print(machine(PACKAGES))
    with ExitStack() as stack:
        source = stack.enter_context(closing(Server("model")))
        ours = stack.enter_context(closing(Server("relay", f"http://127.0.0.1:{source.port}/v1")))
        ways: list[tuple[Server, Way]] = [(source, directly), (ours, through_us)]
        print(f"\n{options.runs} runs, {options.rounds} replies of {options.pieces:,} pieces\n")
        rows = [["", "directly", "through us", "ratio"]]
        for think in (0.0, options.think):
            found: list[list[float]] = [[], []]
            for number in range(options.runs + 1):
                for times, (server, way) in zip(found, ways, strict=True):
                    seconds = first_piece(server, way, think)
                    if number:  # the first one warms up
                        times.append(seconds * 1000)
            name = f"ms to the first piece, written after {think:g} s"
            rows.append(row(name, *map(statistics.median, found), digits=1))
        counts, steps = zip(
            *(one_by_one(server, source, way, options.runs) for server, way in ways), strict=True
        )
        rows.append(row("ms for a piece, and back", *(1000 * step for step in steps), digits=2))
        rates: list[list[float]] = [[], [], []]
        for _ in range(options.rounds):
            for figures, (server, way) in zip(rates, ways, strict=False):
                figures.append(rate(server, way, options.pieces))
            rates[2].append(rate_of_httpx_sse(source, options.pieces))
        raw, through, sse = map(statistics.median, rates)
        rows.append(row("pieces a second, bytes only", raw, through, digits=0))
        rows.append(row("pieces a second, httpx-sse and JSON", sse, through, digits=0))
        print(table(rows))
        clients = asyncio.run(of_clients(source, options.runs))
        print(
            "\n" + table([["ms for a whole short reply, by the httpx client", "median"], *clients])
        )
        print(f"\nseen before the next was written  {counts[1]} of {options.runs} pieces")
        times = [1000 * cancel(ours, source) for _ in range(options.runs)]
        print(
            f"cancelled until closed upstream   {statistics.median(times):.1f} ms "
            f"(max {max(times):.1f})"
        )


if __name__ == "__main__":
    main()
