// @ts-check
// <wire-inspector>: what really travels while a reply is written, row by row.
//
// It asks for nothing: it shows a record of what the page itself sends and receives. The chat page
// gives it the record of its store (client/record.js). On a page that has none, it notes what that
// page does with EventSource and fetch (tap.js). So this is all that such a page needs, the script
// before all others. Those must be modules, too: an ordinary script runs before all modules.
//
//   <script type="module" src="static/wire/wire_inspector.js"></script>
//   <wire-inspector></wire-inspector>

import { create } from "../shared/elements.js";
import { createInspector } from "./inspector.js";
import { tap } from "./tap.js";

const STYLE = import.meta.resolve("./inspector.css");

export class WireInspector extends HTMLElement {
  #inspector;
  #hasRecord = false;

  constructor() {
    super();
    const element = create("aside", "wire");
    element.hidden = true; // until there is a style
    const link = Object.assign(create("link"), { rel: "stylesheet", href: STYLE });
    for (const event of ["load", "error"]) {
      link.addEventListener(event, () => {
        element.hidden = false;
      });
    }
    this.attachShadow({ mode: "open" }).append(link, element);
    this.#inspector = createInspector(element, {
      onLight: (light) => this.#tell("wire-light", light),
      onTransport: (name) => this.#tell("wire-transport", { name }),
    });
  }

  connectedCallback() {
    if (!this.#hasRecord) this.#inspector.setRecord(tap(), { isOwn: false });
    this.#inspector.start();
  }

  disconnectedCallback() {
    this.#inspector.stop();
  }

  /**
   * The record to show.
   * @param {ReturnType<typeof import("../client/record.js").createRecord>} record
   */
  set record(record) {
    this.#hasRecord = true;
    this.#inspector.setRecord(record, { isOwn: true });
  }

  /**
   * The turns to choose from; without them, those of the record.
   * @param {{turn: string, message: string, isOver: boolean}[]} turns `isOver`: it is written
   */
  set turns(turns) {
    this.#inspector.setTurns(turns);
  }

  /** The transport that the page uses. @param {"EventSource"|"fetch"} name */
  set transport(name) {
    this.#inspector.setTransport(name);
  }

  /** Show this turn. @param {string} turn */
  show(turn) {
    this.#inspector.show(turn);
  }

  /**
   * Show the event whose text holds the character at `offset` of a reply.
   * @param {string|null} turn null: none
   * @param {number} [offset] in UTF-16 code units
   * @param {"text"|"reasoning"} [of] where in the reply that is
   */
  point(turn, offset, of) {
    this.#inspector.point(turn, offset, of);
  }

  /**
   * Events: "wire-light" {turn, of, from, to} while the row of an event is pointed at, null: no
   * longer; `of` is "text" or "reasoning". "wire-transport" {name} when another one is chosen.
   */
  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { bubbles: true, detail }));
  }
}

customElements.define("wire-inspector", WireInspector);
