// The same chat by a library: the AI SDK's useChat, with what it leaves to the page.

import { useChat } from "@ai-sdk/react";
import { DefaultChatTransport, type UIMessage } from "ai";
import { useEffect } from "react";
import { createRoot } from "react-dom/client";
import "../server";
import "./exhibit.css";

const api = "ai-sdk/api/chat";
const id = new URLSearchParams(location.search).get("chat") ?? crypto.randomUUID();
history.replaceState(null, "", `${location.pathname}?chat=${id}`); // what a reload comes back to

const transport = new DefaultChatTransport({ api });
async function kept(): Promise<UIMessage[]> {
  const answer = await fetch(`${api}/${id}`);
  if (!answer.ok) throw new Error("This page needs a server that was started with: chatkit serve --dialects");
  return answer.json();
}

let messages: UIMessage[];

function Chat() {
  const chat = useChat({ id, messages, transport, resume: true });
  const isBusy = chat.status === "submitted" || chat.status === "streaming";
  const last = chat.messages.at(-1)?.parts.at(-1);
  const isPartial = last?.type === "text" && last.state === "streaming";

  useEffect(() => {
    if (isBusy || !isPartial) return; // the line was lost, and useChat does nothing more
    const timer = setTimeout(async () => {
      chat.setMessages(await kept().catch(() => [...chat.messages]));
      await chat.resumeStream();
    }, 300);
    return () => clearTimeout(timer);
  }, [isBusy, isPartial, chat]);

  async function stop() {
    await fetch(`${api}/${id}/stop`, { method: "POST" }); // useChat's own stop() only leaves
    await chat.stop();
  }

  return (
    <form action={(data) => void chat.sendMessage({ text: data.get("message") as string })}>
      {chat.messages.map(({ id, role, parts }) => (
        <p key={id} data-role={role}>{parts.map((part) => part.type === "text" && part.text)}</p>
      ))}
      {chat.error && <p role="alert">{chat.error.message}</p>}
      <input name="message" aria-label="Message" autoComplete="off" required />
      {isBusy ? <button type="button" onClick={stop}>Stop</button> : <button>Send</button>}
    </form>
  );
}

const root = createRoot(document.querySelector("#root")!);
kept().then((found) => {
  messages = found;
  root.render(<Chat />);
}, ({ message }) => root.render(<p role="alert">{message}</p>));
