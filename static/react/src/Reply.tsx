// A reply: what was thought before it, its text, its figures, and what went wrong.

import { useEffect, useRef } from "react";
import { noteAtEnd } from "../../chat/end_note.js";
import { prove } from "../../client/proof.js";
import { isNews } from "../../client/store.js";
import { copyText } from "../../shared/buttons.js";
import { count, seconds } from "../../shared/format.js";
import { IconButton, Versions } from "./buttons";
import { Problem } from "./Problem";
import { ReplyText } from "./ReplyText";
import { dispatch, type Turn } from "./store";

export function Reply({ turn, isNewest }: { turn: Turn; isNewest: boolean }) {
  const { id, status, text, reasoning, problem, connection, proof } = turn;
  const article = useProof(turn);
  const isLive = status === "streaming";
  const canRetry = status === "failed" && isNewest;
  const marks = {
    "data-empty": text === "" ? "" : undefined,
    "data-lost": isLive && connection.lost ? "" : undefined,
    "data-proof": proof ?? undefined,
  };
  const time = turn.times.sent !== null && turn.restarts === 0 ? ` for ${seconds(turn.times.thought, 1)}` : "";
  const again = () => dispatch({ type: "send", message: turn.message, instead: id });
  return (
    <article ref={article} data-role="assistant" data-status={status} aria-label="Reply" {...marks}>
      {reasoning && (
        <details className="reasoning">
          <summary>{isLive && text === "" ? "Thinking…" : `Thought${time}`}</summary>
          <div data-reasoning="" translate={isLive ? "no" : undefined}>{reasoning}</div>
        </details>
      )}
      <ReplyText text={text} isLive={isLive} />
      <Note turn={turn} />
      {problem && <Problem text={problem} isAloud={isNewest && isNews(turn)} onRetry={canRetry ? again : null} />}
      <div className="below">
        <div className="figures"><span className="words">{isLive ? "" : figuresOf(turn)}</span></div>
        <div className="tools">
          <Versions turn={id} of="reply" />
          {text && <IconButton icon="copy" name="Copy" onClick={() => copyText(text)} />}
          {!isLive && !canRetry && <IconButton icon="again" name="Regenerate" onClick={again} />}
        </div>
      </div>
    </article>
  );
}

/** Once a turn has ended, compare what stands in the page with what the server has written. */
function useProof({ id, status, chars, sha256, proof }: Turn) {
  const article = useRef<HTMLElement>(null);
  const isDue = status !== "streaming" && sha256 !== null && proof === null;
  useEffect(() => {
    if (!isDue) return;
    const text = article.current!.querySelector("[data-text]")!.textContent;
    prove(text, { chars, sha256 }).then((proof) => {
      if (proof) dispatch({ type: "proved", turn: id, proof });
    });
  }, [isDue, id, chars, sha256]);
  return article;
}

function figuresOf({ proof, chars, text, times: { sent, first } }: Turn): string {
  const figures = [
    proof === "mismatch" ? "⚠ not exact" : proof === "ok" ? "✓ exact" : "",
    chars === null ? "" : count(chars, "character"),
    sent === null || first === null ? "" : `first piece after ${seconds(first - sent, 2)}`,
  ];
  const unbroken = figures.filter(Boolean).map((figure) => figure.replaceAll(" ", "\u00a0"));
  return text === "" ? "" : unbroken.join(" ·\u00a0"); // a line is broken between two of them
}

/** What stands where the next piece would: why it is not there. */
function Note({ turn: { status, text, reasoning, connection, finish } }: { turn: Turn }) {
  const isLive = status === "streaming";
  let says = "";
  if (isLive && connection.lost) says = "Connection lost. Trying again…";
  else if (isLive && text + reasoning === "") says = "Waiting for the first word…";
  else if (status === "done") says = noteAtEnd(text, finish?.reason);
  return says && <p className="note"><span>{says}</span></p>;
}
