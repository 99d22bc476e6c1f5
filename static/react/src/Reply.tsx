// A reply: what was thought before it, its text, its figures, and what went wrong.

import { useEffect, useRef } from "react";
import { prove } from "../../client/proof.js";
import { copyText } from "../../shared/buttons.js";
import { count, seconds } from "../../shared/format.js";
import { IconButton, Versions } from "./buttons";
import { ReplyText } from "./ReplyText";
import { dispatch, type Turn } from "./store";
import type { Version } from "./Conversation";

const CUT: Record<string, string> = {
  length: "The model stopped at its limit of tokens.",
  content_filter: "The model's provider cut this reply off.",
};

type Props = { turn: Turn; version: Version; isNewest: boolean; raw: boolean; onRaw: () => void };

export function Reply({ turn, version, isNewest, raw, onRaw }: Props) {
  const { id, status, text, reasoning, problem, connection, proof } = turn;
  const isLive = status === "streaming";
  const canRetry = status === "failed" && isNewest;
  const article = useProof(turn);
  const again = () => dispatch({ type: "send", message: turn.message, instead: id });
  const flag = (is: boolean) => (is ? "" : undefined); // an attribute that is there, or not
  return (
    <article
      id={`${id}-assistant`}
      ref={article}
      data-role="assistant"
      data-status={status}
      data-empty={flag(text === "")}
      data-lost={flag(isLive && connection.lost)}
      data-proof={proof ?? undefined}
      aria-label="Reply"
    >
      {reasoning && (
        <details className="reasoning" data-thinking={flag(isLive && text === "")}>
          <summary>
            <span>{isLive && text === "" ? "Thinking…" : "Thought"}</span>
          </summary>
          <div data-reasoning="">{reasoning}</div>
        </details>
      )}
      <ReplyText text={text} />
      <Note turn={turn} />
      {problem && (
        <div className="problem">
          <p role={isNewest ? "alert" : undefined}>{problem}</p>
          {canRetry && (
            <button type="button" onClick={again}>
              Retry
            </button>
          )}
        </div>
      )}
      <div className="below">
        <div className="figures">
          <span className="words">{isLive ? "" : figuresOf(turn).join(" · ")}</span>
        </div>
        <div className="tools">
          <Versions turn={id} of="reply" {...version} />
          {text && <IconButton icon="copy" name="Copy" onClick={() => copyText(text)} />}
          {!isLive && !canRetry && <IconButton icon="again" name="Regenerate" onClick={again} />}
          <IconButton icon="code" name="Raw" aria-pressed={raw} onClick={onRaw} />
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
    prove(text, { chars, sha256 }).then((proof) => proof && dispatch({ type: "proved", turn: id, proof }));
  }, [isDue, id, chars, sha256]);
  return article;
}

function figuresOf({ status, proof, chars, text, times: { sent, first } }: Turn): string[] {
  if (text === "") return [];
  return [
    proof === "mismatch" ? "⚠ not verified" : proof === "ok" && status !== "failed" ? "✓ verified" : "",
    status === "cancelled" ? "Stopped" : "",
    chars === null ? "" : count(chars, "character"),
    sent === null || first === null ? "" : `first piece after ${seconds(first - sent, 2)}`,
  ].filter(Boolean);
}

/** What stands where the next piece would: why there is none. */
function Note({ turn: { status, text, reasoning, connection, stopping, finish } }: { turn: Turn }) {
  if (status === "streaming" && connection.lost) {
    return (
      <p className="note">
        <span>{connection.offline ? "Offline." : "Connection lost. Trying again…"}</span>
        {connection.state === "waiting" && (
          <button type="button" onClick={() => dispatch({ type: "tryNow" })}>
            Try now
          </button>
        )}
      </p>
    );
  }
  const empty = text === "" && reasoning === "";
  const says = {
    streaming: empty ? (stopping ? "Stopping…" : "Waiting for the first word…") : "",
    cancelled: text === "" ? "Stopped before the first word." : "",
    done: CUT[finish?.reason ?? ""] ?? (text === "" ? "The reply was empty." : ""),
  }[status];
  return says ? (
    <p className="note">
      <span>{says}</span>
    </p>
  ) : null;
}
