// @ts-check
// Icons: drawn on a square of 24, with the colour of the text beside them. They say nothing to a
// screen reader: the button has a name.

const SVG = "http://www.w3.org/2000/svg";

/** What is drawn as a line, and what is filled. @type {Record<string, {line?: string, solid?: string}>} */
const ICONS = {
  again: { line: "M19.5 12a7.5 7.5 0 1 1-2.2-5.3L19.5 9M19.5 4v5h-5" },
  bolt: { line: "M13 3 5 13.5h6L10 21l8-10.5h-6z" },
  bubble: {
    line: "M7 4.5h10a3 3 0 0 1 3 3V14a3 3 0 0 1-3 3h-5.5L7 20.5V17a3 3 0 0 1-3-3V7.5a3 3 0 0 1 3-3z",
  },
  chats: { line: "M4 6.5h16M4 12h16M4 17.5h9" },
  check: { line: "m5 12.5 4.5 4.5L19 7.5" },
  close: { line: "m6.5 6.5 11 11m0-11-11 11" },
  code: { line: "m8.5 7-5 5 5 5m7-10 5 5-5 5" },
  copy: {
    line: "M10.5 9h8A1.5 1.5 0 0 1 20 10.5v8a1.5 1.5 0 0 1-1.5 1.5h-8A1.5 1.5 0 0 1 9 18.5v-8A1.5 1.5 0 0 1 10.5 9zM15 9V5.5A1.5 1.5 0 0 0 13.5 4h-8A1.5 1.5 0 0 0 4 5.5v8A1.5 1.5 0 0 0 5.5 15H9",
  },
  dark: { line: "M20 14.3A8.3 8.3 0 0 1 9.7 4a8.3 8.3 0 1 0 10.3 10.3z" },
  down: { line: "M12 5v14m6.5-6.5L12 19l-6.5-6.5" },
  edit: { line: "m4.5 19.5 1-4.3L16 4.7a2 2 0 0 1 2.8 0l.5.5a2 2 0 0 1 0 2.8L8.8 18.5z" },
  help: {
    line: "M12 3.5a8.5 8.5 0 1 1 0 17 8.5 8.5 0 0 1 0-17zM9.6 9.6a2.4 2.4 0 1 1 3.6 2.1c-.8.5-1.2.9-1.2 1.8M12 16.6v.01",
  },
  light: {
    line: "M12 8a4 4 0 1 1 0 8 4 4 0 0 1 0-8zM12 2.5v2m0 15v2M2.5 12h2m15 0h2M5.3 5.3l1.4 1.4m10.6 10.6 1.4 1.4M5.3 18.7l1.4-1.4M17.3 6.7l1.4-1.4",
  },
  lines: { line: "M4.5 5.5h15M4.5 10h15m-15 4.5h15m-15 4.5h8" },
  "new-chat": {
    line: "M12.5 4.5H7a2.5 2.5 0 0 0-2.5 2.5v10A2.5 2.5 0 0 0 7 19.5h10a2.5 2.5 0 0 0 2.5-2.5v-5.5M10 14l.7-3.1 7.6-7.6a1.7 1.7 0 0 1 2.4 2.4l-7.6 7.6z",
  },
  next: { line: "m9.5 6 6 6-6 6" },
  previous: { line: "m14.5 6-6 6 6 6" },
  remove: { line: "M4.5 7h15m-10 0V4.5h5V7m-8 0 .9 12.5h9.2L17.5 7M10 11v4.5m4-4.5v4.5" },
  room: {
    line: "M4.5 4.5H10V10H4.5zM14 4.5h5.5V10H14zM4.5 14H10v5.5H4.5zM14 14h2m3.5 0v2.5M14 17v2.5h2.5m3 0v.01",
  },
  send: { line: "M12 19V5M5.5 11.5 12 5l6.5 6.5" },
  stop: { solid: "M8 6h8a2 2 0 0 1 2 2v8a2 2 0 0 1-2 2H8a2 2 0 0 1-2-2V8a2 2 0 0 1 2-2z" },
  system: { line: "M12 3.5a8.5 8.5 0 1 1 0 17 8.5 8.5 0 0 1 0-17z", solid: "M12 3.5v17a8.5 8.5 0 0 0 0-17z" },
  wire: { line: "M2.5 12H7l2.5-7 5 14L17 12h4.5" },
};

/** A new icon. @param {string} name a key of ICONS */
export function createIcon(name) {
  const icon = document.createElementNS(SVG, "svg");
  icon.setAttribute("class", "icon");
  icon.setAttribute("viewBox", "0 0 24 24");
  icon.setAttribute("aria-hidden", "true");
  for (const [kind, drawing] of Object.entries(ICONS[name])) {
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("class", kind);
    path.setAttribute("d", drawing);
    icon.append(path);
  }
  return icon;
}

/** Give `button` another icon. @param {Element} button @param {string} name */
export function setIcon(button, name) {
  button.querySelector(".icon")?.remove();
  button.prepend(createIcon(name));
}

/** Draw the icons that the HTML asks for: `<button data-icon="help">`. @param {ParentNode} root */
export function drawIcons(root) {
  for (const element of root.querySelectorAll("[data-icon]")) {
    setIcon(element, /** @type {HTMLElement} */ (element).dataset.icon);
  }
}

/**
 * A button that is an icon only. `name` is what it is called, and shown as a hint.
 * @param {string} icon @param {string} name @param {(event: MouseEvent) => void} onClick
 */
export function createIconButton(icon, name, onClick) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "bare";
  button.title = name;
  button.setAttribute("aria-label", name);
  button.append(createIcon(icon));
  button.addEventListener("click", onClick);
  return button;
}
