// Figures as a person reads them.

/** "1.250 s" for 1250 milliseconds. */
export function seconds(milliseconds) {
  return `${(Math.max(0, milliseconds) / 1000).toFixed(3)} s`;
}

/** "1 byte", "2,000 bytes". */
export function count(number, noun) {
  return `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;
}
