// @ts-check
// The bar above a code block: its language, a switch that wraps its lines, and a button that
// copies it.
//
// The words in it are the style sheet's (`content`), so that who selects a reply, copies it or
// searches in it meets the reply alone.

const SHOWN = 2000; // milliseconds that the button says what it has done

/**
 * @param {HTMLElement} block
 * @param {HTMLElement} code
 * @param {string} language
 */
export function createBar(block, code, language) {
  const bar = document.createElement("div");
  bar.dataset.bar = language;
  const wrap = createButton("Wrap lines", "wrap");
  wrap.ariaPressed = "false";
  wrap.addEventListener("click", () => {
    const isWrapped = block.toggleAttribute("data-wrapped");
    wrap.ariaPressed = String(isWrapped);
  });
  const copy = createButton("Copy code", "copy");
  copy.addEventListener("click", async () => {
    const copied = await copyText(code);
    copy.dataset.done = copied ? "Copied" : "Not copied";
    copy.ariaLabel = copy.dataset.done;
    setTimeout(() => {
      delete copy.dataset.done;
      copy.ariaLabel = "Copy code";
    }, SHOWN);
  });
  bar.append(wrap, copy);
  return bar;
}

/**
 * @param {string} label
 * @param {string} action
 */
function createButton(label, action) {
  const button = document.createElement("button");
  button.type = "button";
  button.ariaLabel = label;
  button.dataset.action = action;
  return button;
}

/**
 * Copy the text of `code`, also where the Clipboard API may not be used. Returns whether it worked.
 *
 * @param {HTMLElement} code
 */
async function copyText(code) {
  try {
    await navigator.clipboard.writeText(code.textContent);
    return true;
  } catch {
    const selection = getSelection();
    selection.selectAllChildren(code);
    const copied = document.execCommand("copy");
    selection.removeAllRanges();
    return copied;
  }
}
