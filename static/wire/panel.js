// The inside of the wire inspector: its controls, and the elements for what it shows.

import { createButton, createCopyButton } from "../shared/buttons.js";
import { create } from "../shared/elements.js";
import { count } from "../shared/format.js";
import { createTimeline } from "./timeline.js";
import { createWireList } from "./list.js";

const EMPTY = "Nothing yet. Send a message: the bytes of its reply will stand here as they arrive.";

/**
 * Fill `element`. Returns `{begin, put, setCursor, note}`: `begin(time)` empties it for a new
 * turn, `put(row)` adds or changes a row, `setCursor(id)` takes the last event ID, and
 * `note(state, detail, time)` a state of the page's own connection.
 */
export function createPanel(element, onClose) {
  const filter = textBox("Filter");
  const comments = checkBox();
  const cursor = create("b", "", "none");
  const counts = create("span", "counts");
  const dropped = create("p", "dropped");
  const rows = create("ol", "rows");
  const box = create("section", "box", dropped, rows, create("p", "empty", EMPTY));
  const timeline = createTimeline();
  const list = createWireList(box, rows, showCounts);
  const pause = createButton("Pause", () => setPaused(!paused));
  let lastEventId = "";
  let paused = false;

  function setPaused(wish) {
    paused = wish;
    pause.textContent = paused ? "Resume" : "Pause";
    list.pause(paused);
  }

  function setFilter() {
    list.filter({ text: filter.value.toLowerCase(), comments: comments.checked });
  }

  function showCounts({ kept, shown, waiting, dropped: old }) {
    const blocks = count(kept, "block");
    const hidden = kept - shown - waiting;
    counts.textContent = hidden > 0 ? `${shown} of ${blocks}` : blocks;
    if (paused && waiting > 0) counts.append(`, ${waiting.toLocaleString("en")} waiting`);
    cursor.textContent = lastEventId || "none";
    dropped.hidden = old === 0;
    dropped.textContent = `${count(old, "older block")} no longer kept`;
    timeline.draw(performance.now());
  }

  filter.addEventListener("input", setFilter);
  comments.addEventListener("change", setFilter);

  element.classList.add("inspector");
  element.setAttribute("aria-label", "Wire inspector");
  box.tabIndex = 0;
  box.setAttribute("aria-label", "Blocks of the stream");
  const title = create("div", "title", create("h2", "", "On the wire"));
  if (onClose) {
    const close = createButton("Close", onClose);
    close.setAttribute("aria-label", "Close the wire inspector");
    title.append(close);
  }
  const controls = create(
    "div",
    "controls",
    pause,
    createCopyButton(list.text),
    createButton("Clear", list.clear),
    filter,
    create("label", "", comments, "Comments"),
  );
  const state = create("p", "state", create("span", "", "Last event ID: ", cursor), counts);
  const columns = create("div", "columns");
  for (const name of ["Bytes as they arrived", "Fields", "Event"]) {
    columns.append(create("span", "", name));
  }
  element.append(title, timeline.element, controls, state, columns, box);

  return {
    begin(time) {
      list.clear();
      setPaused(false);
      lastEventId = "";
      timeline.begin(time);
    },
    put: list.put,
    setCursor(id) {
      lastEventId = id;
    },
    note: timeline.add,
  };
}

function textBox(name) {
  const element = create("input", "");
  element.type = "text";
  element.placeholder = name;
  element.setAttribute("aria-label", name);
  element.autocomplete = "off";
  element.spellcheck = false;
  return element;
}

function checkBox() {
  const element = create("input", "");
  element.type = "checkbox";
  element.checked = true;
  return element;
}
