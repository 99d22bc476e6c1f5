// The chat in the page's address, `?chat=ID`: what a reload and the Back button come back to.
//
// The URLs are relative, so it works under any path prefix, and in an iframe.

const PARAMETER = "chat";

/** The id of the chat that the address names; undefined: none, which is a new chat. */
export function chatInAddress() {
  const id = new URLSearchParams(location.search).get(PARAMETER) ?? "";
  return /^[A-Za-z0-9_-]{1,64}$/.test(id) ? id : undefined;
}

/** The chat on screen has got its id: the address names it from now on. */
export function nameChat(id) {
  if (id !== chatInAddress()) history.replaceState(null, "", `?${PARAMETER}=${id}`);
}

/** Go on to a new chat, from which the Back button leads to the one before. */
export function leaveChat() {
  if (chatInAddress()) history.pushState(null, "", location.pathname);
}

/** Call `show(id)` when the Back or Forward button has led to another address. */
export function onReturn(show) {
  addEventListener("popstate", () => show(chatInAddress()));
}
