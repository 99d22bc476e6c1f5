// Backslash escapes and entities: how Markdown writes characters that would mean something else.

// The entities that replies use. A browser knows 2,231 names, but only innerHTML decodes them.
const NAMES = {
  amp: "&", lt: "<", gt: ">", quot: '"', apos: "'", nbsp: "\u00a0",
  ndash: "–", mdash: "—", hellip: "…", bull: "•", middot: "·", sect: "§", para: "¶",
  lsquo: "‘", rsquo: "’", ldquo: "“", rdquo: "”", laquo: "«", raquo: "»",
  copy: "©", reg: "®", trade: "™", deg: "°", euro: "€", pound: "£", yen: "¥", cent: "¢",
  larr: "←", uarr: "↑", rarr: "→", darr: "↓", harr: "↔", rArr: "⇒", hArr: "⇔",
  times: "×", divide: "÷", plusmn: "±", minus: "−", ne: "≠", le: "≤", ge: "≥", asymp: "≈",
  infin: "∞", radic: "√", sum: "∑", alpha: "α", beta: "β", gamma: "γ", delta: "δ", theta: "θ",
  lambda: "λ", mu: "μ", pi: "π", sigma: "σ", omega: "ω", micro: "µ", frac12: "½",
};

const ENTITY = /&(?:#x[0-9a-f]{1,6}|#[0-9]{1,7}|[a-z][a-z0-9]*);/i;
const ESCAPE_OR_ENTITY = new RegExp(`\\\\([!-/:-@[-\`{-~])|${ENTITY.source}`, "gi");

/** The character that "&amp;", for example, stands for; undefined: it stands for none. */
export function decodeEntity(entity) {
  if (!ENTITY.test(entity)) return undefined;
  const name = entity.slice(1, -1);
  if (name[0] !== "#") return Object.hasOwn(NAMES, name) ? NAMES[name] : undefined;
  const code = Number(name.slice(1).replace(/^x/i, "0x"));
  const isCharacter = code > 0 && code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff);
  return String.fromCodePoint(isCharacter ? code : 0xfffd);
}

/** `text` without its escapes and entities. */
export function unescape(text) {
  return text.replace(ESCAPE_OR_ENTITY, (all, escaped) => escaped ?? decodeEntity(all) ?? all);
}
