// The box that a message is written in, and the one button that sends and stops.

import { type FormEvent, type KeyboardEvent, useEffect, useState } from "react";
import { isGivenUp } from "../../shared/keys.js";
import { IconButton } from "./buttons";
import { dispatch, useChat } from "./store";

const WAIT = "The reply is still being written. Your message waits here until it is done.";
const stop = () => dispatch({ type: "stop" });

export function Composer() {
  const phase = useChat((state) => state.phase);
  const [text, setText] = useState("");
  const [hint, setHint] = useState("");
  const canStop = phase === "sending" || phase === "streaming";

  useEffect(() => {
    if (!canStop) return;
    const onKey = (event: globalThis.KeyboardEvent) => isGivenUp(event) && stop();
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, [canStop]);

  async function send(event: FormEvent) {
    event.preventDefault();
    if (text.trim() === "" || phase === "loading") return;
    if (canStop) return setHint(WAIT);
    setText("");
    const taken = await dispatch({ type: "send", message: text });
    if (!taken) setText((now) => now || text); // unless another one is being written
  }

  return (
    <>
      <form id="composer" onSubmit={send}>
        <label htmlFor="message" className="unseen">
          Message
        </label>
        <textarea
          id="message"
          rows={1}
          dir="auto"
          placeholder="Write a message"
          autoComplete="off"
          autoFocus
          value={text}
          onKeyDown={submitOnEnter}
          onChange={({ target }) => {
            setText(target.value);
            setHint("");
          }}
        />
        {canStop ? (
          <IconButton key="stop" id="send" className="" icon="stop" name="Stop" onClick={stop} />
        ) : (
          <IconButton
            key="send"
            id="send"
            className=""
            icon="send"
            name="Send"
            type="submit"
            disabled={phase !== "ready" || text.trim() === ""}
          />
        )}
      </form>
      <p id="hint" aria-live="polite">
        {canStop && hint}
      </p>
    </>
  );
}

/** Enter submits the form of a box, Shift and Enter begin a new line. */
export function submitOnEnter(event: KeyboardEvent<HTMLTextAreaElement>) {
  const { isComposing, keyCode } = event.nativeEvent; // 229: Safari, while a character is composed
  if (event.key !== "Enter" || event.shiftKey || isComposing || keyCode === 229) return;
  event.preventDefault();
  event.currentTarget.form!.requestSubmit();
}
