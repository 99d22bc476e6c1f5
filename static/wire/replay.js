// @ts-check
// A turn once more, from its record: as fast as it was, slower, or step by step.

/**
 * @param {(items: any[]) => void} onStep gets what happened at once: an item, and what the page
 *   made of it
 * @param {() => void} onEnd
 */
export function createReplay(onStep, onEnd) {
  /** @type {any[][]} */
  let steps = [];
  let next = 0;
  let taken = 0; // items
  let speed = 1;
  let timer = 0;
  let due = 0; // when the next step is to come
  let pace = 0; // the least between two steps, in milliseconds

  function step() {
    clearTimeout(timer);
    if (next >= steps.length) return stop();
    const items = steps[next];
    next += 1;
    taken += items.length;
    onStep(items);
    wait();
  }

  function wait() {
    clearTimeout(timer);
    const now = performance.now();
    if (next >= steps.length) timer = window.setTimeout(stop);
    else if (speed > 0) {
      const [before, after] = [steps[next - 1][0], steps[next][0]];
      due += Math.max(after.time - before.time, pace) / speed;
      timer = window.setTimeout(step, due - now);
    }
  }

  function stop() {
    clearTimeout(timer);
    if (steps.length === 0) return;
    steps = [];
    onEnd();
  }

  return {
    /**
     * @param {any[]} items of a record
     * @param {number} atLeast milliseconds between two steps, where they have no times of their own
     */
    start(items, atLeast = 0) {
      pace = atLeast;
      due = performance.now();
      steps = [];
      for (const item of items) {
        if (item.kind === "read" && steps.length > 0) steps.at(-1).push(item);
        else steps.push([item]);
      }
      next = taken = 0;
      if (steps.length > 0) step();
    },
    step,
    /** Give up; the end is told. */
    stop,
    /** @param {number} wish 1: as it was; 0: a step each time that `step` is called */
    setSpeed(wish) {
      speed = wish;
      due = performance.now();
      if (steps.length > 0) wait();
    },
    isRunning: () => steps.length > 0,
    /** How many items of the last replay have been taken. */
    done: () => taken,
  };
}
