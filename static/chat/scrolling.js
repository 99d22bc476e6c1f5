// Follow the end of a growing text, while the reader is at the end.
//
// The page's own scrolling and the reader's are told apart by position: only a reader moves
// up while there is text below.

/** Keep `box` scrolled to the end of `content`. Returns a function that goes back to the end. */
export function followEnd(box, content) {
  let following = true;
  let position = 0;

  function goToEnd() {
    if (following) box.scrollTop = box.scrollHeight;
  }

  box.addEventListener("scroll", () => {
    const below = box.scrollHeight - box.clientHeight - box.scrollTop;
    if (below < 2) following = true;
    else if (box.scrollTop < position) following = false;
    position = box.scrollTop;
  });

  // Runs once for each frame drawn, however many pieces of text came in.
  const observer = new ResizeObserver(goToEnd);
  observer.observe(content);
  observer.observe(box);

  return () => {
    following = true;
    goToEnd();
  };
}
