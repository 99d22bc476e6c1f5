// @ts-check
// Light or dark: as the system has it, or the notebook that the page stands in; or as chosen here.
//
// The HTML loads this module by itself, ahead of all others, so that the first thing drawn has the
// right colours. They all follow from `color-scheme`, which style.css sets by data-theme.

import { setIcon } from "../shared/icons.js";

const KEY = "chatkit theme";
const CHOICES = ["system", "light", "dark"];

const isInIframe = window.parent !== window;
let choice = remembered();
let outer = ""; // the theme of the notebook, once it has told

function apply() {
  const theme = choice === "system" ? outer : choice;
  if (theme) document.documentElement.dataset.theme = theme;
  else delete document.documentElement.dataset.theme;
}

apply();

// A notebook says what it looks like, and says it again when that changes.
addEventListener("message", ({ source, data }) => {
  if (!isInIframe || source !== window.parent || data?.type !== "chatkit-theme") return;
  if (data.theme !== "light" && data.theme !== "dark") return;
  outer = data.theme;
  apply();
});

/** Let `button` go from one choice to the next. @param {HTMLButtonElement} button */
export function createTheme(button) {
  function draw() {
    const system = isInIframe ? "as the notebook" : "as the system";
    setIcon(button, choice);
    button.title = `Theme: ${choice === "system" ? system : choice}`;
  }

  function set(next) {
    choice = next;
    apply();
    draw();
  }

  button.addEventListener("click", () => {
    set(CHOICES[(CHOICES.indexOf(choice) + 1) % CHOICES.length]);
    remember();
  });
  addEventListener("storage", ({ key }) => key === KEY && set(remembered())); // another tab
  draw();
}

function remembered() {
  try {
    const found = localStorage.getItem(KEY) ?? "";
    return CHOICES.includes(found) ? found : "system";
  } catch {
    return "system"; // an iframe may be denied its storage
  }
}

function remember() {
  try {
    localStorage.setItem(KEY, choice);
  } catch {
    // then it holds until the page is left
  }
}
