// The page of the chat: its head, the conversation, what went wrong, and the box to write in.

import { useEffect } from "react";
import { connectionOf, liveTurn, pathOf, statusOf } from "../../client/store.js";
import { IconButton } from "./buttons";
import { Composer } from "./Composer";
import { Conversation } from "./Conversation";
import { dispatch, type State, useChat } from "./store";
import { useAddress } from "./useAddress";

export function App() {
  useAddress();
  const connection = useChat(connectionOf);
  const phase = useChat((state) => state.phase);
  return (
    <main data-connection={connection} data-phase={phase}>
      <Head />
      <div id="talk">
        <Conversation />
        <h2 id="greeting">What would you like to say?</h2>
        <footer>
          <Problem />
          <Composer />
        </footer>
      </div>
    </main>
  );
}

function Head() {
  const status = useChat(statusOf);
  const title = useChat(titleOf);
  const isLive = useChat((state) => liveTurn(state) !== null);

  useEffect(() => {
    document.title = (isLive ? "● " : "") + (title ? `${title} · chatkit` : "chatkit");
  }, [isLive, title]);

  function startNewChat() {
    dispatch({ type: "show", chat: null });
    document.querySelector<HTMLElement>("#message")?.focus();
  }

  return (
    <header>
      <h1>chatkit in React</h1>
      <h2 id="title">{title}</h2>
      <p id="status" role="status">
        {status}
      </p>
      <div id="views">
        <IconButton icon="new-chat" name="New chat" onClick={startNewChat} />
      </div>
    </header>
  );
}

/** The first words of the chat. */
function titleOf(state: State) {
  const said = pathOf(state)[0]?.message ?? state.sending?.message ?? "";
  return Array.from(said.slice(0, 200).trim().replace(/\s+/g, " ")).slice(0, 40).join("");
}

function Problem() {
  const problem = useChat((state) => state.problem);
  const notice = useChat((state) => state.notice);
  return (
    <div id="problem">
      {problem && (
        <div className="problem">
          <p role="alert">{problem.text}</p>
          {problem.action && (
            <button type="button" onClick={() => dispatch(problem.action)}>
              Retry
            </button>
          )}
        </div>
      )}
      {notice && <p className="notice">{notice}</p>}
    </div>
  );
}
