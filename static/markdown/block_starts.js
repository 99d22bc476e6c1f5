// @ts-check
// What the text of a line starts: a heading, code, a rule, a quote, an item of a list. Pure: no page.

const HEADING = /^(#{1,6})(?:[ \t]+(.*))?$/s;
const FENCE = /^(?:(`{3,})([^`]*)|(~{3,})(.*))$/s;
const RULE = /^(?:-{3,}|\*{3,}|_{3,})$/;
const ITEM = /^(?:[-+*]|(\d{1,9})[.)])(?=[ \t]|$)/;
const TASK = /^\[([ xX])\][ \t]+(?=\S)/;

/**
 * @typedef {{kind: "heading", level: number, text: string}
 *   | {kind: "fence", fence: string, info: string}
 *   | {kind: "rule"}
 *   | {kind: "quote"}
 *   | {kind: "item", marker: string, number: string | undefined}} Start
 */

/**
 * Null: nothing but text. `interrupts`: the line could go on with a paragraph. `isDeep`: nothing
 * more can be nested.
 *
 * @param {string} text
 * @param {boolean} interrupts
 * @param {boolean} isDeep
 * @returns {Start | null}
 */
export function readStart(text, interrupts, isDeep) {
  const heading = HEADING.exec(text);
  if (heading) return { kind: "heading", level: heading[1].length, text: heading[2] ?? "" };
  const fence = FENCE.exec(text);
  if (fence) return { kind: "fence", fence: fence[1] ?? fence[3], info: fence[2] ?? fence[4] };
  if (RULE.test(text.replaceAll(/[ \t]/g, ""))) return { kind: "rule" };
  if (isDeep) return null;
  if (text[0] === ">") return { kind: "quote" };
  const [marker, number] = ITEM.exec(text) ?? [];
  if (!marker) return null;
  // In a paragraph, a number or a dash at the start of a line is more likely part of the text.
  const isEmpty = /^[ \t]*$/.test(text.slice(marker.length));
  const isText = interrupts && (isEmpty || (number && Number(number) !== 1));
  return isText ? null : { kind: "item", marker, number };
}

/**
 * The box that the text of an item starts with: `{length, isDone}`; null: there is none.
 *
 * @param {string} text
 */
export function readTask(text) {
  const found = TASK.exec(text);
  return found && { length: found[0].length, isDone: found[1] !== " " };
}
