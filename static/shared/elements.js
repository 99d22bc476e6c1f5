// @ts-check
// Elements with their children. A string becomes a text node, so it can never become HTML.

/**
 * A new element; `children` are nodes or strings.
 *
 * @template {keyof HTMLElementTagNameMap} Name
 * @param {Name} name
 * @param {string} [className]
 * @param {...(Node | string)} children
 */
export function create(name, className, ...children) {
  const element = document.createElement(name);
  if (className) element.className = className;
  element.append(...children);
  return element;
}
