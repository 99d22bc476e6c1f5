"""What reading an event stream costs: CPU time per event, and its growth with a line's length.

The same bytes, in the same chunks, go to every reader that is installed, and each gives back the
data of all events as a list. There is no network: with one, each costs more. The readers take
turns within a round, so that what else the machine does slows all of them; the best round counts.
The garbage collector is off. A reader that does not get the right events is not measured.
"""

import argparse
import asyncio
import gc
import json
import math
import sys
import time
from codecs import getincrementaldecoder
from collections.abc import AsyncIterator, Callable, Sequence
from importlib.metadata import PackageNotFoundError, version
from itertools import cycle, islice

import httpx
from httpx_sse import EventSource
from report import machine, table

from chatkit.sse import Parser

CHUNKS = {"64 KiB": 64 * 1024, "120-byte": 120}
HEADERS = {"content-type": "text/event-stream"}
WORDS = (" The", " quick", " brown", " fox")  # the texts of the events, over and over
GROWTH = 4  # from one length of a line to the next
LENGTHS = 4
BOUND = 2.0  # seconds that one long line may take; a reader that would need more is not asked


# The readers. Each makes its parser, or its whole response, anew.


def chatkit_parser(chunks: Sequence[bytes]) -> list[str]:
    parser = Parser()
    return [event.data for chunk in chunks for event in parser.feed(chunk)]


def httpx_sse_sync(chunks: Sequence[bytes]) -> list[str]:
    response = httpx.Response(200, headers=HEADERS, content=chunks)
    return [event.data for event in EventSource(response).iter_sse()]


def httpx_sse_async(chunks: Sequence[bytes]) -> list[str]:
    async def content() -> AsyncIterator[bytes]:
        for chunk in chunks:
            yield chunk

    async def read() -> list[str]:
        response = httpx.Response(200, headers=HEADERS, content=content())
        return [event.data async for event in EventSource(response).aiter_sse()]

    return asyncio.run(read())


def httpx_sse_decoders(chunks: Sequence[bytes]) -> list[str]:
    """What is left of it without httpx and without generators: the least that it can cost."""
    from httpx_sse._decoders import SSEDecoder, SSELineDecoder

    decode_text = getincrementaldecoder("utf-8")("replace").decode
    decode_lines = SSELineDecoder().decode
    decode_event = SSEDecoder().decode
    found = []
    for chunk in chunks:
        for line in decode_lines(decode_text(chunk)):
            event = decode_event(line)
            if event is not None:
                found.append(event.data)
    return found


def httpx2_event_source(chunks: Sequence[bytes]) -> list[str]:
    import httpx2

    request = httpx2.Request("GET", "http://127.0.0.1")
    response = httpx2.Response(200, headers=HEADERS, content=chunks, request=request)
    return [event.data for event in httpx2.EventSource(response, max_event_size=None)]


def launchdarkly_eventsource(chunks: Sequence[bytes]) -> list[str]:
    from ld_eventsource import SSEClient
    from ld_eventsource.config import ConnectionClient, ConnectionResult, ConnectStrategy

    class Connection(ConnectStrategy, ConnectionClient):
        def create_client(self, logger: object) -> ConnectionClient:
            return self

        def connect(self, last_event_id: str | None) -> ConnectionResult:
            return ConnectionResult(iter(chunks), closer=None)

    return [event.data for event in SSEClient(Connection()).events]


def sseclient_py(chunks: Sequence[bytes]) -> list[str]:
    from sseclient import SSEClient

    return [event.data for event in SSEClient(chunks).events()]


def openai_decoder(chunks: Sequence[bytes]) -> list[str]:
    from openai._streaming import SSEDecoder

    return [event.data for event in SSEDecoder().iter_bytes(iter(chunks))]


def anthropic_decoder(chunks: Sequence[bytes]) -> list[str]:
    from anthropic._streaming import SSEDecoder

    return [event.data for event in SSEDecoder().iter_bytes(iter(chunks))]


Reader = Callable[[Sequence[bytes]], list[str]]
OURS = "chatkit, Parser"
REFERENCE = "httpx-sse, iter_sse"
READERS: dict[str, Reader] = {  # a name starts with that of the package
    OURS: chatkit_parser,
    REFERENCE: httpx_sse_sync,
    "httpx-sse, aiter_sse": httpx_sse_async,
    "httpx-sse, its decoders alone": httpx_sse_decoders,
    "httpx2, EventSource": httpx2_event_source,
    "launchdarkly-eventsource": launchdarkly_eventsource,
    "sseclient-py": sseclient_py,
    "openai, SSEDecoder": openai_decoder,
    "anthropic, SSEDecoder": anthropic_decoder,
}


def package_of(name: str) -> str:
    return name.partition(",")[0]


def is_installed(package: str) -> bool:
    try:
        version(package)
    except PackageNotFoundError:
        return package == "chatkit"  # imported above, perhaps from where it stands
    return True


# The streams. Each function gives the bytes of one event, and its data.


def chatkit_event(number: int, text: str) -> tuple[str, str]:
    data = json.dumps(text)
    return f"id: {number}\ndata: {data}\n\n", data


def openai_event(number: int, text: str) -> tuple[str, str]:
    data = compact(
        {
            "id": "chatcmpl-B9MHDbslfkBeAs8l4bebGdFOJ6PeG",
            "object": "chat.completion.chunk",
            "created": 1741570283,
            "model": "gpt-4o-2024-08-06",
            "choices": [{"index": 0, "delta": {"content": text}, "finish_reason": None}],
        }
    )
    return f"data: {data}\n\n", data


def anthropic_event(number: int, text: str) -> tuple[str, str]:
    delta = {"type": "text_delta", "text": text}
    data = compact({"type": "content_block_delta", "index": 0, "delta": delta})
    return f"event: content_block_delta\ndata: {data}\n\n", data


SHAPES = {"chatkit": chatkit_event, "OpenAI": openai_event, "Anthropic": anthropic_event}


def compact(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))


def cut(stream: bytes, size: int) -> list[bytes]:
    return [stream[start : start + size] for start in range(0, len(stream), size)]


# What is measured.


def faults_of(
    readers: dict[str, Reader], chunks: Sequence[bytes], data: list[str]
) -> dict[str, str]:
    """What readers make of these chunks that is not this data: their figures mean nothing."""
    faults = {}
    for name, read in readers.items():
        try:
            found = read(chunks)
        except Exception as error:
            faults[name] = f"{type(error).__name__}: {error}"
            continue
        if len(found) != len(data):
            faults[name] = f"reads {len(found):,} events of {len(data):,}"
        elif found != data:
            faults[name] = "reads other data"
    for name in (OURS, REFERENCE):
        if name in faults:
            sys.exit(f"{name}: {faults[name]}")
    return faults


def cpu_time(read: Reader, chunks: Sequence[bytes]) -> float:
    """Seconds; never 0, also where the clock is a coarse one."""
    started = time.process_time()
    read(chunks)
    return max(time.process_time() - started, time.get_clock_info("process_time").resolution)


def measure(
    readers: dict[str, Reader], chunks: Sequence[bytes], data: list[str], rounds: int
) -> tuple[dict[str, float], list[str]]:
    """The best CPU time of each reader, and a note on each that gets something else."""
    faults = faults_of(readers, chunks, data)
    best = {name: math.inf for name in readers if name not in faults}
    for _ in range(rounds):
        for name in best:
            best[name] = min(best[name], cpu_time(readers[name], chunks))
    return best, [f"{name}: {fault}" for name, fault in faults.items()]


def speed_table(readers: dict[str, Reader], chunks: str, events: int, rounds: int) -> str:
    """Microseconds per event of each shape, and how many times as fast as httpx-sse that is."""
    rows = {name: [name] for name in readers}
    head = [f"{chunks} chunks"]
    notes = []
    for shape, event in SHAPES.items():
        written = [event(*pair) for pair in enumerate(islice(cycle(WORDS), events), 1)]
        stream = "".join(block for block, _ in written).encode()
        data = [data for _, data in written]
        times, found = measure(readers, cut(stream, CHUNKS[chunks]), data, rounds)
        head += [f"{shape}, µs", "times"]
        for name, row in rows.items():
            row += ["-", "-"]
            if name in times:
                per_event = times[name] / events * 1e6
                row[-2:] = [f"{per_event:.2f}", f"{times[REFERENCE] / times[name]:.2f}"]
        notes += [f"{note} ({shape}'s shape)" for note in found]
    return "\n".join([table([head, *rows.values()]), *notes])


def growth_table(readers: dict[str, Reader], shortest: int, rounds: int) -> str:
    """Milliseconds for one line of data, and the factor from one length to the next."""
    rows = {name: [name] for name in readers}
    head = ["one line, 120-byte chunks"]
    notes = []
    before: dict[str, float] = {}
    for length in (shortest * GROWTH**power for power in range(LENGTHS)):
        text = "x" * (length * 1024)
        chunks = cut(f"data: {text}\n\n".encode(), 120)
        times, found = measure(readers, chunks, [text], rounds)
        head += [f"{length:,} KiB, ms", *["factor"] * bool(before)]
        for name, row in rows.items():
            row.append(f"{times[name] * 1000:.1f}" if name in times else "-")
            if before:
                row.append(f"{times[name] / before[name]:.1f}" if name in times else "-")
        notes += [f"{note} ({length:,} KiB)" for note in found]
        # The time may grow with the square.
        readers = {name: readers[name] for name in times if times[name] * GROWTH**2 < BOUND}
        before = times
    return "\n".join([table([head, *rows.values()]), *notes])


def main() -> None:
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("--events", type=int, default=20_000, help="events per stream")
    parser.add_argument("--rounds", type=int, default=5, help="times each reader reads a stream")
    parser.add_argument("--line", type=int, default=256, help="KiB of the shortest long line")
    parser.add_argument(
        "--only", nargs="+", metavar="NAME", help="readers beside chatkit's and httpx-sse's"
    )
    options = parser.parse_args()
    readers = {name: read for name, read in READERS.items() if is_installed(package_of(name))}
    missing = [package_of(name) for name in READERS if name not in readers]
    if options.only is not None:
        readers = {
            name: read
            for name, read in readers.items()
            if name in (OURS, REFERENCE) or any(part in name for part in options.only)
        }

    print(machine(dict.fromkeys(["httpx", *map(package_of, READERS)])))
    print(
        f"{options.events:,} events per stream, the best of {options.rounds} rounds in turns; "
        "µs of CPU time per event,\nand how many times as fast that is as httpx-sse's iter_sse\n"
    )
    gc.disable()
    for chunks in CHUNKS:
        print(speed_table(readers, chunks, options.events, options.rounds), end="\n\n")
    print(growth_table(readers, options.line, options.rounds))
    if missing:
        print(f"\nnot installed: {', '.join(missing)}")


if __name__ == "__main__":
    main()
