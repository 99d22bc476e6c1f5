// Markdown, rendered while it streams, by creating elements and text nodes only.
//
// A line goes on with the blocks that are open, or closes them and opens others. A block that is
// closed is never touched again. So the cost of a piece does not depend on what came before it,
// and the result not on where the text was cut into pieces.
//
// The rules are CommonMark's. HTML is text. There are no link reference definitions and no
// underlined headings: with them a line would change what is on screen above it.

import { readDirection } from "./direction.js";
import { createFencedCode, createHeading, createIndentedCode, createParagraph } from "./text_blocks.js";
import { createLines, Line } from "./lines.js";
import { createTable, readDelimiters, splitRow } from "./table.js";

const MAX_DEPTH = 16; // quotes and list items in one another; a marker beyond is text

const HEADING = /^(#{1,6})(?:[ \t]+(.*))?$/s;
const FENCE = /^(?:(`{3,})([^`]*)|(~{3,})(.*))$/s;
const RULE = /^(?:-{3,}|\*{3,}|_{3,})$/;
const ITEM = /^(?:[-+*]|(\d{1,9})[.)])(?=[ \t]|$)/;

/**
 * Render Markdown into `element`: `append(piece)` as often as wanted, then `end()`.
 *
 * While it is not clear what the last line begins, only `end()` shows it.
 */
export function createMarkdown(element) {
  const open = [{ element }]; // the document, then the open quotes and list items, innermost last
  let leaf = null; // the open block of text
  let marked = 0; // the depth of the innermost block whose marker stands in this line
  let blankFrom = Infinity; // the line above was blank for the blocks from this depth on
  let undirected = null; // the newest element of the document, until its first letter has come

  const lines = createLines({
    onStart: startLine,
    onText: takeText,
    onEnd: endLine,
  });

  /** Take a line, or the start of one; what follows in it is text of `leaf`. */
  function startLine(text) {
    const line = new Line(text);
    let depth = 1;
    marked = 0;
    while (depth < open.length && goesOn(depth, line)) depth += 1;
    const taken = depth === open.length && leaf?.takeLine?.(line);
    if (!taken) startBlocks(line, depth);
    blankFrom = line.isBlank && leaf?.kind !== "fence" ? marked + 1 : Infinity;
    direct(text);
  }

  function takeText(text) {
    leaf.append(text);
    direct(text);
  }

  function endLine() {
    leaf?.endLine?.();
    if (leaf?.isOver) closeTo(open.length);
  }

  function direct(text) {
    const direction = undirected && readDirection(text);
    if (!direction) return;
    if (direction === "rtl") undirected.dir = direction;
    undirected = null;
  }

  /** Whether the block at `depth` goes on in this line; if so, takes its marker or indentation. */
  function goesOn(depth, line) {
    const { kind, element, width } = open[depth];
    if (kind === "quote") {
      if (line.indent > 3 || !/^[ \t]*>/.test(line.text)) return false;
      takeQuoteMarker(line);
      marked = depth;
      return true;
    }
    if (line.isBlank ? !element.hasChildNodes() : line.indent < width) return false;
    line.skip(width);
    return true;
  }

  /** Start the blocks that begin in this line. Of the open ones, `depth` go on. */
  function startBlocks(line, depth) {
    for (; line.indent < 4 && !line.isBlank; depth = open.length) {
      const { indent } = line;
      const text = line.text.slice(/[^ \t]/.exec(line.text).index);
      const interrupts = leaf?.kind === "paragraph" && depth === open.length;
      const start = readStart(text, interrupts, depth > MAX_DEPTH);
      if (!start) break;
      closeTo(depth);
      if (start.kind === "quote") openQuote(line);
      else if (start.kind === "item") openItem(line, indent, start);
      else return openLeaf(indent, start);
    }

    if (line.isBlank) closeTo(depth);
    else addText(line, depth);
  }

  /** Add text to the open block, or to a new one. */
  function addText(line, depth) {
    const { indent } = line;
    const goesOn = depth === open.length;
    if (leaf?.kind === "paragraph") {
      line.skip(indent);
      // A paragraph goes on even where the quote or item that it stands in has no marker.
      if (!goesOn || indent > 3 || !startTable(line.text)) leaf.append(`\n${line.text}`);
    } else if (leaf?.kind === "table" && goesOn && indent < 4) {
      leaf.append(line.text);
    } else if (indent < 4) {
      closeTo(depth);
      line.skip(indent);
      leaf = createParagraph(add("p"));
      leaf.append(line.text);
    } else {
      closeTo(depth);
      leaf = createIndentedCode(add("pre"));
      leaf.takeLine(line);
    }
  }

  /** With a row of dashes the line above it becomes the first row of a table. */
  function startTable(text) {
    const alignments = readDelimiters(text);
    const row = alignments && leaf.lastLine;
    if (!row?.includes("|")) return false;
    const names = splitRow(row);
    if (names.length !== alignments.length) return false;
    leaf.cutLastLine();
    closeTo(open.length);
    leaf = createTable(add("div"), names, alignments);
    direct(row);
    return true;
  }

  function openLeaf(indent, { kind, level, text, fence, info }) {
    if (kind === "rule") {
      add("hr");
    } else if (kind === "heading") {
      leaf = createHeading(add(`h${level}`));
      leaf.append(text);
    } else {
      leaf = createFencedCode(add("pre"), fence, info, indent);
    }
  }

  function openQuote(line) {
    takeQuoteMarker(line);
    enter({ kind: "quote", element: add("blockquote") });
  }

  function openItem(line, indent, { marker, number }) {
    const parent = open.at(-1);
    const type = marker.at(-1);
    if (parent.list?.type !== type) {
      const element = add(number ? "ol" : "ul");
      if (number && Number(number) !== 1) element.start = number;
      parent.list = { element, type };
    } else if (blankFrom <= open.length) {
      parent.list.element.dataset.loose = "";
    }
    const item = document.createElement("li");
    parent.list.element.append(item);

    line.skip(indent);
    line.take(marker.length);
    const spaces = line.isBlank || line.indent > 4 ? 1 : line.indent;
    line.skip(spaces);
    const width = indent + marker.length + spaces; // of what stands before its text
    enter({ kind: "item", element: item, width, within: parent.list });
  }

  function enter(block) {
    open.push(block);
    marked = open.length - 1;
  }

  /** Add an element to the innermost open block. */
  function add(name) {
    const parent = open.at(-1);
    // Blocks of an item with a blank line between them make its list a loose one.
    const isLoose = parent.within && parent.element.hasChildNodes() && blankFrom < open.length;
    if (isLoose) parent.within.element.dataset.loose = "";
    parent.list = null; // no item can follow in a list that stands before the element
    const element = document.createElement(name);
    parent.element.append(element);
    if (open.length === 1) undirected = element;
    return element;
  }

  /** Close the block of text, and all but the first `depth` of the others. */
  function closeTo(depth) {
    leaf?.end();
    leaf = null;
    open.length = depth;
  }

  return {
    append: lines.append,
    end() {
      lines.end();
      closeTo(1);
    },
  };
}

/** What the text of a line starts; null: nothing but text. */
function readStart(text, interrupts, isDeep) {
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

/** A quote has the ">" and one space after it. */
function takeQuoteMarker(line) {
  line.skip(line.indent);
  line.take(1);
  line.skip(1);
}
