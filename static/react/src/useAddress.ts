// The chat in the page's address, `?chat=ID`: what a reload and the Back button come back to.

import { useEffect } from "react";
import { dispatch, store } from "./store";

/** The id that the address has for a chat or a turn; null: it has none. */
export function idInAddress(name: "chat" | "turn"): string | null {
  const id = new URLSearchParams(location.search).get(name) ?? "";
  return /^[A-Za-z0-9_-]{1,64}$/.test(id) ? id : null;
}

/** The store shows the chat that the address names; the address names the chat that it shows. */
export function useAddress() {
  useEffect(() => {
    let shown = store.state.chat;
    const unsubscribe = store.subscribe(() => {
      const { chat, phase } = store.state;
      if (chat === shown) return;
      const isNamed = shown === null && phase !== "loading"; // a new chat has got its id
      shown = chat;
      if (chat === idInAddress("chat")) return;
      const address = location.origin + location.pathname + (chat ? `?chat=${chat}` : "");
      if (isNamed) history.replaceState(null, "", address);
      else history.pushState(null, "", address); // another chat: Back undoes it
    });

    function goToAddress() {
      const chat = idInAddress("chat");
      const isNew = store.state.phase === "loading" && store.state.chat === null; // the store is
      if (isNew || chat !== store.state.chat) dispatch({ type: "show", chat }); // else it is there
    }

    goToAddress();
    addEventListener("popstate", goToAddress);
    return () => {
      unsubscribe();
      removeEventListener("popstate", goToAddress);
    };
  }, []);
}
