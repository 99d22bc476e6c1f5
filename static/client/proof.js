// @ts-check
// Whether a text is exactly the one that the server wrote.

/**
 * Compare `text` with the number of its characters (Unicode code points) and the SHA-256 of
 * its UTF-8 bytes. Returns "ok" or "mismatch"; null where the browser cannot tell, which is
 * on an insecure origin.
 */
export async function prove(text, { chars, sha256 }) {
  if (!globalThis.crypto?.subtle || !sha256) return null;
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return hex(digest) === sha256 && countCharacters(text) === chars ? "ok" : "mismatch";
}

/** The number of Unicode code points in `text`. */
export function countCharacters(text) {
  let count = 0;
  for (const _ of text) count += 1; // a string's iterator goes by code points
  return count;
}

function hex(buffer) {
  return Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
