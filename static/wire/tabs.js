// @ts-check
// Tabs, of which one is shown. Arrow keys go from one to the next, as ARIA has it.

import { create } from "../shared/elements.js";

/**
 * @param {{name: string, content: HTMLElement}[]} parts the first one is shown
 * @param {(name: string) => void} onShow
 */
export function createTabs(parts, onShow) {
  const list = create("div", "tabs");
  list.setAttribute("role", "tablist");
  list.setAttribute("aria-label", "Parts of the panel");
  const content = create("div", "panel-content");
  const tabs = parts.map(({ name, content: inside }) => {
    const id = name.toLowerCase();
    const tab = create("button", "tab", name);
    const panel = create("div", "tab-content", inside);
    Object.assign(tab, { type: "button", id: `tab-${id}` });
    panel.id = `tab-content-${id}`;
    tab.setAttribute("role", "tab");
    tab.setAttribute("aria-controls", panel.id);
    panel.setAttribute("role", "tabpanel");
    panel.setAttribute("aria-labelledby", tab.id);
    tab.addEventListener("click", () => show(name));
    list.append(tab);
    content.append(panel);
    return { name, tab, panel };
  });

  function show(name) {
    for (const { name: own, tab, panel } of tabs) {
      const isShown = own === name;
      tab.setAttribute("aria-selected", String(isShown));
      tab.tabIndex = isShown ? 0 : -1;
      panel.hidden = !isShown;
    }
    onShow(name);
  }

  list.addEventListener("keydown", ({ key }) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[key];
    if (!step) return;
    const seen = tabs.filter(({ tab }) => !tab.hidden);
    const at = seen.findIndex(({ tab }) => tab === document.activeElement);
    const { name, tab } = seen.at((at + step) % seen.length);
    show(name);
    tab.focus();
  });

  show(parts[0].name);
  return {
    list,
    content,
    /** Whether a tab can be chosen at all. @param {string} name @param {boolean} isShown */
    setShown(name, isShown) {
      tabs.find((tab) => tab.name === name).tab.hidden = !isShown;
    },
  };
}
