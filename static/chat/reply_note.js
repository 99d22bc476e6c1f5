// @ts-check
// What stands where the next piece of a reply would: that the first is waited for, that the
// connection is lost, or that there will be none, and why.

import { createButton } from "../shared/buttons.js";
import { create } from "../shared/elements.js";
import { noteAtEnd } from "./end_note.js";

/** @typedef {import("../client/store.js").Turn} Turn */

/** Returns `{element, show}`. @param {() => void} onTryNow */
export function createNote(onTryNow) {
  const words = create("span", "");
  const tryNow = createButton("Try now", onTryNow);
  const element = create("p", "note", words, tryNow);
  let timer = 0;
  element.hidden = true;
  tryNow.hidden = true;

  /** @param {Turn} turn */
  function show(turn) {
    clearTimeout(timer);
    const { says, until = null, since = null } = noteOf(turn);
    const now = performance.now();
    const left = until === null ? 0 : Math.max(0, Math.ceil((until - now) / 1000));
    const gone = since === null ? 0 : Math.floor((now - since) / 1000);
    const time = until !== null ? ` ${left} s` : gone > 0 ? ` ${gone} s` : "";
    element.hidden = says === "";
    tryNow.hidden = until === null;
    if (words.textContent !== says + time) words.textContent = says + time;
    if (until === null && since === null) return;
    const ms = until === null ? 1000 - ((now - since) % 1000) : (until - now) % 1000;
    timer = setTimeout(() => element.isConnected && show(turn), Math.max(20, ms + 1));
  }

  return { element, show };
}

/**
 * What is to be said of a turn; `until` and `since` are times, as performance.now() counts.
 *
 * @param {Turn} turn
 * @returns {{says: string, until?: number | null, since?: number | null}}
 */
function noteOf({ status, text, reasoning, connection, times, stopping, finish }) {
  if (status === "cancelled" && text === "") return { says: "Stopped before the first word." };
  if (status === "done") return { says: noteAtEnd(text, finish?.reason) };
  if (status !== "streaming") return { says: "" };
  const { state, lost, offline, nextTry } = connection;
  if (offline) return { says: "Offline. The reply goes on when the network is back." };
  if (state === "waiting") return { says: "Connection lost. Next try in", until: nextTry };
  if (state === "connecting" && lost) return { says: "Connection lost. Trying again…" };
  if (text !== "") return { says: "" };
  if (stopping) return { says: "Stopping…" };
  if (reasoning !== "") return { says: "" }; // it is told above
  return { says: "Waiting for the first word…", since: times.sent };
}
