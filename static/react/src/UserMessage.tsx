// What a person said, and the way to say it differently.

import { type FormEvent, type ReactNode, useState } from "react";
import { IconButton, Versions } from "./buttons";
import { dispatch, type Turn } from "./store";
import { submitOnEnter } from "./submitOnEnter";

export function UserMessage({ turn: { id, message } }: { turn: Turn }) {
  const [draft, setDraft] = useState<string | null>(null); // null: it is not being edited

  async function save(event: FormEvent) {
    event.preventDefault();
    if (!draft?.trim()) return;
    if (await dispatch({ type: "send", message: draft, instead: id })) setDraft(null);
  }

  if (draft === null) {
    return (
      <Said message={message}>
        <Versions turn={id} of="message" />
        <IconButton icon="edit" name="Edit" onClick={() => setDraft(message)} />
      </Said>
    );
  }
  return (
    <form className="editor" onSubmit={save}>
      <textarea aria-label="Your text" dir="auto" autoFocus value={draft} onKeyDown={submitOnEnter}
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
