// The box that a message is written in, and the one button that sends and stops.

import { type FormEvent, type KeyboardEvent, type MouseEvent, useState } from "react";
import { isGivenUp, submitIfEnter } from "../../shared/keys.js";
import { IconButton } from "./buttons";
import { dispatch, useChat } from "./store";

const WAIT = "The reply is still being written. Your message waits here until it is done.";

export function Composer() {
  const phase = useChat((state) => state.phase);
  const [text, setText] = useState("");
  const canStop = phase === "sending" || phase === "streaming";

  function stop(event: MouseEvent | KeyboardEvent) {
    event.preventDefault(); // the button may be "Send" by the time that its click is over
    if (event.detail < 2) dispatch({ type: "stop" }); // not by a double click on "Send"
  }

  async function send(event: FormEvent) {
    event.preventDefault();
    if (phase !== "ready" || text.trim() === "") return;
    setText("");
    const taken = await dispatch({ type: "send", message: text });
    if (!taken) setText((next) => next || text);
  }

  return (
    <>
      <form id="composer" onSubmit={send} onKeyDown={(event) => canStop && isGivenUp(event) && stop(event)}>
        <textarea id="message" aria-label="Message" placeholder="Write a message" rows={1} dir="auto"
          autoFocus value={text} onKeyDown={submitIfEnter} onChange={({ target }) => setText(target.value)} />
        <IconButton id="send" className="" type={canStop ? "button" : "submit"}
          icon={canStop ? "stop" : "send"} name={canStop ? "Stop" : "Send"}
          disabled={!canStop && (phase !== "ready" || text.trim() === "")}
          onClick={canStop ? stop : undefined} />
      </form>
      <p id="hint" aria-live="polite">{canStop && text && WAIT}</p>
    </>
  );
}
