// The chat in the page's address, `?chat=ID`: what a reload and the Back button come back to.

import { useEffect } from "react";
import { dispatch, store } from "./store";

/** The value of a parameter in the address, if it can be an id; null: there is none. */
export function idInAddress(name: "chat" | "turn"): string | null {
  const id = new URLSearchParams(location.search).get(name) ?? "";
  return /^[A-Za-z0-9_-]{1,64}$/.test(id) ? id : null;
}

/**
 * Let the store show the chat that the address names, and the address the chat that the store shows.
 *
 * Twice is as good as once, as StrictMode wants to see: a chat that is shown is not shown again.
 */
export function useAddress() {
  useEffect(() => {
    function goToAddress() {
      const chat = idInAddress("chat");
      const isFirst = store.state.chat === null && store.state.phase === "loading";
      if (isFirst || chat !== store.state.chat) dispatch({ type: "show", chat });
    }

    goToAddress();
    let shown = store.state.chat;

    /** A new chat that has got its id is the same chat; another one is a step, and Back undoes it. */
    function follow() {
      const { chat, phase } = store.state;
      if (chat === shown) return;
      const isNamed = shown === null && phase !== "loading";
      shown = chat;
      if (chat === idInAddress("chat")) return;
      const address = location.pathname + (chat ? `?chat=${chat}` : "");
      if (isNamed) history.replaceState(null, "", address);
      else history.pushState(null, "", address);
    }

    const unsubscribe = store.subscribe(follow);
    addEventListener("popstate", goToAddress);
    return () => {
      unsubscribe();
      removeEventListener("popstate", goToAddress);
    };
  }, []);
}
