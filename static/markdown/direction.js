// @ts-check
// The direction of each block, told by its first letter, as `dir="auto"` does. A browser reads an
// element with dir="auto" anew whenever it grows: 20,000 pieces take seconds.

// Of two code units only one may have come: letters that need two do not count.
const LETTER = /(?![\u{10000}-\u{10ffff}])\p{L}/u;
const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]/;

/**
 * The direction of the first letter in `text`; "": it has none.
 *
 * @param {string} text
 */
export function directionOf(text) {
  const letter = LETTER.exec(text)?.[0];
  if (!letter) return "";
  return RIGHT_TO_LEFT.test(letter) ? "rtl" : "ltr";
}

/**
 * `add(element)` once a block is in the page, `read(text)` for the text that is added to the
 * newest one. A block gets the attribute `dir` where it runs in another direction than what it
 * stands in: a list may have items of both.
 *
 * @param {Element} root
 */
export function createDirections(root) {
  /** @type {HTMLElement[]} */
  let undirected = []; // until their first letter has come; outermost first

  /** @param {HTMLElement} element */
  function add(element) {
    // The others are complete, without a letter.
    undirected = undirected.filter((outer) => outer.contains(element));
    undirected.push(element);
  }

  /** @param {string} text */
  function read(text) {
    if (undirected.length === 0) return;
    const direction = directionOf(text);
    if (!direction) return;
    for (const element of undirected) {
      if (directionAround(element) !== direction) element.dir = direction;
    }
    undirected = [];
  }

  /** @param {Element} element */
  function directionAround(element) {
    let outer = element.parentElement;
    while (outer !== root && !outer.dir) outer = outer.parentElement;
    return outer === root ? "ltr" : outer.dir;
  }

  return { add, read };
}
