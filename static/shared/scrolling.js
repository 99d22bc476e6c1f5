// @ts-check
// Follow the end of a growing content, until the reader goes up.
//
// A wheel, a key or a finger that goes up is heard before anything has moved. All else (a scrollbar,
// a search, a link) is told by the position: the one that the page gave the box, and the one now.
// The page looks before it scrolls: afterwards, what has grown would hide a reader's small step.
// For one who is on the way down, the end is the one that was drawn: the text may grow faster than
// anybody scrolls.

const EDGE = 2; // pixels; positions may be fractions
const KEYS = { ArrowUp: -1, PageUp: -1, Home: -1, ArrowDown: 1, PageDown: 1, End: Infinity };

/**
 * Keep `box` scrolled to the end of `content`. Returns `{goToEnd, stay, close}`: `goToEnd()` goes back
 * to the end, `stay()` keeps the reader, who opens something above it, `close()` leaves the box alone.
 *
 * A reader who scrolls down to less than `near` pixels from the end is brought to it.
 * `onFollow(following)` is told whether the end is followed.
 *
 * @param {HTMLElement} box
 * @param {HTMLElement} content
 * @param {{near?: number, onFollow?: (following: boolean) => void}} [how]
 */
export function followEnd(box, content, { near = EDGE, onFollow = () => {} } = {}) {
  let following = false;
  let position = 0; // where the box stood when it was looked at last
  let end = 0; // how high its content was when it was drawn last
  let mayReturn = false; // the reader was away from the end, or is on the way down

  function setFollowing(wish) {
    if (wish === following) return;
    following = wish;
    mayReturn = false;
    // What a browser does to keep the text in view in its place would look like a reader's step.
    box.style.overflowAnchor = following ? "none" : "";
    onFollow(following);
  }

  const below = () => box.scrollHeight - box.clientHeight - box.scrollTop;

  /** Has the reader moved? A box that becomes higher moves its text, too. */
  function look() {
    const { scrollTop, clientHeight, scrollHeight } = box;
    const lowest = end - clientHeight; // where the box could stand when it was drawn
    const isNear = lowest - scrollTop < near;
    const hasReturned = mayReturn && isNear && scrollTop > position;
    const hasEnd = scrollHeight < end && below() < EDGE; // what was open above it is closed
    if (scrollTop < Math.min(position, lowest) - 1 && below() >= EDGE) setFollowing(false);
    else if (hasReturned || hasEnd || scrollHeight <= clientHeight) setFollowing(true);
    if (!isNear) mayReturn = true;
    position = scrollTop;
  }

  function goOn() {
    if (following) box.scrollTop = box.scrollHeight;
    position = box.scrollTop;
    end = box.scrollHeight;
  }

  function goToEnd() {
    setFollowing(true);
    goOn();
  }

  /** The reader wants to go up (-1), down (1), or to the end. The box has not moved yet. */
  function take(wish) {
    if (wish < 0 && box.scrollTop > 0) {
      setFollowing(false);
      mayReturn = false;
    } else if (wish === Infinity || (wish > 0 && below() < EDGE)) {
      goToEnd();
    } else if (wish > 0) {
      mayReturn = true;
    }
  }

  const closing = new AbortController();
  const listen = (type, listener) =>
    box.addEventListener(type, listener, { passive: true, signal: closing.signal });
  listen("scroll", look);
  listen("wheel", ({ deltaY, ctrlKey }) => {
    if (!ctrlKey) take(Math.sign(deltaY)); // with it the page is zoomed, also by two fingers
  });
  listen("keydown", ({ key, target }) => {
    if (!target.matches("textarea, input, select")) take(KEYS[key] ?? 0);
  });

  let finger = 0;
  const watchFinger = ({ type, touches }) => {
    if (type === "touchmove") take(Math.sign(finger - touches[0].clientY));
    finger = touches[0].clientY;
  };
  listen("touchstart", watchFinger);
  listen("touchmove", watchFinger);

  // Runs once for each frame drawn, however many pieces of text came in.
  const observer = new ResizeObserver(() => {
    look();
    goOn();
  });
  observer.observe(content);
  observer.observe(box);

  function close() {
    closing.abort();
    observer.disconnect();
  }

  goToEnd();
  return { goToEnd, stay: () => setFollowing(false), close };
}
