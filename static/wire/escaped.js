// @ts-check
// Bytes and text so that a person sees every one of them. Pure: no page.
//
// What would be invisible, or would move the text around it, is written out: LF as \n, a byte that
// is not part of UTF-8 as \xNN, a character that changes the direction of text as \uNNNN.

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

const LINE_END = "\r\n|[\r\n]";
const CONTROL = "[\\0-\\x1f\\x7f]";
// C1 controls, soft hyphen, zero-width space, line and paragraph separators, direction marks, BOM.
const UNSEEN =
  "[\\u0080-\\u009f\\u00ad\\u061c\\u200b\\u200e\\u200f\\u2028-\\u202e\\u2066-\\u2069\\ufeff]";
const HIDDEN = new RegExp(`(${LINE_END}|${CONTROL}|${UNSEEN})`);
const NAMES = { "\n": "\\n", "\r": "\\r", "\t": "\\t", "\0": "\\0" };

/**
 * The pieces that show `bytes`: a list of `{text, kind}`. The kind is "text", "control" for a
 * character that is written out, or "byte" for a byte that is not part of UTF-8.
 */
export function showBytes(bytes) {
  return runs(bytes).flatMap(({ text, valid }) => {
    return valid ? showText(text) : [{ text, kind: "byte" }];
  });
}

/** The pieces that show `text`, as for showBytes. After a line end a new line begins. */
export function showText(text) {
  const pieces = [];
  text.split(HIDDEN).forEach((part, number) => {
    if (part === "") return;
    if (number % 2 === 0) return pieces.push({ text: part, kind: "text" });
    pieces.push({ text: Array.from(part, writtenOut).join(""), kind: "control" });
    if (/[\r\n]/.test(part)) pieces.push({ text: "\n", kind: "text" });
  });
  return pieces;
}

/** `bytes` as plain text: \xNN for a byte that is not part of UTF-8, all else as it is. */
export function plain(bytes) {
  return runs(bytes).map(({ text }) => text).join("");
}

function writtenOut(character) {
  const code = character.charCodeAt(0);
  return NAMES[character] ?? (code < 0x80 ? `\\x${hex(code, 2)}` : `\\u${hex(code, 4)}`);
}

/** Cut bytes into runs: `{text, valid}`. */
function runs(bytes) {
  const whole = decode(bytes);
  if (whole !== null) return [{ text: whole, valid: true }];
  const found = [];
  let start = 0; // of the run
  let end = 0;
  while (end < bytes.length) {
    const size = characterSize(bytes, end);
    if (size > 0) {
      end += size;
      continue;
    }
    found.push({ text: decode(bytes.subarray(start, end)), valid: true });
    found.push({ text: `\\x${hex(bytes[end], 2)}`, valid: false });
    end += 1;
    start = end;
  }
  found.push({ text: decode(bytes.subarray(start)), valid: true });
  return found;
}

/** The number of bytes of the character at `start`; 0: there is none. */
function characterSize(bytes, start) {
  const first = bytes[start];
  if (first < 0x80) return 1;
  const size = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  return decode(bytes.subarray(start, start + size)) === null ? 0 : size;
}

function decode(bytes) {
  try {
    return strict.decode(bytes);
  } catch {
    return null;
  }
}

function hex(number, digits) {
  return number.toString(16).padStart(digits, "0");
}
