// The page: which part calls which.

import { chatInAddress, leaveChat, nameChat, onReturn } from "./chat/address.js";
import { createChat } from "./chat/chat.js";
import { createComposer } from "./chat/composer.js";
import { createMarkdownSwitch } from "./chat/markdown_switch.js";
import { createMessages } from "./chat/messages.js";
import { showNotice, showProblem } from "./chat/problem.js";
import { followEnd } from "./shared/scrolling.js";
import { eventsOf } from "./client/server.js";
import { createStatus } from "./chat/status.js";
import { joinTabs } from "./client/tabs.js";
import { createWire } from "./panel.js";

const find = (selector) => document.querySelector(selector);
const main = find("main");
const list = find("#messages");
const problems = find("#problem");
const composer = createComposer(find("#composer"), {
  onSend: send,
  onStop: () => chat.stop(),
});
const messages = createMessages(list);
const status = createStatus(main, find("#status"));
const goToEnd = followEnd(find("#conversation"), list);
const wire = createWire(find("#panel"), find("#wire"), find("#talk"));
const tellTabs = joinTabs((id) => id === chat.id && chat.refresh());

// What a chat is shown on.
const page = {
  messages,
  say: status.say,
  setConnection,
  /** "ready" for a message, "sending" or "streaming". */
  setState: composer.setState,
  /** Say what went wrong, outside of any reply. */
  complain: (words, onRetry) => showProblem(problems, words, onRetry),
  notice: (words) => showNotice(problems, words),
  /** Take away what was said so. */
  clear: () => problems.replaceChildren(),
  /** The chat has this id. */
  named: nameChat,
  /** A message is on its way. */
  sending: keepFocus,
  /** The server has taken it. */
  sent(id) {
    goToEnd();
    keepFocus();
    tellTabs(id);
  },
  /** The chat begins to follow a turn. */
  follows(turn) {
    status.setConnection("idle");
    wire.follow(eventsOf(turn));
  },
  /** That turn has left the screen before its end. */
  followsNoMore: wire.left,
};

let chat;

function setConnection(state) {
  status.setConnection(state);
  wire.note(state);
}

/** The button that was pressed may have left the page. Whoever went elsewhere stays there. */
function keepFocus() {
  if (document.hasFocus() && document.activeElement === document.body) composer.focus();
}

async function send(text) {
  if (await chat.send(text, { again: composer.submit })) composer.forget(text);
}

/** Show the chat with this id; without one, a new chat. */
function show(id) {
  chat?.leave();
  wire.left();
  page.clear();
  status.setConnection("idle");
  chat = createChat(id, page);
  chat.load();
  goToEnd();
}

function startNewChat() {
  leaveChat();
  show();
  composer.focus();
}

find("#new-chat").addEventListener("click", startNewChat);
createMarkdownSwitch(find("#markdown"), (on) => {
  main.dataset.view = on ? "markdown" : "raw";
  messages.setMarkdown(on);
});
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible") chat.refresh();
});
onReturn((id) => id !== chat.id && show(id));
show(chatInAddress());

// In a notebook's iframe the focus stays where the reader has it.
if (window === window.top) composer.focus();
