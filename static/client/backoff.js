// @ts-check
// Exponential backoff with jitter: how long to wait for the next try at what has failed.

const FIRST_DELAY = 500; // milliseconds; doubled for each failure in a row ...
const LONGEST_DELAY = 10_000; // ... up to this

/** Milliseconds to wait: longer each time, and at random, so that pages don't come all at once. */
export function delay(failures) {
  const longest = Math.min(LONGEST_DELAY, FIRST_DELAY * 2 ** failures);
  return longest * (0.5 + Math.random() / 2);
}
