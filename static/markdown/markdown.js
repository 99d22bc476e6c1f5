// @ts-check
// Markdown, rendered while it streams, by creating elements and text nodes only.
//
// A line goes on with the blocks that are open, or closes them and opens others. A block that is
// closed is never touched again. So the cost of a piece does not depend on what came before it,
// and the result not on where the text was cut into pieces.
//
// The rules are CommonMark's, and GitHub's for tables, tasks, bare URLs and struck text. HTML is
// text. There are no link reference definitions and no underlined headings: with them a line
// would change what is on screen above it.

import { readStart, readTask } from "./block_starts.js";
import { createFencedCode, createIndentedCode } from "./code_blocks.js";
import { createDirections } from "./direction.js";
import { createOutline } from "./headings.js";
import { Line, createLines } from "./lines.js";
import { createList } from "./lists.js";
import { createTable, readDelimiters, splitRow } from "./table.js";
import { createHeading, createParagraph } from "./text_blocks.js";

/** @typedef {import("./block_starts.js").Start} Start */
/** @typedef {import("./lists.js").List} List */
/**
 * @typedef {{element: HTMLElement, kind?: "quote" | "item", width?: number, list?: List | null, within?: List}} Block
 * The document, a quote or an item. `list`: the last thing in it; `within`: what the item is in
 */
/** @typedef {any} Leaf a block of text, see text_blocks.js */

const MAX_DEPTH = 16; // quotes and list items in one another; a marker beyond is text

/**
 * Render Markdown into `element`: `append(piece)` as often as wanted, then `end()`.
 *
 * While it is not clear what the last line begins, only `end()` shows it. The element that the
 * next text goes to has the attribute `data-growing`.
 *
 * @param {HTMLElement} element
 */
export function createMarkdown(element) {
  // The document, then the open quotes and list items, innermost last.
  /** @type {Block[]} */
  const open = [{ element }];
  /** @type {Leaf | null} */
  let leaf = null; // the open block of text
  let marked = 0; // the depth of the innermost block whose marker stands in this line
  let blankFrom = Infinity; // the line above was blank for the blocks from this depth on
  /** @type {Element | null} */
  let growing = null;
  const directions = createDirections(element);
  const levelOf = createOutline();

  const lines = createLines({
    onStart: startLine,
    onText: takeText,
    onEnd: endLine,
  });

  /** Take a line, or the start of one; what follows in it is text of `leaf`. */
  function startLine(/** @type {string} */ text) {
    const line = new Line(text);
    let depth = 1;
    marked = 0;
    while (depth < open.length && goesOn(depth, line)) depth += 1;
    const taken = depth === open.length && leaf?.takeLine?.(line);
    if (!taken) startBlocks(line, depth);
    const isVerbatim = leaf?.kind === "fence" || leaf?.isInFormula;
    blankFrom = line.isBlank && !isVerbatim ? marked + 1 : Infinity;
    directions.read(text);
    showGrowing();
  }

  function takeText(/** @type {string} */ text) {
    leaf.append(text);
    directions.read(text);
    showGrowing();
  }

  function endLine() {
    leaf?.endLine?.();
    if (leaf?.isOver) closeTo(open.length);
  }

  function showGrowing() {
    if (leaf && leaf.growing !== growing) markGrowing(leaf.growing);
  }

  function markGrowing(/** @type {Element | null} */ next) {
    growing?.removeAttribute("data-growing");
    next?.setAttribute("data-growing", "");
    growing = next;
  }

  /** Whether the block at `depth` goes on in this line; if so, takes its marker or indentation. */
  function goesOn(/** @type {number} */ depth, /** @type {Line} */ line) {
    const { kind, element, width } = open[depth];
    if (kind === "quote") {
      if (line.indent > 3 || !/^[ \t]*>/.test(line.text)) return false;
      line.takeQuoteMarker();
      marked = depth;
      return true;
    }
    if (line.isBlank ? !element.hasChildNodes() : line.indent < width) return false;
    line.skip(width);
    return true;
  }

  /** Start the blocks that begin in this line. Of the open ones, `depth` go on. */
  function startBlocks(/** @type {Line} */ line, /** @type {number} */ depth) {
    for (; line.indent < 4 && !line.isBlank; depth = open.length) {
      const { indent } = line;
      const text = line.text.slice(/[^ \t]/.exec(line.text).index);
      const interrupts = leaf?.kind === "paragraph" && depth === open.length;
      const start = readStart(text, interrupts, depth > MAX_DEPTH);
      if (!start) break;
      closeTo(depth);
      if (start.kind === "quote") openQuote(line);
      else if (start.kind !== "item") return openLeaf(indent, start);
      else if (openItem(line, indent, start)) return;
    }

    if (line.isBlank) closeTo(depth);
    else addText(line, depth);
  }

  /** Add text to the open block, or to a new one. */
  function addText(/** @type {Line} */ line, /** @type {number} */ depth) {
    const { indent } = line;
    const goesOn = depth === open.length;
    if (leaf?.kind === "paragraph") {
      line.skip(indent);
      // A paragraph goes on even where the quote or item that it stands in has no marker.
      if (!goesOn || indent > 3 || !startTable(line.text)) leaf.addLine(line.text);
    } else if (leaf?.kind === "table" && goesOn && indent < 4) {
      leaf.append(line.text);
    } else if (indent < 4) {
      closeTo(depth);
      line.skip(indent);
      openParagraph(line.text);
    } else {
      closeTo(depth);
      leaf = createIndentedCode(add("div"));
      leaf.takeLine(line);
    }
  }

  function openParagraph(/** @type {string} */ text) {
    leaf = createParagraph(add("p"));
    leaf.addLine(text);
  }

  /** With a row of dashes the line above it becomes the first row of a table. */
  function startTable(/** @type {string} */ text) {
    const alignments = readDelimiters(text);
    if (!alignments) return false;
    const row = leaf.lastLine;
    if (splitRow(row).length !== alignments.length) return false;
    leaf.cutLastLine();
    closeTo(open.length);
    leaf = createTable(add("div"), row, alignments);
    directions.read(row);
    return true;
  }

  function openLeaf(/** @type {number} */ indent, /** @type {Start} */ start) {
    if (start.kind === "rule") {
      add("hr");
    } else if (start.kind === "heading") {
      const heading = add(`h${levelOf(start.level)}`);
      heading.dataset.level = String(start.level);
      leaf = createHeading(heading);
      leaf.append(start.text);
    } else if (start.kind === "fence") {
      leaf = createFencedCode(add("div"), start.fence, start.info, indent);
    }
  }

  function openQuote(/** @type {Line} */ line) {
    line.takeQuoteMarker();
    enter({ kind: "quote", element: add("blockquote") });
  }

  /** Returns whether it has taken all of the line. */
  function openItem(
    /** @type {Line} */ line,
    /** @type {number} */ indent,
    /** @type {{marker: string, number?: string}} */ { marker, number },
  ) {
    const parent = open.at(-1);
    if (parent.list?.type === marker.at(-1)) {
      if (blankFrom <= open.length) parent.list.loosen();
    } else {
      parent.list = createList(add(number ? "ol" : "ul"), marker);
    }
    const list = parent.list;
    const item = list.addItem();
    directions.add(item);

    line.skip(indent);
    line.take(marker.length);
    const spaces = line.isBlank || line.indent > 4 ? 1 : line.indent;
    line.skip(spaces);
    const width = indent + marker.length + spaces; // of what stands before its text
    enter({ kind: "item", element: item, width, within: list });

    const task = readTask(line.text);
    if (!task) return false;
    openParagraph(line.text.slice(task.length));
    list.addBox(item, task.isDone);
    return true;
  }

  function enter(/** @type {Block} */ block) {
    open.push(block);
    marked = open.length - 1;
  }

  /** Add an element to the innermost open block. */
  function add(/** @type {string} */ name) {
    const parent = open.at(-1);
    markGrowing(null);
    // Blocks of an item with a blank line between them make its list a loose one.
    if (parent.element.hasChildNodes() && blankFrom < open.length) parent.within?.loosen();
    parent.list = null; // no item can follow in a list that stands before the element
    const element = document.createElement(name);
    parent.element.append(element);
    directions.add(element);
    return element;
  }

  /** Close the block of text, and all but the first `depth` of the others. */
  function closeTo(/** @type {number} */ depth) {
    leaf?.end();
    leaf = null;
    open.length = depth;
  }

  return {
    append: lines.append,
    end() {
      lines.end();
      closeTo(1);
      markGrowing(null);
    },
  };
}
