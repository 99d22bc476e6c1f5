// Emphasis: runs of "*" or "_", matched as CommonMark does.
//
// A run that closes takes the nearest run that opens, and what stands between them moves into a
// new element. A run that opens stands as text until then. What is matched stays.

const MAX_OPENERS = 16; // runs that wait to be closed; the oldest becomes plain text
const MAX_RUN = 8; // delimiters; a longer run is plain text

/**
 * Returns `take(run, before, after)`, which makes the emphasis that `run` closes, and returns
 * what of the run is plain text. `before` and `after` are the characters next to it, "" at the
 * ends of the block. `end` is the node that new nodes go in front of, `place(node)` puts them
 * there.
 */
export function createEmphasis(end, place) {
  const openers = []; // innermost last

  function take(run, before, after) {
    const { opens, closes } = flanking(run[0], before, after);
    const { length } = run;
    if (length > MAX_RUN) return run;

    const delimiters = { char: run[0], length, left: length, both: opens && closes };
    while (closes && delimiters.left > 0) {
      const found = openers.findLastIndex((opener) => match(opener, delimiters));
      if (found < 0) break;
      openers.length = found + 1; // the runs in between stay plain text
      emphasize(openers[found], delimiters);
    }

    const left = run.slice(0, delimiters.left);
    if (!opens || left === "") return left;
    delimiters.node = document.createTextNode(left);
    place(delimiters.node);
    if (openers.push(delimiters) > MAX_OPENERS) openers.shift();
    return "";
  }

  function emphasize(opener, closer) {
    const used = Math.min(2, opener.left, closer.left);
    const element = document.createElement(used === 2 ? "strong" : "em");
    while (opener.node.nextSibling !== end) element.append(opener.node.nextSibling);
    place(element);
    opener.left -= used;
    closer.left -= used;
    opener.node.data = opener.char.repeat(opener.left);
    if (opener.left === 0) openers.pop().node.remove();
  }

  return take;
}

/** Whether a run of `char` may open and close emphasis: it leans on a word, not on a space. */
function flanking(char, before, after) {
  const [spaceBefore, spaceAfter] = [before, after].map((side) => /^(?:\s|$)/.test(side));
  const [markBefore, markAfter] = [before, after].map((side) => /^[\p{P}\p{S}]/u.test(side));
  const left = !spaceAfter && (!markAfter || spaceBefore || markBefore);
  const right = !spaceBefore && (!markBefore || spaceAfter || markAfter);
  if (char === "*") return { opens: left, closes: right };
  // Not inside a word: snake_case_names are no emphasis.
  return { opens: left && (!right || markBefore), closes: right && (!left || markAfter) };
}

/** Whether two runs make emphasis. By the rule of three, the "*" in `**a*b**` is text. */
function match(opener, closer) {
  if (opener.char !== closer.char) return false;
  if (!opener.both && !closer.both) return true;
  const multiples = opener.length % 3 === 0 && closer.length % 3 === 0;
  return multiples || (opener.length + closer.length) % 3 !== 0;
}
