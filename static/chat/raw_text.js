// The raw text of a reply: text nodes that hold exactly the characters of the log.
//
// A browser lays out a block of text as a whole, again and again while it grows. So a long text
// is cut, at line ends, into parts that are laid out once. For innerText and for copying it is
// one text all the same: a part is an inline block as wide as the text, and the line ends
// between the parts stay.

const PART = 16_000; // UTF-16 code units, or more, up to the end of the line

/** Write text into `element`. Returns `{length, append, clear, text}`. */
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

  return {
    /** In UTF-16 code units, like the length of a string. */
    get length() {
      return length;
    },

    append(text) {
      while (text !== "") {
        if (!part) beginPart();
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

    /** What the page holds, which is what a person sees. */
    text: () => element.textContent,
  };
}
