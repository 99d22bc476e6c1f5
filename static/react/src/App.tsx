// The page of the chat: its head, the conversation, what went wrong, and the box to write in.

import { connectionOf, statusOf } from "../../client/store.js";
import { IconButton } from "./buttons";
import { Composer } from "./Composer";
import { Conversation } from "./Conversation";
import { Problem } from "./Problem";
import { dispatch, useChat } from "./store";
import { useAddress } from "./useAddress";

export function App() {
  useAddress();
  const connection = useChat(connectionOf);
  const phase = useChat((state) => state.phase);
  const problem = useChat((state) => state.problem);
  const notice = useChat((state) => state.notice);
  const retry = problem?.action as { type: string } | null | undefined;
  return (
    <main data-connection={connection} data-phase={phase} data-view="markdown">
      <Head />
      <div id="talk">
        <Conversation />
        <h2 id="greeting">What would you like to say?</h2>
        <footer>
          <div id="problem">
            {problem && <Problem text={problem.text} onRetry={retry ? () => dispatch(retry) : null} />}
            {notice && <p className="notice">{notice}</p>}
          </div>
          <Composer />
        </footer>
      </div>
    </main>
  );
}

function Head() {
  const status = useChat(statusOf);
  const title = useChat(({ turns }) => turns[0]?.message.slice(0, 100));
  return (
    <header>
      <h1>chatkit in React</h1>
      <h2 id="title">{title}</h2>
      <p id="status" role="status">{status}</p>
      <div id="views"><IconButton icon="new-chat" name="New chat" onClick={startNewChat} /></div>
    </header>
  );
}

function startNewChat() {
  dispatch({ type: "show", chat: null });
  document.querySelector<HTMLElement>("#message")?.focus();
}
