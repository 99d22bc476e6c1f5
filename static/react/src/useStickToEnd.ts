// A box that stays at the end of what grows in it, until the reader scrolls up.

import { useEffect, useRef } from "react";

/** A ref for the box. Another `sent`, the time of a message, brings it back to the end. */
export function useStickToEnd(sent: number | undefined) {
  const box = useRef<HTMLElement>(null);

  useEffect(() => {
    const element = box.current!;
    let follows = true;
    let place = 0; // where it stood when it was looked at last

    function look() {
      const below = element.scrollHeight - element.clientHeight - element.scrollTop;
      if (below < 24) follows = true; // pixels
      else if (element.scrollTop < place) follows = false; // the page itself only goes down
      place = element.scrollTop;
    }

    const observer = new ResizeObserver(() => {
      if (follows) element.scrollTop = element.scrollHeight;
      place = element.scrollTop;
    });
    for (const part of [element, element.firstElementChild!]) observer.observe(part);
    element.addEventListener("scroll", look);
    return () => {
      observer.disconnect();
      element.removeEventListener("scroll", look);
    };
  }, [sent]);

  return box;
}
