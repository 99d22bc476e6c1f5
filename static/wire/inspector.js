// @ts-check
// The inside of <wire-inspector>: which turn is shown, and which part of it does what.

import { createButton } from "../shared/buttons.js";
import { create } from "../shared/elements.js";
import { count } from "../shared/format.js";
import { join } from "../client/sse.js";
import { plain } from "./escaped.js";
import { handleRows } from "./handling.js";
import { History } from "./history.js";
import { createWireList } from "./list.js";
import { readLog } from "./log.js";
import { createReplay } from "./replay.js";
import { fileName, savedBytes, writtenOut } from "./sse_file.js";
import { createTimeline } from "./timeline.js";
import { createToolbar } from "./toolbar.js";
import { createTranscript } from "./transcript.js";

const EMPTY = "Nothing yet. Send a message: what travels for its reply will stand here.";
const OPENED_BEFORE =
  "Nothing yet. What this page opens from now on will stand here; what was opened before the Wire " +
  "was there is not seen.";
const CLEARED = "Cleared. What comes from now on will stand here.";
const READING = "This page has not seen how this reply came. The log is read again.";
const NOT_SEEN = "This page has not seen how this reply came. The server still has its log.";
const COLUMNS = { id: "id", type: "type", data: "data", delta: "+ time", size: "bytes" };
const PACE = 30; // milliseconds from event to event in the replay of what came at once
const NOTHING = { text: 0, reasoning: 0 };
const UNKNOWN = { text: NaN, reasoning: NaN };
const DWELL = 150; // milliseconds that the mouse is over another reply, or no longer, before that counts

/**
 * @typedef {import("./transcript.js").Row} Row
 * @typedef {{turn: string, of: "text" | "reasoning", from: number, to: number}} Light
 */

/**
 * @param {HTMLElement} element which is filled
 * @param {object} handlers
 * @param {(light: Light|null) => void} handlers.onLight
 * @param {(name: string) => void} handlers.onTransport
 */
export function createInspector(element, { onLight, onTransport }) {
  let record = null;
  let isOwn = true; // the record is of turns that the server has a log of
  let isOn = false; // in the page
  /** @type {{turn: string, message: string, isOver: boolean}[]|null} */
  let turns = null; // to choose from; null: those of the record
  let newest = ""; // turn in the record, which `turns` may not have yet
  let shown = ""; // the turn on screen
  let shownBefore = ""; // another reply was pointed at; "": none
  /** @type {Map<string, any[]>} */
  const logs = new Map(); // items that were read again from the log, by turn
  let history = new History();
  let transcript = createTranscript(() => {});
  let logTranscript = transcript;
  let replayed = { items: [], dropped: 0 }; // what the replay has of the entry
  let speed = 1;
  let isPaused = false;
  let wasFollowing = false; // before a character in the reply was pointed at
  let dwell = 0;
  let unsubscribe = () => {};

  const toolbar = createToolbar({
    onTurn: show,
    onTransport,
    onFilter: (filter) => list.filter(filter),
    onPause: () => setPaused(!isPaused),
    onClear() {
      list.clear();
      if (shown) empty.replaceChildren(create("p", "", CLEARED), createButton("Show again", again));
    },
    onSave: save,
    onReplay: () => (replay.isRunning() ? replay.stop() : startReplay()),
    onSpeed: setSpeed,
    onStep: () => replay.step(),
    text,
  });
  const cursor = create("b", "", "none");
  const counts = create("span", "counts");
  const dropped = create("p", "dropped");
  const empty = create("div", "empty", EMPTY);
  const rows = create("ol", "rows all");
  // Without bullets it is not one, in Safari: https://bugs.webkit.org/show_bug.cgi?id=170179
  rows.setAttribute("role", "list");
  const box = create("section", "box", dropped, rows, empty);
  box.tabIndex = 0; // it scrolls, and arrow keys go from it to the rows
  box.setAttribute("aria-label", "Rows of the stream");
  const timeline = createTimeline((time) => handling.reveal(list.find((row) => row.time <= time)));
  const list = createWireList(box, rows, {
    onCounts: showCounts,
    onDraw: (row) => handling.drawn(row),
  });
  const handling = handleRows(box, list, {
    onLight: light,
    onReadFrom: (row) => read(Number(row.event.lastEventId), row.ends ?? UNKNOWN),
    canRead: () => isOwn,
  });
  const replay = createReplay(takeAgain, endReplay);

  // What is shown

  const entryOf = (turn) => record?.entries.find((entry) => entry.turn === turn);
  const itemsOf = (turn) => entryOf(turn)?.items ?? [];

  function choices() {
    const entries = record?.entries ?? [];
    if (!turns) return entries;
    const extra = entryOf(newest);
    return !extra || turns.some(({ turn }) => turn === newest) ? turns : [...turns, extra];
  }

  /** Show a turn from its beginning. */
  function show(turn) {
    replay.stop();
    shown = turn;
    shownBefore = "";
    clear();
    history = new History();
    timeline.show(history);
    itemsOf(turn).forEach(take);
    logs.get(turn)?.forEach(takeFromLog);
    showChoices();
  }

  function clear() {
    list.clear();
    transcript = createTranscript(list.put);
    logTranscript = createTranscript(list.put, { again: true });
  }

  const again = () => show(shown);

  function showChoices() {
    const all = choices();
    toolbar.setTurns(all, shown);
    const isKnown = shown === "" || itemsOf(shown).length > 0 || !isOwn;
    if (isKnown) empty.replaceChildren(create("p", "", isOwn ? EMPTY : OPENED_BEFORE));
    else if (isOn && !logs.has(shown) && all.find(({ turn }) => turn === shown)?.isOver) {
      empty.replaceChildren(create("p", "", READING));
      read(0, NOTHING);
    } else if (!logs.get(shown)?.length) empty.replaceChildren(...offer(NOT_SEEN));
    toolbar.setSave(shown !== "" && itemsOf(shown).length + (logs.get(shown)?.length ?? 0) > 0);
  }

  function offer(words) {
    return [create("p", "", words), createButton("Read it from the log", () => read(0, NOTHING))];
  }

  function take(item) {
    transcript.take(item);
    history.take(item);
    timeline.touch();
  }

  function takeFromLog(item) {
    logTranscript.take(item);
    if (itemsOf(shown).length > 0) return;
    history.take(item);
    timeline.touch();
  }

  /** The record has a new entry, or `item` is new in an entry. */
  function listen(entry, item) {
    if (!item) {
      newest = entry.turn;
      show(entry.turn);
    } else if (entry.turn === shown) {
      if (entry.items.length === 1) showChoices(); // there is something now
      if (!replay.isRunning()) return take(item);
      history.take(item);
      timeline.touch();
    }
  }

  /** Read the log of the turn again, after event `after`, where text and reasoning end at `ends`. */
  async function read(after, ends) {
    const mine = shown;
    const items = logs.get(mine) ?? [];
    logs.set(mine, items);
    try {
      await readLog(mine, { after, ends }, (item) => {
        items.push(item);
        if (mine === shown) takeFromLog(item);
      });
    } catch (error) {
      if (items.length === 0) logs.delete(mine);
      if (mine === shown) empty.replaceChildren(...offer(error.message));
    }
    if (mine === shown) toolbar.setSave(true);
  }

  function showCounts({ kept, shown: inSight, waiting, dropped: old }) {
    const events = count(kept, "frame");
    const hidden = kept - inSight - waiting;
    counts.textContent = hidden > 0 ? `${inSight} of ${events}` : events;
    if (isPaused && waiting > 0) counts.append(`, ${waiting.toLocaleString("en")} waiting`);
    cursor.textContent = transcript.lastEventId || logTranscript.lastEventId || "none";
    dropped.hidden = old === 0;
    dropped.textContent = `${count(old, "older frame")} no longer kept`;
  }

  function setPaused(wish) {
    isPaused = wish;
    toolbar.setPaused(isPaused);
    list.pause(isPaused);
  }

  // Pointing

  /** @param {Row|undefined} row */
  function light(row) {
    timeline.mark(row?.time ?? null);
    onLight(row?.to > row?.from ? lightOf([row]) : null);
  }

  /** The part of the reply that rows, or items, have brought: of its text, or of its reasoning. */
  function lightOf(read) {
    const { as, to } = read.at(-1);
    const { from } = read.find((it) => it.as === as);
    return /** @type {Light} */ ({ turn: shown, of: as === "reasoning" ? as : "text", from, to });
  }

  function point(turn, offset, of = "text") {
    clearTimeout(dwell);
    if (turn === null) {
      handling.reveal(null);
      timeline.mark(null);
      if (wasFollowing) list.goToEnd();
      wasFollowing = false;
      if (shownBefore) dwell = window.setTimeout(() => show(shownBefore), DWELL);
      return;
    }
    if (turn !== shown) {
      if (itemsOf(turn).length > 0) {
        dwell = window.setTimeout(() => pointElsewhere(turn, offset, of), DWELL);
      }
      return;
    }
    wasFollowing ||= list.isFollowing();
    const as = of === "text" ? "new" : of;
    const row = list.find((it) => it.as === as && it.from <= offset && offset < it.to);
    timeline.mark(row?.time ?? null);
    handling.reveal(row);
  }

  /** Show another turn for as long as it is pointed at; not while something goes on in this one. */
  function pointElsewhere(turn, offset, of) {
    const isLive = itemsOf(shown).length > 0 && history.changes.at(-1)?.state !== "closed";
    if (isLive || replay.isRunning()) return;
    const before = shownBefore || shown;
    show(turn);
    shownBefore = before;
    point(turn, offset, of);
  }

  // Slow motion

  function startReplay() {
    const entry = entryOf(shown);
    const again = !entry?.items.length;
    const items = again ? (logs.get(shown) ?? []) : entry.items;
    replayed = { items: [...items], dropped: entry?.dropped ?? 0 };
    setPaused(false);
    clear();
    toolbar.setReplaying(true, speed);
    replay.setSpeed(speed);
    replay.start(replayed.items, again ? PACE : 0);
  }

  function takeAgain(items) {
    for (const item of items) transcript.take(item);
    timeline.mark(items[0].time);
    const texts = items.filter(({ from, to }) => to > from);
    if (texts.length > 0) onLight(lightOf(texts));
  }

  /** What has come meanwhile follows. */
  function endReplay() {
    toolbar.setReplaying(false, speed);
    timeline.mark(null);
    onLight(null);
    const entry = entryOf(shown);
    if (!entry?.items.length) return;
    const gone = entry.dropped - replayed.dropped;
    for (const item of entry.items.slice(replay.done() - gone)) transcript.take(item);
  }

  function setSpeed(wish) {
    speed = wish;
    replay.setSpeed(speed);
    toolbar.setReplaying(replay.isRunning(), speed);
  }

  // Taking it along

  /** The bytes of the frames in sight, as text. */
  function text() {
    const frames = list.shown().filter(({ pieces }) => pieces);
    return frames.map(({ pieces, event }) => {
      if (pieces.length === 0) return writtenOut(event);
      return plain(join(pieces.map(({ bytes }) => bytes)));
    }).join("");
  }

  function save() {
    const items = itemsOf(shown);
    const bytes = savedBytes(items.length > 0 ? items : (logs.get(shown) ?? []));
    const link = create("a");
    link.href = URL.createObjectURL(new Blob([bytes], { type: "text/event-stream" }));
    link.download = fileName(shown);
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  }

  const columns = create("div", "columns");
  columns.setAttribute("aria-hidden", "true");
  for (const [kind, name] of Object.entries(COLUMNS)) columns.append(create("span", kind, name));
  const state = create("p", "state", create("span", "", "Last event ID: ", cursor), counts);
  element.setAttribute("aria-label", "Wire inspector");
  element.append(
    create("div", "head", toolbar.choosing, timeline.element, toolbar.tools, state),
    create("div", "body", columns, box),
  );

  return {
    point,
    /** @param {string} turn */
    show(turn) {
      newest = "";
      if (turn !== shown) show(turn);
    },
    start() {
      isOn = true;
      unsubscribe();
      unsubscribe = record.subscribe(listen);
      const last = record.entries.at(-1);
      const isRefused = last?.items.every(({ method }) => method === "POST"); // no stream followed
      if (isRefused) newest = last.turn;
      const all = choices();
      const isThere = !isRefused && all.some(({ turn }) => turn === shown);
      show(isThere ? shown : (all.at(-1)?.turn ?? ""));
    },
    stop() {
      isOn = false;
      unsubscribe();
      unsubscribe = () => {};
      timeline.stop();
      replay.stop();
    },
    setRecord(next, { isOwn: own }) {
      record = next;
      isOwn = own;
      toolbar.setOwn(own);
    },
    setTurns(next) {
      const before = choices();
      turns = next;
      if (turns.some(({ turn }) => turn === newest)) newest = "";
      const after = choices();
      const isSame = ({ turn }, index) => turn === before[index]?.turn;
      if (after.length === before.length && after.every(isSame)) return;
      if (after.some(({ turn }) => turn === shown)) showChoices();
      else show(after.at(-1)?.turn ?? "");
    },
    setTransport: toolbar.setTransport,
  };
}
