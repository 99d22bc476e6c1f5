// @ts-check
// Figures as a person reads them.

/**
 * "1.250 s" for 1250 milliseconds; `digits` are those after the point.
 *
 * @param {number} milliseconds
 */
export function seconds(milliseconds, digits = 3) {
  return `${(Math.max(0, milliseconds) / 1000).toFixed(digits)} s`;
}

/**
 * "1 byte", "2,000 bytes".
 *
 * @param {number} number
 * @param {string} noun
 */
export function count(number, noun) {
  return `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;
}
