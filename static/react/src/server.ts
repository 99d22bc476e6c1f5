// Where the chat's server is, seen from this page.
//
// static/client/ asks for "turns", and a browser completes such a URL with the address of the page,
// or with that of its <base>. So this one element is all that a page needs that stands one level
// below the server, at /react/, or on another origin: the client folder stays as it is.

const base = document.createElement("base");
base.href = import.meta.env.VITE_CHATKIT_URL ?? "../";
document.head.append(base);

const told = document.querySelector<HTMLMetaElement>("meta[name=chatkit-heartbeat]");

/** Seconds between two comments of the server on a silent stream; 0: it sends none. */
export const heartbeat = Number(told?.content ?? 15);
