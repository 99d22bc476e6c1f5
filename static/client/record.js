// @ts-check
// What went over the network for the last turns, as far as this page can know: for the Wire, and
// for whoever else wants to see it. Keeping it costs no request.
//
// A turn's items, in order, each with its `time` (milliseconds, as performance.now() counts):
//
//   request  {method, url, headers, body, transport}   headers: a list of [name, value]
//   answer   {ok, status, headers, body, method}   status null: EventSource does not tell; body and
//                                      method: of a POST only, which may be answered in the middle
//                                      of a stream
//   bytes    {chunk, bytes, frames}    of fetch: bytes of the chunk with this number, and the
//                                      frames that they complete, as sse.js describes them
//   event    {event}                   of EventSource: {type, data, lastEventId}
//   read     {number, as, from, to, ends}   what protocol.js made of the event before: "new", with
//                                      its offsets in the reply, "reasoning", with those in the
//                                      reasoning, "other" (the end), "seen", "gap" or
//                                      "reset"; ends {text, reasoning}: how long both are by now
//   end      {reason, status, method}  the answer is over (method as above): "end" as HTTP wants it, "broken", "no
//                                      answer", "no content" (204), "status", "content type"; of
//                                      EventSource "lost" (it had been open) or "refused"
//   closed   {why}                     the page has closed it: "complete", "left", "transport",
//                                      "gap", "silent", "offline" or "again"
//   wait     {delay, failures}         the next try comes in `delay` milliseconds
//   check    {behind}                  it was silent: has the server more?

const MOST_TURNS = 10;
const MOST_ITEMS = 20_000; // in all turns
const MOST_BYTES = 8_000_000; // that all items may hold
const ITEMS_AT_ONCE = 1_000; // items that are forgotten together

/**
 * @typedef {{turn: string, message: string, items: any[], bytes: number, dropped: number}} Entry
 * `turn`: its id, or another name where the server has taken no turn; `dropped` items are no longer kept, the oldest first
 */

/** @returns a record of nothing yet */
export function createRecord() {
  /** @type {Entry[]} */
  const entries = [];
  const listeners = new Set();
  let items = 0;
  let bytes = 0;

  function tell(entry, item) {
    for (const listener of listeners) listener(entry, item);
  }

  function forget() {
    while (entries.length > MOST_TURNS) drop(entries[0], Infinity);
    while (items > MOST_ITEMS || bytes > MOST_BYTES) drop(entries[0], ITEMS_AT_ONCE);
  }

  function drop(entry, most) {
    const gone = entry.items.splice(0, most);
    const size = gone.reduce((sum, item) => sum + sizeOf(item), 0);
    items -= gone.length;
    bytes -= size;
    entry.bytes -= size;
    entry.dropped += gone.length;
    if (entry.items.length === 0 && entries.length > 1) entries.shift();
  }

  function begin(turn, message, first = []) {
    if (find(turn)) return;
    const entry = { turn, message, items: [], bytes: 0, dropped: 0 };
    entries.push(entry);
    tell(entry);
    for (const item of first) add(turn, item);
  }

  function add(turn, item) {
    const entry = find(turn);
    if (!entry) return;
    entry.items.push(item);
    entry.bytes += sizeOf(item);
    items += 1;
    bytes += sizeOf(item);
    forget();
    tell(entry, item);
  }

  const find = (turn) => entries.find((entry) => entry.turn === turn);

  return {
    entries,

    /**
     * A turn is followed, if it has not been before. `first` are items from before it had its id.
     *
     * @type {(turn: string, message: string, first?: any[]) => void}
     */
    begin,

    /** @type {(turn: string, item: any) => void} */
    add,

    /**
     * @param {(entry: Entry, item?: any) => void} listener gets each new item; none: a new entry
     * @returns {() => void} to stop listening
     */
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

function sizeOf({ bytes, event, body }) {
  return bytes?.length ?? event?.data.length ?? body?.length ?? 0;
}
