// Put text on the clipboard, also where the page may not use the Clipboard API: on an origin
// that is not secure, or in an iframe of another page.

/** Copy `text`. Returns whether it worked. Call it for a click or a key, nothing else. */
export async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copySelected(text);
  }
}

/** The old way: the browser copies what is selected. */
function copySelected(text) {
  const focused = document.activeElement;
  const box = document.createElement("textarea");
  box.value = text;
  box.className = "unseen";
  document.body.append(box);
  box.select();
  const copied = document.execCommand("copy");
  box.remove();
  focused?.focus();
  return copied;
}
