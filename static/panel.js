// @ts-check
// The panel with the Wire, and with the fault lab where the server has one: beside the chat, or,
// where there is no room, below it. It never covers the chat.
//
// While it is open the page reads its streams with fetch, which sees every byte; or with what the
// reader has chosen in it. Closed, it asks for nothing.

import { call } from "./client/server.js";
import { TRANSPORTS } from "./client/store.js";
import { loadStyle } from "./load.js";
import { create } from "./shared/elements.js";
import { createIconButton } from "./shared/icons.js";
import { isGivenUp } from "./shared/keys.js";
import { inNextFrame } from "./shared/next_frame.js";
import { createHandle } from "./wire/handle.js";
import { createTabs } from "./wire/tabs.js";
import { WireInspector } from "./wire/wire_inspector.js";

const STYLES = [
  import.meta.resolve("./wire/panel.css"),
  import.meta.resolve("./faults/faults.css"),
];
const CHOICE = "chatkit transport"; // in localStorage: what the reader has chosen
const OPEN = `chatkit wire ${location.pathname}`; // in sessionStorage: "open"

/**
 * @param {HTMLElement} element an empty one, hidden
 * @param {object} page
 * @param {ReturnType<typeof import("./client/store.js").createStore>} page.store
 * @param {ReturnType<typeof import("./client/record.js").createRecord>} page.record
 * @param {HTMLElement} page.button opens and closes the panel
 * @param {(light: import("./wire/inspector.js").Light | null) => void} page.onLight gets the part of
 *   a reply whose event is pointed at; null: none
 * @returns `setOpen(wish)`; `point(turn, offset, of)`: a character is pointed at, null: none
 */
export function createPanel(element, { store, record, button, onLight }) {
  const usual = store.state.transport;
  const styled = Promise.all(STYLES.map(loadStyle));
  const inspector = new WireInspector();
  inspector.record = record;
  const lab = create("div", "");
  const tabs = createTabs([
    { name: "Wire", content: inspector },
    { name: "Faults", content: lab },
  ], showTab);
  const wireParent = inspector.parentElement;
  let isOpen = false;
  /** @type {Promise<{refresh: () => void} | null>} */
  let faults = null; // the fault lab, once it was asked for
  let leaf = "";

  async function setOpen(wish) {
    isOpen = wish;
    keepOpen(isOpen);
    button.setAttribute("aria-expanded", String(isOpen));
    store.dispatch({ type: "transport", name: isOpen ? (readChoice() ?? "fetch") : usual });
    if (isOpen) await styled;
    element.hidden = !isOpen;
    if (isOpen) {
      wireParent.append(inspector);
      faults ??= findFaults();
      (await faults)?.refresh();
    } else {
      inspector.remove(); // it draws nothing then
      onLight(null);
    }
  }

  function close() {
    setOpen(false);
    button.focus();
  }

  /** The fault lab; null: the server has none. */
  async function findFaults() {
    const { faults: has } = await call("healthz").catch(() => ({}));
    if (!has) return null;
    const { createFaultLab } = await import("./faults/lab.js");
    const found = await createFaultLab(lab, { store, record });
    tabs.setShown("Faults", found !== null);
    return found;
  }

  async function showTab(name) {
    if (name === "Faults") (await faults)?.refresh();
  }

  function show() {
    const { state } = store;
    inspector.turns = state.turns.map(({ id, message, status }) => {
      return { turn: id, message, isOver: status !== "streaming" };
    });
    inspector.transport = state.transport;
    if (state.leaf !== leaf && state.leaf) inspector.show(state.leaf);
    leaf = state.leaf;
  }

  inspector.addEventListener("wire-light", (/** @type {CustomEvent} */ event) => {
    onLight(event.detail);
  });
  inspector.addEventListener("wire-transport", (/** @type {CustomEvent} */ event) => {
    const { name } = event.detail;
    keepChoice(name);
    store.dispatch({ type: "transport", name });
  });
  element.addEventListener("keydown", (event) => {
    if (!isGivenUp(event)) return;
    event.preventDefault();
    close();
  });
  const closing = createIconButton("close", "Close the Wire", close);
  const bar = create("div", "panel-bar", tabs.list, closing);
  element.append(createHandle(element), bar, tabs.content);
  tabs.setShown("Faults", false);
  store.subscribe(() => inNextFrame(show)); // which may come for each of many events
  show();
  return {
    setOpen,
    point: (turn, offset, of) => isOpen && inspector.point(turn, offset, of),
  };
}

function keepOpen(isOpen) {
  try {
    if (isOpen) sessionStorage.setItem(OPEN, "open");
    else sessionStorage.removeItem(OPEN);
  } catch {
    // then a reload closes it
  }
}

/** @returns {string | null} null: there is none, or none that this page knows */
function readChoice() {
  try {
    const name = localStorage.getItem(CHOICE);
    return Object.hasOwn(TRANSPORTS, name ?? "") ? name : null;
  } catch {
    return null; // an iframe may be denied its storage
  }
}

function keepChoice(name) {
  try {
    localStorage.setItem(CHOICE, name);
  } catch {
    // then it holds as long as the page
  }
}
