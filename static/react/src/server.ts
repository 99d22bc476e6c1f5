// Where the chat's server is, seen from this page.
//
// static/client/ asks for "turns", and a browser completes that with the address of the page, or of
// its <base>. So one element is all that is needed below the server, at /react/, or on another origin.

const base = document.createElement("base");
base.href = import.meta.env.VITE_CHATKIT_URL ?? "../";
document.head.append(base);

const meta = document.querySelector<HTMLMetaElement>("meta[name=chatkit-heartbeat]");

/** Seconds between two comments of the server on a silent stream; 0: it sends none. */
export const heartbeat = Number(meta?.content ?? 15);
