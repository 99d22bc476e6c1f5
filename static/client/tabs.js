// @ts-check
// What other tabs of this page have done to a chat.
//
// A tab says only which chat it has changed; the others read that chat from the server again.
// The channel is named by the page's path: behind a proxy, several servers share an origin.

/** Call `onChange(chat)` for news from another tab. Returns a function to send such news. */
export function joinTabs(onChange) {
  const channel = openChannel();
  channel?.addEventListener("message", ({ data }) => onChange(data.chat));
  return (chat) => channel?.postMessage({ chat });
}

function openChannel() {
  try {
    return new BroadcastChannel(`chatkit ${location.pathname}`);
  } catch {
    return null; // an iframe may be denied it
  }
}
