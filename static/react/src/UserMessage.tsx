// What a person said, and the way to say it differently.

import { type FormEvent, type ReactNode, useState } from "react";
import { isGivenUp, submitIfEnter } from "../../shared/keys.js";
import { IconButton, Versions } from "./buttons";
import { dispatch, type Turn } from "./store";

export function UserMessage({ turn: { id, message } }: { turn: Turn }) {
  const [draft, setDraft] = useState<string | null>(); // null: it is edited no longer

  async function save(event: FormEvent) {
    event.preventDefault();
    if (!draft?.trim()) return;
    if (await dispatch({ type: "send", message: draft, instead: id })) setDraft(null);
  }

  if (typeof draft !== "string") {
    return (
      <Said message={message}>
        <Versions turn={id} of="message" />
        <IconButton icon="edit" name="Edit" autoFocus={draft === null} onClick={() => setDraft(message)} />
      </Said>
    );
  }
  return (
    <form className="editor" onSubmit={save} onKeyDown={(event) => isGivenUp(event) && setDraft(null)}>
      <textarea aria-label="Your text" dir="auto" autoFocus value={draft} onKeyDown={submitIfEnter}
        onChange={({ target }) => setDraft(target.value)} />
      <div className="tools">
        <button type="button" onClick={() => setDraft(null)}>Cancel</button>
        <button className="main">Save</button>
      </div>
    </form>
  );
}

export function Said({ message, children }: { message: string; children?: ReactNode }) {
  return (
    <div className="said">
      <article data-role="user" aria-label="You">{message}</article>
      <div className="tools">{children}</div>
    </div>
  );
}
