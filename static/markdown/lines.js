// @ts-check
// Lines of Markdown, from pieces cut anywhere.
//
// A line is held back until it is clear what it begins: "-" may become a list or a rule, "1" a
// list or a number, "- [" a task, and "```py" is a code block only if its line ends without
// another backtick.
// From then on the rest of the line is passed on as it comes.

const MAX_STEP = 4096; // characters looked at in one step, however long a piece is
const MARKERS = /^(?:[ \t>#*+_~`|:-]+|\d{1,9}[.)][ \t])+/;
const PART_OF_NUMBER = /^\d{1,9}[.)]?$/;
const CONTAINERS = /^(?:[ \t>*+-]+|\d{1,9}[.)][ \t])+/;
const ITEM_MARKER = /(?:[-+*]|\d[.)])[ \t]+$/;
const PART_OF_TASK = /^\[(?:[ xX](?:\][ \t]*)?)?$/;
const FENCE = /^(?:(`)``(?=`*[^`]*$)|(~)~~)/;

/**
 * Returns `{append, end}`. For each line `onStart(text)` is called once, with the whole line or
 * with its start once that is clear; then `onText(text)` with what follows in the same line; and
 * `onEnd()` at its end.
 *
 * @param {{onStart: (text: string) => void, onText: (text: string) => void, onEnd: () => void}} on
 */
export function createLines({ onStart, onText, onEnd }) {
  let line = ""; // what is held back
  let unread = ""; // the end of it, which may become a marker
  let fence = ""; // the character of a fence, if the line may be one
  let started = false;
  let afterReturn = false;

  /** @param {string} piece */
  function append(piece) {
    for (let at = 0; at < piece.length; at += MAX_STEP) step(piece.slice(at, at + MAX_STEP));
  }

  /** @param {string} text */
  function step(text) {
    if (afterReturn && text[0] === "\n") text = text.slice(1); // the other half of CR LF
    afterReturn = text.endsWith("\r");
    const [first, ...others] = text.replaceAll("\0", "\ufffd").split(/\r\n|\r|\n/);
    take(first);
    for (const other of others) {
      finishLine();
      take(other);
    }
  }

  /** @param {string} text */
  function take(text) {
    if (text === "") return;
    if (started) return onText(text);
    line += text;
    if (isClear(text)) {
      started = true;
      onStart(line);
    }
  }

  /** @param {string} text */
  function isClear(text) {
    if (fence) return fence === "`" && text.includes("`"); // no fence has that
    unread = (unread + text).replace(MARKERS, "");
    if (unread === "" || PART_OF_NUMBER.test(unread)) return false;
    if (PART_OF_TASK.test(unread) && ITEM_MARKER.test(line.slice(0, -unread.length))) return false;
    const found = FENCE.exec(line.replace(CONTAINERS, ""));
    fence = found?.[1] ?? found?.[2] ?? "";
    return fence === "";
  }

  function finishLine() {
    if (!started) onStart(line);
    onEnd();
    line = unread = fence = "";
    started = false;
  }

  function end() {
    if (started || line !== "") finishLine();
  }

  return { append, end };
}

/** What is left of a line to read. A tab reaches to the next column that is a multiple of 4. */
export class Line {
  #column = 0;

  /** @param {string} text */
  constructor(text) {
    this.text = text;
  }

  get isBlank() {
    return /^[ \t]*$/.test(this.text);
  }

  /** The number of columns of white space ahead. */
  get indent() {
    return this.#measure(Infinity).column - this.#column;
  }

  /**
   * Leave out white space: as many columns, or as there are.
   *
   * @param {number} columns
   */
  skip(columns) {
    const goal = this.#column + columns;
    const { length, column } = this.#measure(goal);
    this.text = " ".repeat(Math.max(0, column - goal)) + this.text.slice(length);
    this.#column = Math.min(column, goal);
  }

  /**
   * Take `length` characters, which are not tabs.
   *
   * @param {number} length
   */
  take(length) {
    this.text = this.text.slice(length);
    this.#column += length;
  }

  /** The ">" of a quote, and one space after it. */
  takeQuoteMarker() {
    this.skip(this.indent);
    this.take(1);
    this.skip(1);
  }

  /** @param {number} goal */
  #measure(goal) {
    let length = 0;
    let column = this.#column;
    while (column < goal && (this.text[length] === " " || this.text[length] === "\t")) {
      column += this.text[length] === " " ? 1 : 4 - (column % 4);
      length += 1;
    }
    return { length, column };
  }
}
