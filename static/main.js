// The page: which part calls which.

import { createComposer } from "./composer.js";
import { follow } from "./connection.js";
import { addPair } from "./messages.js";
import { showProblem } from "./problem.js";
import { prove } from "./proof.js";
import { fail, fromState, NEW_TURN, read } from "./protocol.js";
import { followEnd } from "./scrolling.js";
import { cancelTurn, readTurn, startTurn } from "./server.js";

const [main, log, status, problems] = ["main", "#log", "#status", "#problem"].map((selector) =>
  document.querySelector(selector),
);
const composer = createComposer(document.querySelector("#composer"), { onSend: send, onStop: stop });
const goToEnd = followEnd(document.querySelector("#conversation"), log);
document.querySelector("#new-chat").addEventListener("click", newChat);

const FINISHED = { done: "Response complete", failed: "Response failed", cancelled: "Stopped" };
const GONE = "The server no longer knows this reply: it was restarted, or has forgotten it.";
const NOT_STOPPED = "Stopped on this page. The server could not be told, and may go on writing.";

// What belongs to the chat on screen. `id` is its id once the server has given it one, `live`
// the turn being followed, `problem` the last one shown. A new chat is a new object: whatever
// is still under way for the old one can see that it is too late.
let chat = { id: undefined, live: null, problem: null };

/** Send a message. `failed` is the pair of an earlier try, which a new pair replaces. */
async function send(message, failed = null) {
  const mine = chat;
  mine.problem?.settle();
  problems.replaceChildren();
  composer.setState("sending");
  composer.focus();
  setStatus("Sending");

  let started;
  try {
    started = await startTurn(message, mine.id);
  } catch (error) {
    if (mine === chat) refuse(mine, error, failed ? () => send(message, failed) : composer.submit);
    return;
  }
  if (mine !== chat) {
    cancel(started.turn);
    return;
  }
  mine.id = started.chat;
  failed?.remove();
  if (!failed) composer.forget(message);
  const pair = addPair(log, started.turn, message);
  goToEnd();
  watch(mine, started, pair, message);
}

/** The server did not take a message. It stays where it was; trying again may help. */
function refuse(mine, error, again) {
  const pointless = error.status === 413 || error.status === 422;
  mine.problem = showProblem(problems, error.message, pointless ? null : again);
  composer.setState("ready");
  setStatus("Not sent");
}

/** Follow a turn to its end. */
function watch(mine, started, pair, message) {
  let turn = NEW_TURN;

  function update(next) {
    if (mine !== chat || next === turn || turn.status !== "streaming") return;
    turn = next;
    pair.show(turn);
    if (turn.status !== "streaming") finish();
  }

  function finish() {
    connection.close();
    mine.live = null;
    composer.setState("ready");
    setStatus(FINISHED[turn.status]);
    if (turn.problem) {
      const again = turn.status === "failed" ? () => send(message, pair) : null;
      mine.problem = showProblem(pair.reply, turn.problem, again);
    }
    prove(pair.text(), turn).then((proof) => {
      if (proof) pair.reply.dataset.proof = proof;
    });
  }

  /** The browser has given up: is the turn gone, or finished? */
  async function isOver() {
    try {
      const state = await readTurn(started.turn);
      if (state.status !== "streaming") update(fromState(state));
    } catch (error) {
      if (error.status === 404) update(fail(turn, GONE));
    }
    return turn.status !== "streaming";
  }

  pair.show(turn);
  composer.setState("streaming");
  setStatus("Generating");
  const connection = follow({
    url: started.events,
    cursor: () => turn.last,
    onEvent: (event) => update(read(turn, event)),
    onState: setConnection,
    isOver,
  });
  mine.live = {
    id: started.turn,
    leave: connection.close,
    giveUp: (problem, status) => update(fail(turn, problem, status)),
  };
}

/** Stop the reply. Its stream then says that it has ended. */
async function stop() {
  const { live } = chat;
  if (!live) return;
  setStatus("Stopping");
  try {
    await cancelTurn(live.id);
  } catch (error) {
    if (error.status === 404) live.giveUp(GONE);
    else live.giveUp(NOT_STOPPED, "cancelled");
  }
}

/** Clear the page and forget the chat. Nobody could come back to a reply still being written. */
function newChat() {
  if (chat.live) {
    chat.live.leave();
    cancel(chat.live.id);
  }
  chat = { id: undefined, live: null, problem: null };
  log.replaceChildren();
  problems.replaceChildren();
  composer.setState("ready");
  setConnection("idle");
  setStatus("Ready");
  composer.focus();
}

function cancel(turn) {
  cancelTurn(turn).catch(() => {}); // the server may be gone, and the turn with it
}

function setConnection(state) {
  const before = main.dataset.connection;
  main.dataset.connection = state;
  if (state === "waiting" || (state === "connecting" && before === "open")) {
    setStatus("Reconnecting");
  } else if (state === "open" && chat.live) {
    setStatus("Generating");
  }
}

function setStatus(text) {
  if (status.textContent !== text) status.textContent = text;
}

// In a notebook's frame the focus stays where the reader has it.
if (window === window.top) composer.focus();
