// @ts-check
// What is said of a reply that is done, if its model did not come to an end of its own.

// By the words of the models' APIs.
const CUT = new Map([
  ["length", "The model stopped at its limit of tokens."],
  ["content_filter", "The model's provider cut this reply off."],
]);
const COMPLETE = ["", "stop"]; // what models say, or don't, where they came to an end

/** "" if there is nothing to say. @param {string} text @param {string} [reason] */
export function noteAtEnd(text, reason = "") {
  const cut = COMPLETE.includes(reason) ? "" : `The model stopped early (${reason}).`;
  const says = [text === "" ? "The reply was empty." : "", CUT.get(reason) ?? cut];
  return says.filter(Boolean).join(" ");
}
