// @ts-check
// The supervisor: one turn's stream, kept alive, whatever the transport.
//
// A transport tries once, and says what happened. All that comes after is decided here, in one
// way: wait (exponential backoff with jitter), then ask again for what is behind the cursor. There
// is never more than one stream for a turn.
//
// That a connection is open does not prove that anything still comes: after a laptop's sleep, or
// behind a proxy that has died, it may stay so for ever. So a stream that is silent for longer than
// the server's heartbeat allows is checked: has the server written more than what has come?

const GRACE = 1_000; // milliseconds that an event may be under way
const FIRST_DELAY = 500; // milliseconds; doubled for each failure in a row (backoff)
const LONGEST_DELAY = 10_000; // milliseconds: no delay is longer

/**
 * @typedef {object} Stream
 * @property {(why: string) => void} close leaves the stream for good
 * @property {(transport: Transport) => void} use goes on with another transport
 * @property {() => void} expectMore the server has written more than the cursor says
 * @property {() => void} tryNow does not wait for the next try
 *
 * @typedef {(url: string, on: (item: any) => void) => () => void} Transport
 * as event_source.js and fetch_stream.js have it
 *
 * @typedef {object} Settings
 * @property {string} url of the events
 * @property {Transport} transport
 * @property {number} silence milliseconds without a sign of life before the stream is checked; 0:
 *   it never is
 * @property {() => number} cursor the number of the last event read
 * @property {(event: {type: string, data: string, lastEventId: string}) => boolean} onEvent gets
 *   each event, and returns false if one before it is missing
 * @property {(state: {state: string, lost?: boolean, offline?: boolean, nextTry?: number}) => void}
 *   onState gets "connecting" (`lost`: after a stream that went wrong), "open", "waiting" (until
 *   `nextTry`, as performance.now() counts; or, `offline`, for the network) and "closed"
 * @property {(item: any) => void} onItem gets all that happens, as record.js describes it
 * @property {(failures: number) => Promise<boolean>} isOver is asked before a try is waited for:
 *   true if there is nothing to go on for; `failures` tries in a row have brought nothing
 * @property {() => Promise<boolean>} isBehind whether the server has more than the cursor says;
 *   true, too, if it does not answer
 */

/**
 * Follow the events at `url`. The caller closes when the turn has ended.
 *
 * @param {Settings} settings
 * @returns {Stream}
 */
export function follow(settings) {
  const { url, silence, cursor, onEvent, onState, onItem, isOver, isBehind } = settings;
  const listening = new AbortController();
  let transport = settings.transport;
  let leave = null; // closes the stream that is open
  let tries = 0; // of all; what waits for an older one is too late
  let failures = 0; // in a row
  let seen = 0; // when the stream last gave a sign of life
  let checked = 0; // when the server was last asked whether it has more
  let timer = 0; // for the next try
  let watchdog = 0;

  function open(why) {
    stop(why);
    const mine = tries;
    onState({ state: "connecting", lost: tries > 1 && why !== "transport" });
    seen = performance.now();
    watch();
    leave = transport(`${url}?after=${cursor()}`, (item) => {
      if (mine === tries) take(item, mine);
    });
  }

  function take(item, mine) {
    seen = item.time;
    onItem(item);
    if (item.kind === "answer" && item.ok) onState({ state: "open" });
    else if (item.kind === "event") takeEvent(item.event);
    else if (item.kind === "end") {
      leave = null; // there is nothing to close
      openLater();
    } else if (item.kind === "bytes") {
      for (const { event } of item.frames) {
        if (event && mine === tries) takeEvent(event); // an event may close the stream
      }
    }
  }

  function takeEvent(event) {
    const before = cursor();
    const whole = onEvent(event);
    if (cursor() !== before) failures = 0; // a stream that only opens is not progress
    if (!whole) openAgain();
  }

  /** Read again what is missing: at once, and if that did not help, later. */
  function openAgain() {
    if (failures > 0) return openLater("gap");
    failures = 1;
    open("gap");
  }

  async function openLater(why) {
    stop(why);
    if (isOffline()) return onState({ state: "waiting", lost: true, offline: true });
    const mine = tries;
    const wait = delay(failures);
    failures += 1;
    timer = setTimeout(open, wait);
    onState({ state: "waiting", lost: true, nextTry: performance.now() + wait });
    note("wait", { delay: wait, failures });
    if ((await isOver(failures - 1)) && mine === tries) stop();
  }

  /** Close the stream, and wait for no other. `why`: for the record, if there was one to close. */
  function stop(why = "again") {
    tries += 1;
    clearTimeout(timer);
    clearTimeout(watchdog);
    if (leave) note("closed", { why });
    leave?.();
    leave = null;
  }

  // Is it alive?

  function watch() {
    clearTimeout(watchdog);
    const left = Math.max(seen, checked) + silence - performance.now();
    if (silence > 0) watchdog = setTimeout(() => (quiet() < silence ? watch() : check()), left);
  }

  const quiet = () => performance.now() - Math.max(seen, checked);

  /** Nothing has come for a while. Is there anything to come? */
  async function check() {
    const mine = tries;
    const behind = await isBehind();
    if (mine !== tries) return;
    note("check", { behind });
    checked = performance.now();
    if (behind) expectMore();
    watch();
  }

  /** The server has more. If nothing of it comes now, the connection is dead. */
  function expectMore() {
    if (!leave) return; // the next try is on its way
    const [mine, before] = [tries, cursor()];
    setTimeout(
      () => {
        if (mine === tries && cursor() === before) open("silent");
      },
      Math.max(0, seen + GRACE - performance.now()),
    );
  }

  function note(kind, details) {
    onItem({ kind, time: performance.now(), ...details });
  }

  function close(why) {
    if (listening.signal.aborted) return;
    listening.abort();
    if (!leave) note("closed", { why }); // it was waiting for the next try
    stop(why);
    onState({ state: "closed" });
  }

  // A connection may die with the network, and the browser not notice.
  addEventListener("offline", () => isOffline() && openLater("offline"), listening);
  addEventListener("online", () => (leave ? check() : open()), listening);
  open();
  return {
    close,
    expectMore,
    tryNow: () => leave || open(),
    use(next) {
      if (next === transport) return;
      transport = next;
      if (leave) open("transport");
    },
  };
}

/** Whether the server is out of reach. This machine itself can be reached without a network. */
function isOffline() {
  return !navigator.onLine && !/^(localhost|127\.|\[::1\])|\.localhost$/.test(location.hostname);
}

/** Milliseconds to wait: backoff, and jitter so that pages don't come back all at once. */
function delay(failures) {
  const longest = Math.min(LONGEST_DELAY, FIRST_DELAY * 2 ** failures);
  return longest * (0.5 + Math.random() / 2);
}
