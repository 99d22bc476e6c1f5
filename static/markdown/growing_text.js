// Text that grows a piece at a time. A browser copies the whole of a text node whenever it grows,
// so a long text is spread over many.

const MAX_NODE = 1000; // UTF-16 code units

/** Add `text` to the text node `node`, or `insert` a new one. Returns the node to go on with. */
export function grow(node, text, insert) {
  if (node && node.length < MAX_NODE) {
    node.appendData(text);
    return node;
  }
  const next = document.createTextNode(text);
  insert(next);
  return next;
}
