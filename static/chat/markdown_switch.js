// Whether replies are shown as Markdown: one switch for the page, remembered for the next visit.

const KEY = "chatkit markdown";

/** Make `button` the switch. `onSwitch(on)` is called now, and for each change. */
export function createMarkdownSwitch(button, onSwitch) {
  function set(on) {
    button.setAttribute("aria-pressed", on);
    onSwitch(on);
  }

  button.addEventListener("click", () => {
    const on = button.getAttribute("aria-pressed") !== "true";
    remember(on);
    set(on);
  });
  set(remembered());
}

function remembered() {
  try {
    return localStorage.getItem(KEY) !== "off";
  } catch {
    return true; // an iframe may be denied its storage
  }
}

function remember(on) {
  try {
    localStorage.setItem(KEY, on ? "on" : "off");
  } catch {
    // then it holds until the page is left
  }
}
