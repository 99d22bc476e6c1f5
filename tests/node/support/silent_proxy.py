"""A line that dies without a word, as after a laptop's sleep or behind a proxy that has died."""

import asyncio
import threading
from types import TracebackType

from chatkit import Server


class SilentProxy:
    """A TCP proxy. Once a connection has brought `after`, it brings nothing more, and stays open.

    That happens to one connection; all others work.
    """

    def __init__(self, server: Server, after: bytes) -> None:
        self._server = server
        self._after = after
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._over = asyncio.Event()
        self._writers: list[asyncio.StreamWriter] = []
        self.silenced = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    def __enter__(self) -> "SilentProxy":
        self._thread.start()
        listening = asyncio.run_coroutine_threadsafe(self._listen(), self._loop)
        self.port: int = listening.result()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _listen(self) -> int:
        self._listener = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        port: int = self._listener.sockets[0].getsockname()[1]
        return port

    async def _stop(self) -> None:
        self._listener.close()
        self._over.set()
        for writer in self._writers:
            writer.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        await asyncio.gather(*others, return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        to, back = await asyncio.open_connection("127.0.0.1", self._server.port)
        self._writers += [writer, back]
        passing = self._pass_on(reader, back), self._bring_back(to, writer)
        await asyncio.gather(*passing, return_exceptions=True)
        writer.close()
        back.close()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            writer.write(data)
        writer.close()

    async def _bring_back(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        brought = b""
        while data := await reader.read(65536):
            writer.write(data)
            brought += data
            if self._after in brought and not self.silenced.is_set():
                self.silenced.set()
                await self._over.wait()
        writer.close()
