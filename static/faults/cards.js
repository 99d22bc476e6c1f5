// @ts-check
// The verdicts: one card for each reply of this page that took a fault. What was hit, what the client
// did, which function saved the text, and whether the text is exact.

import { create } from "../shared/elements.js";
import { observe } from "./observe.js";
import { savedBy, whatItDid } from "./verdicts.js";

const MOST_CARDS = 10;

/**
 * @param {import("./lab.js").Kind[]} kinds
 * @param {object} page
 * @param {any} page.store
 * @param {any} page.record
 */
export function createCards(kinds, { store, record }) {
  const labels = new Map(kinds.map(({ kind, label }) => [kind, label]));
  const cards = new Map(); // by turn, the oldest first: {hits, taken, element, drawn}
  const element = create("div", "verdicts");

  /**
   * All that the server knows of, the oldest first.
   *
   * @param {import("./lab.js").Hit[]} hits
   * @param {import("./lab.js").Taken[]} taken
   */
  function show(hits, taken) {
    const [hitsOf, takenBy] = [byTurn(hits), byTurn(taken)];
    for (const turn of new Set([...takenBy.keys(), ...hitsOf.keys()])) {
      if (!record.entries.some((entry) => entry.turn === turn)) continue; // of another page
      if (!cards.has(turn)) cards.set(turn, addCard());
      Object.assign(cards.get(turn), { hits: hitsOf.get(turn) ?? [], taken: takenBy.get(turn) ?? [] });
    }
    draw();
  }

  function addCard() {
    if (cards.size === MOST_CARDS) {
      const [oldest] = cards.keys();
      cards.get(oldest).element.remove();
      cards.delete(oldest);
    }
    const card = create("article");
    element.prepend(card);
    return { hits: [], taken: [], element: card, drawn: "" };
  }

  /** Bring the cards up to date, as far as there is news. */
  function draw() {
    for (const [id, card] of cards) {
      const entry = record.entries.find((entry) => entry.turn === id);
      const turn = store.state.turns.find((turn) => turn.id === id);
      if (!entry || !turn) continue; // it stays as it was drawn last
      const news = [card.hits.length, card.taken.length, turn.status, turn.proof, turn.connection.state].join();
      if (news === card.drawn) continue;
      card.drawn = news;
      drawCard(card, entry, turn);
    }
  }

  function drawCard({ hits, taken, element }, { message, items }, turn) {
    const facts = observe(items, turn.status !== "streaming");
    const kinds = [...new Set(hits.map(({ kind }) => kind))];
    const functions = new Set(kinds.flatMap((kind) => savedBy(kind, facts)));
    const title = kinds.map((kind) => {
      const own = hits.filter((hit) => hit.kind === kind);
      return `${labels.get(kind) ?? kind}: ${describeHits(own)}`;
    });
    for (const kind of new Set(taken.map((fault) => fault.kind))) {
      if (kinds.includes(kind)) continue;
      const found = turn.status === "streaming" ? "has not hit yet" : "had nothing to hit";
      title.push(`${labels.get(kind) ?? kind}: taken by this reply, ${found}`);
    }
    const exact = howExact(turn);
    element.dataset.exact = exact.state;
    element.replaceChildren(
      create("h2", "", title.join("; ")),
      create("p", "exact", exact.words),
      create("p", "about", `The reply to “${shortened(message)}”`),
      createList(whatItDid(facts)),
      functions.size > 0
        ? create("p", "saved", "Saved by ", ...[...functions].flatMap(describeFunction), ".")
        : create("p", "saved", "The text was never in danger."),
    );
  }

  return { element, show, draw };
}

function byTurn(hits) {
  const turns = new Map();
  for (const hit of hits) turns.set(hit.turn, [...(turns.get(hit.turn) ?? []), hit]);
  return turns;
}

/** "hit after event 3". @param {import("./lab.js").Hit[]} hits of one kind */
export function describeHits(hits) {
  const [{ after }] = hits;
  const where = after > 0 ? `hit after event ${after}` : "hit a stream from its start";
  return hits.length > 1 ? `${where}, ${hits.length} times in all` : where;
}

function howExact({ status, proof }) {
  if (status === "streaming") return { state: "running", words: "Running" };
  if (proof === "ok") return { state: "ok", words: "✓ Text exact" };
  if (proof === "mismatch") return { state: "mismatch", words: "✗ The text differs" };
  return { state: "none", words: "The text was not compared" };
}

function createList(sentences) {
  return create("ul", "", ...sentences.map((words) => create("li", "", ...withCursors(words))));
}

/** Words in which a cursor, "?after=3", stays on one line. @param {string} words */
export function withCursors(words) {
  const parts = words.split(/(\?after=\d+)/); // every second one is a cursor
  return parts.map((part, index) => (index % 2 === 1 ? create("code", "cursor", part) : part));
}

/** A function with a link to its file, and what it does. */
function describeFunction({ file, name, how }, index) {
  return [index > 0 ? ", and " : "", createFunctionLink({ file, name }), `, which ${how}`];
}

/** @param {{file: string, name: string}} entry @param {boolean} [isShort] without its file */
export function createFunctionLink({ file, name }, isShort = false) {
  if (!file) return create("code", "", name);
  const link = create("a", "", create("code", "", isShort ? name : `${file}, ${name}`));
  link.title = file;
  link.href = new URL(`../${file}`, import.meta.url).href;
  link.target = "_blank";
  return link;
}

function shortened(message) {
  const characters = [...message];
  return characters.length > 40 ? `${characters.slice(0, 40).join("")}…` : message;
}
