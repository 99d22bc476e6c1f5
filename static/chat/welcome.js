// @ts-check
// What an empty chat suggests: messages to send that show what the page can do.
//
// The kit's own reply, echo, says what it is told: so each message is what its reply shows. A model
// is asked for that.

import { create } from "../shared/elements.js";
import { createIcon } from "../shared/icons.js";

const LONG = `A reply is a log of events on the server. The first event is there long before the last one is written, so nobody has to wait for all of it. Each event has a number, and the page remembers the last number that it has seen.

When the line drops, the page comes back and asks for what follows that number. Nothing is lost, and nothing comes twice. A reload does the same from the beginning, and a second tab reads the same log beside this one.

To leave is not to stop. The server writes on, whoever reads. Only the square button, or the key Esc, ends a reply before its time. Try it: scroll up a little, and the text stays where you read; go back to the end, and it follows again.

And when the end has come, it says how long the reply is and what its checksum is. The page compares that with what it shows, so that you can trust every character.`;

const TABLE = `## Who does what

| part | what it does |
|---|---|
| server | writes a *log* of events |
| page | reads it **from any point** |

\`\`\`python
async def reply(messages):
    for word in "as far as I know".split():
        yield word + " "  # one event
\`\`\``;

const ECHOED = { long: LONG, table: TABLE };
const ASKED = {
  long: "In five paragraphs: how does a chat stream its replies?",
  table: "Who does what when a chat streams a reply? A table, then Python.",
};

const WATCHED = "What does this sentence look like on its way from the server to the page?";

/**
 * Show suggestions in `element`. `onSuggest(text)` sends a message, `onWire()` opens the wire
 * inspector. `hasModel`: a model replies. `onBreak()`, where the server has a fault lab, breaks the next stream on purpose.
 *
 * @param {HTMLElement} element
 * @param {{
 *   hasModel: boolean,
 *   onSuggest: (text: string) => void,
 *   onWire: () => Promise<void>,
 *   onBreak?: (() => Promise<unknown>) | null,
 * }} on
 */
export function createWelcome(element, { hasModel, onSuggest, onWire, onBreak = null }) {
  const { long, table } = hasModel ? ASKED : ECHOED;

  async function watch() {
    await onWire(); // with another transport: to change it would be an end of the stream, too
    await onBreak?.();
    onSuggest(WATCHED);
  }

  const last = onBreak
    ? suggestion("bolt", "Break the line", "See the page come back for the rest", watch)
    : suggestion("wire", "Open the Wire", "See each event as it comes", watch);
  element.append(
    suggestion("bubble", "Say hello", "A first message", () => onSuggest("Hello! 👋")),
    suggestion("lines", "A long reply", "To scroll in, and to stop", () => onSuggest(long)),
    suggestion("code", "Table and code", "Markdown, as it is written", () => onSuggest(table)),
    last,
  );
}

function suggestion(icon, name, about, onClick) {
  const button = create("button", "suggestion", createIcon(icon), create("b", "", name));
  const words = create("span", "", about);
  button.type = "button";
  button.append(words);
  button.addEventListener("click", onClick);
  return button;
}
