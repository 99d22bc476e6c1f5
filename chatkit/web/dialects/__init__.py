"""The same replies for other clients: each dialect is what the SDK of one API sends and reads.

A reply in a dialect is a turn like any other. It is written into the log by a task of its own,
within the same limits, and /healthz counts it. What differs is how its events are written down,
and where the history comes from: from the client, which sends all of it with each request.

What happens to the turn when its client stops reading:

| SDK | its way to stop | the turn |
|---|---|---|
| `openai`, chat and responses | `stream.close()`, or leaving `with` or the process | is cancelled |
| `anthropic` | `stream.close()`, or leaving `with` or the process | is cancelled |
| `ollama` | leaving the `for` loop over the reply | is cancelled |
| each of them, not streaming | its time limit, a cancelled task | is cancelled |
| AI SDK | `stop()`, a page that is closed or loaded again | goes on: the page may come back |
| AI SDK | `POST api/{chat}/stop`, beside `stop()` | is cancelled |

A client's messages are made to alternate, as many models want it: `alternate`, beside `history`,
leaves out one of the assistant without text, and makes one of two of the user in a row.

Of the first four, nobody else reads the turn. A stream counts as open until its last byte is sent,
and so does an answer in one piece.
"""

from chatkit.web.dialects.registry import add_dialects

__all__ = ["add_dialects"]
