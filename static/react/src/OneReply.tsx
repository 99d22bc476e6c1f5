// `?turn=ID`: one reply and nothing else, live where it is still being written.

import { Problem } from "./Problem";
import { ReplyText } from "./ReplyText";
import { useTurnStream } from "./useTurnStream";

export function OneReply({ id }: { id: string }) {
  const { turn, connection } = useTurnStream(id);
  return (
    <main data-connection={connection} data-view="markdown">
      <header><p id="status" role="status">{turn.status}</p></header>
      <div id="talk">
        <section id="conversation" tabIndex={0} aria-label="Conversation">
          <article id="messages" data-role="assistant" data-status={turn.status} aria-label="Reply">
            <ReplyText text={turn.text} isLive={turn.status === "streaming"} />
            {turn.problem && <Problem text={turn.problem} onRetry={null} />}
          </article>
        </section>
      </div>
    </main>
  );
}
