// The chat of this page: the store of static/client/, as components see it.
//
// It stands outside of all components. A message is sent by a click, not by an effect, and the store
// opens the one stream of its turn. So no render, no dependency of an effect, no StrictMode and no
// hot reload can open a second one: a component only reads what is there.

import { useSyncExternalStore } from "react";
import { createStore, type State } from "../../client/store.js";
import { joinTabs } from "../../client/tabs.js";
import { inNextFrame } from "../../shared/next_frame.js";
import { heartbeat } from "./server";

export type { State, Turn } from "../../client/store.js";

const tellTabs = joinTabs((chat: string) => {
  if (chat === store.state.chat) store.dispatch({ type: "refresh" });
});

export const store = createStore({ heartbeat, onSent: tellTabs });

export const { dispatch } = store;

document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible") dispatch({ type: "refresh" });
});

/**
 * What `select` picks from the state: a part of it, or a string. The component renders again when
 * that is another one, so it must not be made anew each time.
 */
export function useChat<Part>(select: (state: State) => Part): Part {
  return useSyncExternalStore(store.subscribe, () => select(store.state));
}

/** The whole state, at most once a frame: for what is drawn of each piece of text. */
export function useChatByFrame(): State {
  return useSyncExternalStore(subscribeByFrame, () => store.state);
}

const subscribeByFrame = (listener: () => void) => store.subscribe(() => inNextFrame(listener));

// This module has been edited: a second store would read the chat beside the first.
import.meta.hot?.accept(() => location.reload());
