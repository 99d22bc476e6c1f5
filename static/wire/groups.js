// @ts-check
// Rows in the page, in groups: a browser lays out only the groups that are in sight, however many
// rows there are. A request is a row by itself, which stands above all that follows.

import { create } from "../shared/elements.js";

const MOST_ROWS = 50; // rows in a group
const HEIGHT = 1.5; // rem, of a row: the style says the same

/** @param {HTMLElement} list gets the groups */
export function createGroups(list) {
  /** @type {HTMLElement} */
  let last = null; // the group that rows are added to
  /** @type {Set<Element>} */
  const changed = new Set();

  return {
    /** @param {HTMLElement} element of a row @param {boolean} isHeading */
    append(element, isHeading) {
      if (isHeading) {
        list.append(element);
        last = null;
        return;
      }
      if (!last?.isConnected || last.children.length >= MOST_ROWS) {
        last = create("ol", "rows");
        last.setAttribute("role", "list");
        list.append(create("li", "stretch", last));
      }
      last.append(element);
      changed.add(last);
    },
    /** A row was hidden or shown, opened or closed. @param {HTMLElement} element */
    touch(element) {
      if (element.parentElement !== list) changed.add(element.parentElement);
    },
    /** @param {HTMLElement} element */
    remove(element) {
      const group = element.parentElement;
      element.remove();
      if (group === list) return;
      if (group.children.length > 0) changed.add(group);
      else group.parentElement.remove();
    },
    clear() {
      list.replaceChildren();
      last = null;
    },
    /** Let each group that has changed say how high it is, for when it is not laid out. */
    measure() {
      for (const group of changed) {
        if (!group.isConnected) continue;
        const rows = Array.from(group.children, (row) => /** @type {HTMLElement} */ (row));
        const seen = rows.filter((row) => !row.hidden).length;
        const parent = group.parentElement;
        parent.style.containIntrinsicBlockSize = `${seen * HEIGHT}rem`;
        parent.classList.toggle("open", rows.some((row) => row.classList.contains("open")));
      }
      changed.clear();
    },
  };
}
