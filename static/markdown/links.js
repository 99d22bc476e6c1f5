// @ts-check
// Links as elements. An image is a link too: nothing that a reply holds makes the page ask for it.

/**
 * @param {{href: string, title?: string}} link
 * @param {(Node | string)[]} content
 */
export function createLink({ href, title }, content) {
  const anchor = document.createElement("a");
  anchor.href = href;
  if (title) anchor.title = title;
  anchor.target = "_blank";
  anchor.rel = "noopener noreferrer nofollow";
  anchor.append(...content);
  return anchor;
}

/**
 * What an image is called: the text of its label, which may hold elements.
 *
 * @param {Element} label
 */
export function describe(label) {
  for (const lineBreak of label.querySelectorAll("br")) lineBreak.replaceWith("\n");
  return label.textContent;
}
