// The conversation: the turns on the path that is shown, each with its message and its reply.

import { memo, useEffect, useRef } from "react";
import { pathOf } from "../../client/store.js";
import { followEnd } from "../../shared/scrolling.js";
import { Reply } from "./Reply";
import { type Turn, useChatByFrame } from "./store";
import { Said, UserMessage } from "./UserMessage";

export function Conversation() {
  const state = useChatByFrame();
  const { sending } = state;
  const box = useRef<HTMLElement>(null);
  const follow = () => followEnd(box.current!, box.current!.firstElementChild as HTMLElement);
  useEffect(() => follow().close, [sending?.time]); // what is sent brings it back to the end
  const path = pathOf(state);
  const replaced = path.findIndex(({ id }) => id === sending?.instead); // by what is being sent
  const shown = replaced === -1 ? path : path.slice(0, replaced);
  return (
    <section id="conversation" ref={box} tabIndex={0} aria-label="Conversation">
      <div id="messages">
        {shown.map((turn) => (
          <Pair key={turn.id} turn={turn} isNewest={turn === shown.at(-1) && !sending} />
        ))}
        {sending && <div className="pair" data-sending=""><Said message={sending.message} /></div>}
      </div>
    </section>
  );
}

/** A turn that has not changed is the same object: then its pair is not rendered again. */
const Pair = memo(({ turn, isNewest }: { turn: Turn; isNewest: boolean }) => (
  <div className="pair">
    <UserMessage turn={turn} />
    <Reply turn={turn} isNewest={isNewest} />
  </div>
));
