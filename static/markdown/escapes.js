// @ts-check
// Backslash escapes and entities: how Markdown writes characters that would mean something else.

import { ENTITIES } from "./entities.js";

const ENTITY = /&(?:#x[0-9a-f]{1,6}|#[0-9]{1,7}|[a-z][a-z0-9]*);/i;
const BEGINNINGS = new Set();
for (const name of ENTITIES.keys()) {
  for (let end = 1; end <= name.length; end += 1) BEGINNINGS.add(name.slice(0, end));
}

const ESCAPE_OR_ENTITY = new RegExp(`\\\\([!-/:-@[-\`{-~])|${ENTITY.source}`, "gi");

/**
 * The character that "&amp;", for example, stands for; undefined: it stands for none.
 *
 * @param {string} entity
 * @returns {string | undefined}
 */
export function decodeEntity(entity) {
  if (!ENTITY.test(entity)) return undefined;
  const name = entity.slice(1, -1);
  if (name[0] !== "#") return ENTITIES.get(name);
  const code = Number(name.slice(1).replace(/^x/i, "0x"));
  const isCharacter = code > 0 && code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff);
  return String.fromCodePoint(isCharacter ? code : 0xfffd);
}

/**
 * Whether `text` is the beginning of an entity.
 *
 * @param {string} text starts with "&"
 */
export function mayBecomeEntity(text) {
  const name = text.slice(1);
  return name === "" || name[0] === "#" || BEGINNINGS.has(name);
}

/**
 * `text` without its escapes and entities.
 *
 * @param {string} text
 * @returns {string}
 */
export function unescape(text) {
  return text.replace(ESCAPE_OR_ENTITY, (all, escaped) => escaped ?? decodeEntity(all) ?? all);
}
