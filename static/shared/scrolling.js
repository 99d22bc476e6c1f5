// @ts-check
// Follow the end of a growing content, until the reader goes up.
//
// A wheel, a key or a finger that goes up is heard before anything has moved. All else (a scrollbar,
// a search, a link) is told by the place: where the page has put the box, and where it stands now.
// The page looks before it scrolls: afterwards, what has grown would hide a reader's small step.
// For one who is on the way down, the end is the one that was drawn: the text may grow faster than
// anybody scrolls.

const EDGE = 2; // pixels; places may be fractions
const KEYS_UP = ["ArrowUp", "PageUp", "Home"];

/**
 * Keep `box` scrolled to the end of `content`. Returns a function that goes back to the end.
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
  let place = 0; // where the box stood when it was looked at last
  let end = 0; // how high its content was when it was drawn last

  function setFollowing(wish) {
    if (wish === following) return;
    following = wish;
    // What a browser does to keep the text in view in its place would look like a reader's step.
    box.style.overflowAnchor = following ? "none" : "";
    onFollow(following);
  }

  /** Has the reader moved? */
  function look() {
    const { scrollTop, clientHeight, scrollHeight } = box;
    const isAtEnd = scrollHeight - clientHeight - scrollTop < EDGE;
    const hasReachedEnd = scrollTop > place && end - clientHeight - scrollTop < near;
    if (scrollTop < place - 1 && !isAtEnd) setFollowing(false);
    else if (hasReachedEnd || scrollHeight <= clientHeight) setFollowing(true);
    place = scrollTop;
  }

  function goOn() {
    if (following) box.scrollTop = box.scrollHeight;
    place = box.scrollTop;
    end = box.scrollHeight;
  }

  function goToEnd() {
    setFollowing(true);
    goOn();
  }

  /** The reader wants to go up. What has no place above stays where it is. */
  function leaveEnd() {
    if (box.scrollTop > 0) setFollowing(false);
  }

  box.addEventListener("scroll", look);
  box.addEventListener("wheel", (event) => event.deltaY < 0 && leaveEnd(), { passive: true });
  box.addEventListener("keydown", ({ key, target }) => {
    if (/** @type {Element} */ (target).matches("textarea, input, select")) return;
    if (KEYS_UP.includes(key)) leaveEnd();
    else if (key === "End") goToEnd();
  });

  let finger = 0;
  const watchFinger = ({ type, touches }) => {
    if (type === "touchmove" && touches[0].clientY > finger) leaveEnd();
    finger = touches[0].clientY;
  };
  box.addEventListener("touchstart", watchFinger, { passive: true });
  box.addEventListener("touchmove", watchFinger, { passive: true });

  // Runs once for each frame drawn, however many pieces of text came in.
  const observer = new ResizeObserver(() => {
    look();
    goOn();
  });
  observer.observe(content);
  observer.observe(box);

  goToEnd();
  return goToEnd;
}
