// An exhibit, with its faults left in: a reply is read in an effect that depends on the messages.
// `?strict=no` in the address takes StrictMode away.

import { fetchEventSource } from "@microsoft/fetch-event-source";
import { type FormEvent, StrictMode, useEffect, useReducer, useState } from "react";
import { createRoot } from "react-dom/client";
import "../server";
import "./exhibit.css";

type Chat = { messages: { from: "user" | "ai"; text: string }[]; reply: string };
type Action = { type: "user" | "piece"; text: string } | { type: "end" };

function change({ messages, reply }: Chat, action: Action): Chat {
  if (action.type === "user") {
    return { messages: [...messages, { from: "user", text: action.text }], reply };
  }
  if (action.type === "piece") return { messages, reply: reply + action.text };
  if (messages.at(-1)?.from === "ai") return { messages, reply }; // no message waits for a reply
  return { messages: [...messages, { from: "ai", text: reply }], reply: "" };
}

export function Tutorial() {
  const [{ messages, reply }, dispatch] = useReducer(change, { messages: [], reply: "" });
  const [turn, setTurn] = useState("none");

  useEffect(() => {
    fetchEventSource(`turns/${turn}/events`, {
      async onopen() {}, // whatever the answer is
      onmessage({ event, data }) {
        if (event === "end") dispatch({ type: "end" });
        else dispatch({ type: "piece", text: JSON.parse(data) });
      },
    });
    // eslint-disable-next-line react-hooks/exhaustive-deps -- the fault that this page shows
  }, [messages]);

  async function send(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = event.currentTarget;
    const text = new FormData(form).get("message") as string;
    form.reset();
    const headers = { "Content-Type": "application/json" };
    const body = JSON.stringify({ message: text });
    const answer = await fetch("turns", { method: "POST", headers, body });
    setTurn((await answer.json()).turn);
    dispatch({ type: "user", text });
  }

  return (
    <form onSubmit={send}>
      {messages.map(({ from, text }, index) => <p key={index} data-role={from}>{text}</p>)}
      {reply && <p data-role="ai" data-live="">{reply}</p>}
      <input name="message" aria-label="Message" autoComplete="off" required />
      <button>Send</button>
    </form>
  );
}

const isStrict = new URLSearchParams(location.search).get("strict") !== "no";
const page = isStrict ? <StrictMode><Tutorial /></StrictMode> : <Tutorial />;
createRoot(document.querySelector("#root")!).render(page);
