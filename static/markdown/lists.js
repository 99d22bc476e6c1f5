// @ts-check
// A list, as its items come.

/** @typedef {ReturnType<typeof createList>} List */

/**
 * @param {HTMLElement} element
 * @param {string} marker of its first item, as "-" or "12."
 */
export function createList(element, marker) {
  const first = /^\d/.test(marker) ? parseInt(marker, 10) : null;
  let count = 0;
  if (first !== null && first !== 1) element.setAttribute("start", String(first));

  return {
    /** Items with another one, as "*" instead of "-", start another list. */
    type: marker.at(-1),

    addItem() {
      const item = document.createElement("li");
      element.append(item);
      count += 1;
      if (first !== null) makeRoom(element, first + count - 1);
      return item;
    },

    /** There are blank lines in it. */
    loosen() {
      element.dataset.loose = "";
    },

    /**
     * @param {HTMLElement} item
     * @param {boolean} isDone
     */
    addBox(item, isDone) {
      const box = document.createElement("input");
      box.type = "checkbox";
      box.disabled = true;
      box.toggleAttribute("checked", isDone);
      box.ariaLabel = isDone ? "Done" : "To do";
      item.dataset.task = "";
      item.prepend(box);
    },
  };
}

/**
 * A number of more than two digits needs more room than there is.
 *
 * @param {HTMLElement} list
 * @param {number} number
 */
function makeRoom(list, number) {
  const digits = String(number).length;
  if (digits > 2) list.dataset.digits = String(digits);
}
