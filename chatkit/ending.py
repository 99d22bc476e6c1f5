"""How a server that stops ends what it is answering: one step after the other."""

import uvicorn

from chatkit.hang_up import hang_up_all
from chatkit.live_requests import LiveRequests

# How often a server is asked to end, 0.01 s apart ...
ONLY_STREAMS = 50  # ... before requests that have no answer yet are ended too,
ONLY_REQUESTS = 100  # ... and before it hangs up on readers that take nothing.


def end_requests(requests: LiveRequests, server: uvicorn.Server, asked: int) -> None:
    """Ask a server for the `asked`-th time to end. Call it in the loop's thread."""
    requests.end_streams()
    if asked > ONLY_STREAMS:
        requests.end_all()
    if asked > ONLY_REQUESTS:
        hang_up_all(server)
