// @ts-check
// Text that grows a piece at a time. A browser copies the whole of a text node whenever it grows,
// so a long text is spread over many.

const MAX_NODE = 1000; // UTF-16 code units

/**
 * Add `text` to the text node `node`, or `insert` a new one. Returns the node to go on with.
 *
 * @param {Text | null} node
 * @param {string} text
 * @param {(node: Text) => void} insert
 * @returns {Text}
 */
export function grow(node, text, insert) {
  // A translator in the browser puts another node in its place.
  if (node?.parentNode && node.length < MAX_NODE) {
    node.appendData(text);
    return node;
  }
  const next = document.createTextNode(text);
  insert(next);
  return next;
}

/**
 * The point in `element` where the next text goes: in front of the text node `end`.
 *
 * `enter(inner)` places an element and goes on in it, `leave(inner)` goes on behind it.
 *
 * @param {Element} element
 */
export function createWriter(element) {
  const end = document.createTextNode("");
  /** @type {Text | null} */
  let words = null; // the text node being written, if nothing came after it
  element.append(end);

  /** @param {string} text */
  function write(text) {
    if (text !== "") words = grow(words, text, (node) => end.before(node));
  }

  /** @param {Node} node */
  function place(node) {
    end.before(/** @type {ChildNode} */ (node));
    words = null;
  }

  /** @param {Element} inner */
  function enter(inner) {
    place(inner);
    inner.append(end);
  }

  /** @param {Element} inner */
  function leave(inner) {
    inner.after(end);
    words = null;
  }

  return { end, write, place, enter, leave };
}

/** @typedef {ReturnType<typeof createWriter>} Writer */
