// The blocks that hold text: paragraphs, headings and code.
//
// Each is made in its element and has append(text) and end(). One that has takeLine(line) says
// there whether the line goes on with it, and takes it if so. `isOver`: it ends with this line.

import { unescape } from "./escapes.js";
import { grow } from "./growing_text.js";
import { createInline } from "./inline.js";

/** Its `lastLine` may turn out to be the first row of a table; then cutLastLine() takes it out. */
export function createParagraph(element) {
  let inline = createInline(element);
  let source = "";
  return {
    kind: "paragraph",
    lastLine: "",
    append(text) {
      source += text;
      this.lastLine = text.startsWith("\n") ? text.slice(1) : this.lastLine + text;
      inline.append(text);
    },
    cutLastLine() {
      source = source.slice(0, -this.lastLine.length - 1);
      element.replaceChildren();
      inline = createInline(element);
      inline.append(source);
      if (source === "") element.remove();
    },
    end: () => inline.end(),
  };
}

export function createHeading(element) {
  let inline = createInline(element);
  let source = "";
  return {
    isOver: true,
    append(text) {
      source += text;
      inline.append(text);
    },
    end() {
      const text = withoutClosing(source);
      if (text !== source) {
        element.replaceChildren();
        inline = createInline(element);
        inline.append(text);
      }
      inline.end();
    },
  };
}

/** Code between fences. `indent` columns before each line are left out. */
export function createFencedCode(element, fence, info, indent) {
  const code = createCode(element);
  const [language] = /^\S*/.exec(unescape(info.trim()));
  if (language) element.dataset.language = language;
  return {
    kind: "fence",
    append: code.append,
    end() {},
    takeLine(line) {
      const close = line.indent < 4 && /^[ \t]*(`+|~+)[ \t]*$/.exec(line.text)?.[1];
      if (close && close.startsWith(fence)) {
        this.isOver = true;
      } else {
        line.skip(Math.min(indent, line.indent));
        code.addLine(line.text);
      }
      return true;
    },
  };
}

/** Code with four spaces before each line. */
export function createIndentedCode(element) {
  const code = createCode(element);
  let blank = []; // lines that belong to it only if more code follows
  return {
    append: code.append,
    end() {},
    takeLine(line) {
      if (!line.isBlank && line.indent < 4) return false;
      line.skip(4);
      if (line.isBlank) {
        blank.push(line.text);
      } else {
        for (const text of [...blank, line.text]) code.addLine(text);
        blank = [];
      }
      return true;
    },
  };
}

function createCode(element) {
  const code = document.createElement("code");
  element.append(code);
  element.tabIndex = 0; // the keyboard can scroll it sideways
  let node = null;

  function append(text) {
    node = grow(node, text, (next) => code.append(next));
  }

  function addLine(text) {
    append(node ? `\n${text}` : text);
  }

  return { append, addLine };
}

/** The text of a heading without the "##" that may stand at its end. */
function withoutClosing(text) {
  const trimmed = text.trimEnd();
  let end = trimmed.length;
  while (trimmed[end - 1] === "#") end -= 1;
  return end === 0 || /[ \t]/.test(trimmed[end - 1]) ? trimmed.slice(0, end) : text;
}
