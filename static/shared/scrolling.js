// Follow the end of a growing content, while the reader is at the end.
//
// The page's own scrolling and the reader's are told apart by position: what is not where the page
// has put it, the reader has moved.

/**
 * Keep `box` scrolled to the end of `content`. Returns a function that goes back to the end.
 *
 * A reader who scrolls down to less than `near` pixels from the end is brought to it.
 * `onFollow(following)` is told whether the end is followed.
 */
export function followEnd(box, content, { near = 2, onFollow = () => {} } = {}) {
  let following;
  let position;

  function setFollowing(wish) {
    following = wish;
    onFollow(following);
    keepPosition();
  }

  function keepPosition() {
    if (following) box.scrollTop = box.scrollHeight;
    position = box.scrollTop;
  }

  box.addEventListener("scroll", () => {
    const below = box.scrollHeight - box.clientHeight - box.scrollTop;
    const isDown = box.scrollTop > position;
    if (below < 2 || (isDown && below < near)) setFollowing(true);
    else if (box.scrollTop < position) setFollowing(false);
    else keepPosition();
  });

  // Runs once for each frame drawn, however many pieces of text came in.
  const observer = new ResizeObserver(keepPosition);
  observer.observe(content);
  observer.observe(box);

  const goToEnd = () => setFollowing(true);
  goToEnd();
  return goToEnd;
}
