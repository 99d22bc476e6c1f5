// What a person said, and the way to say it differently.

import { type FormEvent, useState } from "react";
import { submitOnEnter } from "./Composer";
import { IconButton, Versions } from "./buttons";
import { dispatch, type Turn } from "./store";
import type { Version } from "./Conversation";

type Props = { turn: Turn; version: Version };

export function UserMessage({ turn: { id, message }, version }: Props) {
  const [draft, setDraft] = useState<string | null>(null); // null: it is not being edited

  async function save(event: FormEvent) {
    event.preventDefault();
    if (draft === null || draft.trim() === "") return;
    const taken = await dispatch({ type: "send", message: draft, instead: id });
    if (taken) setDraft(null);
  }

  if (draft === null) {
    return (
      <Said id={`${id}-user`} message={message}>
        <Versions turn={id} of="message" {...version} />
        <IconButton icon="edit" name="Edit" onClick={() => setDraft(message)} />
      </Said>
    );
  }
  return (
    <div className="said">
      <form className="editor" onSubmit={save}>
        <textarea
          aria-label="Your text"
          dir="auto"
          autoFocus
          value={draft}
          onChange={({ target }) => setDraft(target.value)}
          onKeyDown={submitOnEnter}
        />
        <div className="tools">
          <button type="button" onClick={() => setDraft(null)}>
            Cancel
          </button>
          <button className="main">Save</button>
        </div>
      </form>
    </div>
  );
}

type SaidProps = { id?: string; message: string; children?: React.ReactNode };

export function Said({ id, message, children }: SaidProps) {
  return (
    <div className="said">
      <article id={id} data-role="user" aria-label="You">
        {message}
      </article>
      <div className="tools">{children}</div>
    </div>
  );
}
