// One turn without a chat around it: the effect that connects a component with a stream.

import { useEffect, useState } from "react";
import { openEventSource } from "../../client/event_source.js";
import { NEW_TURN } from "../../client/protocol.js";
import { followTurn } from "../../client/turn_reader.js";
import { heartbeat } from "./server";

/**
 * The turn as its stream has told it so far, and the state of the connection.
 *
 * The stream belongs to the effect: it is opened for a turn, not for a render (`[id]`), and closed in
 * the clean-up. In StrictMode React runs effect, clean-up, effect: the second stream is opened when
 * the first is closed. It begins with the log's first event, and the state is replaced, not added
 * to: so nothing is there twice. Give the component the key `id`, so that another turn begins anew.
 */
export function useTurnStream(id: string) {
  const [turn, setTurn] = useState(NEW_TURN);
  const [connection, setConnection] = useState("idle");

  useEffect(() => {
    const reader = followTurn(id, NEW_TURN, {
      transport: openEventSource,
      heartbeat,
      onTurn: setTurn,
      onConnection: (next) => setConnection((next as { state: string }).state),
    });
    return () => reader.close();
  }, [id]);

  return { turn, connection };
}
