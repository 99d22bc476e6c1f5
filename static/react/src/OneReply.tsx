// `?turn=ID`: one reply and nothing else, live where it is still being written.

import { ReplyText } from "./ReplyText";
import { useTurnStream } from "./useTurnStream";

export function OneReply({ id }: { id: string }) {
  const { turn, connection } = useTurnStream(id);
  return (
    <main data-connection={connection} data-view="markdown" className="one">
      <p role="status" className="unseen">
        {turn.status === "streaming" ? "Generating" : "Response complete"}
      </p>
      <article data-role="assistant" data-status={turn.status} aria-label="Reply">
        <ReplyText text={turn.text} />
        {turn.problem && <p className="problem">{turn.problem}</p>}
      </article>
    </main>
  );
}
