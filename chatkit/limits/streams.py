"""The event streams that are open, and how many there may be."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from fastapi import HTTPException

RETRY = {"Retry-After": "5"}  # seconds


class OpenStreams:
    """Counts the open streams, in all and of each client (an address); its length is all.

    `most` may be open in all, and `most_per_client` of one client.
    """

    def __init__(self, most: int, most_per_client: int) -> None:
        self.most = most
        self.most_per_client = most_per_client
        self._clients: Counter[str] = Counter()

    def __len__(self) -> int:
        return self._clients.total()

    @contextmanager
    def count(self, client: str) -> Iterator[None]:
        """Count one more while it lasts. Raises 503 or 429 if that is too many."""
        if len(self) >= self.most:
            detail = f"{self.most:,} streams are open, which is the limit (max_streams)."
            raise HTTPException(503, detail, RETRY)
        if self._clients[client] >= self.most_per_client:
            detail = f"{self.most_per_client:,} streams to {client} are open, which is the limit "
            raise HTTPException(429, detail + "for one address (max_streams_per_client).", RETRY)
        self._clients[client] += 1
        try:
            yield
        finally:
            self._clients[client] -= 1
            if not self._clients[client]:
                del self._clients[client]
