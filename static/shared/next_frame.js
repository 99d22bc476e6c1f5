// @ts-check
// Work for the screen: done before the next animation frame, once, and never for long.
//
// However often a task is asked for, a frame does it once. What does not fit into a few
// milliseconds is left for the next frame, so that keys and scrolling never wait for it. No
// frame is drawn in a hidden tab, nor in an iframe that is scrolled out of sight: then a timer
// does the work.

const BUDGET = 8; // milliseconds of an animation frame
const LONGEST_WAIT = 200; // milliseconds

const waiting = new Set();
let frame = 0;
let timer = 0;

/**
 * Call `task` in the next animation frame. A task that is not finished may ask for itself again.
 *
 * @param {() => void} task
 */
export function inNextFrame(task) {
  waiting.add(task);
  if (!frame) schedule();
}

function schedule() {
  frame = requestAnimationFrame(run);
  timer = setTimeout(run, LONGEST_WAIT);
}

function run() {
  cancelAnimationFrame(frame);
  clearTimeout(timer);
  const end = performance.now() + BUDGET;
  for (const task of waiting) {
    waiting.delete(task); // if it asks again, it comes once more, after all others
    perform(task);
    if (performance.now() > end) break;
  }
  frame = 0;
  if (waiting.size > 0) schedule();
}

/** Call `task`. An error in it is reported, and stops no other task. */
function perform(task) {
  try {
    task();
  } catch (error) {
    reportError(error);
  }
}
