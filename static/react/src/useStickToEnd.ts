// Keep a box scrolled to the end of what grows in it, until the reader scrolls up.

import { useEffect, useRef } from "react";

const NEAR = 24; // pixels

/**
 * Returns a ref for the box, which follows the end of its first child. It goes back to the end
 * whenever `sent`, the time at which a message was sent, is another one.
 */
export function useStickToEnd(sent: number | undefined) {
  const box = useRef<HTMLElement>(null);
  const follows = useRef(true);

  useEffect(() => {
    const element = box.current!;
    let place = 0; // where it stood when it was looked at last

    function look() {
      const isNear = element.scrollHeight - element.clientHeight - element.scrollTop < NEAR;
      if (isNear) follows.current = true;
      else if (element.scrollTop < place) follows.current = false; // this page only scrolls down
      place = element.scrollTop;
    }

    const observer = new ResizeObserver(() => {
      if (follows.current) element.scrollTop = element.scrollHeight;
    });
    observer.observe(element);
    observer.observe(element.firstElementChild!);
    element.addEventListener("scroll", look);
    return () => {
      observer.disconnect();
      element.removeEventListener("scroll", look);
    };
  }, []);

  useEffect(() => {
    if (sent === undefined) return;
    follows.current = true;
    box.current!.scrollTop = box.current!.scrollHeight;
  }, [sent]);

  return box;
}
