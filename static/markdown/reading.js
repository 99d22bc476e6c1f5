// @ts-check
// What the functions share that read one construct at the start of a text.

/** Only more text can tell whether the construct is there. */
export const WAIT = Symbol("wait");

/**
 * Where the match of `pattern`, which is sticky, ends that begins at `at`.
 *
 * @param {RegExp} pattern
 * @param {string} source
 * @param {number} at
 */
export function endOf(pattern, source, at) {
  pattern.lastIndex = at;
  pattern.test(source);
  return pattern.lastIndex;
}

/**
 * The runs of backticks in `source`: `find(length, from)` tells where the first run of exactly
 * `length` begins that is not in front of `from`; -1: nowhere.
 *
 * A text may have many runs that open and none that closes. So the runs are looked up, not
 * looked for anew at each.
 *
 * @param {string} source
 */
export function createBacktickRuns(source) {
  /** @type {Map<number, number[]>} */
  const starts = new Map(); // by length
  for (const { 0: run, index } of source.matchAll(/`+/g)) {
    if (!starts.has(run.length)) starts.set(run.length, []);
    starts.get(run.length).push(index);
  }
  return {
    find(/** @type {number} */ length, /** @type {number} */ from) {
      const found = starts.get(length) ?? [];
      let low = 0;
      for (let high = found.length; low < high; ) {
        const middle = (low + high) >> 1;
        if (found[middle] < from) low = middle + 1;
        else high = middle;
      }
      return found[low] ?? -1;
    },
  };
}

/** @typedef {(length: number, from: number) => number} FindRun */
