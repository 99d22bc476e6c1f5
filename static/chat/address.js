// @ts-check
// The chat in the page's address, `?chat=ID`: what a reload and the Back button come back to.
//
// The URLs are relative, so it works under any path prefix, and in an iframe. But whoever embeds the
// page does not keep its address: a notebook that is loaded again opens the iframe as it was written.
// The notebook gives the iframe its own name, under which the browser tab remembers its chat.

const PARAMETER = "chat";

/** Where the chat of this iframe is kept; "": this is not an iframe of a notebook. */
const KEY = window !== window.top && window.name.startsWith("chatkit ")
  ? `${window.name} ${location.pathname}`
  : "";

/**
 * Let the address follow the chat that the store shows, and the store what the Back and Forward
 * buttons lead to. Shows the chat that the page has been opened for.
 *
 * @param {ReturnType<typeof import("../client/store.js").createStore>} store
 */
export function followAddress(store) {
  const show = (chat) => store.dispatch({ type: "show", chat });
  let chat = chatInAddress() ?? remembered();

  /** A new chat that has got its id is the same chat; another one is a step, and Back undoes it. */
  function follow() {
    const { state } = store;
    if (state.chat === chat) return;
    const isNamed = chat === null && state.phase !== "loading";
    chat = state.chat;
    remember(chat);
    if (chat === chatInAddress()) return;
    const address = chat ? `?${PARAMETER}=${chat}` : location.pathname;
    if (isNamed) history.replaceState(null, "", address);
    else history.pushState(null, "", address);
  }

  addEventListener("popstate", () => {
    if (chatInAddress() !== store.state.chat) show(chatInAddress());
  });
  if (chat !== chatInAddress()) history.replaceState(null, "", `?${PARAMETER}=${chat}`);
  show(chat);
  store.subscribe(follow);
}

/** The id of the chat that the address names; null: none, which is a new chat. */
function chatInAddress() {
  const id = new URLSearchParams(location.search).get(PARAMETER) ?? "";
  return /^[A-Za-z0-9_-]{1,64}$/.test(id) ? id : null;
}

function remembered() {
  try {
    return (KEY && sessionStorage.getItem(KEY)) || null;
  } catch {
    return null; // an iframe may be denied its storage
  }
}

function remember(chat) {
  try {
    if (KEY) sessionStorage.setItem(KEY, chat ?? "");
  } catch {
    // then the iframe begins anew with its notebook
  }
}
