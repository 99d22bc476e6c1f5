// @ts-check
// The raw text of a reply: text nodes that hold exactly the characters of the log.
//
// A browser lays out a block of text as a whole, again and again while it grows. So a long text
// is cut, at line ends, into parts that are laid out once. For innerText and for copying it is
// one text all the same: a part is an inline block as wide as the text, and the line ends
// between the parts stay.

const PART = 16_000; // UTF-16 code units, or more, up to the end of the line

/**
 * Write text into `element`. Returns `{length, append, clear, text, rangeOf, offsetAt}`. All
 * lengths and offsets are in UTF-16 code units, like those of a string.
 *
 * @param {HTMLElement} element
 */
export function createRawText(element) {
  let part = null; // the text node that grows; null: the next text begins a new part
  let length = 0;

  function beginPart() {
    part = document.createTextNode("");
    if (length === 0) {
      element.append(part);
      return;
    }
    const block = document.createElement("span");
    block.append(part);
    element.append(block);
  }

  function* nodes() {
    const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) yield /** @type {Text} */ (walker.currentNode);
  }

  return {
    get length() {
      return length;
    },

    /** @param {string} text */
    append(text) {
      while (text !== "") {
        if (!part?.parentNode) beginPart(); // a translator may have taken it away
        const cut = text.indexOf("\n", Math.max(0, PART - part.length));
        const fits = cut === -1 ? text : text.slice(0, cut);
        part.appendData(fits); // its cost does not depend on the other parts
        length += fits.length;
        if (cut === -1) return;
        element.append("\n");
        length += 1;
        part = null;
        text = text.slice(cut + 1);
      }
    },

    clear() {
      element.replaceChildren();
      part = null;
      length = 0;
    },

    /** What the page holds, which is what a person sees. @returns {string} */
    text: () => element.textContent,

    /**
     * The part of the page that holds the text between two offsets.
     *
     * @param {number} from
     * @param {number} to
     */
    rangeOf(from, to) {
      const range = document.createRange();
      range.selectNodeContents(element);
      let before = 0;
      for (const node of nodes()) {
        const after = before + node.length;
        if (before <= from && from < after) range.setStart(node, from - before);
        if (before < to && to <= after) range.setEnd(node, to - before);
        before = after;
      }
      return range;
    },

    /**
     * The offset of what stands `within` characters into a node; null: it is not in this text.
     *
     * @param {Node} target
     * @param {number} within
     */
    offsetAt(target, within) {
      let before = 0;
      for (const node of nodes()) {
        if (node === target) return before + within;
        before += node.length;
      }
      return null;
    },
  };
}
