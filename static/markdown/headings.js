// @ts-check
// The levels of headings. A reply stands below the page's own headings, and its first heading may
// be a "###": what counts in the page's outline is how they stand to one another.

const TOP = 3;
const LOWEST = 6;

/** Returns a function that tells for the "#" of each heading, in their order, its level in the page. */
export function createOutline() {
  /** @type {number[]} */
  let above = []; // the headings that the next one may stand below
  return (/** @type {number} */ level) => {
    above = above.filter((other) => other < level);
    above.push(level);
    return Math.min(TOP + above.length - 1, LOWEST);
  };
}
