// The conversation: the turns on the path that is shown, each with its message and its reply.

import { memo, useState } from "react";
import { rememberMarkdown, wantsMarkdown } from "../../chat/markdown_switch.js";
import { pathOf } from "../../client/store.js";
import { versionsOf } from "../../client/tree.js";
import { Reply } from "./Reply";
import { Said, UserMessage } from "./UserMessage";
import { useChatByFrame, type Turn } from "./store";
import { useStickToEnd } from "./useStickToEnd";

export type Version = { index: number; count: number };

export function Conversation() {
  const state = useChatByFrame();
  const { sending, turns } = state;
  const [raw, setRaw] = useState(() => !wantsMarkdown());
  const box = useStickToEnd(sending?.time);
  const path = pathOf(state);
  const replaced = path.findIndex(({ id }) => id === sending?.instead);
  const shown = replaced === -1 ? path : path.slice(0, replaced);

  function toggleRaw() {
    rememberMarkdown(raw);
    setRaw(!raw);
  }

  return (
    <section
      id="conversation"
      ref={box}
      tabIndex={0}
      aria-label="Conversation"
      data-view={raw ? "raw" : "markdown"}
    >
      <div id="messages">
        {shown.map((turn) => {
          const { message, reply } = versionsOf(turn, turns);
          return (
            <Pair
              key={turn.id}
              turn={turn}
              message={message.index}
              messages={message.all.length}
              reply={reply.index}
              replies={reply.all.length}
              isNewest={turn === shown.at(-1) && !sending}
              raw={raw}
              onRaw={toggleRaw}
            />
          );
        })}
        {sending && (
          <div className="pair" data-sending="">
            <Said message={sending.message} />
            <p className="note">Sending…</p>
          </div>
        )}
      </div>
    </section>
  );
}

type PairProps = {
  turn: Turn;
  message: number;
  messages: number;
  reply: number;
  replies: number;
  isNewest: boolean;
  raw: boolean;
  onRaw: () => void;
};

/** A turn that has not changed is the same object, so its pair is not rendered again. */
const Pair = memo(({ turn, message, messages, reply, replies, ...rest }: PairProps) => (
  <div className="pair">
    <UserMessage turn={turn} version={{ index: message, count: messages }} />
    <Reply turn={turn} version={{ index: reply, count: replies }} {...rest} />
  </div>
));
